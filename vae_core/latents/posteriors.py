"""The posteriors of many images."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Latents:
    """The posteriors q(z|x) of N images.

    Arguments:
        mu: Posterior means (an AE's codes), shape (N, d).
        logvar: Posterior log-variances, shape (N, d); None for an AE.
        y: Labels, shape (N,).
        prior: Mean and log-variance of p(z|c) of each class, shape (2, K, d); None where it is N(0, I).
    """

    mu: Floats
    logvar: Floats | None
    y: NDArray[np.int64]
    prior: Floats | None = field(default=None, kw_only=True)

    def sample(self, seed: int) -> Floats:
        """Draw one z ~ q(z|x) per image, shape (N, d); return the codes themselves for an AE."""
        if self.logvar is None:
            return self.mu
        eps = np.random.default_rng(seed).standard_normal(self.mu.shape, dtype=np.float32)
        return self.mu + np.exp(0.5 * self.logvar) * eps

    def kld(self) -> Floats | None:
        """Return KL(q(z|x) ‖ p(z)) of every image in nats, shape (N,), as in `losses.kld`; None for an AE."""
        standardized = self.standardized()
        if standardized.logvar is None:
            return None
        mu, logvar = standardized.mu.astype(np.float64), standardized.logvar.astype(np.float64)
        return (0.5 * (mu**2 + np.expm1(logvar) - logvar).sum(axis=1)).astype(np.float32)

    def standardized(self) -> "Latents":
        """Return (z − m(c)) / s(c), for a prior N(m(c), s(c)²) of each class: N(0, I) is then the prior of all.

        KLs and informations about an image of known class stay as they are.
        """
        if self.prior is None or self.logvar is None:
            return self
        mean, logvar = self.prior[:, self.y]  # (N, d) each
        return Latents((self.mu - mean) * np.exp(-0.5 * logvar), self.logvar - logvar, self.y)

    def moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the exact mean (d,) and covariance (d, d) of the aggregate posterior, the mean of q(z|x) over images.

        >>> latents = Latents(np.float32([[-1], [1]]), np.zeros((2, 1), np.float32), np.zeros(2, np.int64))
        >>> latents.moments()  # of N(−1, 1) and N(1, 1) mixed in equal shares
        (array([0.]), array([[2.]]))
        """
        mu = self.mu.astype(np.float64)
        centred = mu - mu.mean(axis=0)
        covariance = centred.T @ centred / len(mu)
        if self.logvar is not None:
            covariance += np.diag(np.exp(self.logvar.astype(np.float64)).mean(axis=0))
        return mu.mean(axis=0), covariance
