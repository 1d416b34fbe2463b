"""What tests of the queue share: small requests, and how their jobs end."""

import itertools
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.helpers import one_sentence, small_model, small_training
from vae_core.jobs import DONE, FAILED, Job, Queue, Request
from vae_core.runs import load_run

BOTH = ("vae", "cvae")  # as many as a small machine trains side by side
LONG = 5000  # epochs: a minute and more, so that it is still there when it is cancelled
PATIENCE_S = 180.0  # for what takes a second or a few on a machine that is not busy
seeds = itertools.count(1000)


def request(*kinds: str, seed: int | None = None, **settings: object) -> Request:
    """Small models that nobody has asked for yet, unless a seed is given."""
    seed = next(seeds) if seed is None else seed
    return Request(tuple((small_model(kind), small_training(seed=seed, **settings)) for kind in kinds or ("vae",)))


def until(condition: Callable[[], object], seconds: float = PATIENCE_S) -> bool:
    """Wait for something; whether it came in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def trained(job: Job, seconds: float = PATIENCE_S) -> bool:
    """Wait for a job; whether it is done, in state, figures and files."""
    assert job.wait(seconds), f"it is still {job.state} after {seconds} s"
    assert (job.state, job.reason) == (DONE, ""), f"{job.state}: {job.reason}"
    for task in job.tasks:
        assert task.state == DONE
        assert load_run(task.run.path).info == task.run
        assert (task.run.model, task.run.train) == (task.model, task.train)
    return True


def failed(job: Job, words: str, seconds: float = PATIENCE_S) -> bool:
    """Wait for a job; whether it failed with a sentence that says these words."""
    assert job.wait(seconds), f"it is still {job.state} after {seconds} s"
    assert job.state == FAILED
    assert words in job.reason
    return one_sentence(job.reason) and all(task.run is None for task in job.tasks)


def watched(job: Job) -> bool:
    """Whether every model of it has shown a frame."""
    return all(task.frame is not None for task in job.tasks)


def files(folder: Path) -> set[str]:
    """Names of the run files, whole or half, at any depth."""
    return {path.name for path in folder.rglob("*") if path.name.endswith(".safetensors") or ".tmp-" in path.name}


def clear(queue: Queue) -> None:
    """Cancel all jobs."""
    for job in queue.live():
        for visitor in tuple(job.visitors):
            queue.leave(job, visitor)
