"""Empty space: prior draws that no code is near, and the exact probability masses of cells for a map of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from .metric import Estimate, sample_mean
from .mixture import posteriors

Floats = NDArray[np.floating]
PRIOR_DRAWS = 10_000
STREAM = 4  # of the seed's random numbers
FAR_NULL = 0.01  # share of prior draws that counts as far from the null's codes, by definition


class FarDraws(NamedTuple):
    """Draws from the prior, shape (10,000, d), and which of them are far from any code, shape (10,000,)."""

    z: NDArray[np.float64]
    is_far: NDArray[np.bool_]


def far_draws(z: Floats, null: Floats, seed: int) -> FarDraws:
    """Draw from the prior and mark what lies farther from any code of z (N, d) than 99 % from the null's codes (N, d).

    Needs no density, so that it exists for an autoencoder.
    """
    draws = np.random.default_rng((seed, STREAM)).standard_normal((PRIOR_DRAWS, z.shape[1]))
    limit = np.quantile(_nearest(draws, null), 1 - FAR_NULL)
    return FarDraws(draws, _nearest(draws, z) > limit)


def far_share(z: Floats, null: Floats, seed: int) -> Estimate:
    """Return the share of the `far_draws`, between 0 and 1."""
    return sample_mean(far_draws(z, null, seed).is_far)


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


def _nearest(points: Floats, codes: Floats) -> NDArray[np.float64]:
    """Return the distance of each point (M, d) to the nearest code."""
    from sklearn.neighbors import NearestNeighbors

    codes = codes.astype(np.float64)  # as the points are: of mixed types scikit-learn would lay out 1 GB of distances
    distances, _ = NearestNeighbors(n_neighbors=1).fit(codes).kneighbors(points)
    return distances[:, 0]
