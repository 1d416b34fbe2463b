"""The KLD between two Normal distributions in one dimension: term by term, in both directions, and from three sources.

The target is P = N(0, 1), the prior; the prediction is Q = N(mu, sigma²), the posterior of one image. All in nats.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

REACH = 40.0  # standard deviations from the mean at which the integral ends; the density underflows earlier


class Terms(NamedTuple):
    """The four terms of −½ (1 + logvar − mu² − exp(logvar)), in nats."""

    one: float
    logvar: float
    mu: float
    var: float


def terms(mu: float, sigma: float) -> Terms:
    """Return the four terms of KL(Q ‖ P); their sum is `kl_qp`. ValueError unless sigma is positive.

    >>> terms(2.0, 1.0)
    Terms(one=-0.5, logvar=-0.0, mu=2.0, var=0.5)
    """
    _positive(sigma)
    return Terms(-0.5, -math.log(sigma), 0.5 * mu**2, 0.5 * sigma**2)


def kl_qp(mu: float, sigma: float) -> float:
    """Return KL(Q ‖ P), the direction of the loss, in nats.

    Source: Kingma & Welling 2014, appendix B.

    >>> kl_qp(1.0, 1.0)
    0.5
    """
    return math.fsum(terms(mu, sigma))


def kl_pq(mu: float, sigma: float) -> float:
    """Return KL(P ‖ Q), the other direction, in nats: ½ (2 ln sigma + (1 + mu²) / sigma² − 1).

    >>> kl_pq(1.0, 1.0)
    0.5
    """
    _positive(sigma)
    return math.log(sigma) + 0.5 * ((1 + mu**2) / sigma**2 - 1)


def density(x: NDArray[np.floating], mu: float = 0.0, sigma: float = 1.0) -> NDArray[np.float64]:
    """Return the density of N(mu, sigma²) at points x, in the shape of x."""
    return np.exp(_log_density(x, mu, sigma))


def integrand(x: NDArray[np.floating], mu: float, sigma: float, reverse: bool = False) -> NDArray[np.float64]:
    """Return q log(q / p) at points x, or p log(p / q) in reverse: its area is the KLD. It can be negative."""
    log_q, log_p = _log_density(x, mu, sigma), _log_density(x, 0.0, 1.0)
    return np.exp(log_p) * (log_p - log_q) if reverse else np.exp(log_q) * (log_q - log_p)


def by_loss(mu: float, sigma: float) -> float:
    """Compute KL(Q ‖ P) with the loss function of the models."""
    import torch

    from vae_core.losses import kld

    parameters = torch.tensor([[mu]], dtype=torch.float64), torch.tensor([[2 * math.log(sigma)]], dtype=torch.float64)
    return float(kld(*parameters))


def by_distributions(mu: float, sigma: float, reverse: bool = False) -> float:
    """Compute KL(Q ‖ P), or KL(P ‖ Q) in reverse, with `torch.distributions`."""
    import torch
    from torch.distributions import Normal, kl_divergence

    one = torch.tensor(1.0, dtype=torch.float64)
    q, p = Normal(mu * one, sigma * one), Normal(0 * one, one)
    return float(kl_divergence(p, q) if reverse else kl_divergence(q, p))


def by_integration(mu: float, sigma: float, reverse: bool = False) -> float:
    """Compute KL(Q ‖ P), or KL(P ‖ Q) in reverse, as the area under `integrand`, by adaptive quadrature."""
    from scipy.integrate import quad

    _positive(sigma)
    middle, width = (0.0, 1.0) if reverse else (mu, sigma)
    ends = [middle - REACH * width, middle - 4 * width, middle, middle + 4 * width, middle + REACH * width]
    areas = (
        quad(lambda x: float(integrand(np.array(x), mu, sigma, reverse)), low, high, epsabs=1e-10, limit=200)[0]
        for low, high in pairwise(ends)
    )
    return math.fsum(areas)


def _log_density(x: NDArray[np.floating], mu: float, sigma: float) -> NDArray[np.float64]:
    _positive(sigma)
    return -0.5 * ((np.asarray(x, dtype=np.float64) - mu) / sigma) ** 2 - math.log(sigma * math.sqrt(2 * math.pi))


def _positive(sigma: float) -> None:
    if not sigma > 0:
        raise ValueError(f"sigma must be above 0, got {sigma}")
