"""What runs in a worker process, one training or measurement, and what it sends. Torch is imported there alone."""

from __future__ import annotations

import functools
import logging
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .. import evidence
from ..config import ModelConfig, TrainConfig
from ..errors import DataError
from ..latents import Frame, Latents
from ..runs import Metric

if TYPE_CHECKING:
    import torch

    from ..data import ImageSet
    from ..runs import Run

TOPIC = "vae_core.training"  # of the events
EVERY_S = 0.25  # between two frames
FULL = "The GPU's memory was not enough: this run trains on the CPU."
log = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """What a task gives: a run file's content (empty for evidence), its metrics, and a note for the visitor."""

    content: bytes
    metrics: dict[str, Metric]
    note: str | None


def warm_up(datasets: tuple[str, ...]) -> tuple[str, tuple[str, str]]:
    """Load libraries and the data sets that are on this machine, for which a first training would wait.

    Returns: A name of the device that no other has, and its name and precision as in a run file.
    """
    from ..devices import describe_device, identify_device, on_device_or_cpu, resolve_device, uses_bf16

    device = resolve_device()
    evidence.summarize(Latents(np.eye(4, dtype=np.float32), None, np.zeros(4, dtype=np.int64)), 0)
    for dataset in datasets:
        with suppress(DataError):
            on_device_or_cpu(functools.partial(_splits, dataset), device, _splits.cache_clear)  # it may be full for now
    return identify_device(device), (describe_device(device), "bf16" if uses_bf16(device) else "fp32")


@functools.lru_cache(maxsize=2)
def _splits(dataset: str, device: torch.device) -> tuple[ImageSet, ImageSet]:
    from ..data import load_splits

    return load_splits(TrainConfig(dataset), device=device)


@contextmanager
def usable() -> Iterator[None]:
    """Compute with one thread, for models train side by side; end this process when its GPU can be used no more.

    Then Dask starts another one and repeats the task there, once.
    """
    import torch

    from ..devices import is_out_of_memory

    torch.set_num_threads(1)
    try:
        yield
    except torch.AcceleratorError as error:
        if is_out_of_memory(error):
            raise
        log.critical("this worker ends: %s", error)
        os._exit(1)


def train_run(model: ModelConfig, config: TrainConfig) -> Outcome | None:
    """Train a model, sending frames under the task's key; None if nobody wants it any more."""
    from ..data import part_of
    from ..devices import on_device_or_cpu, resolve_device
    from ..runs import from_trained, to_bytes
    from ..training import train

    def work(device: torch.device) -> Run | None:
        splits, trained = part_of(config, *_splits(config.dataset, device)), None
        attempt, note = uuid.uuid4().hex, FULL if device != preferred else None
        for frame in train(model, config, *splits, device, is_abandoned(), EVERY_S):
            send(replace(frame, attempt=attempt, note=note, trained=None))
            trained = frame.trained
        return None if trained is None else from_trained(trained, *splits)

    with usable():
        preferred = resolve_device()
        run, fell_back = on_device_or_cpu(work, preferred, _splits.cache_clear)
        if run is None:
            return None
        summary = evidence.summarize(run.latents, run.info.latent_seed)
        return Outcome(to_bytes(run), summary, FULL if fell_back else None)


def measure_run(content: bytes) -> Outcome | None:
    """Measure the evidence of a run file's content; None if nobody wants it any more. The run stays as it is."""
    from ..devices import on_device_or_cpu, resolve_device
    from ..runs import from_bytes

    with usable():
        work = functools.partial(evidence.measure_run, from_bytes(content), should_stop=is_abandoned())
        measured, _ = on_device_or_cpu(work, resolve_device(), _splits.cache_clear)
    return None if measured is None else Outcome(b"", measured.metrics, " ".join(measured.notes) or None)


def send(frame: Frame) -> None:
    """Send a frame to the apps, under the key of the running task."""
    from distributed import get_worker
    from distributed.protocol.serialize import serialize_bytes

    worker = get_worker()
    worker.log_event(TOPIC, {"key": worker.get_current_task(), "frame": serialize_bytes(frame)})


def is_abandoned() -> Callable[[], bool]:
    """Return a function that tells whether nobody on the cluster wants the running task any more.

    Dask cannot interrupt a task: it marks it as cancelled when the last client that wanted it has let go or is gone.
    """
    from distributed import get_worker

    worker = get_worker()
    task = worker.state.tasks[worker.get_current_task()]
    return lambda: task.state == "cancelled"
