"""What z tells of the image, in nats, and whether that can be known from so many images at all."""

import math
from collections.abc import Mapping

import numpy as np

from ..latents import Latents
from ..runs import Metric
from .metric import NOT_DEFINED, Estimate, sample_mean
from .mixture import Aggregate, log_mixture, posteriors
from .null import NULL_DRAWS, null_latents

INFORMATION_DRAWS = 1000  # whose standard error is about 0.03 nats
STREAM = 6  # of the seed's random numbers
ACTIVE_VARIANCE = 0.01  # of mu over images, from which a dimension is in use; Burda et al. 2015
IGNORED_NATS = 0.1  # of I(x;z), below which z says nothing of the image
RESOLUTION_NATS = 0.5  # to which the parts of the rate must be known


def mutual_information(latents: Latents, seed: int, draws: int = INFORMATION_DRAWS) -> Estimate:
    """Estimate I(x;z) under q in nats from one z of `draws` images; not defined for an AE.

    R − KL(q(z) ‖ p), the KL less its null, as in `density.corrected`.

    Source: Hoffman & Johnson 2016, "ELBO surgery".

    >>> silent = Latents(np.zeros((8, 1), np.float32), np.zeros((8, 1), np.float32), np.arange(8))
    >>> abs(mutual_information(silent, seed=0).value) < 1e-12
    True
    """
    if latents.logvar is None:
        return Estimate(None, missing=NOT_DEFINED)
    rng = np.random.default_rng((seed, STREAM))
    index = rng.permutation(len(latents.mu))[:draws]
    mu, sigma = posteriors(latents)
    eps = rng.standard_normal((len(index), mu.shape[1]))
    log_posterior = -(0.5 * eps**2 + np.log(sigma[index])).sum(axis=1)
    estimate = sample_mean(log_posterior - log_mixture(mu[index] + sigma[index] * eps, mu, sigma))
    return estimate._replace(value=estimate.value + _null_kl(latents, seed, draws))


def _null_kl(latents: Latents, seed: int, draws: int) -> float:
    """Estimate KL(q(z) ‖ p) of exactly Gaussian models, averaged over 30 draws of them."""
    kl = 0.0
    for draw in range(NULL_DRAWS):
        null = null_latents(latents, seed, draw)
        mu, sigma = posteriors(null)
        z = null.sample(seed)[: max(draws // NULL_DRAWS, 1)].astype(np.float64)
        kl += float((log_mixture(z, mu, sigma) + 0.5 * (z**2).sum(axis=1)).mean()) / NULL_DRAWS
    return kl


def active_units(latents: Latents) -> Estimate:
    """Count the latent dimensions that depend on the image: Var_x(mu) > 0.01; not defined for an AE.

    Source: Burda et al. 2015, "Importance weighted autoencoders", section 5.2.
    """
    if latents.logvar is None:
        return Estimate(None, missing=NOT_DEFINED)
    return Estimate(int((latents.mu.var(axis=0, dtype=np.float64) > ACTIVE_VARIANCE).sum()))


def ignores_image(metrics: Mapping[str, Metric] | Mapping[str, Estimate]) -> bool:
    """Tell whether a model is Gaussian because its latent says nothing of the image: it has collapsed."""
    information, active = metrics["mutual_information"].value, metrics["active_units"].value
    return active == 0 or (information is not None and information < IGNORED_NATS)


def unresolved(aggregate: Aggregate, null_kl: float, images: int) -> str:
    """Say why N images do not tell how the rate splits into I(x;z) and KL(q(z) ‖ p); "" where they do.

    Posteriors so narrow that they hardly overlap look like N separate islands whatever lies beneath: I(x;z) then
    comes out at its ceiling ln N, and the rest of the rate as KL. Two signs, either of which is enough: a model that
    is exactly Gaussian and has the same widths comes out more than 0.5 nats from N(0, I); or I(x;z) comes out
    within 0.5 nats of ln N. Both are of the mixture of all posteriors, before any correction.
    """
    ceiling = math.log(images)
    if null_kl > RESOLUTION_NATS:
        reason = f"a Gaussian model with them would come out {null_kl:.2f} nats from N(0, I)"
    elif aggregate.mutual_information.value > ceiling - RESOLUTION_NATS:
        reason = f"I(x;z) is at its ceiling, {ceiling:.2f} nats"
    else:
        return ""
    return f"{images:,} images are too few for posteriors this narrow: {reason}"
