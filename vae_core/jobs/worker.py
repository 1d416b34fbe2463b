"""What runs in a worker process: one training, told as it goes. Torch is imported there, not where this is imported."""

from __future__ import annotations

import functools
import uuid
from contextlib import suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from .. import evidence
from ..config import ModelConfig, TrainConfig
from ..errors import DataError, RunError
from ..runs import Metric
from ..sheets import pixels
from .request import Frame

if TYPE_CHECKING:
    from ..data import ImageSet
    from ..training import Progress

__all__ = ["TOPIC", "Outcome", "device_name", "measure_run", "stop", "train_run", "warm_up"]

Outcome = tuple[bytes, dict[str, Metric], str | None]  # a run file, its metrics, and a note for the visitor

TOPIC = "vae_core.training"  # of the events
EVERY_S = 0.25  # between two frames
MAX_STOPPED = 1000
SMALL, LARGE = (ModelConfig("vae", (8, 8), hidden=(64, 32)), 32), (ModelConfig("vae"), 256)  # with images per step

_stopped: dict[str, None] = {}  # tickets, in the order in which they came


def stop(ticket: str) -> None:
    """End the training that was started with this ticket, at its next step."""
    _stopped[ticket] = None
    while len(_stopped) > MAX_STOPPED:
        del _stopped[next(iter(_stopped))]


@functools.lru_cache(maxsize=2)
def _splits(dataset: str, device: str) -> tuple[ImageSet, ImageSet]:
    from ..data import load_dataset

    return load_dataset(dataset, split="train", device=device), load_dataset(dataset, split="test", device=device)


def train_run(model: ModelConfig, train_config: TrainConfig, fingerprint: str, key: str, ticket: str) -> Outcome | None:
    """Train, and return the run file's content, its metrics, and a note for the visitor; None when told to stop.

    Arguments:
        model, train_config: The settings.
        fingerprint: Of the training images that are meant; RunError if this machine has others.
        key: Under which events are told.
        ticket: For `stop`.
    """
    import torch

    from ..devices import resolve_device
    from ..runs import from_trained, to_bytes

    _single_thread()
    device, note = str(resolve_device()), None
    try:
        trained = _train(model, train_config, fingerprint, device, key, ticket, note)
    except torch.OutOfMemoryError:
        _splits.cache_clear()
        torch.cuda.empty_cache()
        device, note = "cpu", "The GPU's memory was not enough: this run trains on the CPU."
        trained = _train(model, train_config, fingerprint, device, key, ticket, note)
    if trained is None:
        return None
    run = from_trained(trained, *_splits(train_config.dataset, device))
    return to_bytes(run), evidence.summarize(run.latents, run.info.latent_seed), note


def measure_run(content: bytes, ticket: str) -> Outcome | None:
    """The evidence of a run; None when told to stop. The content that is returned is empty: the run stays as it is.

    Arguments:
        content: Of the run file.
        ticket: For `stop`.
    """
    from ..runs import from_bytes

    _single_thread()
    measured = evidence.measure_run(from_bytes(content), "auto", lambda: ticket in _stopped)
    return None if measured is None else (b"", measured.metrics, " ".join(measured.notes) or None)


def _train(
    model: ModelConfig,
    train_config: TrainConfig,
    fingerprint: str,
    device: str,
    key: str,
    ticket: str,
    note: str | None,
) -> Any:
    from distributed import get_worker

    from ..devices import describe_device, resolve_device
    from ..training import train

    data, test = _splits(train_config.dataset, device)
    if data.fingerprint != fingerprint:
        raise RunError(f"the training machine has other {train_config.dataset} images than this one")
    worker, attempt, words = get_worker(), uuid.uuid4().hex, describe_device(resolve_device(device))
    last = None
    for last in train(model, train_config, data, test, device, lambda: ticket in _stopped, EVERY_S):
        worker.log_event(TOPIC, _frame(last, attempt, test, words, note).to_message() | {"key": key})
    return None if last is None else last.trained


def _frame(progress: Progress, attempt: str, test: ImageSet, device: str, note: str | None) -> Frame:
    from ..training import snapshot_index

    index = snapshot_index(test.y)
    snapshot = progress.snapshot
    return Frame(
        attempt=attempt,
        epoch=progress.epoch,
        epochs=progress.epochs,
        done=progress.done,
        seconds=progress.seconds,
        images_per_second=progress.images_per_second,
        train=progress.train,
        test=progress.test,
        mu=snapshot.mu.numpy(),
        logvar=None if snapshot.logvar is None else snapshot.logvar.numpy(),
        index=index.numpy(),
        y=test.y.cpu()[index].numpy(),
        x_hat=pixels(snapshot.x_hat.numpy()),
        class_names=test.class_names,
        device=device,
        note=note,
    )


def _single_thread() -> None:
    """One thread a worker: models that train side by side would only wait for each other's."""
    import torch

    torch.set_num_threads(1)


def device_name() -> str:
    """The device that trainings of this worker share with others of the same name: host, and GPU if there is one."""
    import platform

    from ..devices import resolve_device

    return f"{platform.node()} {resolve_device()}"


def warm_up(datasets: tuple[str, ...], seconds: float = 0.5) -> tuple[tuple[int, int, float], tuple[int, int, float]]:
    """Load what a first training would wait for: libraries, and those of the data sets that are on this machine.

    Returns (weights, images per step, seconds per step) of a small and of the usual model, the faster of two tries.
    """
    import numpy as np

    from ..devices import resolve_device
    from ..evidence import summarize
    from ..latents import Latents

    _single_thread()
    summarize(Latents(np.eye(4, dtype=np.float32), None, np.zeros(4, dtype=np.int64)), 0)
    for dataset in datasets:
        with suppress(DataError):
            _splits(dataset, str(resolve_device()))
    tries = [(_time_steps(*SMALL, seconds / 2), _time_steps(*LARGE, seconds)) for _ in range(2)]
    return min((small for small, _ in tries), key=itemgetter(2)), min((large for _, large in tries), key=itemgetter(2))


def _time_steps(model: ModelConfig, images: int, seconds: float) -> tuple[int, int, float]:
    """Train on noise for a while; the first steps, which are slow, do not count."""
    import torch

    from ..data import ImageSet
    from ..devices import resolve_device
    from ..training import train

    x = torch.randint(0, 256, (images * 20, *model.image_shape), dtype=torch.uint8)
    data = ImageSet(x, torch.zeros(len(x), dtype=torch.int64), ("0",), "noise", "")
    config, test = TrainConfig(batch_size=images, epochs=1000), data.at(torch.arange(10))
    counted: list[tuple[float, float]] = []  # images, seconds
    for progress in train(model, config, data, test, resolve_device(), every_s=seconds / 4):
        if progress.done:
            counted.append((progress.done * config.epochs * len(data), progress.seconds))
            if counted[-1][1] - counted[0][1] >= seconds:
                break
    (before, began), (after, ended) = counted[0], counted[-1]
    return model.multiplications, images, (ended - began) / (after - before) * images
