"""The training queue: one request of VAE + cVAE, cancelling, Home's speed meanwhile, and thirty clients at once.

    VAE_DATA=../shared/data python -m benchmarks.jobs [--beta 0.37] [--clients 30]

Prints one JSON object. Run files go to a temporary folder; no finished run is reused.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.home import rerun_ms
from tests.support.helpers import ROOT
from vae_core.config import DATASETS, ModelConfig, TrainConfig
from vae_core.jobs import DONE, RUNNING, Job, Queue, Request

CLIENT_EPOCHS = 20  # of the thirty different requests, on digits


def pair(dataset: str, beta: float, epochs: int = 0) -> Request:
    """Return a request for VAE + cVAE at one beta."""
    info = DATASETS[dataset]
    models = [ModelConfig(kind, info.image_shape, info.num_classes) for kind in ("vae", "cvae")]
    return Request(tuple((model, TrainConfig(dataset, beta, epochs)) for model in models))


@contextmanager
def fresh_queue() -> Iterator[tuple[Queue, Path]]:
    """Start a queue and its engine, and make an empty folder for its runs."""
    with tempfile.TemporaryDirectory() as folder:
        queue = Queue()
        try:
            queue.warm()
            while not queue.ready:
                time.sleep(0.1)
            yield queue, Path(folder) / "local"
        finally:
            queue.close()


def until_frames(job: Job) -> float:
    """Return the seconds until every model of a job has shown a frame."""
    began = time.perf_counter()
    while job.live and not all(task.frame for task in job.tasks):
        time.sleep(0.005)
    return time.perf_counter() - began


def one_request(beta: float) -> dict[str, Any]:
    """Measure from submitting to the end, on MNIST with the usual settings."""
    with fresh_queue() as (queue, folder):
        request = pair("mnist", beta)
        began = time.perf_counter()
        job = queue.submit(request, "a visitor", folder)
        first, expected = until_frames(job), None
        while job.live and (expected := queue.expected(request)) is None:
            time.sleep(0.005)
        estimate = time.perf_counter() - began
        job.wait(600)
        seconds = time.perf_counter() - began
    figures = {task.model.kind: round(-(task.run.test.elbo or 0.0), 2) for task in job.tasks if task.run}
    return {
        "expected_s": round(expected or 0.0, 1), "estimate_after_s": round(estimate, 2),
        "first_frame_s": round(first, 2), "both_done_s": round(seconds, 1), "neg_elbo": figures,
    }  # fmt: skip


def cancelling(times: int = 5) -> dict[str, Any]:
    """Measure from cancelling a running request on MNIST until the next one runs, and until it shows a frame."""
    started_s, frame_s = [], []
    with fresh_queue() as (queue, folder):
        job = queue.submit(pair("mnist", 0.5), "a visitor", folder)
        for number in range(times):
            following = queue.submit(pair("mnist", 1.0 + number), "another", folder)
            until_frames(job)
            time.sleep(1)
            began = time.perf_counter()
            for visitor in ("a visitor", "another"):
                queue.leave(job, visitor)
            while following.state != RUNNING:
                time.sleep(0.001)
            started_s.append(time.perf_counter() - began)
            until_frames(following)
            frame_s.append(time.perf_counter() - began)
            job = following
    return {
        "cancel_to_next_running_s": [round(value, 3) for value in started_s],
        "cancel_to_next_frame_s": [round(value, 2) for value in frame_s],
    }


def home_meanwhile() -> dict[str, Any]:
    """Measure the server time of a rerun of Home, idle and while VAE + cVAE train on MNIST, in turn."""
    idle, busy = [], []
    with fresh_queue() as (queue, folder):
        for number in range(3):
            idle.append(rerun_ms())
            job = queue.submit(pair("mnist", 0.2 + number), "a visitor", folder)
            until_frames(job)
            busy.append(rerun_ms())
            queue.leave(job, "a visitor")
            time.sleep(1)
    ratios = [b / a for a, b in zip(idle, busy, strict=True)]
    return {
        "home_idle_ms": round(statistics.median(idle), 1), "home_training_ms": round(statistics.median(busy), 1),
        "ratio": round(statistics.median(ratios), 2),
    }  # fmt: skip


def clients(count: int) -> dict[str, Any]:
    """Let clients ask for the same at once, and for different trainings with two requests each, on digits."""
    with fresh_queue() as (queue, folder):
        equal_jobs: list[Job] = []

        def ask(visitor: str) -> None:
            equal_jobs.append(queue.submit(pair("digits", 0.37), visitor, folder))

        threads = [threading.Thread(target=ask, args=(str(number),)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal_jobs[0].wait(600)
        began = time.perf_counter()
        first = [queue.submit(pair("digits", 1 + n / 100, CLIENT_EPOCHS), f"{n}", folder) for n in range(count)]
        second = [queue.submit(pair("digits", 3 + n / 100, CLIENT_EPOCHS), f"{n}", folder) for n in range(count)]
        for job in (*first, *second):
            job.wait(600)
        seconds = time.perf_counter() - began
        files = len(list(folder.glob("*.safetensors")))
    return {
        "same": {
            "clients": len(equal_jobs), "jobs": len({id(job) for job in equal_jobs}), "state": equal_jobs[0].state,
        },
        "different": {
            "requests": len(first) + len(second), "done": sum(job.state == DONE for job in (*first, *second)),
            "fair": max(job.started for job in first) < min(job.started for job in second),
            "seconds": round(seconds, 1),
        },
        "run_files": files,
    }  # fmt: skip


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beta", type=float, default=0.37)
    parser.add_argument("--clients", type=int, default=30)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAE_CHECKPOINTS"] = str(shutil.copytree(ROOT / "checkpoints", Path(folder) / "checkpoints"))
        figures = one_request(args.beta) | cancelling() | home_meanwhile() | clients(args.clients)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
