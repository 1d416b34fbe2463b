"""The shape of a cloud of latents z: its moments, and distances to N(0, I), also after whitening.

Standard errors count the images, and so z as well, as drawn at random.
"""

import functools
import math
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from .metric import Estimate, jackknife, undetermined

Floats = NDArray[np.floating]
DIRECTIONS = 200
ERROR_DIRECTIONS = 40  # are enough for a standard error
NULL_DRAWS, NULL_POINTS = 100, 400  # from which a whitened distance's null is known to 1 % in two dimensions
SUBSET = 2000  # points of which measures that cost n² are taken
SUBSET_STREAM = 2  # of the seed's random numbers
FLAT = 1e-12  # of the mean square of z: a variance below it is rounding, as z has 24 bits
NO_VARIANCE = undetermined("the codes do not vary in every direction")


def distance_numbers(z: Floats) -> dict[str, Estimate]:
    """Measure the sliced Wasserstein distance of z (N, d) to N(0, I), and after whitening."""
    white = whiten(z)
    return {
        "sliced_wasserstein": _with_error(sliced_wasserstein, z),
        "sliced_wasserstein_whitened": NO_VARIANCE if white is None else _with_error(_whitened_distance, white),
    }


def shape_numbers(latents: Latents, seed: int) -> dict[str, Estimate]:
    """Measure the shape of sampled z, besides `spread` and `distance_numbers`; see `NUMBERS`."""
    z, index = latents.sample(seed), subset(len(latents.mu), seed)
    white = whiten(z)
    return {
        "mean": mean(z),
        "covariance": covariance(z),
        "skew": skew(z),
        "kurtosis": kurtosis(z),
        "energy_distance": energy_distance(z[index]),
        "energy_distance_whitened": NO_VARIANCE if white is None else energy_distance(white[index]),
    }


def gaussian_shape_numbers(images: int, dimensions: int) -> dict[str, Estimate]:
    """Return what so many points of N(0, I) give on average: what is known, or the mean of 100 draws."""
    points = min(images, SUBSET)
    numbers = {
        "mean": Estimate([0.0] * dimensions),
        "covariance": Estimate(np.eye(dimensions).tolist()),
        "spread": Estimate([1.0] * dimensions),
        "skew": Estimate([0.0] * dimensions),
        "kurtosis": Estimate([0.0] * dimensions),
        "sliced_wasserstein": Estimate(sliced_wasserstein_null(images)),
        "energy_distance": Estimate(energy_distance_null(points, dimensions)),
    }
    if min(images, NULL_POINTS) > dimensions + 1:
        distance, energy = _whitened_share(min(images, NULL_POINTS), dimensions)
        numbers["sliced_wasserstein_whitened"] = Estimate(distance * sliced_wasserstein_null(images))
        numbers["energy_distance_whitened"] = Estimate(energy * energy_distance_null(points, dimensions))
    return numbers


@functools.lru_cache(maxsize=64)
def _whitened_share(n: int, dimensions: int) -> tuple[float, float]:
    """Return what whitening leaves of the distances' nulls, which hardly depends on n: about 0.65 and 0.4."""
    rng, distance, energy = np.random.default_rng(0), 0.0, 0.0
    for _ in range(NULL_DRAWS):
        white = whiten(rng.standard_normal((n, dimensions)))
        if white is not None:
            distance += sliced_wasserstein(white, ERROR_DIRECTIONS) / NULL_DRAWS
            energy += energy_distance(white).value / NULL_DRAWS
    return distance / sliced_wasserstein_null(n), energy / energy_distance_null(n, dimensions)


def _with_error(distance: Callable[..., float], z: Floats) -> Estimate:
    return Estimate(distance(z), jackknife(lambda points: distance(points, ERROR_DIRECTIONS), z))


def _whitened_distance(z: Floats, directions: int = DIRECTIONS) -> float:
    """Return the sliced Wasserstein distance after whitening; NaN where z has no extent in some direction."""
    white = whiten(z)
    return math.nan if white is None else sliced_wasserstein(white, directions)


def mean(z: Floats) -> Estimate:
    """Return the mean of z (N, d) in each latent dimension; the prior's is 0."""
    z = z.astype(np.float64)
    return Estimate(z.mean(axis=0).tolist(), (z.std(axis=0) / math.sqrt(len(z))).tolist())


def covariance(z: Floats) -> Estimate:
    """Return the covariance matrix of z (N, d), d × d; the prior's is the identity."""
    centred = _centred(z)
    value = centred.T @ centred / len(z)
    squares = (centred**2).T @ centred**2 / len(z) - value**2  # variance of each product
    return Estimate(value.tolist(), np.sqrt(np.maximum(squares, 0) / len(z)).tolist())


def spread(z: Floats) -> Estimate:
    """Return the standard deviation of z (N, d) in each latent dimension; the prior's is 1."""

    def deviations(points: Floats) -> list[float]:
        return points.std(axis=0, dtype=np.float64).tolist()

    return Estimate(deviations(z), jackknife(deviations, z))


def skew(z: Floats) -> Estimate:
    """Return the third standardized moment of z (N, d) in each latent dimension; 0 for a normal distribution."""
    from scipy import stats

    return _standardized(stats.skew, z)


def kurtosis(z: Floats) -> Estimate:
    """Return the fourth standardized moment less 3 of z (N, d) in each dimension; 0 for a normal distribution."""
    from scipy import stats

    return _standardized(stats.kurtosis, z)


def _standardized(moment: Callable[[Floats], Floats], z: Floats) -> Estimate:
    if not _varies(z):
        return NO_VARIANCE
    points = z.astype(np.float64)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # without some points the others may be equal
        error = jackknife(moment, points)
    return Estimate(moment(points).tolist(), error)


def whiten(z: Floats) -> NDArray[np.float64] | None:
    """Move and stretch z (N, d) to mean 0 and covariance I; None where it has no extent in some direction.

    z is multiplied with the inverse square root of its covariance, which rotates nothing more than it must.

    >>> whiten(np.array([[2.0], [6.0]])).ravel().tolist()
    [-1.0, 1.0]
    """
    centred = _centred(z)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(z))
    if variances[0] <= FLAT * float((z.astype(np.float64) ** 2).mean(axis=0).max()):
        return None
    return centred @ (axes / np.sqrt(variances)) @ axes.T


def sliced_wasserstein(z: Floats, directions: int = DIRECTIONS) -> float:
    """Return the sliced Wasserstein distance of order 1 between z (N, d) and N(0, I), in units of the prior's sigma.

    The mean over fixed random directions of the 1-D distance: sorted projections against exact normal quantiles.

    Source: Bonneel et al. 2015, Journal of Mathematical Imaging and Vision 51.

    >>> far = np.full((100, 1), 7.0)  # all the mass moves by 7 on average
    >>> round(sliced_wasserstein(far), 6)
    7.0
    """
    from scipy.special import ndtri

    axes = np.random.default_rng(0).standard_normal((directions, z.shape[1]))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    projected = np.sort(axes @ z.T.astype(np.float64), axis=1)  # (directions, N)
    quantiles = ndtri((np.arange(len(z)) + 0.5) / len(z))
    return float(np.abs(projected - quantiles).mean())


def sliced_wasserstein_null(n: int) -> float:
    """Return what `sliced_wasserstein` gives on average for n points of N(0, I); right to 1 % from n = 360 on.

    The mean over order statistics of their mean absolute deviation √(2/π) · √(p (1 − p) / n) / φ(quantile of p), in
    any dimension.

    >>> round(sliced_wasserstein_null(10_000), 4)
    0.0129
    """
    from scipy.special import ndtri

    p = (np.arange(n) + 0.5) / n
    density = np.exp(-0.5 * ndtri(p) ** 2) / math.sqrt(2 * math.pi)
    return float(math.sqrt(2 / (math.pi * n)) * (np.sqrt(p * (1 - p)) / density).mean())


def energy_distance(z: Floats) -> Estimate:
    """Return the energy distance 2 E|z − Y| − E|z − z'| − E|Y − Y'| of points z (n, d) to Y ~ N(0, I), in its sigma.

    It is never negative: the expectations over Y are exact, and those over z means over all n² pairs.

    Source: Székely & Rizzo 2013, Journal of Statistical Planning and Inference 143.

    >>> at_the_mean = energy_distance(np.zeros((2, 1)))  # 2 E|Y| − √2 E|Y|
    >>> round(at_the_mean.value / math.sqrt(2 / math.pi) + math.sqrt(2), 6)
    2.0
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
    """Return what `energy_distance` gives on average for n points of N(0, I).

    It is E|Y − Y'| / n, because n of the n² pairs are a point and itself.

    >>> round(energy_distance_null(2000, 2), 6)
    0.000886
    """
    return math.sqrt(2) * _prior_norm(dimensions) / n


def subset(n: int, seed: int) -> NDArray[np.int64]:
    """Draw which of n points stand for all where a measure costs n²: at most 2,000, equal for equal seeds."""
    return np.random.default_rng((seed, SUBSET_STREAM)).permutation(n)[:SUBSET]


def _prior_norm(dimensions: int) -> float:
    """Return E|Y| of Y ~ N(0, I): √2 Γ(d/2 + ½) / Γ(d/2)."""
    from scipy.special import poch

    return math.sqrt(2) * float(poch(dimensions / 2, 0.5))


def _centred(z: Floats) -> NDArray[np.float64]:
    z = z.astype(np.float64)
    return z - z.mean(axis=0)


def _varies(z: Floats) -> bool:
    """Check that z (N, d) has a variance beyond rounding in each dimension."""
    squares = (z.astype(np.float64) ** 2).mean(axis=0)
    return bool(((_centred(z) ** 2).mean(axis=0) > FLAT * squares).all())
