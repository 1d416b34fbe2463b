"""A state of a model on its way from the worker to the plot. Imports neither torch nor Dask."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..history import Losses


@dataclass(frozen=True)
class Frame:
    """One moment of a training: the followed test images in the latent space, and how far the training is.

    Arguments:
        mu, logvar: Posteriors of the followed test images, shape (n, d); logvar is None for an AE.
        index, y: Which test images they are and their labels, shape (n,).
        x_hat: Reconstructions of the first ten of them, uint8, shape (10, H, W).
        class_names: A name per label.
        epoch, epochs: Whole epochs that are done, and how many there will be.
        train, test: Losses as in `training.Progress`; None where nothing was recorded, as before the first step.
        done: Share of all steps that are done, 0 to 1.
        attempt: Which start of the training this is; another one after a worker died.
        seconds, images_per_second: As in `training.Progress`.
        device: Where it runs, such as "CPU".
        note: What a visitor should know, such as a fall back to the CPU.
    """

    mu: NDArray[np.float32]
    logvar: NDArray[np.float32] | None
    index: NDArray[np.int32]
    y: NDArray[np.int64]
    x_hat: NDArray[np.uint8]
    class_names: tuple[str, ...]
    epoch: int
    epochs: int
    train: Losses | None
    test: Losses | None
    done: float = 1.0
    attempt: str = ""
    seconds: float = 0.0
    images_per_second: float = 0.0
    device: str = ""
    note: str | None = None

    @property
    def seconds_left(self) -> float | None:
        """Return the seconds until the end by the pace so far; None before the first step."""
        return self.seconds / self.done * (1 - self.done) if self.done else None
