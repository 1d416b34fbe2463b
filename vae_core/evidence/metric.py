"""A number and what it needs to be read: its error, its yardstick, and why it is missing."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOT_DEFINED", "NOT_DETERMINED", "Estimate", "Metric", "sample_mean"]

NOT_DEFINED = "not defined: an autoencoder has no density"
NOT_DETERMINED = "not determined: "  # and the reason


class Estimate(NamedTuple):
    """A number as it was measured, in plain Python types.

    Arguments:
        value: A number, a truth value or a list; None if it does not exist.
        stderr: Standard error of a value that is estimated from draws or a sample, of the same shape.
        missing: Why value is None, in a sentence that starts with "not defined" or "not determined".
    """

    value: Any
    stderr: Any = None
    missing: str = ""


def sample_mean(values: NDArray) -> Estimate:
    """The mean of n independent numbers or truth values, shape (n,), with its standard error."""
    return Estimate(float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64)) / math.sqrt(len(values)))


class Metric(NamedTuple):
    """One number with its yardstick, in plain Python types.

    Arguments:
        value, stderr, missing: As in `Estimate`.
        null: The same for a model that is exactly Gaussian (latents) or for real images (generation); None if there
            is no such thing.
        unit: Such as "nats" or "share".
        better: Which direction is closer to N(0, I) or else better: "lower", "higher", "one" (or the identity),
            "zero", or "" for neither.
    """

    value: Any
    null: Any
    unit: str
    better: str
    stderr: Any = None
    missing: str = ""
