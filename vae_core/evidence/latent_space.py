"""All numbers about a latent space, each next to the same number for a model that is exactly Gaussian."""

import numpy as np
from numpy.typing import NDArray

from ..latents import Latents
from ..runs import Metric
from .classes import class_nulls, class_numbers, knn_accuracy, knn_chance
from .density import density_numbers
from .empty_space import FAR_NULL, far_share
from .information import active_units, ignores_image, mutual_information
from .metric import NOT_DEFINED, Estimate, sample_mean
from .shape import NO_VARIANCE, distance_numbers, gaussian_shape_numbers, shape_numbers, spread, whiten
from .table import LATENT_SPACE, as_metrics, names_of

SUMMARY = (
    "spread", "sliced_wasserstein", "sliced_wasserstein_whitened", "knn_accuracy", "active_units", "mutual_information",
)  # fmt: skip


def summarize(latents: Latents, seed: int) -> dict[str, Metric]:
    """Measure the six numbers that pages show under each plot, of z sampled with the seed; errors as in `evidence`."""
    _check(latents)
    latents = latents.standardized()
    estimates = _basic(latents, seed) | {"mutual_information": mutual_information(latents, seed)}
    nulls = gaussian_shape_numbers(*latents.mu.shape) | {"knn_accuracy": Estimate(knn_chance(latents.y, seed))}
    return as_metrics(estimates, nulls)


def evidence(latents: Latents, recon: NDArray[np.floating], seed: int) -> dict[str, Metric]:
    """Measure every number about a latent space, by name, in the order of `NUMBERS`.

    Under a learned p(z|c) they are of z in units of each class's prior, where that is N(0, I).

    Arguments:
        latents: Of N images, at least two.
        recon: −log p(x|z) of each image in nats, shape (N,).

    Raises:
        ValueError: Shapes do not fit, numbers are not finite, or there is only one image.
    """
    _check(latents)
    latents = latents.standardized()
    if recon.shape != latents.y.shape or not np.isfinite(recon).all():
        raise ValueError(f"recon must be finite and one number per image, {latents.y.shape}, got {recon.shape}")
    z, (_, dimensions) = latents.sample(seed), latents.mu.shape
    white = whiten(z)
    estimates = _basic(latents, seed) | shape_numbers(latents, seed) | class_numbers(latents, seed)
    estimates["far_share"] = far_share(z, seed)
    estimates["far_share_whitened"] = NO_VARIANCE if white is None else far_share(white, seed)
    estimates["distortion"] = sample_mean(recon)
    nulls = gaussian_shape_numbers(*latents.mu.shape) | class_nulls(latents.y, dimensions, seed)
    nulls |= dict.fromkeys(("far_share", "far_share_whitened"), Estimate(FAR_NULL))
    if latents.logvar is None:
        undefined = names_of(LATENT_SPACE) - estimates.keys()
        return as_metrics(estimates | dict.fromkeys(undefined, Estimate(None, missing=NOT_DEFINED)), nulls)
    of_density, of_null_density = density_numbers(latents, seed)
    estimates |= of_density
    estimates["collapsed"] = Estimate(ignores_image(estimates))
    return as_metrics(estimates, nulls | of_null_density)


def _basic(latents: Latents, seed: int) -> dict[str, Estimate]:
    z = latents.sample(seed)
    return {
        "spread": spread(z),
        **distance_numbers(z),
        "knn_accuracy": knn_accuracy(z, latents.y),
        "active_units": active_units(latents),
    }


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
    """Check that codes, rates, widths and their inverses are finite numbers."""
    if latents.logvar is None:
        return bool(np.isfinite(latents.mu).all())
    with np.errstate(over="ignore", invalid="ignore"):
        numbers = (latents.kld(), np.exp(latents.logvar), np.exp(-latents.logvar))
    return all(number is not None and bool(np.isfinite(number).all()) for number in numbers)
