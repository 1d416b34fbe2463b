"""The aggregate posterior q(z) = mean of q(z|x) over the images, whole and by class, against the prior.

In two dimensions it is exact, on a grid; elsewhere, and where a grid is too coarse, from draws with standard errors.
The rate R = mean of KL(q(z|x) ‖ p) is exact in either case, and R = I(x;z) + KL(q(z) ‖ p) and
I(x;z) = I(c;z) + I(x;z|c) hold exactly between the numbers given here.

Source: Hoffman & Johnson 2016, "ELBO surgery".
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from .metric import Estimate, sample_mean

__all__ = ["Aggregate", "aggregate", "gaussian_kl", "log_density", "log_mixture", "monte_carlo", "quadrature"]

Array = NDArray[np.float64]
STEPS = (512, 1024)  # points a side of the two grids that must agree
MASS_ERROR = 1e-3  # of q and of p on either grid
KL_ERROR = 0.02  # nats between the two grids
REACH = 6.0  # sigma to which a grid covers the prior and every posterior
HOLE = 0.1  # of the prior's density, below which q leaves a hole
DRAWS = 2000  # from q and from p; their standard error of a KL is about 0.02 nats
CLASS_DRAWS = 20  # at least
STREAM = 3  # of the seed's random numbers
BLOCK = 2**18  # numbers at a time: 2 MB, which stay in the processor's cache
IMAGES = 2000  # at a time on a grid: 16 MB a table
TINY = 1e-300  # keeps the logarithm of an empty place finite


class Aggregate(NamedTuple):
    """What q(z) is like; nats and shares.

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


def aggregate(latents: Latents, seed: int) -> Aggregate:
    """The aggregate posterior's numbers: exact where a grid can give them, else from draws."""
    exact = quadrature(latents) if latents.mu.shape[1] == 2 else None
    return monte_carlo(latents, seed) if exact is None else exact


def gaussian_kl(latents: Latents) -> float | None:
    """KL(N(m, S) ‖ N(0, I)) in nats, with the exact mean m and covariance S of q(z); None where S has no extent.

    As m and S are q's own, KL(q(z) ‖ p) = KL(q(z) ‖ N(m, S)) + KL(N(m, S) ‖ p).
    """
    if latents.logvar is None:
        raise ValueError("an autoencoder has no density")
    centre, spread = latents.moments()
    variances = np.linalg.eigvalsh(spread)
    if variances[0] <= len(variances) * np.finfo(np.float64).eps * variances[-1]:
        return None
    return float(0.5 * (variances - 1 - np.log(variances)).sum() + 0.5 * centre @ centre)


def log_density(latents: Latents, z: NDArray[np.floating]) -> Array | None:
    """log q(z) in nats at z (n, d), shape (n,); None for an AE, which has no density."""
    if latents.logvar is None:
        return None
    return log_mixture(z.astype(np.float64), *_posteriors(latents)) - 0.5 * z.shape[1] * math.log(2 * math.pi)


# ---- on a grid ----


class _OnGrid(NamedTuple):
    mass_error: float
    kl: float
    class_information: float
    class_kl: dict[int, float]
    hole_mass: float
    overlap: float


def quadrature(latents: Latents) -> Aggregate | None:
    """The numbers of a two-dimensional q(z) by quadrature; None if the grid is too coarse for its posteriors.

    The grid is fine enough if q and p both have mass 1 on it and half as many points a side give the same KL.
    """
    coarse = _on_grid(latents, STEPS[0])
    if coarse.mass_error > MASS_ERROR:
        return None
    fine = _on_grid(latents, STEPS[1])
    if fine.mass_error > MASS_ERROR or abs(fine.kl - coarse.kl) > KL_ERROR:
        return None
    information = _rate(latents) - fine.kl
    return Aggregate(
        kl_aggregate=Estimate(fine.kl),
        mutual_information=Estimate(information),
        class_information=Estimate(fine.class_information),
        within_class_information=Estimate(information - fine.class_information),
        class_kl=Estimate(_by_label(fine.class_kl)),
        hole_mass=Estimate(fine.hole_mass),
        overlap=Estimate(fine.overlap),
    )


def _on_grid(latents: Latents, steps: int) -> _OnGrid:
    mu, sigma = _posteriors(latents)
    axes = _axes(mu, sigma, steps)
    cell = math.prod(float(axis[1] - axis[0]) for axis in axes)
    log_p = -0.5 * (axes[0][:, None] ** 2 + axes[1] ** 2) - math.log(2 * math.pi)  # (steps, steps)
    q = np.zeros_like(log_p)
    class_kl, within = {}, 0.0  # within: Σ p(c) ∫ q(z|c) log q(z|c)
    for label, members in _classes(latents.y):
        share = len(members) / len(mu)
        density = _density(mu[members], sigma[members], axes)
        own = _integral(density, density) * cell
        class_kl[label] = own - float(np.vdot(density, log_p)) * cell
        within += share * own
        density *= share
        q += density
    negative_entropy = _integral(q, q) * cell
    p = np.exp(log_p)
    return _OnGrid(
        mass_error=max(abs(float(q.sum()) * cell - 1), abs(float(p.sum()) * cell - 1)),
        kl=negative_entropy - float(np.vdot(q, log_p)) * cell,
        class_information=within - negative_entropy,
        class_kl=class_kl,
        hole_mass=float(p[q < HOLE * p].sum()) * cell,
        overlap=float(np.minimum(p, q).sum()) * cell,
    )


def _axes(mu: Array, sigma: Array, steps: int) -> list[Array]:
    """Equally spaced places on each axis that cover the prior and every posterior."""
    low = np.minimum((mu - REACH * sigma).min(axis=0), -REACH)
    high = np.maximum((mu + REACH * sigma).max(axis=0), REACH)
    return [np.linspace(*ends, steps) for ends in zip(low, high, strict=True)]


def _density(mu: Array, sigma: Array, axes: list[Array]) -> Array:
    """Mean density of two-dimensional posteriors on a grid: one matrix product of a table per axis."""
    total = np.zeros((len(axes[0]), len(axes[1])))
    for start in range(0, len(mu), IMAGES):
        part = slice(start, start + IMAGES)
        first, second = (_table(axis, mu[part, i], sigma[part, i]) for i, axis in enumerate(axes))
        total += first.T @ second
    total /= 2 * math.pi * len(mu)
    return total


def _table(axis: Array, mu: Array, sigma: Array) -> Array:
    """√2π times the density of every posterior at the places of one axis, shape (n, steps)."""
    table = np.multiply.outer(1 / sigma, axis) - (mu / sigma)[:, None]
    table *= table
    table *= -0.5
    np.exp(table, out=table)
    table /= sigma[:, None]
    return table


def _integral(weight: Array, density: Array) -> float:
    """Σ weight · log density, with 0 log 0 = 0."""
    return float(np.vdot(weight, np.log(np.maximum(density, TINY))))


# ---- from draws ----


def monte_carlo(latents: Latents, seed: int) -> Aggregate:
    """The numbers of q(z) in any dimension, each with its standard error.

    Draws come from q(z|c) in proportion to the classes, and from p. Logarithms of ratios of q(z|x), q(z|c) and q(z)
    vary less than those to p, so that KLs to the prior are exact rates less the information measured.
    """
    rng = np.random.default_rng((seed, STREAM))
    mu, sigma = _posteriors(latents)
    shares, whole, by_class, within = [], [], [], []
    class_kl, class_errors = {}, {}
    for label, members in _classes(latents.y):
        count = max(round(DRAWS * len(members) / len(mu)), CLASS_DRAWS)
        z, of_image = _draw(rng, mu[members], sigma[members], count)
        of_class, of_all = log_mixture(z, mu[members], sigma[members]), log_mixture(z, mu, sigma)
        shares.append(len(members) / len(mu))
        whole.append(of_image - of_all)
        by_class.append(of_class - of_all)
        within.append(of_image - of_class)
        inside = sample_mean(within[-1])
        class_kl[label] = _rate(latents, members) - inside.value
        class_errors[label] = inside.stderr
    information = _stratified(whole, shares)
    hole_mass, overlap = _against_prior(rng, mu, sigma)
    return Aggregate(
        kl_aggregate=information._replace(value=_rate(latents) - information.value),
        mutual_information=information,
        class_information=_stratified(by_class, shares),
        within_class_information=_stratified(within, shares),
        class_kl=Estimate(_by_label(class_kl), _by_label(class_errors)),
        hole_mass=hole_mass,
        overlap=overlap,
    )


def log_mixture(z: Array, mu: Array, sigma: Array) -> Array:
    """log of the mean density of N posteriors at z (n, d), shape (n,), without the constant −d/2 ln 2π.

    Arguments:
        z: Shape (n, d).
        mu, sigma: Shape (N, d).
    """
    inverse, offset, width = 1 / sigma, mu / sigma, np.log(sigma).sum(axis=1)  # (N, d), (N, d), (N,)
    rows = max(BLOCK // len(mu), 1)
    parts = [_log_sum(z[start : start + rows], inverse, offset, width) for start in range(0, len(z), rows)]
    return np.concatenate(parts) - math.log(len(mu))


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


def _draw(rng: np.random.Generator, mu: Array, sigma: Array, count: int) -> tuple[Array, Array]:
    """z (count, d) of images drawn with replacement, and log q(z|x) of the image it came from, as in `log_mixture`."""
    image = rng.integers(0, len(mu), count)
    eps = rng.standard_normal((count, mu.shape[1]))
    return mu[image] + sigma[image] * eps, -(0.5 * eps**2 + np.log(sigma[image])).sum(axis=1)


def _against_prior(rng: np.random.Generator, mu: Array, sigma: Array) -> tuple[Estimate, Estimate]:
    """Hole mass and overlap from draws of p: means of 1[q < 0.1 p] and of min(1, q/p)."""
    z = rng.standard_normal((DRAWS, mu.shape[1]))
    log_ratio = log_mixture(z, mu, sigma) + 0.5 * (z**2).sum(axis=1)
    return sample_mean(log_ratio < math.log(HOLE)), sample_mean(np.exp(np.minimum(log_ratio, 0)))


def _stratified(parts: list[Array], shares: list[float]) -> Estimate:
    """The mean over strata that hold these shares, with its standard error."""
    value = sum(share * float(part.mean()) for part, share in zip(parts, shares, strict=True))
    variances = (share**2 * float(part.var()) / len(part) for part, share in zip(parts, shares, strict=True))
    return Estimate(value, math.sqrt(sum(variances)))


# ---- both ----


def _posteriors(latents: Latents) -> tuple[Array, Array]:
    """mu and sigma, each (N, d) in double precision; ValueError for an AE."""
    if latents.logvar is None:
        raise ValueError("an autoencoder has no density")
    return latents.mu.astype(np.float64), np.exp(0.5 * latents.logvar.astype(np.float64))


def _classes(y: NDArray[np.integer]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Every label that occurs, with the images that have it."""
    for label in np.unique(y):
        yield int(label), np.flatnonzero(y == label)


def _by_label(values: dict[int, float]) -> list[float | None]:
    return [values.get(label) for label in range(max(values) + 1)]


def _rate(latents: Latents, members: NDArray[np.int64] | slice = slice(None)) -> float:
    """Mean KL(q(z|x) ‖ p) in nats."""
    kld = latents.kld()
    if kld is None:
        raise ValueError("an autoencoder has no density")
    return float(kld[members].mean(dtype=np.float64))
