"""How long a training will take on this machine, from a short measurement. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..config import DATASETS, ModelConfig, TrainConfig

__all__ = ["Speed"]

MEASURED_IMAGES = 540_000  # that are decoded for a run's evidence, most of them for its likelihood
LATENT_S = 10.0  # for the numbers that are no decoding
EVALUATION_COST = 1 / 3  # of an image without the backward pass, against one that is trained on


@dataclass(frozen=True)
class Speed:
    """What a worker needs while all workers are busy.

    Arguments:
        step_s: Seconds per step, whatever the size of model and batch.
        weight_s: Seconds per weight and image, beside that.
        workers: Models that train side by side.
        correction: Measured seconds of finished jobs against what was expected of them.
    """

    step_s: float
    weight_s: float
    workers: int
    correction: float = 1.0

    @classmethod
    def fitted(cls, small: tuple[int, int, float], large: tuple[int, int, float], workers: int) -> Speed:
        """From two measurements of (weights, images per step, seconds per step)."""
        cost = [size * images for size, images, _ in (small, large)]
        weight_s = max(large[2] - small[2], 0.0) / (cost[1] - cost[0])
        return cls(max(small[2] - weight_s * cost[0], 0.0), weight_s, workers)

    def seconds(self, models: Iterable[tuple[ModelConfig, TrainConfig]]) -> float:
        """Expected seconds until all of these models, side by side, are trained."""
        each = [self._alone(model, train) for model, train in models]
        return self.correction * max(*each, sum(each) / self.workers) if len(each) > 1 else self.correction * each[0]

    def measuring(self, models: Iterable[tuple[ModelConfig, TrainConfig]]) -> float:
        """Expected seconds until the evidence of these models, side by side, is measured."""
        images = MEASURED_IMAGES * EVALUATION_COST * self.weight_s
        each = [LATENT_S + images * model.multiplications / 2 for model, _ in models]
        return max(*each, sum(each) / self.workers) if len(each) > 1 else each[0]

    def _alone(self, model: ModelConfig, train: TrainConfig) -> float:
        images, test_images = DATASETS[train.dataset].images
        steps = -(-images // train.batch_size)
        epoch = steps * self.step_s + images * model.multiplications * self.weight_s
        evaluation = test_images * model.multiplications * self.weight_s * EVALUATION_COST
        return train.epochs * epoch + (train.epochs + 1) * evaluation

    def corrected(self, expected: float, measured: float) -> Speed:
        """The same, having learnt from a job: halfway towards what it says, for one job may be an exception."""
        factor = self.correction * measured / expected
        return replace(self, correction=min(max((self.correction + factor) / 2, 0.2), 5.0))
