"""All numbers about a latent space, each next to the same number for a model that is exactly Gaussian."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from . import classes, shape
from .density import Aggregate, aggregate, gaussian_kl
from .empty_space import FAR_NULL, far_share
from .information import active_units, ignores_image, quick_information, unresolved
from .metric import NOT_DEFINED, Estimate, Metric, sample_mean
from .null import null_latents

__all__ = ["VERSION", "evidence", "summarize"]

VERSION = 3  # of the numbers; ones kept under another version are computed anew
SIGMA, NATS, SHARE = "sigma of the prior", "nats", "share"
Measured = dict[str, Estimate]


class Scale(NamedTuple):
    """How a number is read: its unit and the better direction, as in `Metric`."""

    unit: str
    better: str


SCALES = {
    "mean": Scale(SIGMA, "zero"),
    "covariance": Scale("variance of the prior", "one"),
    "spread": Scale(SIGMA, "one"),
    "skew": Scale("third standardized moment", "zero"),
    "kurtosis": Scale("fourth standardized moment less 3", "zero"),
    "sliced_wasserstein": Scale(SIGMA, "lower"),
    "energy_distance": Scale(SIGMA, "lower"),
    "sliced_wasserstein_whitened": Scale("sigma of z", "lower"),
    "energy_distance_whitened": Scale("sigma of z", "lower"),
    "kl_aggregate": Scale(NATS, "lower"),
    "kl_aggregate_whitened": Scale(NATS, "lower"),
    "hole_mass": Scale(SHARE, "lower"),
    "overlap": Scale(SHARE, "higher"),
    "far_share": Scale(SHARE, "lower"),
    "knn_accuracy": Scale(SHARE, ""),
    "linear_probe": Scale(SHARE, ""),
    "silhouette": Scale("from −1 to 1", ""),
    "class_information": Scale(NATS, ""),
    "class_kl": Scale(NATS, "lower"),
    "rate": Scale(NATS, ""),
    "distortion": Scale(NATS, "lower"),
    "mutual_information": Scale(NATS, ""),
    "within_class_information": Scale(NATS, ""),
    "active_units": Scale("dimensions", ""),
    "collapsed": Scale("yes or no", ""),
}


def summarize(latents: Latents, seed: int) -> dict[str, Metric]:
    """The five numbers that pages show under each plot, about z sampled with the seed; ValueError as in `evidence`."""
    _check(latents)
    null = null_latents(latents, seed)
    measured = _basic(latents, seed) | {"mutual_information": quick_information(latents, seed)}
    return _metrics(measured, _basic(null, seed) | _known(*latents.mu.shape))


def evidence(latents: Latents, recon: NDArray[np.floating], seed: int) -> dict[str, Metric]:
    """Every number about a latent space, by name, in the order in which it is told.

    Arguments:
        latents: Of N images, at least two.
        recon: −log p(x|z) of each image in nats, shape (N,).
        seed: Of z, of the null and of all draws.

    Raises:
        ValueError: Shapes do not fit, numbers are not finite, or there is only one image.
    """
    _check(latents)
    if recon.shape != latents.y.shape or not np.isfinite(recon).all():
        raise ValueError(f"recon must be finite and one number per image, {latents.y.shape}, got {recon.shape}")
    null = null_latents(latents, seed)
    measured, nulls = _of_points(latents, seed), _of_points(null, seed) | _known(*latents.mu.shape)
    measured["far_share"] = far_share(latents.sample(seed), null.sample(seed), seed)
    measured["distortion"] = sample_mean(recon)
    if latents.logvar is None:
        measured |= dict.fromkeys(SCALES.keys() - measured.keys(), Estimate(None, missing=NOT_DEFINED))
        return _metrics(measured, nulls)
    of_model, of_null = aggregate(latents, seed), aggregate(null, seed)
    measured |= _of_density(latents, of_model, unresolved(of_model, of_null, len(latents.mu)))
    nulls |= _of_density(null, of_null)
    measured["collapsed"] = Estimate(ignores_image(_metrics(measured, nulls)))
    return _metrics(measured, nulls)


def _metrics(measured: Measured, nulls: Measured) -> dict[str, Metric]:
    """Numbers and nulls side by side, in the order of `SCALES`."""
    found = {name: (estimate, nulls.get(name)) for name in SCALES if (estimate := measured.get(name)) is not None}
    return {
        name: Metric(one.value, None if null is None else null.value, *SCALES[name], one.stderr, one.missing)
        for name, (one, null) in found.items()
    }


# ---- groups of numbers ----


def _basic(latents: Latents, seed: int) -> Measured:
    z, active = latents.sample(seed), active_units(latents)
    accuracy = classes.knn_accuracy(z, latents.y)
    return {
        "spread": Estimate(shape.spread(z)),
        "sliced_wasserstein": Estimate(shape.sliced_wasserstein(z)),
        "knn_accuracy": Estimate(accuracy, math.sqrt(accuracy * (1 - accuracy) / len(z))),
        "active_units": Estimate(active, missing=NOT_DEFINED if active is None else ""),
    }


def _of_points(latents: Latents, seed: int) -> Measured:
    """What needs only sampled z, and exists for an AE."""
    z, y, few = latents.sample(seed), latents.y, shape.subset(len(latents.mu), seed)
    return {
        **_basic(latents, seed),
        "mean": shape.mean(z),
        "covariance": shape.covariance(z),
        "skew": shape.skew(z),
        "kurtosis": shape.kurtosis(z),
        "energy_distance": shape.energy_distance(z[few]),
        **_whitened(z, few),
        "linear_probe": classes.linear_probe(z, y, seed),
        "silhouette": classes.silhouette(z[few], y[few]),
    }


def _whitened(z: NDArray[np.floating], few: NDArray[np.int64]) -> Measured:
    white, missing = shape.whiten(z), Estimate(None, missing=shape.NO_VARIANCE)
    return {
        "sliced_wasserstein_whitened": missing if white is None else Estimate(shape.sliced_wasserstein(white)),
        "energy_distance_whitened": missing if white is None else shape.energy_distance(white[few]),
    }


def _of_density(latents: Latents, found: Aggregate, unresolved: str = "") -> Measured:
    """The rate, and its parts and the rest that needs q(z); these are missing where there is a reason."""
    gaussian, kl, kld = gaussian_kl(latents), found.kl_aggregate, latents.kld()
    whitened = Estimate(None, missing=shape.NO_VARIANCE) if gaussian is None else kl._replace(value=kl.value - gaussian)
    parts = found._asdict() | {"kl_aggregate_whitened": whitened}
    if unresolved:
        parts = dict.fromkeys(parts, Estimate(None, missing=unresolved))
    return parts if kld is None else {"rate": sample_mean(kld)} | parts


def _known(images: int, dimensions: int) -> Measured:
    """What a Gaussian model gives on average, where that is known without measuring."""
    few = min(images, shape.SUBSET)
    return {
        "mean": Estimate([0.0] * dimensions),
        "covariance": Estimate(np.eye(dimensions).tolist()),
        "sliced_wasserstein": Estimate(shape.sliced_wasserstein_null(images)),
        "energy_distance": Estimate(shape.energy_distance_null(few, dimensions)),
        "far_share": Estimate(FAR_NULL),
    }


# ---- what is refused ----


def _check(latents: Latents) -> None:
    mu, logvar, y = latents.mu, latents.logvar, latents.y
    if mu.ndim != 2 or mu.shape[1] < 1:
        raise ValueError(f"mu must have the shape (N, d), got {mu.shape}")
    if logvar is not None and logvar.shape != mu.shape:
        raise ValueError(f"logvar must have the shape of mu, {mu.shape}, got {logvar.shape}")
    if y.shape != mu.shape[:1]:
        raise ValueError(f"y must be one label per image, {mu.shape[:1]}, got {y.shape}")
    if len(mu) < 2 or not _finite(latents):
        raise ValueError("latents must be finite, and of at least two images")
    if y.min() < 0:
        raise ValueError(f"labels must be at least 0, got {y.min()}")


def _finite(latents: Latents) -> bool:
    """Whether codes, rates, widths and their inverses are numbers."""
    if latents.logvar is None:
        return bool(np.isfinite(latents.mu).all())
    with np.errstate(over="ignore", invalid="ignore"):
        numbers = (latents.kld(), np.exp(latents.logvar), np.exp(-latents.logvar))
    return all(number is not None and bool(np.isfinite(number).all()) for number in numbers)
