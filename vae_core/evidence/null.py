"""The null reference: what a model that is exactly Gaussian would give in the same place."""

import numpy as np

from ..latents import Latents

NULL_DRAWS = 30  # over which a null reference is averaged
STREAM = 1  # of the seed's random numbers; `Latents.sample` takes the plain seed


def null_latents(latents: Latents, seed: int, draw: int = 0) -> Latents:
    """Return latents of the same size, widths and labels whose aggregate posterior is a sample of N(0, I).

    Every sigma is kept and mu drawn from N(0, 1 − sigma²) in its place, so that z ~ N(0, I) whatever the widths; no
    posterior of such a model is wider than the prior, so that sigma is at most 1. For an AE the codes are N(0, I). Each
    number `draw` gives other ones.

    >>> wide = Latents(np.full((4, 2), 9, np.float32), np.zeros((4, 2), np.float32), np.arange(4))
    >>> null_latents(wide, seed=0).mu.tolist()  # posteriors as wide as the prior: every mu is 0
    [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """
    eps = np.random.default_rng((seed, STREAM, draw)).standard_normal(latents.mu.shape, dtype=np.float32)
    if latents.logvar is None:
        return Latents(eps, None, latents.y)
    logvar = np.minimum(latents.logvar, 0)
    mu = np.sqrt(-np.expm1(logvar)) * eps + 0  # no −0
    return Latents(mu, logvar, latents.y)
