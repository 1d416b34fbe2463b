"""The aggregate posterior in any dimension, from draws: estimates with their standard errors.

Draws come from q(z|c) in proportion to the classes, and from p. Logarithms of ratios of q(z|x), q(z|c) and q(z) mostly
vary less than those to p, so that KLs to the prior are exact rates less the information measured. Where a grid gives
the numbers exactly, the draws still tell their standard errors: those count the images as drawn at random, too.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from .metric import GROUPS, Estimate
from .mixture import HOLE, Aggregate, Array, images_by_label, listed_by_label, log_mixture, posteriors, rate

DRAWS = 2000  # from q and from p; their standard error of a KL is about 0.02 nats
CLASS_DRAWS = 10  # at least
STREAM = 3  # of the seed's random numbers


class Exact(NamedTuple):
    """The numbers of q(z) where a grid gives them; see `Aggregate`."""

    kl_aggregate: float
    class_information: float
    class_kl: dict[int, float]
    hole_mass: float
    overlap: float


class _Draws(NamedTuple):
    """M draws of z from q, in all classes, with log densities without −d/2 ln 2π; each array has the shape (M,)."""

    label: NDArray[np.int64]
    weight: Array  # sums to 1
    log_p: Array
    log_posterior: Array  # q(z|x) of the image that z is of
    log_class: Array  # q(z|c) of its class
    log_q: Array


def monte_carlo(latents: Latents, seed: int, exact: Exact | None = None, draws: int | None = None) -> Aggregate:
    """Estimate the numbers of q(z), each with its standard error, equal for equal seeds; ValueError for an AE.

    Arguments:
        exact: The numbers, if a grid gives them: then only their errors are estimated.
        draws: From q and from p; None means 2,000.
    """
    draws = draws or DRAWS
    rng = np.random.default_rng((seed, STREAM))
    mu, sigma = posteriors(latents)
    sample, images, total_rate = _draw(rng, latents.y, mu, sigma, draws), len(mu), rate(latents)
    information, between = sample.log_posterior - sample.log_q, sample.log_class - sample.log_q
    kl = _kl(sample, sample.log_q, total_rate, images, None if exact is None else exact.kl_aggregate)
    known = (None, None) if exact is None else (total_rate - exact.kl_aggregate, exact.class_information)
    total = _mean(sample, information, images, known[0] if exact is not None else total_rate - kl.value)
    of_class = _mean(sample, between, images, known[1])
    hole_mass, overlap = _against_prior(rng, mu, sigma, exact, draws)
    return Aggregate(
        kl_aggregate=kl,
        mutual_information=total,
        class_information=of_class,
        within_class_information=_mean(sample, information - between, images, total.value - of_class.value),
        class_kl=_class_kl(latents, sample, exact),
        hole_mass=hole_mass,
        overlap=overlap,
    )


def _draw(rng: np.random.Generator, y: NDArray[np.integer], mu: Array, sigma: Array, draws: int) -> _Draws:
    """Draw z of images with replacement, in proportion to the classes, and evaluate every density there."""
    strata = []
    for label, members in images_by_label(y):
        count = max(round(draws * len(members) / len(mu)), CLASS_DRAWS)
        image = rng.choice(members, count)
        eps = rng.standard_normal((count, mu.shape[1]))
        z = mu[image] + sigma[image] * eps
        stratum = _Draws(
            label=np.full(count, label),
            weight=np.full(count, len(members) / len(mu) / count),
            log_p=-0.5 * (z**2).sum(axis=1),
            log_posterior=-(0.5 * eps**2 + np.log(sigma[image])).sum(axis=1),
            log_class=log_mixture(z, mu[members], sigma[members]),
            log_q=log_mixture(z, mu, sigma),
        )
        strata.append(stratum)
    return _Draws(*(np.concatenate(arrays) for arrays in zip(*strata, strict=True)))


def _mean(sample: _Draws, values: Array, images: int, known: float | None) -> Estimate:
    """Return the mean of q over values, shape (M,), or what it is known to be, with its standard error."""
    error = math.sqrt(float(sample.weight @ (values - sample.weight @ values) ** 2) / images)
    if known is not None:
        return Estimate(known, error)
    return Estimate(float(sample.weight @ values), math.hypot(error, _error(sample, values)))


def _kl(sample: _Draws, log_density: Array, total_rate: float, images: int, known: float | None) -> Estimate:
    """Return KL(q ‖ p), its error the larger for draws: of the two ways to it, by the one that varies less."""
    to_prior, inside = log_density - sample.log_p, sample.log_posterior - log_density
    estimate = _mean(sample, to_prior, images, known)
    if known is not None or _error(sample, to_prior) < _error(sample, inside):
        return estimate
    error = _mean(sample, to_prior, images, 0.0).stderr
    return Estimate(total_rate - float(sample.weight @ inside), math.hypot(error, _error(sample, inside)))


def _error(sample: _Draws, values: Array) -> float:
    """Return the standard error of a mean over strata, given the images."""
    variance = 0.0
    for label in np.unique(sample.label):
        inside = sample.label == label
        variance += float(sample.weight[inside].sum()) ** 2 * float(values[inside].var()) / int(inside.sum())
    return math.sqrt(variance)


def _class_kl(latents: Latents, sample: _Draws, exact: Exact | None) -> Estimate:
    values, errors = {}, {}
    for label, members in images_by_label(latents.y):
        part = _Draws(*(array[sample.label == label] for array in sample))
        part = part._replace(weight=part.weight / part.weight.sum())
        known = None if exact is None else exact.class_kl[label]
        estimate = _kl(part, part.log_class, rate(latents, members), len(members), known)
        values[label], errors[label] = estimate.value, estimate.stderr
    return Estimate(listed_by_label(values), listed_by_label(errors))


def _against_prior(
    rng: np.random.Generator, mu: Array, sigma: Array, exact: Exact | None, draws: int
) -> tuple[Estimate, Estimate]:
    """Estimate hole mass and overlap from draws of p, means of 1[q < 0.1 p] and of min(1, q/p), unless they are known.

    Their errors are those of a jackknife over groups of images, and of the draws.
    """
    z = rng.standard_normal((draws, mu.shape[1]))
    groups = np.array_split(rng.permutation(len(mu)), min(GROUPS, len(mu)))
    log_parts = np.array([log_mixture(z, mu[i], sigma[i]) + math.log(len(i)) for i in groups])  # (groups, draws)
    top = log_parts.max(axis=0)
    parts = np.exp(log_parts - top)
    offset = top + 0.5 * (z**2).sum(axis=1)  # log of the ratio to p, but for the sum
    counts = np.array([len(mu) - len(i) for i in groups])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(parts.sum(axis=0)) + offset - math.log(len(mu))
        log_ratios = np.log((parts.sum(axis=0) - parts).clip(min=0)) + offset - np.log(counts)  # without each group
    known = (None, None) if exact is None else (exact.hole_mass, exact.overlap)
    return (
        _share(_is_hole(log_ratio), _is_hole(log_ratios), known[0]),
        _share(_common(log_ratio), _common(log_ratios), known[1]),
    )


def _is_hole(log_ratio: Array) -> Array:
    return (log_ratio < math.log(HOLE)).astype(np.float64)


def _common(log_ratio: Array) -> Array:
    return np.exp(np.minimum(log_ratio, 0))


def _share(values: Array, without_groups: Array, known: float | None) -> Estimate:
    variance = (len(without_groups) - 1) * float(without_groups.mean(axis=1).var())
    if known is not None:
        return Estimate(known, math.sqrt(variance))
    return Estimate(float(values.mean()), math.sqrt(variance + float(values.var()) / len(values)))
