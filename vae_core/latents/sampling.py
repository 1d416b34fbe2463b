"""Latents drawn at random, and what a model makes of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .posteriors import Latents

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ..models import AE, CVAE, VAE


def sample_prior(
    model: AE | VAE | CVAE,
    n: int,
    y: Tensor | None = None,
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Draw z ~ N(0, temperature² I) and decode it: (x_hat (n, H, W) in [0, 1], z (n, d)).

    An AE has no such prior; its images show what that means. Of a learned p(z|c) the draws are around its means.

    Arguments:
        y: Labels (n,), needed by a cVAE.
        generator: On the CPU: equal seeds give equal z on every device.
        temperature: Standard deviation of z in units of the prior, at least 0. ValueError below.
    """
    z = placed(model, _noise(n, model.config.latent_dim, generator, temperature), y)
    return decoded(model, z, y), z


def sample_fitted(
    model: AE | VAE | CVAE,
    latents: Latents,
    n: int,
    y: Tensor | None = None,
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Draw z ~ N(m, temperature² S), with mean m and covariance S of the codes, and decode it, as in `sample_prior`.

    The fair way to sample an AE, which has no prior. Its eps are those of `sample_prior` with the same generator. The
    latents are those of the model's own images; a VAE's count with the widths of their posteriors.
    """
    import torch

    mean, covariance = latents.moments()
    variances, directions = np.linalg.eigh(covariance)
    root = directions * np.sqrt(variances.clip(min=0)) @ directions.T  # the one root that does not depend on signs
    eps = _noise(n, model.config.latent_dim, generator, temperature)
    z = (torch.from_numpy(mean) + eps.double() @ torch.from_numpy(root)).float()
    return decoded(model, z, y), z


def placed(model: AE | VAE | CVAE, eps: Tensor, y: Tensor | None) -> Tensor:
    """Return draws eps (n, d) from N(0, I) as draws from the model's prior of labels y (n,), all on the CPU."""
    import torch

    with torch.no_grad():
        prior = model.prior(None if y is None else y.to(next(model.parameters()).device))
        return eps if prior is None else prior.placed(eps.to(prior.mean)).cpu()


def decoded(model: AE | VAE | CVAE, z: Tensor, y: Tensor | None) -> Tensor:
    """Decode latents z (n, d) with labels y (n,), both on the CPU, to x_hat (n, H, W) there, wherever the model is."""
    import torch

    device = next(model.parameters()).device
    with torch.no_grad():
        return model.decode(z.to(device), None if y is None else y.to(device)).cpu()


def _noise(n: int, d: int, generator: torch.Generator | None, temperature: float) -> Tensor:
    """Draw temperature · eps with eps ~ N(0, I), shape (n, d)."""
    import torch

    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    if not (math.isfinite(temperature) and temperature >= 0):
        raise ValueError(f"temperature must be at least 0, got {temperature}")
    return temperature * torch.randn(n, d, generator=generator)
