"""An estimate: a number as it is measured, with its standard error, or why it is missing."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..runs import Missing

NO_DENSITY = "an autoencoder has no density"
NOT_DEFINED = Missing("undefined", NO_DENSITY)


class Estimate(NamedTuple):
    """A number as it was measured, in plain Python types.

    Arguments:
        value: A number, a truth value or a list; None if it does not exist.
        stderr: Standard error of a value that is estimated from draws or a sample, of the same shape.
        missing: Why value is None.
    """

    value: Any
    stderr: Any = None
    missing: Missing | None = None


def undetermined(reason: str) -> Estimate:
    """Return the estimate of a number that the data cannot tell."""
    return Estimate(None, missing=Missing("undetermined", reason))


def sample_mean(values: NDArray) -> Estimate:
    """Return the mean of n independent numbers or truth values, shape (n,), with its standard error."""
    return Estimate(float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64)) / math.sqrt(len(values)))
