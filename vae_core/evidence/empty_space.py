"""Empty space: prior draws that no code is near, and the exact probability masses of cells for a map of it."""

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from .metric import GROUPS, Estimate
from .mixture import posteriors
from .null import NULL_DRAWS

Floats = NDArray[np.floating]
PRIOR_DRAWS = 10_000
LIMIT_DRAWS = 1000  # for each null, of which there are 30
TREE_DIMENSIONS = 6  # beyond which a tree finds neighbours no faster than looking at all
STREAM = 4  # of the seed's random numbers
FAR_NULL = 0.01  # share of prior draws that counts as far from the null's codes, by definition


class FarDraws(NamedTuple):
    """Draws from the prior, shape (10,000, d), and which of them are far from any code, shape (10,000,)."""

    z: NDArray[np.float64]
    is_far: NDArray[np.bool_]


def far_draws(z: Floats, seed: int) -> FarDraws:
    """Draw from the prior and mark what lies farther from any code of z (N, d) than 99 % from those of N(0, I).

    Needs no density, so that it exists for an autoencoder.
    """
    draws = _prior_draws(z.shape[1], seed)
    return FarDraws(draws, nearest(draws, z) > far_limit(*z.shape))


def far_share(z: Floats, seed: int) -> Estimate:
    """Return the share of the `far_draws`, between 0 and 1; its error counts the images as drawn at random, too."""
    draws, limit = _prior_draws(z.shape[1], seed), far_limit(*z.shape)
    order = np.random.default_rng((seed, STREAM, 1)).permutation(len(z))
    by_group = np.array([nearest(draws, z[group]) for group in np.array_split(order, min(GROUPS, len(z)))])
    is_far = by_group > limit  # (groups, draws)
    far_from = is_far.sum(axis=0)
    share = float((far_from == len(is_far)).mean())
    without = (far_from - is_far == len(is_far) - 1).mean(axis=1)  # a jackknife: shares without each group
    variance = (len(is_far) - 1) * float(without.var()) + share * (1 - share) / len(draws)
    return Estimate(share, math.sqrt(variance))


@functools.lru_cache(maxsize=64)
def far_limit(n: int, dimensions: int) -> float:
    """Return how far a draw from N(0, I) has its nearest of n such points in 99 % of cases, over 30 sets of points."""
    rng, distances = np.random.default_rng(0), []
    for _ in range(NULL_DRAWS):
        codes, draws = rng.standard_normal((n, dimensions)), rng.standard_normal((LIMIT_DRAWS, dimensions))
        distances.append(nearest(draws, codes))
    return float(np.quantile(np.concatenate(distances), 1 - FAR_NULL))


def _prior_draws(dimensions: int, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng((seed, STREAM)).standard_normal((PRIOR_DRAWS, dimensions))


def cell_masses(latents: Latents, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability that q(z) has in each cell of a square grid, exact: shape (G, G), first z₁, then z₂.

    Σ q log(q/p) over the cells, with `prior_cell_masses`, is never above KL(q(z) ‖ p) where they cover the plane.
    The edges of the cells (G + 1,) rise, the same on both axes. ValueError for an AE, or unless d = 2.
    """
    mu, sigma = posteriors(latents)
    if mu.shape[1] != 2:
        raise ValueError(f"cells need two latent dimensions, got {mu.shape[1]}")
    masses = _normal_masses((edges[:, None, None] - mu) / sigma)  # (G, N, 2)
    return masses[..., 0] @ masses[..., 1].T / len(mu)


def prior_cell_masses(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the same as `cell_masses` for N(0, I)."""
    masses = _normal_masses(edges)
    return np.outer(masses, masses)


def _normal_masses(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of N(0, 1) between neighbouring edges along the first axis."""
    from scipy.special import ndtr

    low, high = edges[:-1], edges[1:]
    right = low > 0  # there the other tail, as differences of numbers near 1 lose digits
    return ndtr(np.where(right, -low, high)) - ndtr(np.where(right, -high, low))


def nearest(points: Floats, codes: Floats) -> NDArray[np.float64]:
    """Return the distance of each point (M, d) to the nearest code (N, d), shape (M,)."""
    from sklearn.neighbors import NearestNeighbors

    codes = codes.astype(np.float64)  # as the points are: of mixed types scikit-learn would lay out 1 GB of distances
    algorithm = "kd_tree" if codes.shape[1] <= TREE_DIMENSIONS else "brute"
    distances, _ = NearestNeighbors(n_neighbors=1, algorithm=algorithm).fit(codes).kneighbors(points)
    return distances[:, 0]
