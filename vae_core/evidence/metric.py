"""An estimate: a number as it is measured, with its standard error, or why it is missing."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..runs import Missing

GROUPS = 20  # of points for a jackknife, whose standard error is then known to 16 %
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


def jackknife(statistic: Callable[[NDArray], Any], points: NDArray) -> Any:
    """Return the standard error of a statistic of n independent points (n, ...), a number or a list as it is.

    From the statistic without each of 20 groups in turn, drawn once for each n; None where it cannot be told.

    Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 11.

    >>> points = np.random.default_rng(0).standard_normal(10_000)
    >>> round(jackknife(np.mean, points) * math.sqrt(len(points)))
    1
    """
    order = np.random.default_rng(len(points)).permutation(len(points))
    groups = np.array_split(order, min(GROUPS, len(points)))
    values = np.array([statistic(np.delete(points, group, axis=0)) for group in groups], dtype=np.float64)
    errors = np.sqrt((len(groups) - 1) * values.var(axis=0))
    return errors.tolist() if np.isfinite(errors).all() else None
