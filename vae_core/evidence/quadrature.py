"""The aggregate posterior in two dimensions, exact to rounding: sums over a fine grid.

It is accepted where q and p both have mass 1 on the grid and half as many points a side give the same KL; a mass near 1
alone proves nothing.
"""

import math

import numpy as np

from ..latents import Latents
from .mixture import HOLE, Array, images_by_label, posteriors
from .monte_carlo import Exact

STEPS = (512, 1024)  # points a side of the two grids that must agree
MASS_ERROR = 1e-3  # of q and of p on either grid
KL_ERROR = 0.02  # nats between the two grids
REACH = 6.0  # sigma to which a grid covers the prior and every posterior
IMAGES = 2000  # at a time on a grid: 16 MB a table
TINY = 1e-300  # keeps the logarithm of a density of 0 finite


def quadrature(latents: Latents) -> Exact | None:
    """Integrate a two-dimensional q(z) over a grid, None if too coarse for the posteriors; ValueError for an AE."""
    coarse, mass_error = _on_grid(latents, STEPS[0])
    if mass_error > MASS_ERROR:
        return None
    fine, mass_error = _on_grid(latents, STEPS[1])
    return None if mass_error > MASS_ERROR or abs(fine.kl_aggregate - coarse.kl_aggregate) > KL_ERROR else fine


def _on_grid(latents: Latents, steps: int) -> tuple[Exact, float]:
    """Return the numbers, and by how much the mass of q or p on the grid differs from 1."""
    mu, sigma = posteriors(latents)
    axes = _axes(mu, sigma, steps)
    cell = math.prod(float(axis[1] - axis[0]) for axis in axes)
    log_p = -0.5 * (axes[0][:, None] ** 2 + axes[1] ** 2) - math.log(2 * math.pi)  # (steps, steps)
    q = np.zeros_like(log_p)
    class_kl, within = {}, 0.0  # within: Σ p(c) ∫ q(z|c) log q(z|c)
    for label, members in images_by_label(latents.y):
        share = len(members) / len(mu)
        density = _density(mu[members], sigma[members], axes)
        negative_entropy = _integral(density, density) * cell
        class_kl[label] = negative_entropy - float(np.vdot(density, log_p)) * cell
        within += share * negative_entropy
        density *= share
        q += density
    negative_entropy = _integral(q, q) * cell
    p = np.exp(log_p)
    exact = Exact(
        kl_aggregate=negative_entropy - float(np.vdot(q, log_p)) * cell,
        class_information=within - negative_entropy,
        class_kl=class_kl,
        hole_mass=float(p[q < HOLE * p].sum()) * cell,
        overlap=float(np.minimum(p, q).sum()) * cell,
    )
    return exact, max(abs(float(q.sum()) * cell - 1), abs(float(p.sum()) * cell - 1))


def _axes(mu: Array, sigma: Array, steps: int) -> list[Array]:
    """Return equally spaced points on each axis that cover the prior and every posterior, shape (steps,) each."""
    low = np.minimum((mu - REACH * sigma).min(axis=0), -REACH)
    high = np.maximum((mu + REACH * sigma).max(axis=0), REACH)
    return [np.linspace(*ends, steps) for ends in zip(low, high, strict=True)]


def _density(mu: Array, sigma: Array, axes: list[Array]) -> Array:
    """Return the mean density of two-dimensional posteriors on a grid: one matrix product of a table per axis."""
    total = np.zeros((len(axes[0]), len(axes[1])))
    for start in range(0, len(mu), IMAGES):
        batch = slice(start, start + IMAGES)
        first, second = (_table(axis, mu[batch, i], sigma[batch, i]) for i, axis in enumerate(axes))
        total += first.T @ second
    total /= 2 * math.pi * len(mu)
    return total


def _table(axis: Array, mu: Array, sigma: Array) -> Array:
    """Return √2π times the density of every posterior at the points of one axis, shape (n, steps)."""
    table = np.multiply.outer(1 / sigma, axis) - (mu / sigma)[:, None]
    table *= table
    table *= -0.5
    np.exp(table, out=table)
    table /= sigma[:, None]
    return table


def _integral(weight: Array, density: Array) -> float:
    """Return Σ weight · log density, with 0 log 0 = 0."""
    return float(np.vdot(weight, np.log(np.maximum(density, TINY))))
