"""The shape of a cloud of latents z: its moments, and distances to N(0, I), also after whitening."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .metric import NOT_DETERMINED, Estimate

__all__ = [
    "covariance",
    "energy_distance",
    "energy_distance_null",
    "kurtosis",
    "mean",
    "skew",
    "sliced_wasserstein",
    "sliced_wasserstein_null",
    "spread",
    "subset",
    "whiten",
]

Floats = NDArray[np.floating]
DIRECTIONS = 200
SUBSET = 2000  # points of which measures that cost n² are taken
SUBSET_STREAM = 2  # of the seed's random numbers
FLAT = 1e-12  # of the mean square of z: a variance below it is rounding, as z has 24 bits
NO_VARIANCE = f"{NOT_DETERMINED}the codes do not vary in every direction"


def mean(z: Floats) -> Estimate:
    """Mean of z (N, d) in each latent dimension; the prior's is 0."""
    z = z.astype(np.float64)
    return Estimate(z.mean(axis=0).tolist(), (z.std(axis=0) / math.sqrt(len(z))).tolist())


def covariance(z: Floats) -> Estimate:
    """Covariance matrix of z (N, d), d × d; the prior's is the identity."""
    centred = _centred(z)
    value = centred.T @ centred / len(z)
    squares = (centred**2).T @ centred**2 / len(z) - value**2  # variance of each product
    return Estimate(value.tolist(), np.sqrt(np.maximum(squares, 0) / len(z)).tolist())


def spread(z: Floats) -> list[float]:
    """Standard deviation of z (N, d) in each latent dimension; the prior's is 1."""
    return [float(value) for value in z.std(axis=0, dtype=np.float64)]


def skew(z: Floats) -> Estimate:
    """Third standardized moment of z (N, d) in each latent dimension; 0 for a normal distribution."""
    return _standardized_moment(z, 3, 0.0)


def kurtosis(z: Floats) -> Estimate:
    """Fourth standardized moment of z (N, d) in each latent dimension, less 3; 0 for a normal distribution."""
    return _standardized_moment(z, 4, 3.0)


def whiten(z: Floats) -> NDArray[np.float64] | None:
    """z (N, d) moved and stretched to mean 0 and covariance I; None where it has no extent in some direction.

    z is multiplied with the inverse square root of its covariance, which turns nothing more than it must.
    """
    centred = _centred(z)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(z))
    if variances[0] <= FLAT * float((z.astype(np.float64) ** 2).mean(axis=0).max()):
        return None
    return centred @ (axes / np.sqrt(variances)) @ axes.T


def sliced_wasserstein(z: Floats, directions: int = DIRECTIONS) -> float:
    """Sliced Wasserstein distance of order 1 between z (N, d) and N(0, I), in units of the prior's sigma.

    The mean over fixed random directions of the 1-D distance: sorted projections against exact normal quantiles.

    Source: Bonneel et al. 2015, Journal of Mathematical Imaging and Vision 51.
    """
    from scipy.special import ndtri

    axes = np.random.default_rng(0).standard_normal((directions, z.shape[1]))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    projected = np.sort(axes @ z.T.astype(np.float64), axis=1)  # (directions, N)
    quantiles = ndtri((np.arange(len(z)) + 0.5) / len(z))
    return float(np.abs(projected - quantiles).mean())


def sliced_wasserstein_null(n: int) -> float:
    """What `sliced_wasserstein` gives on average for n points of N(0, I), in any dimension; to 1 % from n = 360 on.

    The mean over order statistics of their mean absolute deviation √(2/π) · √(p (1 − p) / n) / φ(quantile of p).
    """
    from scipy.special import ndtri

    p = (np.arange(n) + 0.5) / n
    density = np.exp(-0.5 * ndtri(p) ** 2) / math.sqrt(2 * math.pi)
    return float(math.sqrt(2 / (math.pi * n)) * (np.sqrt(p * (1 - p)) / density).mean())


def energy_distance(z: Floats) -> Estimate:
    """Energy distance 2 E|z − Y| − E|z − z'| − E|Y − Y'| of points z (n, d) to Y ~ N(0, I), in sigma of the prior.

    It is never negative: the expectations over Y are exact, and those over z means over all n² pairs.

    Source: Székely & Rizzo 2013, Journal of Statistical Planning and Inference 143.
    """
    from scipy.spatial.distance import pdist, squareform
    from scipy.special import hyp1f1

    z = z.astype(np.float64)
    norm, half = _prior_norm(z.shape[1]), z.shape[1] / 2
    to_prior = norm * np.asarray(hyp1f1(-0.5, half, -0.5 * (z**2).sum(axis=1)))  # E|z − Y|, (n,)
    to_others = squareform(pdist(z)).mean(axis=1)  # (n,)
    influence = 2 * (to_prior - to_others)
    value = (2 * to_prior - to_others).mean() - math.sqrt(2) * norm
    return Estimate(float(value), float(influence.std() / math.sqrt(len(z))))


def energy_distance_null(n: int, dimensions: int) -> float:
    """What `energy_distance` gives on average for n points of N(0, I).

    E|Y − Y'| / n, because n of the n² pairs are a point and itself.
    """
    return math.sqrt(2) * _prior_norm(dimensions) / n


def subset(n: int, seed: int) -> NDArray[np.int64]:
    """Which of n points stand for all where a measure costs n²: at most 2,000, the same for a seed."""
    return np.random.default_rng((seed, SUBSET_STREAM)).permutation(n)[:SUBSET]


def _prior_norm(dimensions: int) -> float:
    """E|Y| of Y ~ N(0, I): √2 Γ(d/2 + ½) / Γ(d/2)."""
    from scipy.special import poch

    return math.sqrt(2) * float(poch(dimensions / 2, 0.5))


def _centred(z: Floats) -> NDArray[np.float64]:
    z = z.astype(np.float64)
    return z - z.mean(axis=0)


def _standardized_moment(z: Floats, order: int, normal: float) -> Estimate:
    centred = _centred(z)
    variances = (centred**2).mean(axis=0)
    if (variances <= FLAT * (z.astype(np.float64) ** 2).mean(axis=0)).any():
        return Estimate(None, missing=NO_VARIANCE)
    return Estimate((((centred / np.sqrt(variances)) ** order).mean(axis=0) - normal).tolist())
