"""How far the classes lie apart in latents z, without any density."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .metric import NOT_DETERMINED, Estimate, sample_mean

__all__ = ["knn_accuracy", "linear_probe", "silhouette"]

Floats = NDArray[np.floating]
Labels = NDArray[np.integer]
NEIGHBOURS = 15
STREAM = 5  # of the seed's random numbers
MEMORY_MB = 64  # for distances at a time
ONE_CLASS = f"{NOT_DETERMINED}it takes images of two classes"
NO_PAIRS = f"{NOT_DETERMINED}it takes two images of a class"


def knn_accuracy(z: Floats, y: Labels, neighbours: int = NEIGHBOURS) -> float:
    """Share of points of z (N, d) whose nearest neighbours, the point itself left out, vote for its label y (N,).

    Of labels with equally many votes the smallest counts.
    """
    from sklearn.neighbors import NearestNeighbors

    neighbours = min(neighbours, len(z) - 1)
    index = NearestNeighbors(n_neighbors=neighbours).fit(z).kneighbors(return_distance=False)
    votes = np.zeros((len(z), int(y.max()) + 1), dtype=np.int64)
    np.add.at(votes, (np.arange(len(z))[:, None], y[index]), 1)
    return float((votes.argmax(axis=1) == y).mean())


def linear_probe(z: Floats, y: Labels, seed: int) -> Estimate:
    """Share of one half of the points of z (N, d) whose label a logistic regression on the other half names.

    Source: Alain & Bengio 2016, "Understanding intermediate layers using linear classifier probes".
    """
    from sklearn.linear_model import LogisticRegression

    order = np.random.default_rng((seed, STREAM)).permutation(len(z))
    train, test = order[: len(z) // 2], order[len(z) // 2 :]
    if len(np.unique(y[train])) < 2:
        return Estimate(None, missing=ONE_CLASS)
    points = z.astype(np.float64)
    scale = points[train].std(axis=0)
    points = (points - points[train].mean(axis=0)) / np.where(scale > 0, scale, 1)
    probe = LogisticRegression(max_iter=1000).fit(points[train], y[train])
    return sample_mean(probe.predict(points[test]) == y[test])


def silhouette(z: Floats, y: Labels) -> Estimate:
    """Mean silhouette of points z (n, d) with labels y (n,): 1 far apart, 0 on top of each other, −1 in a wrong class.

    Without a standard error, as the points' silhouettes hang together; 2,000 of them are good for about ±0.01.

    Source: Rousseeuw 1987, Journal of Computational and Applied Mathematics 20.
    """
    from sklearn import config_context
    from sklearn.metrics import silhouette_score

    classes = len(np.unique(y))
    if not 2 <= classes < len(y):
        return Estimate(None, missing=ONE_CLASS if classes < 2 else NO_PAIRS)
    with config_context(working_memory=MEMORY_MB):
        return Estimate(float(silhouette_score(z.astype(np.float64), y)))
