"""The aggregate posterior q(z) = mean of q(z|x) over the images: what is asked of it, and its density anywhere."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from .metric import NO_DENSITY, Estimate

Array = NDArray[np.float64]
HOLE = 0.1  # of the prior's density, below which q leaves a hole
BLOCK = 2**18  # numbers at a time: 2 MB, which stay in the processor's cache


class Aggregate(NamedTuple):
    """What q(z), the mixture of N posteriors, is like; nats and shares. Nothing is corrected for there being only N.

    Arguments:
        kl_aggregate: KL(q(z) ‖ p).
        mutual_information: I(x;z), what z tells of the image.
        class_information: I(c;z), what z tells of the class.
        within_class_information: I(x;z|c), what z tells of the image beyond its class.
        class_kl: KL(q(z|c) ‖ p) of every label up to the largest, a list; None where a label has no image.
        hole_mass: Prior mass where q(z) < 0.1 p(z).
        overlap: ∫ min(p, q), 1 if they are equal.
    """

    kl_aggregate: Estimate
    mutual_information: Estimate
    class_information: Estimate
    within_class_information: Estimate
    class_kl: Estimate
    hole_mass: Estimate
    overlap: Estimate


def log_density(latents: Latents, z: NDArray[np.floating]) -> Array | None:
    """Return log q(z) in nats at z (n, d), shape (n,); None for an AE, which has no density.

    >>> prior = Latents(np.zeros((1, 2), np.float32), np.zeros((1, 2), np.float32), np.zeros(1, np.int64))
    >>> log_density(prior, np.zeros((1, 2))).round(4).tolist()  # −ln 2π
    [-1.8379]
    """
    if latents.logvar is None:
        return None
    return log_mixture(z.astype(np.float64), *posteriors(latents)) - 0.5 * z.shape[1] * math.log(2 * math.pi)


def log_mixture(z: Array, mu: Array, sigma: Array) -> Array:
    """Return the log of the mean density of N posteriors (N, d) at z (n, d), shape (n,), without its −d/2 ln 2π."""
    inverse, offset, width = 1 / sigma, mu / sigma, np.log(sigma).sum(axis=1)  # (N, d), (N, d), (N,)
    rows = max(BLOCK // len(mu), 1)
    blocks = [_log_sum(z[start : start + rows], inverse, offset, width) for start in range(0, len(z), rows)]
    return np.concatenate(blocks) - math.log(len(mu))


def _log_sum(z: Array, inverse: Array, offset: Array, width: Array) -> Array:
    exponent = np.zeros((len(z), len(width)))
    for dimension in range(z.shape[1]):
        term = np.multiply.outer(z[:, dimension], inverse[:, dimension])
        term -= offset[:, dimension]
        term *= term
        exponent += term
    exponent *= -0.5
    exponent -= width
    top = exponent.max(axis=1, keepdims=True)
    exponent -= top
    return np.log(np.exp(exponent, out=exponent).sum(axis=1)) + top[:, 0]


def posteriors(latents: Latents) -> tuple[Array, Array]:
    """Return mu and sigma, each (N, d) in double precision; ValueError for an AE."""
    if latents.logvar is None:
        raise ValueError(NO_DENSITY)
    return latents.mu.astype(np.float64), np.exp(0.5 * latents.logvar.astype(np.float64))


def rate(latents: Latents, members: NDArray[np.int64] | slice = slice(None)) -> float:
    """Return the mean KL(q(z|x) ‖ p) of the images, or of those with the indices `members`, in nats."""
    kld = latents.kld()
    if kld is None:
        raise ValueError(NO_DENSITY)
    return float(kld[members].mean(dtype=np.float64))


def images_by_label(y: NDArray[np.integer]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield every label that occurs in y (N,), with the indices of its images."""
    for label in np.unique(y):
        yield int(label), np.flatnonzero(y == label)


def listed_by_label(values: dict[int, float]) -> list[float | None]:
    """List values by label up to the largest; None for a label without a value."""
    return [values.get(label) for label in range(max(values) + 1)]
