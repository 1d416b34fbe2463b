"""How far the classes lie apart in latents z, without any density."""

import math

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from .metric import Estimate, sample_mean, undetermined
from .null import NULL_DRAWS
from .shape import subset

Floats = NDArray[np.floating]
Labels = NDArray[np.integer]
NEIGHBOURS = 15
STREAM, NULL_STREAM, CHANCE_STREAM = 5, 7, 8  # of the seed's random numbers
VOTES = 40_000  # drawn in all, by which chance is known to ±0.0015
ONE_CLASS = "it takes images of two classes"
NO_PAIRS = "it takes two images of a class"


def class_numbers(latents: Latents, seed: int) -> dict[str, Estimate]:
    """Measure what the classes of sampled z are like, besides `knn_accuracy`; see `NUMBERS`."""
    z, y, index = latents.sample(seed), latents.y, subset(len(latents.mu), seed)
    return {"linear_probe": linear_probe(z, y, seed), "silhouette": silhouette(z[index], y[index])}


def class_nulls(y: Labels, dimensions: int, seed: int) -> dict[str, Estimate]:
    """Return what z ~ N(0, I) that knows nothing of the labels y (N,) gives, averaged over 30 draws of the labels."""
    rng = np.random.default_rng((seed, NULL_STREAM))
    z, index = rng.standard_normal((len(y), dimensions)), subset(len(y), seed)
    probes = [linear_probe(z[index], rng.permutation(y)[index], seed).value for _ in range(NULL_DRAWS)]
    numbers = {"knn_accuracy": Estimate(knn_chance(y, seed))}
    if None not in probes:
        numbers["linear_probe"] = Estimate(float(np.mean(probes)))
    if _classes_suffice(y[index]):
        distances = _distances(z[index])
        means = [_silhouettes(distances, rng.permutation(y[index])).mean() for _ in range(NULL_DRAWS)]
        numbers["silhouette"] = Estimate(float(np.mean(means)))
    return numbers


def knn_chance(y: Labels, seed: int, neighbours: int = NEIGHBOURS) -> float:
    """Return how often the votes of neighbours drawn at random from the other labels y (N,) are right."""
    rng, counts, right = np.random.default_rng((seed, CHANCE_STREAM)), np.bincount(y), 0.0
    for label in np.flatnonzero(counts):
        share = int(counts[label]) / len(y)
        others = counts - (np.arange(len(counts)) == label)
        votes = rng.multivariate_hypergeometric(others, min(neighbours, len(y) - 1), math.ceil(VOTES * share))
        right += share * float((votes.argmax(axis=1) == label).mean())
    return right


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

    Source: Rousseeuw 1987, Journal of Computational and Applied Mathematics 20.
    """
    if not _classes_suffice(y):
        return undetermined(ONE_CLASS if len(np.unique(y)) < 2 else NO_PAIRS)
    return sample_mean(_silhouettes(_distances(z), y))


def _classes_suffice(y: Labels) -> bool:
    return 2 <= len(np.unique(y)) < len(y)


def _distances(z: Floats) -> NDArray[np.float64]:
    from scipy.spatial.distance import pdist, squareform

    return squareform(pdist(z.astype(np.float64)))


def _silhouettes(distances: NDArray[np.float64], y: Labels) -> NDArray[np.float64]:
    """Return the silhouette of each of n points, given all distances (n, n); 0 for a point alone in its class."""
    _, label, counts = np.unique(y, return_inverse=True, return_counts=True)
    rows = np.arange(len(y))
    sums = distances @ np.eye(len(counts))[label]  # (n, classes)
    own = sums[rows, label] / np.maximum(counts[label] - 1, 1)
    means = sums / counts
    means[rows, label] = np.inf
    nearest = means.min(axis=1)
    largest = np.maximum(own, nearest)
    with np.errstate(invalid="ignore"):
        return np.where((counts[label] > 1) & (largest > 0), (nearest - own) / largest, 0.0)
