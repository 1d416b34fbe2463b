"""How long a request will take, by the pace at which similar models were trained. Imports no torch."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..config import ModelConfig, TrainConfig
from ..runs import RunInfo
from .job import Request

STEP_COST = 30e6  # multiplications that take as long as the rest of a step, whatever its size
EVALUATION = 1 / 3  # of the cost of an image that is trained on: there is no backward pass
EVIDENCE_S, EVIDENCE_IMAGES = 25.0, 600_000  # numbers of the latent space; images decoded, most for the likelihood


class Pace(NamedTuple):
    """A training that was measured: its settings, and the images per second that it was trained on."""

    model: ModelConfig
    train: TrainConfig
    images_per_second: float


def _image_cost(model: ModelConfig, train: TrainConfig) -> float:
    """Return the multiplications of an image in training, its share of what a step costs besides included."""
    return model.multiplications * train.samples + STEP_COST / train.batch_size


def expected_s(request: Request, paces: Sequence[Pace | RunInfo], workers: int) -> float | None:
    """Return the seconds that a request will take by itself, its models shared by workers; None without any paces.

    The pace of each model is that of the measured one with the most similar cost, the latest of several.

    Arguments:
        paces: What was measured on such workers, oldest first; a run tells its own.

    >>> vae, config = ModelConfig("vae"), TrainConfig("mnist", epochs=10)
    >>> expected_s(Request(((vae, config),)), [Pace(vae, config, 20_000.0)], workers=2)  # 633,333 images
    31.66...
    """
    if not paces:
        return None
    seconds = []
    for model, train in request.models:
        cost = _image_cost(model, train)
        similar = min(reversed(paces), key=lambda pace: abs(math.log(_image_cost(pace.model, pace.train) / cost)))
        image_s = cost / _image_cost(similar.model, similar.train) / similar.images_per_second
        if request.measured:
            seconds.append(image_s * EVIDENCE_IMAGES * EVALUATION / 2 + EVIDENCE_S)  # half: they are only decoded
        else:
            training, test = train.image_counts
            seconds.append(image_s * train.epochs * (training + test * EVALUATION))
    return max(*seconds, sum(seconds) / workers)
