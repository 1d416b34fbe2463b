"""Numbers that say what a latent space is like. All are about sampled z (an AE's codes), never about mu."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .latents import Latents

__all__ = ["VERSION", "Metric", "knn_accuracy", "sliced_wasserstein", "spread", "summarize"]

VERSION = 1  # of the numbers; one kept under another version is computed anew
DIRECTIONS = 200
NEIGHBOURS = 15


class Metric(NamedTuple):
    """One number, its unit, and which direction is closer to N(0, I): "lower", "one" (as the prior) or "" (neither)."""

    value: Any
    unit: str
    better: str


def spread(z: NDArray[np.floating]) -> list[float]:
    """Standard deviation of z (N, d) in each latent dimension; the prior's is 1."""
    return [float(value) for value in z.std(axis=0, dtype=np.float64)]


def sliced_wasserstein(z: NDArray[np.floating], directions: int = DIRECTIONS) -> float:
    """Sliced Wasserstein distance of order 1 between z (N, d) and N(0, I), in units of the prior's sigma.

    The mean over fixed random directions of the 1-D distance: sorted projections against exact normal quantiles.

    Source: Bonneel et al. 2015, Journal of Mathematical Imaging and Vision 51.
    """
    from scipy.special import ndtri

    axes = np.random.default_rng(0).standard_normal((z.shape[1], directions))
    axes /= np.linalg.norm(axes, axis=0)
    projected = np.sort(z.astype(np.float64) @ axes, axis=0)  # (N, directions)
    quantiles = ndtri((np.arange(len(z)) + 0.5) / len(z))
    return float(np.abs(projected - quantiles[:, None]).mean())


def knn_accuracy(z: NDArray[np.floating], y: NDArray[np.integer], neighbours: int = NEIGHBOURS) -> float:
    """Share of points of z (N, d) whose nearest neighbours, the point itself left out, vote for its label y (N,).

    Of labels with equally many votes the smallest counts.
    """
    from sklearn.neighbors import NearestNeighbors

    neighbours = min(neighbours, len(z) - 1)
    index = NearestNeighbors(n_neighbors=neighbours).fit(z).kneighbors(return_distance=False)
    votes = np.zeros((len(z), int(y.max()) + 1), dtype=np.int64)
    np.add.at(votes, (np.arange(len(z))[:, None], y[index]), 1)
    return float((votes.argmax(axis=1) == y).mean())


def summarize(latents: Latents, seed: int) -> dict[str, Metric]:
    """The numbers that Home shows under each plot, about z sampled with the seed; ValueError if not finite."""
    z = latents.sample(seed)
    if len(z) < 2 or not np.isfinite(z).all():
        raise ValueError("latents must be finite, and of at least two images")
    return {
        "spread": Metric(spread(z), "sigma of the prior", "one"),
        "sliced_wasserstein": Metric(sliced_wasserstein(z), "sigma of the prior", "lower"),
        "knn_accuracy": Metric(knn_accuracy(z, latents.y), "share", ""),
    }
