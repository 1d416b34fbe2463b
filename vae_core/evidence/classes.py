"""How far the classes lie apart in latents z, without any density."""

import math

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from .metric import Estimate, sample_mean, undetermined
from .shape import subset

Floats = NDArray[np.floating]
Labels = NDArray[np.integer]
NEIGHBOURS = 15
STREAM = 5  # of the seed's random numbers
MEMORY_MB = 64  # for distances at a time
ONE_CLASS = "it takes images of two classes"
NO_PAIRS = "it takes two images of a class"


def class_numbers(latents: Latents, seed: int) -> dict[str, Estimate]:
    """Measure what the classes of sampled z are like, besides `knn_accuracy`; see `NUMBERS`."""
    z, y, index = latents.sample(seed), latents.y, subset(len(latents.mu), seed)
    return {"linear_probe": linear_probe(z, y, seed), "silhouette": silhouette(z[index], y[index])}


def knn_accuracy(z: Floats, y: Labels, neighbours: int = NEIGHBOURS) -> Estimate:
    """Return the share of points of z (N, d) whose nearest neighbours, the point left out, vote for its label y (N,).

    Of labels with equally many votes the smallest counts.
    """
    from sklearn.neighbors import NearestNeighbors

    neighbours = min(neighbours, len(z) - 1)
    index = NearestNeighbors(n_neighbors=neighbours).fit(z).kneighbors(return_distance=False)
    votes = np.zeros((len(z), int(y.max()) + 1), dtype=np.int64)
    np.add.at(votes, (np.arange(len(z))[:, None], y[index]), 1)
    accuracy = float((votes.argmax(axis=1) == y).mean())
    return Estimate(accuracy, math.sqrt(accuracy * (1 - accuracy) / len(z)))


def linear_probe(z: Floats, y: Labels, seed: int) -> Estimate:
    """Return the share of one half of the points of z (N, d) that a logistic regression on the other half gets right.

    Source: Alain & Bengio 2016, "Understanding intermediate layers using linear classifier probes".
    """
    from sklearn.linear_model import LogisticRegression

    order = np.random.default_rng((seed, STREAM)).permutation(len(z))
    train, test = order[: len(z) // 2], order[len(z) // 2 :]
    if len(np.unique(y[train])) < 2:
        return undetermined(ONE_CLASS)
    points = z.astype(np.float64)
    scale = points[train].std(axis=0)
    points = (points - points[train].mean(axis=0)) / np.where(scale > 0, scale, 1)
    probe = LogisticRegression(max_iter=1000).fit(points[train], y[train])
    return sample_mean(probe.predict(points[test]) == y[test])


def silhouette(z: Floats, y: Labels) -> Estimate:
    """Return the mean silhouette of points z (n, d) with labels y (n,), from −1 to 1.

    It is 1 where classes are far apart, 0 where they lie on top of each other, −1 where points are in a wrong class.
    There is no standard error, as the points' silhouettes depend on each other; 2,000 are good for about ±0.01.

    Source: Rousseeuw 1987, Journal of Computational and Applied Mathematics 20.
    """
    from sklearn import config_context
    from sklearn.metrics import silhouette_score

    classes = len(np.unique(y))
    if not 2 <= classes < len(y):
        return undetermined(ONE_CLASS if classes < 2 else NO_PAIRS)
    with config_context(working_memory=MEMORY_MB):
        return Estimate(float(silhouette_score(z.astype(np.float64), y)))
