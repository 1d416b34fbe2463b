"""Latent spaces: encode a data set, lay the codes into a plane, draw from the prior, decode grids and paths.

Stored latents are NumPy arrays, so that they can be shown without torch; torch is imported where a model is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from .data import ImageSet
    from .models import AE, CVAE, VAE

__all__ = ["Latents", "Plane", "alignment", "encode_set", "interpolate", "manifold", "plane", "sample_prior"]

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


class Plane(NamedTuple):
    """Points in a plane, shape (N, 2), the axes in words, and how the points came about if it is not plain."""

    points: Floats
    axes: tuple[str, str]
    note: str | None


def plane(latents: Latents, z: Floats) -> Plane:
    """Lay latents z (N, d) of any dimension into a plane.

    Two dimensions are shown as they are. More are projected onto the first two principal components of `mu` (not
    centred, so that the prior's circles stay true). One dimension is spread out by its label, for display only.
    """
    dimensions = z.shape[1]
    if dimensions == 1:
        classes = int(latents.y.max()) + 1
        height = (latents.y + 0.5) / classes * 6 - 3  # one row per label over the height of ±3 sigma
        points = np.column_stack((z[:, 0], height)).astype(np.float32)
        return Plane(points, ("latent dimension z₁", "label (display only)"), "One latent dimension; rows are labels.")
    if dimensions == 2:
        return Plane(z, ("first latent dimension z₁", "second latent dimension z₂"), None)
    from sklearn.decomposition import PCA

    fitted = PCA(n_components=2, svd_solver="full").fit(latents.mu)
    share = fitted.explained_variance_ratio_.sum()
    note = (
        f"{dimensions} latent dimensions, shown by their first two principal components ({share:.0%} of mu's variance)."
    )
    points = (z @ fitted.components_.T).astype(np.float32)
    return Plane(points, ("first principal component", "second principal component"), note)


def alignment(points: Floats, reference: Floats) -> NDArray[np.float64]:
    """The turn or mirror image of the plane, shape (2, 2), that brings points closest to a reference: `points @ it`.

    For display only: separate trainings of a model turn and mirror the plane at will.

    Arguments:
        points, reference: The same images, shape (n, 2); rows that are not finite do not count.

    Source: Schönemann 1966, "A generalized solution of the orthogonal Procrustes problem".
    """
    good = np.isfinite(points).all(axis=1) & np.isfinite(reference).all(axis=1)
    left, _, right = np.linalg.svd(points[good].astype(np.float64).T @ reference[good].astype(np.float64))
    return left @ right


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


def sample_prior(
    model: AE | VAE | CVAE,
    n: int,
    y: Tensor | None = None,
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Draw z ~ N(0, temperature² I) and decode it: (x_hat (n, H, W) in [0, 1], z (n, d)).

    Arguments:
        model: Any of the three; an AE has no prior, its images show what that means.
        n: How many.
        y: Labels (n,), needed by a cVAE.
        generator: On the CPU: equal seeds give equal z on every device.
        temperature: Standard deviation of z, at least 0.
    """
    import torch

    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    if not (math.isfinite(temperature) and temperature >= 0):
        raise ValueError(f"temperature must be at least 0, got {temperature}")
    device = next(model.parameters()).device
    z = temperature * torch.randn(n, model.config.latent_dim, generator=generator)
    with torch.no_grad():
        return model.decode(z.to(device), None if y is None else y.to(device)).cpu(), z


def manifold(model: AE | VAE | CVAE, steps: int, y: int | None = None) -> Tensor:
    """Decode a grid over the prior's quantiles: (steps, steps, H, W), first down (z₂ falls), then across (z₁ rises).

    Arguments:
        model: With two latent dimensions.
        steps: Images a side.
        y: The label for a cVAE.

    Source: Kingma & Welling 2014, figure 4.
    """
    import torch

    if model.config.latent_dim != 2:
        raise ValueError(f"a manifold needs two latent dimensions, the model has {model.config.latent_dim}")
    quantiles = torch.special.ndtri((torch.arange(steps) + 0.5) / steps)
    z2, z1 = torch.meshgrid(quantiles.flip(0), quantiles, indexing="ij")
    z = torch.stack((z1, z2), dim=-1).reshape(-1, 2)  # (steps², 2)
    labels = None if y is None else torch.full((len(z),), y)
    device = next(model.parameters()).device
    with torch.no_grad():
        x_hat = model.decode(z.to(device), None if labels is None else labels.to(device)).cpu()
    return x_hat.unflatten(0, (steps, steps))


def interpolate(z0: Tensor, z1: Tensor, steps: int) -> Tensor:
    """The straight line from z0 (d,) to z1 (d,) in equal steps, both ends included: (steps, d)."""
    import torch

    if steps < 2:
        raise ValueError(f"steps must be at least 2, got {steps}")
    return torch.lerp(z0, z1, torch.linspace(0, 1, steps)[:, None])
