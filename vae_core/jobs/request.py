"""What is asked of the queue, and what is told of it while it runs. Imports neither torch nor Dask."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import ModelConfig, TrainConfig, canonical_json, identity
from ..history import Losses
from ..runs import RunInfo

__all__ = ["MAX_MODELS", "Frame", "Request"]

MAX_MODELS = 3  # of one request: they train side by side


@dataclass(frozen=True)
class Request:
    """Models that are wanted together and train side by side, such as VAE + cVAE at one beta; or their evidence.

    Arguments:
        models: One to three pairs of settings.
        measured: Runs with these settings whose evidence is wanted; none where models are to be trained.
    """

    models: tuple[tuple[ModelConfig, TrainConfig], ...]
    measured: tuple[RunInfo, ...] = ()

    @classmethod
    def evidence(cls, *infos: RunInfo) -> Request:
        """A request for the evidence of one to three runs."""
        return cls(tuple((info.model, info.train) for info in infos), infos)

    def __post_init__(self) -> None:
        if not 1 <= len(self.models) <= MAX_MODELS:
            raise ValueError(f"models must be 1 to {MAX_MODELS} pairs of settings, got {len(self.models)}")
        object.__setattr__(self, "models", tuple((model, train.for_kind(model.kind)) for model, train in self.models))

    @property
    def id(self) -> str:
        """Equal for requests that mean the same trainings or measurements: 16 hexadecimal digits."""
        hashes = [info.sha256 for info in self.measured]
        return digest(hashes or [identity(model, train) for model, train in self.models])[:16]


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@dataclass(frozen=True)
class Frame:
    """One moment of a running training, as it is told by the worker.

    Arguments:
        attempt: Which start of the training this is; another one after a worker died.
        epoch, epochs, done, seconds, images_per_second: As in `training.Progress`.
        train, test: Losses as in `training.Progress`; train is None before the first step.
        mu, logvar: Posteriors of the followed test images, shape (n, d); logvar None for an AE.
        index, y: Which test images they are and their labels, shape (n,).
        x_hat: Reconstructions of the first ten of them, uint8, shape (10, H, W).
        class_names: A name per label.
        device: Where it runs, in words.
        note: What a visitor should know, such as a fall back to the CPU.
    """

    attempt: str
    epoch: int
    epochs: int
    done: float
    seconds: float
    images_per_second: float
    train: Losses | None
    test: Losses
    mu: NDArray[np.float32]
    logvar: NDArray[np.float32] | None
    index: NDArray[np.int32]
    y: NDArray[np.int64]
    x_hat: NDArray[np.uint8]
    class_names: tuple[str, ...]
    device: str
    note: str | None

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far; None before the first step."""
        return self.seconds / self.done * (1 - self.done) if self.done else None

    def to_message(self) -> dict[str, Any]:
        """Plain values and bytes, as they travel."""
        values = {name: getattr(self, name) for name in PLAIN} | {"class_names": list(self.class_names)}
        values |= {name: None if (losses := getattr(self, name)) is None else list(losses) for name in LOSSES}
        arrays = {name: getattr(self, name) for name in ARRAYS}
        sent = {name: value.astype(ARRAYS[name]) for name, value in arrays.items() if value is not None}
        return values | {name: (value.tobytes(), list(value.shape)) for name, value in sent.items()}

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> Frame:
        """The frame that `to_message` wrote."""
        values = {name: message[name] for name in PLAIN} | {"class_names": tuple(message["class_names"])}
        values |= {name: None if message[name] is None else Losses(*message[name]) for name in LOSSES}
        for name, sent_as in ARRAYS.items():
            content, shape = message.get(name) or (None, ())
            values[name] = (
                None if content is None else np.frombuffer(content, sent_as).reshape(shape).astype(KEPT[name])
            )
        return cls(**values)


PLAIN = ("attempt", "epoch", "epochs", "done", "seconds", "images_per_second", "device", "note")
LOSSES = ("train", "test")
ARRAYS = {"mu": "<f4", "logvar": "<f4", "index": "<i4", "y": "<i2", "x_hat": "|u1"}  # little-endian, as sent
KEPT = {"mu": np.float32, "logvar": np.float32, "index": np.int32, "y": np.int64, "x_hat": np.uint8}
