"""The posteriors of many images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..data import ImageSet
    from ..models import AE, CVAE, VAE

__all__ = ["Latents", "encode_set"]

Floats = NDArray[np.float32]
ENCODING_BATCH = 2000


@dataclass(frozen=True)
class Latents:
    """The posteriors q(z|x) of N images.

    Arguments:
        mu: Posterior means (an AE's codes), shape (N, d).
        logvar: Posterior log-variances, shape (N, d); None for an AE.
        y: Labels, shape (N,).
    """

    mu: Floats
    logvar: Floats | None
    y: NDArray[np.int64]

    def sample(self, seed: int) -> Floats:
        """One z ~ q(z|x) per image, shape (N, d); for an AE the codes themselves."""
        if self.logvar is None:
            return self.mu
        eps = np.random.default_rng(seed).standard_normal(self.mu.shape, dtype=np.float32)
        return self.mu + np.exp(0.5 * self.logvar) * eps

    def kld(self) -> Floats | None:
        """KL(q(z|x) ‖ N(0, I)) of every image in nats, shape (N,), as in `losses.kld`; None for an AE."""
        if self.logvar is None:
            return None
        mu, logvar = self.mu.astype(np.float64), self.logvar.astype(np.float64)
        return (0.5 * (mu**2 + np.expm1(logvar) - logvar).sum(axis=1)).astype(np.float32)

    def moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Exact mean (d,) and covariance (d, d) of the aggregate posterior q(z), the mean of q(z|x) over the images."""
        mu = self.mu.astype(np.float64)
        centred = mu - mu.mean(axis=0)
        covariance = centred.T @ centred / len(mu)
        if self.logvar is not None:
            covariance += np.diag(np.exp(self.logvar.astype(np.float64)).mean(axis=0))
        return mu.mean(axis=0), covariance


def encode_set(model: AE | VAE | CVAE, data: ImageSet) -> Latents:
    """The posteriors of every image of a data set that lives on the model's device."""
    import torch

    with torch.no_grad():
        starts = range(0, len(data), ENCODING_BATCH)
        slices = [slice(start, start + ENCODING_BATCH) for start in starts]
        posteriors = [model.encode(data.images(index), data.y[index]) for index in slices]
    mu = torch.cat([posterior.mu for posterior in posteriors]).cpu().numpy()
    logvars = [posterior.logvar for posterior in posteriors if posterior.logvar is not None]
    logvar = torch.cat(logvars).cpu().numpy() if logvars else None
    return Latents(mu, logvar, data.y.cpu().numpy())
