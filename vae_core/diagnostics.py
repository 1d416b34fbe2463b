"""Numbers that say what a latent space is like. All are about sampled z (an AE's codes), never about mu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .latents import Latents

__all__ = [
    "VERSION",
    "Metric",
    "active_units",
    "ignores_image",
    "knn_accuracy",
    "mutual_information",
    "sliced_wasserstein",
    "spread",
    "summarize",
]

VERSION = 2  # of the numbers; one kept under another version is computed anew
DIRECTIONS = 200
NEIGHBOURS = 15
INFORMATION_DRAWS = 1000  # whose standard error is about 0.03 nats
ACTIVE_VARIANCE = 0.01  # of mu over images, from which a dimension is in use; Burda et al. 2015
IGNORED_NATS = 0.1  # of I(x;z), below which z says nothing of the image


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


def mutual_information(latents: Latents, seed: int, draws: int = INFORMATION_DRAWS) -> float | None:
    """I(x;z) under q in nats, estimated from sampled z of `draws` images; None for an AE, which has no density.

    The mean of log q(z|x) − log q(z), with q(z) the mean of the posteriors of all N images; at most ln N.

    Source: Hoffman & Johnson 2016, "ELBO surgery".
    """
    from scipy.special import logsumexp

    if latents.logvar is None:
        return None
    index = np.random.default_rng(seed).permutation(len(latents.mu))[:draws]
    z = latents.sample(seed)[index].astype(np.float64)  # (n, d)
    mu, logvar = latents.mu.astype(np.float64), latents.logvar.astype(np.float64)
    precision = np.exp(-logvar)  # (N, d)
    constant = (mu**2 * precision + logvar).sum(axis=1)
    log_q = -0.5 * (z**2 @ precision.T - 2 * z @ (mu * precision).T + constant)  # (n, N), without d/2 ln 2π
    own = log_q[np.arange(len(index)), index]
    return float((own - logsumexp(log_q, axis=1) + np.log(len(mu))).mean())


def active_units(latents: Latents) -> int | None:
    """How many latent dimensions depend on the image: Var_x(mu) > 0.01; None for an AE.

    Source: Burda et al. 2015, "Importance weighted autoencoders", section 5.2.
    """
    if latents.logvar is None:
        return None
    return int((latents.mu.var(axis=0, dtype=np.float64) > ACTIVE_VARIANCE).sum())


def ignores_image(metrics: Mapping[str, Metric]) -> bool:
    """Whether a model is Gaussian because its latent says nothing of the image: it has collapsed."""
    information, active = metrics["mutual_information"].value, metrics["active_units"].value
    return information is not None and (information < IGNORED_NATS or active == 0)


def summarize(latents: Latents, seed: int) -> dict[str, Metric]:
    """The numbers that pages show under each plot, about z sampled with the seed; ValueError if not finite."""
    z = latents.sample(seed)
    if len(z) < 2 or not np.isfinite(z).all():
        raise ValueError("latents must be finite, and of at least two images")
    return {
        "spread": Metric(spread(z), "sigma of the prior", "one"),
        "sliced_wasserstein": Metric(sliced_wasserstein(z), "sigma of the prior", "lower"),
        "knn_accuracy": Metric(knn_accuracy(z, latents.y), "share", ""),
        "mutual_information": Metric(mutual_information(latents, seed), "nats", ""),
        "active_units": Metric(active_units(latents), "dimensions", ""),
    }
