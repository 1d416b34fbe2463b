"""Requests and frames; and what a queue shares, cancels, saves and survives, on one engine for all tests."""

import itertools
import re
import threading
import time
from dataclasses import fields
from pathlib import Path

import msgpack
import numpy as np
import pytest
from distributed.protocol import deserialize_bytes, serialize_bytes

from tests.support.helpers import one_sentence, small_model, small_training
from tests.support.queues import BOTH, LONG, PATIENCE_S, failed, files, request, trained, until, watched
from vae_core.config import TrainConfig
from vae_core.errors import JobError, RunError
from vae_core.history import Losses
from vae_core.jobs import CANCELLED, DONE, FAILED, MAX_MODELS, RUNNING, WAITING, Frame, Job, Request
from vae_core.jobs.engine import Engine
from vae_core.jobs.queue import FIRST_S
from vae_core.runs import RunInfo, list_runs, publish_bytes, to_bytes


@pytest.mark.parametrize("n", [0, MAX_MODELS + 1])
def test_a_request_has_one_to_three_models(n):
    pairs = tuple((small_model("vae"), small_training(seed=seed)) for seed in range(n))
    with pytest.raises(ValueError, match=f"1 to 3 pairs of settings, got {n}") as caught:
        Request(pairs)
    assert one_sentence(caught.value)


def test_an_autoencoder_in_a_request_has_no_kld_weight():
    asked = request("ae", "vae", "cvae", beta=4.0)
    assert [train.beta for _, train in asked.models] == [None, 4.0, 4.0]


def one(kind: str = "vae", model: dict | None = None, **train: object) -> Request:
    return Request(((small_model(kind, **(model or {})), small_training(**train)),))


EQUAL = {
    "a VAE's condition": (one(), one(model={"condition": "embedding", "condition_in": "decoder"})),
    "an AE's KLD weight": (one("ae", beta=4.0), one("ae")),
    "an AE's warm-up": (one("ae", kld_warmup=2), one("ae")),
    "a whole number": (one(beta=1), one(beta=1.0)),
    "a Bernoulli's deviation": (one(model={"likelihood_std": 0.5}), one()),
    "a one-hot vector's length": (one("cvae", {"condition_dim": 3}), one("cvae")),
    "the data set's own epochs": (one(epochs=0), one(epochs=200)),
}
DIFFERENT = {
    "kind": one("cvae"),
    "two models": request("vae", "cvae", seed=0),
    "hidden": one(model={"hidden": (32, 64)}),
    "latent_dim": one(model={"latent_dim": 3}),
    "likelihood": one(model={"likelihood": "gaussian"}),
    "beta": one(beta=0.5),
    "epochs": one(epochs=4),
    "batch_size": one(batch_size=65),
    "learning_rate": one(learning_rate=2e-2),
    "seed": one(seed=1),
    "binarize": one(binarize="dynamic"),
    "kld_warmup": one(kld_warmup=1),
}


@pytest.mark.parametrize(("a", "b"), EQUAL.values(), ids=EQUAL)
def test_requests_that_mean_the_same_have_one_id(a, b):
    assert a.id == b.id


@pytest.mark.parametrize("other", DIFFERENT.values(), ids=DIFFERENT)
def test_requests_that_differ_have_different_ids(other):
    assert other.id != one().id
    assert len({request.id for request in (one(), *DIFFERENT.values())}) == 1 + len(DIFFERENT)


def frame(kind: str = "vae", n: int = 50, **settings: object) -> Frame:
    rng, plain = np.random.default_rng(0), kind == "ae"
    values = {
        "attempt": "a1",
        "epoch": 2,
        "epochs": 8,
        "done": 0.25,
        "seconds": 6.0,
        "images_per_second": 1234.5,
        "train": Losses(101.5, None) if plain else Losses(101.5, 3.25),
        "test": Losses(99.5, None) if plain else Losses(99.5, 3.0),
        "mu": rng.normal(size=(n, 2)).astype(np.float32),
        "logvar": None if plain else rng.normal(size=(n, 2)).astype(np.float32),
        "index": rng.permutation(60_000)[:n].astype(np.int32),
        "y": rng.integers(0, 1000, n),
        "x_hat": rng.integers(0, 256, (10, 8, 7), dtype=np.uint8),
        "class_names": ("お", "き", "T-shirt"),
        "device": "CPU (2 threads)",
        "note": "trained on the CPU",
    }
    return Frame(**(values | settings))


FRAMES = {
    "vae": frame(),
    "ae": frame("ae"),
    "before the first step": frame(epoch=0, done=0.0, train=None, note=None),
    "no longer finite": frame(mu=np.full((50, 2), np.inf, np.float32), logvar=np.full((50, 2), np.nan, np.float32)),
    "one image": frame(n=1),
}


@pytest.mark.parametrize("sent", FRAMES.values(), ids=FRAMES)
def test_a_frame_arrives_as_it_was_sent(sent):
    message = msgpack.packb({"frame": serialize_bytes(sent)})  # as Dask sends an event
    came = deserialize_bytes(msgpack.unpackb(message)["frame"])
    for name in (field.name for field in fields(Frame)):
        a, b = getattr(sent, name), getattr(came, name)
        if isinstance(a, np.ndarray):
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        else:
            assert (type(a), a) == (type(b), b)


def test_the_time_left_goes_by_the_pace_so_far():
    assert frame().seconds_left == pytest.approx(18)
    assert frame(done=1.0).seconds_left == 0
    assert frame(done=0.0).seconds_left is None


def test_a_finished_job_has_a_curve_and_its_runs(queue, local):
    job = queue.submit(request("ae", "cvae", epochs=4), "ada", local)
    assert queue.find(job.request) is queue.order.find(job.id) is job
    assert trained(job)
    assert queue.find(job.request) is queue.order.find(job.id) is job
    assert job.progress() == 1
    assert not job.live
    assert files(local) == {task.run.path.name for task in job.tasks}
    assert queue.order.trained_by("ada") == {task.run.id for task in job.tasks}
    assert queue.order.trained_by("bob") == set()
    for task in job.tasks:
        whole = [(epochs, test) for epochs, _, test in task.curve if test is not None]
        assert [epochs for epochs, _ in whole] == pytest.approx(list(range(5)))
        assert [test for _, test in whole[1:]] == [
            pytest.approx(test, rel=1e-6) if task.model.kind != "ae" else test for _, test in task.run.history
        ]
        assert task.curve[0][1] is None
    assert queue.find(request()) is queue.order.find("0" * 16) is None


def test_equal_requests_of_thirty_visitors_are_one_training(queue, local):
    asked, together = request(*BOTH, epochs=20), threading.Barrier(30)
    jobs: dict[int, Job] = {}
    seen: dict[int, set[tuple]] = {}  # by each visitor: attempts, and lengths of the curves

    def visit(visitor: int) -> None:
        together.wait()
        jobs[visitor] = job = queue.submit(asked, f"visitor {visitor}", local)
        seen[visitor] = set()
        while job.live:
            for number, task in enumerate(job.tasks):
                if (shown := task.frame) is not None:
                    seen[visitor].add((number, shown.attempt, len(task.curve)))
            time.sleep(0.02)

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(30)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(PATIENCE_S)
    assert len(jobs) == 30
    (job,) = set(jobs.values())
    assert trained(job)
    assert job.visitors == {f"visitor {number}" for number in range(30)}
    assert len(files(local)) == 2
    assert len({(number, attempt) for saw in seen.values() for number, attempt, _ in saw}) == 2  # one of each model
    for saw in seen.values():
        for number in (0, 1):
            assert len({length for which, _, length in saw if which == number}) > 5
    assert [len([test for *_, test in task.curve if test is not None]) for task in job.tasks] == [21, 21]


def served(jobs: list[Job]) -> list[Job]:
    """The jobs in the order in which they were begun."""
    assert all(trained(job) for job in jobs)
    return sorted(jobs, key=lambda job: job.started)


def test_one_job_runs_at_a_time_and_thirty_visitors_are_all_served(queue, local):
    jobs: list[Job] = []
    together = threading.Barrier(30)

    def visit(visitor: int) -> None:
        together.wait()
        jobs.append(queue.submit(request(epochs=1), f"visitor {visitor}", local))

    for number in range(30):
        threading.Thread(target=visit, args=(number,)).start()
    assert until(lambda: len(jobs) == 30)
    order = served(jobs)
    assert len(files(local)) == 30
    for before, after in itertools.pairwise(order):
        assert before.ended <= after.started


def test_the_time_until_the_end_counts_the_jobs_ahead(queue, local):
    first, second = queue.submit_all([request(epochs=LONG), request(epochs=100)], "A", local)
    assert until(lambda: watched(first) and first.tasks[0].frame.seconds >= FIRST_S)  # the first second sets the pace
    assert first.seconds_left(None) is not None
    assert second.seconds_left(None) is None
    assert second.seconds_left(7.0) == 7
    assert 0 < queue.expected(second.request) < queue.expected(first.request)
    assert 0 < queue.seconds_left(first) < queue.seconds_left(second)


def test_what_has_been_trained_sets_the_pace(new_queue, local, monkeypatch, tmp_path):
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path))
    queue = new_queue()
    queue.warm()
    assert until(lambda: queue.ready)
    assert queue.expected(request(epochs=10)) is None
    job = queue.submit(request(epochs=10), "A", local)
    assert trained(job)
    images = 10 * (1437 + 360 / 3)
    assert queue.expected(job.request) == pytest.approx(images / job.tasks[0].run.images_per_second)
    again = new_queue()
    again.warm()  # another app finds the run
    assert until(lambda: again.ready)
    assert again.expected(job.request) == queue.expected(job.request)


def test_a_job_goes_on_until_nobody_wants_it(queue, local):
    running, waiting = queue.submit_all([request(epochs=LONG), request()], "A", local)
    assert until(lambda: watched(running))
    for job in (running, waiting):
        assert queue.submit(job.request, "B", local) is job
        assert job.visitors == {"A", "B"}
        queue.leave(job, "A")
        queue.leave(job, "nobody")
    assert (running.state, waiting.state) == (RUNNING, WAITING)
    length = len(running.tasks[0].curve)
    assert until(lambda: len(running.tasks[0].curve) > length)
    for job in (running, waiting):
        queue.leave(job, "B")
        assert job.state == CANCELLED
    assert queue.live() == []


def test_a_cancelled_job_leaves_nothing_and_the_next_one_starts_at_once(queue, local):
    job = queue.submit(request(*BOTH, epochs=LONG), "A", local)
    following = queue.submit(request(*BOTH), "B", local)
    assert until(lambda: watched(job))
    assert following.state == WAITING
    queue.leave(job, "A")
    assert job.state == CANCELLED
    assert job.wait(0)
    assert one_sentence(job.reason)
    assert all(task.state == CANCELLED and task.run is None for task in job.tasks)
    assert until(lambda: watched(following))  # both workers were busy, and would be for longer
    assert trained(following)
    assert files(local) == {task.run.path.name for task in following.tasks}


def test_a_cancelled_request_can_be_asked_for_again(queue, local):
    asked, attempts = request(*BOTH, epochs=15), list[str]()
    for pause_s in (1, 0.05, 0.005, 0):
        job = queue.submit(asked, "A", local)
        assert until(lambda job=job: watched(job))
        attempts += [task.frame.attempt for task in job.tasks]
        queue.leave(job, "A")
        assert job.state == CANCELLED
        time.sleep(pause_s)
    again = queue.submit(asked, "A", local)
    assert again is not job
    assert trained(again)
    assert len(set(attempts)) == 8  # each time two trainings of its own
    assert len(files(local)) == 2
    assert all(len([test for *_, test in task.curve if test is not None]) == 16 for task in again.tasks)


def test_a_request_that_was_cancelled_many_times_is_trained_in_the_end(queue, local):
    asked = request(*BOTH, epochs=10)
    for pause_s in (0, 0.01, 0.1, 0.3):
        job = queue.submit(asked, "A", local)
        time.sleep(pause_s)
        queue.leave(job, "A")
        assert job.state == CANCELLED
    assert trained(queue.submit(asked, "A", local))


def test_a_cancelled_waiting_job_is_never_begun(queue, local):
    first, second, third = queue.submit_all([request(epochs=5), request(), request()], "A", local)
    assert until(lambda: first.state == RUNNING)
    assert second.state == WAITING
    queue.leave(second, "A")
    assert (second.state, second.started) == (CANCELLED, 0)
    assert second.wait(0)
    assert second not in queue.live()
    assert served([third, first]) == [first, third]
    assert second.state == CANCELLED
    assert len(files(local)) == 2


def test_leaving_a_finished_job_changes_nothing(queue, local):
    job = queue.submit(request(epochs=1), "A", local)
    assert trained(job)
    queue.leave(job, "A")
    assert job.state == DONE


def test_a_full_folder_is_refused(queue, local, monkeypatch):
    local.mkdir()
    (local / "large.safetensors").write_bytes(bytes(1000))
    monkeypatch.setenv("VAE_LOCAL_MB", "0.000001")
    with pytest.raises(RunError) as caught:
        queue.submit(request(), "A", local)
    assert one_sentence(caught.value)
    assert queue.live() == []
    (local / "large.safetensors").unlink()
    assert trained(queue.submit(request(), "A", local))


@pytest.mark.parametrize("where", ["local", "."], ids=["local", "shipped"])
def test_a_run_that_exists_is_not_trained_again(where, queue, runs, tmp_path, local):
    there = publish_bytes(to_bytes(runs["vae"]), tmp_path / where)
    before = files(tmp_path)
    job = queue.submit(Request(((there.model, there.train),)), "A", local)
    assert job.wait(PATIENCE_S)
    assert job.state == DONE
    assert job.progress() == 1
    assert (job.tasks[0].run, job.tasks[0].curve) == (list_runs(tmp_path)[0], [])
    assert job.tasks[0].run.path == there.path
    assert files(tmp_path) == before
    assert queue.order.trained_by("A") == set()


def test_only_what_is_missing_of_a_request_is_trained(queue, local):
    asked = request(*BOTH, epochs=5)
    alone = queue.submit(Request(asked.models[:1]), "A", local)
    assert trained(alone)
    job = queue.submit(asked, "A", local)
    assert trained(job)
    assert job.tasks[0].run == alone.tasks[0].run
    assert (len(job.tasks[0].curve), len(files(local))) == (0, 2)


def test_equal_models_of_one_request_are_trained_once(queue, local):
    """A sweep over beta asks for the same AE again and again."""
    asked = Request(tuple((small_model("ae"), small_training(seed=77, beta=beta)) for beta in (1.0, 4.0)))
    job = queue.submit(asked, "A", local)
    assert trained(job)
    assert job.tasks[0].run == job.tasks[1].run
    assert len(files(local)) == 1


def diverging() -> Request:
    """A loss that is no longer finite within a second."""
    model = small_model("vae", hidden=(256,) * 8, likelihood="gaussian", likelihood_std=1e-3)
    config = TrainConfig("digits", 0.0, epochs=40, batch_size=1024, learning_rate=1.0)
    return Request(((model, config),))


def test_a_diverging_training_says_so_and_can_be_asked_for_again(queue, local):
    for _ in range(2):
        job = queue.submit(diverging(), "A", local)
        assert failed(job, "no longer finite in epoch")
        assert len(job.tasks[0].curve) > 1  # it was trained, this time too
        assert files(local) == set()
    assert trained(queue.submit(request(), "A", local))


def test_a_failure_keeps_nothing_of_its_job(queue, local):
    asked = Request(diverging().models + request().models)
    assert failed(queue.submit(asked, "A", local), "no longer finite in epoch")
    assert files(local) == set()
    assert queue.order.trained_by("A") == set()


def test_a_job_whose_second_run_cannot_be_kept_keeps_neither(queue, local, monkeypatch):
    def full_disk(content: bytes, folder: Path, measured: dict) -> RunInfo:
        if files(folder):
            raise RunError("cannot write the run: No space left on device")
        return publish_bytes(content, folder, measured)

    monkeypatch.setattr("vae_core.runs.publish_bytes", full_disk)
    job = queue.submit(request(*BOTH), "A", local)
    assert failed(job, "No space left on device")
    assert [task.state for task in job.tasks] == [FAILED, FAILED]
    assert list(local.iterdir()) == []
    assert queue.order.trained_by("A") == set()
    monkeypatch.undo()
    assert trained(queue.submit(job.request, "A", local))


def test_a_run_that_cannot_be_published_is_a_failure(queue, tmp_path):
    (tmp_path / "file").write_text("mine")
    job = queue.submit(request(), "A", tmp_path / "file" / "local")
    assert failed(job, "annot make the folder")
    assert (tmp_path / "file").read_text() == "mine"
    assert trained(queue.submit(job.request, "A", tmp_path / "local"))


def test_an_error_that_nobody_thought_of_ends_its_job_alone_and_has_a_number_in_the_log(
    queue, local, monkeypatch, caplog
):
    def broken(content: bytes, folder: Path, measured: dict) -> RunInfo:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("vae_core.runs.publish_bytes", broken)
    job, following = queue.submit_all([request(epochs=1), request(epochs=5)], "A", local)
    assert failed(job, "Training failed: ZeroDivisionError: division by zero")
    [number] = re.findall(r"\(error ([0-9a-f]{8}) in the server's log\)", job.reason)
    [record] = [record for record in caplog.records if number in record.message]
    assert record.exc_info[0] is ZeroDivisionError
    monkeypatch.undo()
    assert trained(following)


def test_nobody_waits_while_a_run_is_written_and_what_is_cancelled_meanwhile_is_not_kept(queue, local, monkeypatch):
    writing, go_on = threading.Event(), threading.Event()

    def slow_disk(content: bytes, folder: Path, measured: dict) -> RunInfo:
        writing.set()
        assert go_on.wait(PATIENCE_S)
        return publish_bytes(content, folder, measured)

    monkeypatch.setattr("vae_core.runs.publish_bytes", slow_disk)
    job, following = queue.submit_all([request(epochs=1), request(epochs=1)], "A", local)
    assert writing.wait(PATIENCE_S)
    answers: list[object] = []

    def look() -> None:
        answers.append((queue.live(), queue.find(job.request), queue.seconds_left(following), job.progress()))
        queue.leave(job, "A")

    visitor = threading.Thread(target=look)
    visitor.start()
    visitor.join(30)
    assert not visitor.is_alive()
    ((live, same, _, progress),) = answers
    assert (live, same, progress) == ([job, following], job, 1)
    assert job.state == CANCELLED
    go_on.set()
    assert trained(following)
    assert files(local) == {following.tasks[0].run.path.name}


def mnist() -> Request:
    return Request(((small_model("vae", image_shape=(28, 28)), small_training(dataset="mnist")),))


def test_a_missing_data_set_is_a_failure(queue, local):
    for _ in range(2):
        assert failed(queue.submit(mnist(), "A", local), "MNIST is not on this machine")
    assert trained(queue.submit(request(), "A", local))
    assert len(files(local)) == 1


def test_a_request_that_cannot_begin_leaves_no_training_behind(queue, local):
    asked = Request(request(epochs=LONG).models + mnist().models)
    assert failed(queue.submit(asked, "A", local), "MNIST is not on this machine")
    following = queue.submit(request(*BOTH), "A", local)
    assert until(lambda: watched(following))
    assert trained(following)


@pytest.mark.parametrize("kind", [JobError, RuntimeError])
def test_an_engine_that_does_not_start_fails_the_job_and_is_tried_again(kind, engine, new_queue, local):
    tries: list[int] = []

    def ill_twice() -> Engine:
        tries.append(1)
        if len(tries) < 3:
            raise kind("the engine is ill")
        return engine

    queue = new_queue(engine=ill_twice)
    queue.warm()
    assert until(lambda: tries)
    assert not queue.ready
    job = queue.submit(request(), "A", local)
    assert failed(job, "he engine is ill")
    assert trained(queue.submit(job.request, "A", local))
    assert len(tries) == 3


def test_what_is_cancelled_while_the_engine_starts_does_not_fail_later(engine, new_queue, local):
    tries, starting, go_on = itertools.count(), threading.Event(), threading.Event()

    def ill_once() -> Engine:
        if next(tries) == 0:
            starting.set()
            assert go_on.wait(PATIENCE_S)
            raise JobError("the engine is ill")
        return engine

    queue = new_queue(engine=ill_once)
    job = queue.submit(request(), "A", local)
    assert starting.wait(PATIENCE_S)
    queue.leave(job, "A")
    again = queue.submit(job.request, "A", local)
    go_on.set()
    assert trained(again)
    assert job.state == CANCELLED
    assert queue.find(job.request) is again


def test_closing_while_the_engine_starts_ends_that_engine(engine, new_queue, local, monkeypatch):
    starting, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    def slow() -> Engine:
        starting.set()
        assert go_on.wait(PATIENCE_S)
        return engine

    monkeypatch.setattr(engine, "close", closed.set)
    queue = new_queue(engine=slow)
    job = queue.submit(request(), "A", local)
    assert starting.wait(PATIENCE_S)
    closing = threading.Thread(target=queue.close)
    closing.start()
    assert job.wait(PATIENCE_S)
    assert job.state == CANCELLED
    assert not (queue.ready or closed.is_set())
    go_on.set()
    closing.join(PATIENCE_S)
    assert closed.is_set()
    assert not queue.ready
    assert files(local) == set()


def test_a_closed_queue_has_cancelled_everything_and_takes_nothing(new_queue, local):
    queue = new_queue()
    running, waiting = queue.submit_all([request(epochs=40), request()], "A", local)
    assert until(lambda: watched(running))
    queue.close()
    assert {running.state, waiting.state} == {CANCELLED}
    assert all(job.wait(0) and one_sentence(job.reason) for job in (running, waiting))
    with pytest.raises(JobError, match="closed") as caught:
        queue.submit(request(), "A", local)
    assert one_sentence(caught.value)
    assert queue.live() == []
    queue.close()
    assert files(local) == set()
