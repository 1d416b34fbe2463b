"""One moment of a model's training: the same type in the training loop, on its way to a plot, and from a run file."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..history import Losses
from .posteriors import Latents


@dataclass(frozen=True)
class Frame(Latents):
    """The latents of the followed test images at one moment of a training, and how far the training is.

    Arguments:
        mu, logvar, y: Their posteriors and labels, as in `Latents`: shapes (n, d), (n, d) or None for an AE, and (n,).
        index: Which test images they are, shape (n,).
        x_hat: Reconstructions of the first ten of them, uint8, shape (10, H, W).
        class_names: A name per label.
        epoch, epochs: How many whole epochs are done (0: before the first step), and how many there will be.
        train: Mean loss over this epoch's training images so far, as they were trained on; None before the first.
        test: Mean loss over the test split after `epoch` epochs; None where it was not recorded.
        done: Share of all steps that are done, 0 to 1.
        attempt: Which start of a training this is; another one after a worker died.
        seconds: Since the start.
        images_per_second: Training images a second since the start, evaluation left out; 0 before the first.
        device, note: Where it runs, such as "CPU"; what a visitor should know, such as a fall back to the CPU.
        trained: What training ends with, a `training.Trained`; None until the last frame, and never sent.
    """

    index: NDArray[np.int32]
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
    trained: Any = None

    @property
    def seconds_left(self) -> float | None:
        """Return the seconds until the end by the pace so far; None before the first step."""
        return self.seconds / self.done * (1 - self.done) if self.done else None
