"""Engines that are killed, closed and shared: real processes, and a real Dask cluster."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from distributed import Client

from tests.support.helpers import ROOT, one_sentence
from tests.support.queues import BOTH, LONG, PATIENCE_S, clear, failed, files, request, trained, until, watched
from vae_core.errors import JobError
from vae_core.jobs import CANCELLED, RUNNING, Job, Queue, Request
from vae_core.jobs.engine import connect
from vae_core.runs import load_run

EPOCHS = 15  # a second and more of training, in which something can happen to it
KILLS = int(os.environ.get("KILLS", "1"))  # of a server, each at another moment


@pytest.fixture(autouse=True, scope="module")
def on_the_cpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Without any data set but the digits, as a start is quicker then."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VAE_DEVICE", "cpu")
        environment.setenv("VAE_DATA", str(tmp_path_factory.mktemp("no data")))
        environment.delenv("VAE_SCHEDULER", raising=False)
        yield


@pytest.fixture
def local(tmp_path: Path) -> Path:
    return tmp_path / "local"


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; one that nobody has waited for is dead all the same."""
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def engines(parent: int | None = None) -> list[psutil.Process]:
    """The engines that a process has started, without their workers."""
    return [
        child
        for child in alive(psutil.Process(parent).children())
        if child.cmdline()[-3:] == ["-m", "vae_core", "engine"]
    ]


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process and all that it has started."""
    return [process, *process.children(recursive=True)]


def gone(processes: list[psutil.Process], seconds: float = PATIENCE_S) -> bool:
    """Wait for processes to end, which takes three seconds if nothing else runs; whether they have."""
    return until(lambda: not alive(processes), seconds)


class Mistreated(NamedTuple):
    """A queue with an engine of its own."""

    queue: Queue
    others: list[psutil.Process]  # engines that were there before

    def engine(self) -> psutil.Process:
        (process,) = [process for process in engines() if process not in self.others]
        return process

    def worker(self, job: Job) -> psutil.Process:
        """Where a running job with one model is trained."""
        client = self.queue._engine.client
        (address,) = [address for address, keys in client.processing().items() if keys]
        return psutil.Process(client.run(os.getpid)[address])


@pytest.fixture(scope="module")
def mistreated() -> Iterator[Mistreated]:
    mistreated = Mistreated(Queue(), engines())
    yield mistreated
    mistreated.queue.close()


@pytest.fixture(autouse=True)
def nothing_goes_on(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that fails must not keep the engine busy for the next."""
    yield
    if "mistreated" in request.fixturenames:
        clear(request.getfixturevalue("mistreated").queue)


def killed_in_training(mistreated: Mistreated, job: Job, but: str = "") -> str:
    """Kill the worker when it has told of some epochs; the attempt that it was."""
    (task,) = job.tasks
    assert until(lambda: task.frame and task.frame.attempt != but and task.frame.epoch)
    mistreated.worker(job).kill()
    return task.frame.attempt


def test_the_start_of_an_engine_does_not_count_as_training(mistreated, local):
    queue, asked = mistreated.queue, request(epochs=10)
    assert queue.expected(asked) is None
    assert not queue.ready
    submitted = time.monotonic()
    job = queue.submit(asked, "A", local)
    assert trained(job)
    assert queue.ready
    assert job.started > submitted + 0.5  # no engine starts in less
    assert queue.expected(asked) is not None


def test_the_job_of_a_killed_worker_is_repeated(mistreated, local):
    job = mistreated.queue.submit(request(epochs=EPOCHS), "A", local)
    first = killed_in_training(mistreated, job)
    (task,) = job.tasks
    assert until(lambda: task.frame and task.frame.attempt != first)
    assert trained(job)
    told = [epochs for epochs, _, test in task.curve if test is not None]  # of the second attempt alone
    assert told == pytest.approx(list(range(EPOCHS + 1)))
    assert files(local) == {task.run.path.name}


def test_the_job_of_a_worker_that_is_killed_twice_fails_and_can_be_asked_for_again(mistreated, local):
    job = mistreated.queue.submit(request(epochs=EPOCHS), "A", local)
    first = killed_in_training(mistreated, job)
    killed_in_training(mistreated, job, but=first)
    assert failed(job, "died twice")
    assert files(local) == set()
    again = mistreated.queue.submit(job.request, "A", local)
    assert trained(again)
    assert len(again.tasks[0].curve) > EPOCHS


def test_the_job_of_a_killed_engine_is_trained_by_another(mistreated, local):
    asked = Request(request(epochs=2).models + request(*BOTH, epochs=EPOCHS).models)
    running, waiting = mistreated.queue.submit_all([asked, request()], "A", local)
    assert until(lambda: watched(running) and running.tasks[0].done == 1)
    killed = family(mistreated.engine())
    assert len(killed) > 1
    killed[0].kill()
    assert gone(killed)
    assert trained(running)
    assert trained(waiting)
    assert running.ended <= waiting.started
    assert mistreated.engine() != killed[0]
    assert len(files(local)) == 4


def test_closing_leaves_no_process(mistreated, local):
    job = mistreated.queue.submit(request(*BOTH, epochs=LONG), "A", local)
    assert until(lambda: watched(job))
    processes = family(mistreated.engine())
    assert len(processes) > 1
    mistreated.queue.close()
    assert job.state == CANCELLED
    assert gone(processes)
    assert files(local) == set()


def test_closing_while_the_engine_starts_leaves_no_process(local):
    before, queue = engines(), Queue()
    job = queue.submit(request(), "A", local)
    assert until(lambda: len(engines()) > len(before))
    (engine,) = [process for process in engines() if process not in before]
    time.sleep(0.5)
    assert not queue.ready
    queue.close()
    assert job.state == CANCELLED
    assert gone([engine])


SERVER = """
import sys, time
from pathlib import Path
from vae_core.config import ModelConfig, TrainConfig
from vae_core.jobs import Queue, Request

queue, folder = Queue(), Path(sys.argv[1])
jobs = queue.submit_all([
    Request(tuple(
        (ModelConfig(kind, (8, 8), hidden=(64, 32)), TrainConfig("digits", epochs=20, batch_size=64, seed=seed))
        for kind in ("vae", "cvae")
    ))
    for seed in range(36)
], "A", folder)
while jobs[0].live and jobs[0].tasks[0].frame is None:
    time.sleep(0.01)
print(jobs[0].state, flush=True)
jobs[-1].wait()
"""


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_killed_server_leaves_no_process_and_no_half_file(kill, local):
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(local)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
    )
    try:
        assert server.stdout.readline() == "running\n"
        (engine,) = engines(server.pid)
        processes = family(engine)
        assert len(processes) > 1
        time.sleep(random.Random(kill).uniform(0, 2))  # another moment each time
        assert server.poll() is None
    finally:
        server.kill()
        server.communicate()
    assert gone(processes)
    for path in local.glob("*.safetensors"):
        assert load_run(path).info.train.dataset == "digits"


class Cluster(NamedTuple):
    """Where it is, and the processes of its workers."""

    address: str
    workers: set[int]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    processes: list[subprocess.Popen] = []

    def start(command: str) -> subprocess.Popen:
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", *command.split()],
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
        )
        return processes[-1]

    def address() -> str:
        try:
            return json.loads((folder / "scheduler.json").read_text())["address"]
        except (OSError, ValueError):  # not written yet, or not all of it
            return ""

    try:
        start("dask scheduler --host 127.0.0.1 --port 0 --no-dashboard --scheduler-file scheduler.json")
        assert until(address)
        worker = f"dask worker {address()} --host 127.0.0.1 --nthreads 1 --no-nanny --no-dashboard"
        workers = {start(worker).pid for _ in range(2)}
        with Client(address(), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=PATIENCE_S)
        yield Cluster(address(), workers)
    finally:
        for process in processes[::-1]:
            process.kill()
            process.wait()


@pytest.fixture
def new_queue(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Queue]]:
    """Queues of several apps on the cluster, all of them connected."""
    monkeypatch.setenv("VAE_SCHEDULER", cluster.address)
    queues: list[Queue] = []

    def make() -> Queue:
        queues.append(Queue())
        queues[-1].warm()
        assert until(lambda: queues[-1].ready)
        return queues[-1]

    yield make
    for queue in queues:
        clear(queue)
        queue.close()


def test_a_cluster_trains_what_is_asked(cluster, new_queue, local):
    before, queue = engines(), new_queue()
    job = queue.submit(request(*BOTH, epochs=EPOCHS), "A", local)
    assert until(lambda: watched(job))
    with Client(cluster.address, set_as_default=False) as client:
        assert set(client.run(os.getpid).values()) == cluster.workers
        assert sum(len(keys) for keys in client.processing().values()) == 2
    assert engines() == before
    assert trained(job)
    assert files(local) == {task.run.path.name for task in job.tasks}
    assert len(files(local)) == 2


def test_equal_trainings_of_two_apps_are_one(new_queue, tmp_path):
    asked, queues = request(*BOTH, epochs=EPOCHS), (new_queue(), new_queue())
    jobs = [queue.submit(asked, "A", tmp_path / f"app {number}") for number, queue in enumerate(queues)]
    assert until(lambda: all(watched(job) for job in jobs))
    for one, other in zip(*(job.tasks for job in jobs), strict=True):
        assert one.frame.attempt == other.frame.attempt
    assert all(trained(job) for job in jobs)
    assert files(tmp_path / "app 0") == files(tmp_path / "app 1")


def test_an_app_that_cancels_does_not_take_the_training_from_another(new_queue, tmp_path):
    asked, queues = request(*BOTH, epochs=EPOCHS), (new_queue(), new_queue())
    jobs = [queue.submit(asked, "A", tmp_path / f"app {number}") for number, queue in enumerate(queues)]
    assert until(lambda: all(watched(job) for job in jobs))
    queues[0].leave(jobs[0], "A")
    assert jobs[0].state == CANCELLED
    assert jobs[1].state == RUNNING
    assert trained(jobs[1])
    assert files(tmp_path / "app 0") == set()
    assert len(files(tmp_path / "app 1")) == 2


def test_closing_gives_the_workers_of_a_cluster_back(cluster, new_queue, local):
    queue = new_queue()
    job = queue.submit(request(*BOTH, epochs=1000), "A", local)
    assert until(lambda: watched(job))
    queue.close()
    assert job.state == CANCELLED
    with Client(cluster.address, set_as_default=False) as client:
        addresses = client.scheduler_info(n_workers=-1)["workers"]
        answers = [client.submit(os.getpid, workers=[address], pure=False) for address in addresses]
        assert {answer.result(timeout=PATIENCE_S) for answer in answers} == cluster.workers


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://10.0.0.1:8786", "must be tls:// unless it is on this machine"),
        ("nonsense", "must be tls://HOST:PORT, got 'nonsense'"),
        ("http://127.0.0.1:8786", "must be tls://HOST:PORT"),
        ("tcp://127.0.0.1:none", "could not be reached"),
        ("tls://127.0.0.1:8786", "tls://127.0.0.1:8786"),  # there are no certificates
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_one_sentence(address, reason, monkeypatch, local):
    monkeypatch.setenv("VAE_SCHEDULER", address)
    with pytest.raises(JobError, match=reason) as caught:
        connect()
    assert one_sentence(caught.value)


def test_a_job_without_a_cluster_fails_in_one_sentence(monkeypatch, local):
    monkeypatch.setenv("VAE_SCHEDULER", "tcp://10.0.0.1:8786")
    queue = Queue()
    assert failed(queue.submit(request(), "A", local), "must be tls://")
    queue.close()
