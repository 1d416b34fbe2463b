"""The aggregate posterior in any dimension, from draws: estimates with their standard errors.

Draws come from q(z|c) in proportion to the classes, and from p. Logarithms of ratios of q(z|x), q(z|c) and q(z) vary
less than those to p, so that KLs to the prior are exact rates less the information measured.
"""

import math

import numpy as np

from ..latents import Latents
from .metric import Estimate, sample_mean
from .mixture import HOLE, Aggregate, Array, images_by_label, listed_by_label, log_mixture, posteriors, rate

DRAWS = 2000  # from q and from p; their standard error of a KL is about 0.02 nats
CLASS_DRAWS = 20  # at least
STREAM = 3  # of the seed's random numbers


def monte_carlo(latents: Latents, seed: int) -> Aggregate:
    """Estimate the numbers of q(z), each with its standard error, equal for equal seeds; ValueError for an AE."""
    rng = np.random.default_rng((seed, STREAM))
    mu, sigma = posteriors(latents)
    shares, total, between, within = [], [], [], []  # one entry a class
    class_kl, class_errors = {}, {}
    for label, members in images_by_label(latents.y):
        count = max(round(DRAWS * len(members) / len(mu)), CLASS_DRAWS)
        z, log_posterior = _draw(rng, mu[members], sigma[members], count)
        log_class, log_q = log_mixture(z, mu[members], sigma[members]), log_mixture(z, mu, sigma)
        shares.append(len(members) / len(mu))
        total.append(log_posterior - log_q)
        between.append(log_class - log_q)
        within.append(log_posterior - log_class)
        inside = sample_mean(within[-1])
        class_kl[label] = rate(latents, members) - inside.value
        class_errors[label] = inside.stderr
    information = _stratified(total, shares)
    hole_mass, overlap = _against_prior(rng, mu, sigma)
    return Aggregate(
        kl_aggregate=information._replace(value=rate(latents) - information.value),
        mutual_information=information,
        class_information=_stratified(between, shares),
        within_class_information=_stratified(within, shares),
        class_kl=Estimate(listed_by_label(class_kl), listed_by_label(class_errors)),
        hole_mass=hole_mass,
        overlap=overlap,
    )


def _draw(rng: np.random.Generator, mu: Array, sigma: Array, count: int) -> tuple[Array, Array]:
    """Draw z (count, d) of images with replacement, and return it with log q(z|x) of its image, as `log_mixture`."""
    image = rng.integers(0, len(mu), count)
    eps = rng.standard_normal((count, mu.shape[1]))
    return mu[image] + sigma[image] * eps, -(0.5 * eps**2 + np.log(sigma[image])).sum(axis=1)


def _against_prior(rng: np.random.Generator, mu: Array, sigma: Array) -> tuple[Estimate, Estimate]:
    """Estimate hole mass and overlap from draws of p: means of 1[q < 0.1 p] and of min(1, q/p)."""
    z = rng.standard_normal((DRAWS, mu.shape[1]))
    log_ratio = log_mixture(z, mu, sigma) + 0.5 * (z**2).sum(axis=1)
    return sample_mean(log_ratio < math.log(HOLE)), sample_mean(np.exp(np.minimum(log_ratio, 0)))


def _stratified(strata: list[Array], shares: list[float]) -> Estimate:
    """Return the mean over strata that hold these shares, with its standard error."""
    value = sum(share * float(draws.mean()) for draws, share in zip(strata, shares, strict=True))
    variances = (share**2 * float(draws.var()) / len(draws) for draws, share in zip(strata, shares, strict=True))
    return Estimate(value, math.sqrt(sum(variances)))
