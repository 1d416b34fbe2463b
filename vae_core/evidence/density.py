"""What needs the density of q(z), whole and by class, against the prior: KLs, holes, and what the rate is spent on.

In two dimensions it is exact, on a grid; elsewhere, and where a grid is too coarse, from draws with standard errors.
The rate R = mean of KL(q(z|x) ‖ p) is exact in either case, and R = I(x;z) + KL(q(z) ‖ p) and
I(x;z) = I(c;z) + I(x;z|c) hold exactly between the numbers given here.

Source: Hoffman & Johnson 2016, "ELBO surgery".
"""

import numpy as np

from ..latents import Latents
from .information import unresolved
from .metric import NO_DENSITY, Estimate, sample_mean, undetermined
from .mixture import Aggregate
from .monte_carlo import monte_carlo
from .quadrature import quadrature
from .shape import NO_VARIANCE


def density_numbers(latents: Latents, null: Latents, seed: int) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Measure what needs q(z) of a VAE or cVAE, and of its null reference; see `NUMBERS`.

    Where the images are too few to tell how the rate splits, its parts are missing, and it is said why.
    """
    of_model, of_null = aggregate(latents, seed), aggregate(null, seed)
    estimates = _numbers(latents, of_model)
    if reason := unresolved(of_model, of_null, len(latents.mu)):
        estimates |= dict.fromkeys(estimates.keys() - {"rate"}, undetermined(reason))
    return estimates, _numbers(null, of_null)


def _numbers(latents: Latents, parts_of_rate: Aggregate) -> dict[str, Estimate]:
    kl, gaussian, kld = parts_of_rate.kl_aggregate, gaussian_kl(latents), latents.kld()
    whitened = NO_VARIANCE if gaussian is None else kl._replace(value=kl.value - gaussian)
    rate = {} if kld is None else {"rate": sample_mean(kld)}
    return rate | parts_of_rate._asdict() | {"kl_aggregate_whitened": whitened}


def aggregate(latents: Latents, seed: int) -> Aggregate:
    """Return the numbers of q(z), exact where a grid can give them, else from draws; ValueError for an AE."""
    exact = quadrature(latents) if latents.mu.shape[1] == 2 else None
    return monte_carlo(latents, seed) if exact is None else exact


def gaussian_kl(latents: Latents) -> float | None:
    """Return KL(N(m, S) ‖ N(0, I)) in nats, with the exact mean m and covariance S of q(z); None if S is singular.

    As m and S are q's own, KL(q(z) ‖ p) = KL(q(z) ‖ N(m, S)) + KL(N(m, S) ‖ p). ValueError for an AE.
    """
    if latents.logvar is None:
        raise ValueError(NO_DENSITY)
    centre, covariance = latents.moments()
    variances = np.linalg.eigvalsh(covariance)
    if variances[0] <= len(variances) * np.finfo(np.float64).eps * variances[-1]:
        return None
    return float(0.5 * (variances - 1 - np.log(variances)).sum() + 0.5 * centre @ centre)
