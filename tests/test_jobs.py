"""Requests, frames and times; and the queue's order, sharing, cancelling and failures on one engine for all tests."""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import msgpack
import numpy as np
import pytest

from tests.support.helpers import each_model, one_sentence, small_model, small_training
from tests.support.queues import BOTH, LONG, failed, files, request, trained, until, watched
from vae_core.config import TrainConfig
from vae_core.errors import JobError, RunError
from vae_core.history import Losses
from vae_core.jobs import CANCELLED, DONE, FAILED, MAX_MODELS, RUNNING, WAITING, Frame, Job, Request
from vae_core.jobs.engine import Engine
from vae_core.jobs.queue import fingerprint
from vae_core.jobs.speed import Speed
from vae_core.models import build_model
from vae_core.runs import RunInfo, list_runs, publish_bytes, to_bytes

# ---- requests ----


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


# ---- frames ----


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


def packed(message: dict) -> dict:
    """The message as Dask sends it."""
    return msgpack.unpackb(msgpack.packb(message, use_bin_type=True), raw=False, strict_map_key=False)


FRAMES = {
    "vae": frame(),
    "ae": frame("ae"),
    "before the first step": frame(epoch=0, done=0.0, train=None, note=None),
    "no longer finite": frame(mu=np.full((50, 2), np.inf, np.float32), logvar=np.full((50, 2), np.nan, np.float32)),
    "one image": frame(n=1),
}


@pytest.mark.parametrize("travel", [dict, packed], ids=["as it is", "packed"])
@pytest.mark.parametrize("sent", FRAMES.values(), ids=FRAMES)
def test_a_frame_arrives_as_it_was_sent(sent, travel):
    came = Frame.from_message(travel(sent.to_message() | {"key": "train-1"}))
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


# ---- how long it takes ----


@each_model
def test_the_weights_are_those_of_the_model_itself(config):
    parameters = build_model(config).named_parameters()
    assert config.multiplications == sum(p.numel() for name, p in parameters if p.ndim == 2 and "condition" not in name)


SPEED = Speed(step_s=2e-3, weight_s=5e-11, workers=2)


def test_two_measurements_give_the_speed_that_made_them():
    measured = [(size, images, 2e-3 + 5e-11 * size * images) for size, images in ((10_000, 32), (1_100_000, 256))]
    fitted = Speed.fitted(*measured, workers=3)
    assert (fitted.step_s, fitted.weight_s) == (pytest.approx(2e-3), pytest.approx(5e-11))
    assert (fitted.workers, fitted.correction) == (3, 1.0)


def test_measurements_that_make_no_sense_give_no_negative_time():
    fitted = Speed.fitted((10_000, 32, 3e-3), (1_100_000, 256, 1e-3), 1)
    assert fitted.step_s >= 0
    assert fitted.weight_s >= 0


def test_a_training_takes_a_step_per_batch_and_a_weight_per_image():
    """By hand: 23 steps an epoch of 1,437 images, and the 360 test images once more than there are epochs."""
    w = small_model("vae").multiplications
    by_steps, by_weights = Speed(1.0, 0.0, 1), Speed(0.0, 1.0, 1)
    assert by_steps.seconds(one(epochs=7).models) == pytest.approx(7 * 23)
    assert by_weights.seconds(one(epochs=7).models) == pytest.approx(w * (7 * 1437 + 8 * 360 / 3))


def test_a_longer_training_takes_longer():
    times = [SPEED.seconds(one(epochs=epochs).models) for epochs in (1, 2, 20, 200)]
    assert times == sorted(set(times))
    assert times[3] == pytest.approx(10 * times[2], rel=0.05)
    assert SPEED.seconds(one(model={"hidden": (512, 256)}).models) > SPEED.seconds(one().models)


def test_models_side_by_side_share_the_workers():
    single, three = SPEED.seconds(one().models), request("vae", "vae", "vae", seed=0).models
    assert [replace(SPEED, workers=n).seconds(three) / single for n in (1, 2, 3, 4)] == pytest.approx([3, 1.5, 1, 1])
    unequal = one(epochs=50).models + one().models
    assert SPEED.seconds(unequal) == pytest.approx(SPEED.seconds(unequal[:1]))  # the longer one decides


@pytest.mark.parametrize("measured", [0.01, 5, 10, 25, 1000])
def test_the_speed_learns_from_what_was_measured(measured):
    before = SPEED.seconds(one().models)
    after = SPEED.corrected(10, measured).seconds(one().models)
    if measured == 10:
        assert after == pytest.approx(before)
    else:
        assert (after > before) == (measured > 10)
        assert 0.2 <= after / before <= 5


def test_the_speed_approaches_what_is_measured_again_and_again():
    speed, true = SPEED, 2.5 * SPEED.seconds(one().models)
    for _ in range(10):
        speed = speed.corrected(speed.seconds(one().models), true)
    assert speed.seconds(one().models) == pytest.approx(true, rel=0.01)


# ---- the queue: one engine for all, a queue and a folder for each test ----


def test_a_finished_job_has_a_curve_and_its_runs(queue, local):
    job = queue.submit(request("ae", "cvae", epochs=10), "ada", local)
    assert queue.find(job.request) is queue.job(job.id) is job
    assert trained(job)
    assert queue.find(job.request) is queue.job(job.id) is job
    assert job.progress() == 1
    assert not job.live
    assert files(local) == {task.run.path.name for task in job.tasks}
    assert queue.trained_by("ada") == {task.run.id for task in job.tasks}
    assert queue.trained_by("bob") == set()
    for task in job.tasks:
        whole = [(epochs, test) for epochs, _, test in task.curve if test is not None]
        assert [epochs for epochs, _ in whole] == pytest.approx(list(range(11)))
        assert [test for _, test in whole[1:]] == [
            pytest.approx(test, rel=1e-6) if task.model.kind != "ae" else test for _, test in task.run.history
        ]
        assert task.curve[0][1] is None
    assert queue.find(request()) is queue.job("0" * 16) is None


def test_equal_requests_of_thirty_visitors_are_one_training(queue, local):
    asked, together = request(*BOTH, epochs=30), threading.Barrier(30)
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
        visitor.join(60)
    assert len(jobs) == 30
    (job,) = set(jobs.values())
    assert trained(job)
    assert job.visitors == {f"visitor {number}" for number in range(30)}
    assert len(files(local)) == 2
    assert len({(number, attempt) for saw in seen.values() for number, attempt, _ in saw}) == 2  # one of each model
    for saw in seen.values():
        for number in (0, 1):
            assert len({length for which, _, length in saw if which == number}) > 5
    assert [len([test for *_, test in task.curve if test is not None]) for task in job.tasks] == [31, 31]


# ---- order ----


def served(jobs: list[Job]) -> list[Job]:
    """The jobs in the order in which they were begun."""
    assert all(trained(job) for job in jobs)
    return sorted(jobs, key=lambda job: job.started)


def test_nobodys_second_job_comes_before_anothers_first(queue, local):
    a1, a2, a3 = queue.submit_all([request(epochs=30), request(epochs=1), request(epochs=1)], "A", local)
    assert until(lambda: a1.state == RUNNING)
    b1, c1 = (queue.submit(request(epochs=1), visitor, local) for visitor in "BC")
    assert a1.state == RUNNING
    assert queue.live() == [a1, b1, c1, a2, a3]
    assert queue.ahead(a2) == [a1, b1, c1]
    assert queue.ahead(a1) == []
    assert queue.waiting() == 4
    assert served([a1, a2, a3, b1, c1]) == [a1, b1, c1, a2, a3]
    assert queue.live() == queue.ahead(a2) == []


def test_who_comes_late_need_not_wait_for_anothers_second_job(queue, local):
    a1, a2, a3 = queue.submit_all([request(epochs=20), request(epochs=1), request(epochs=1)], "A", local)
    assert until(lambda: a1.state == RUNNING)
    b1, c1 = (queue.submit(request(epochs=epochs), visitor, local) for visitor, epochs in (("B", 40), ("C", 1)))
    assert until(lambda: b1.state == RUNNING)
    d1 = queue.submit(request(epochs=1), "D", local)
    assert b1.state == RUNNING
    assert served([a1, a2, a3, b1, c1, d1]) == [a1, b1, c1, d1, a2, a3]


def test_who_comes_late_has_no_credit_for_the_time_before(queue, local):
    a1, a2, a3, a4 = queue.submit_all([request(epochs=epochs) for epochs in (1, 30, 1, 1)], "A", local)
    assert until(lambda: a2.state == RUNNING)
    b1, b2 = queue.submit_all([request(epochs=1), request(epochs=1)], "B", local)
    assert a2.state == RUNNING
    assert served([a1, a2, a3, a4, b1, b2]) == [a1, a2, b1, a3, b2, a4]


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
    queue.warm()
    assert until(lambda: queue.ready)
    first, second = queue.submit_all([request(epochs=400), request(epochs=100)], "A", local)
    assert until(lambda: watched(first))
    assert second.seconds_left() == second.expected_s == queue.expected(second.request)
    assert 0 < first.seconds_left() < queue.seconds_until_done(second)
    assert queue.seconds_until_done(second) == pytest.approx(first.seconds_left() + second.expected_s, rel=0.3)


def test_a_sweep_does_not_spoil_the_expectation(engine, new_queue, local):
    """Each of its jobs says once that everything takes twice as long as was thought, not each time twice as long."""
    example = request(epochs=10)
    job = new_queue().submit(example, "A", local)
    assert trained(job)
    took = job.ended - job.started
    half = engine.speed.correction * took / 2 / engine.speed.seconds(example.models)
    queue = new_queue(engine=lambda: replace(engine, speed=replace(engine.speed, correction=half)))
    queue.warm()
    assert until(lambda: queue.ready)
    assert queue.expected(example) == pytest.approx(took / 2)
    for job in queue.submit_all([request(epochs=10) for _ in range(8)], "A", local):
        assert trained(job)
    assert took / 10 < queue.expected(example) < 2 * took  # the first job was the slowest


# ---- visitors who share and who leave ----


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


def test_a_shared_job_is_served_when_it_is_the_turn_of_either(queue, local):
    a1, a2, a3 = queue.submit_all([request(epochs=30), request(epochs=1), request(epochs=1)], "A", local)
    assert until(lambda: a1.state == RUNNING)
    assert queue.submit(a3.request, "B", local) is a3
    assert served([a1, a2, a3]) == [a1, a3, a2]


def test_asking_again_changes_nothing(queue, local):
    blocking, job = queue.submit_all([request(epochs=LONG), request()], "A", local)
    assert queue.submit_all([job.request, job.request], "A", local) == [job, job]
    assert queue.live() == [blocking, job]


def test_a_cancelled_job_leaves_nothing_and_the_next_one_starts_at_once(queue, local):
    job = queue.submit(request(*BOTH, epochs=LONG), "A", local)
    following = queue.submit(request(*BOTH, epochs=30), "B", local)
    assert until(lambda: watched(job))
    assert following.state == WAITING
    queue.leave(job, "A")
    assert job.state == CANCELLED
    assert job.wait(0)
    assert one_sentence(job.reason)
    assert all(task.state == CANCELLED and task.run is None for task in job.tasks)
    assert until(lambda: watched(following), 1.5)  # both workers were busy
    assert trained(following)
    assert files(local) == {task.run.path.name for task in following.tasks}


@pytest.mark.parametrize("pause_s", [0, 0.005, 0.05, 1])
def test_a_cancelled_request_can_be_asked_for_again(pause_s, queue, local):
    asked = request(*BOTH, epochs=30)
    job = queue.submit(asked, "A", local)
    assert until(lambda: watched(job))
    queue.leave(job, "A")
    assert job.state == CANCELLED
    time.sleep(pause_s)
    again = queue.submit(asked, "A", local)
    assert again is not job
    assert trained(again, 20)
    assert len(files(local)) == 2
    assert all(len([test for *_, test in task.curve if test is not None]) == 31 for task in again.tasks)


def test_a_request_that_was_cancelled_many_times_is_trained_in_the_end(queue, local):
    asked = request(*BOTH, epochs=30)
    for pause_s in (0, 0.01, 0.1, 0.3):
        job = queue.submit(asked, "A", local)
        time.sleep(pause_s)
        queue.leave(job, "A")
        assert job.state == CANCELLED
    assert trained(queue.submit(asked, "A", local), 20)


def test_a_cancelled_waiting_job_is_never_begun(queue, local):
    first, second, third = queue.submit_all([request(epochs=20), request(), request()], "A", local)
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


# ---- limits ----


@pytest.mark.parametrize(
    ("settings", "whose"),
    [({"max_waiting": 3}, "3 jobs wait"), ({"max_waiting_each": 3}, "3 jobs of yours wait")],
    ids=["of all", "of each"],
)
def test_a_full_queue_refuses_in_one_sentence(settings, whose, new_queue, local):
    queue = new_queue(**settings)
    running = queue.submit(request(epochs=LONG), "A", local)
    assert until(lambda: running.state == RUNNING)
    jobs = queue.submit_all([request() for _ in range(3)], "A", local)
    with pytest.raises(JobError, match=f"{whose}, 3 are allowed") as caught:
        queue.submit(request(), "A", local)
    assert one_sentence(caught.value)
    assert queue.live() == [running, *jobs]
    assert queue.submit(jobs[0].request, "A", local) is jobs[0]  # what waits already takes no room
    queue.leave(jobs[2], "A")
    assert queue.submit(request(), "A", local).state == WAITING


def test_the_limit_of_a_visitor_is_his_own(new_queue, local):
    queue = new_queue(max_waiting_each=1)
    running, waiting = (queue.submit(request(epochs=LONG), visitor, local) for visitor in "AB")
    assert until(lambda: running.state == RUNNING)
    assert queue.submit(request(), "A", local).state == WAITING
    with pytest.raises(JobError, match="1 jobs of yours"):
        queue.submit(request(), "B", local)
    assert waiting.state == WAITING


def test_a_sweep_is_taken_as_a_whole_or_not_at_all(new_queue, local):
    queue = new_queue(max_waiting=3)
    running = queue.submit(request(epochs=LONG), "A", local)
    assert until(lambda: running.state == RUNNING)
    waiting = queue.submit(request(), "A", local)
    with pytest.raises(JobError, match="3 were asked for") as caught:
        queue.submit_all([request() for _ in range(3)], "B", local)
    assert one_sentence(caught.value)
    assert queue.live() == [running, waiting]
    jobs = queue.submit_all([waiting.request, request(), request()], "B", local)  # of which one is there
    assert jobs[0] is waiting
    assert len(queue.live()) == 4


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


# ---- what is there already ----


@pytest.mark.parametrize("where", ["local", "."], ids=["local", "shipped"])
def test_a_run_that_exists_is_not_trained_again(where, queue, runs, tmp_path, local):
    there = publish_bytes(to_bytes(runs["vae"]), tmp_path / where)
    before = files(tmp_path)
    job = queue.submit(Request(((there.model, there.train),)), "A", local)
    assert job.wait(5)
    assert job.state == DONE
    assert job.progress() == 1
    assert (job.tasks[0].run, job.tasks[0].curve) == (list_runs(tmp_path)[0], [])
    assert job.tasks[0].run.path == there.path
    assert files(tmp_path) == before
    assert queue.trained_by("A") == set()


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


# ---- failures ----


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
    assert queue.trained_by("A") == set()


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
    assert queue.trained_by("A") == set()
    monkeypatch.undo()
    assert trained(queue.submit(job.request, "A", local))


def test_a_run_that_cannot_be_published_is_a_failure(queue, tmp_path):
    (tmp_path / "file").write_text("mine")
    job = queue.submit(request(), "A", tmp_path / "file" / "local")
    assert failed(job, "annot make the folder")
    assert (tmp_path / "file").read_text() == "mine"
    assert trained(queue.submit(job.request, "A", tmp_path / "local"))


@pytest.fixture
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VAE_DATA", str(tmp_path / "empty"))
    fingerprint.cache_clear()
    yield
    fingerprint.cache_clear()


def mnist() -> Request:
    return Request(((small_model("vae", image_shape=(28, 28)), small_training(dataset="mnist")),))


def test_a_missing_data_set_is_a_failure(queue, local, no_data):
    for _ in range(2):
        assert failed(queue.submit(mnist(), "A", local), "MNIST is not on this machine")
    assert trained(queue.submit(request(), "A", local))
    assert len(files(local)) == 1


def test_a_request_that_cannot_begin_leaves_no_training_behind(queue, local, no_data):
    asked = Request(request(epochs=LONG).models + mnist().models)
    assert failed(queue.submit(asked, "A", local), "MNIST is not on this machine")
    following = queue.submit(request(*BOTH, epochs=30), "A", local)
    assert until(lambda: watched(following), 5)
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
    assert failed(job, "he engine is ill", 5)
    assert trained(queue.submit(job.request, "A", local))
    assert len(tries) == 3


def test_what_is_cancelled_while_the_engine_starts_does_not_fail_later(engine, new_queue, local):
    tries, go_on = itertools.count(), threading.Event()

    def ill_once() -> Engine:
        if next(tries) == 0:
            assert go_on.wait(30)
            raise JobError("the engine is ill")
        return engine

    queue = new_queue(engine=ill_once)
    job = queue.submit(request(), "A", local)
    assert until(lambda: job.state == RUNNING)
    queue.leave(job, "A")
    again = queue.submit(job.request, "A", local)
    go_on.set()
    assert trained(again, 10)
    assert job.state == CANCELLED
    assert queue.find(job.request) is again


# ---- the end ----


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
