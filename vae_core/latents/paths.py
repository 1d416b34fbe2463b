"""Grids and paths through a latent space."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .sampling import decoded, placed

if TYPE_CHECKING:
    from torch import Tensor

    from ..models import AE, CVAE, VAE

Window = tuple[float, float, float, float]
PARALLEL = 1e-6  # sine of the angle below which two directions are one line


def manifold(
    model: AE | VAE | CVAE,
    steps: int,
    y: int | None = None,
    window: Window | None = None,
    base: Tensor | None = None,
    axes: tuple[int, int] = (0, 1),
) -> Tensor:
    """Decode a grid over two dimensions: (steps, steps, H, W), first down (z₂ falls), then across (z₁ rises).

    Arguments:
        y: The label for a cVAE.
        window: (low, high) of the first of the two dimensions, then of the second: it is cut into steps × steps equal
            cells, and each image is that of its cell's middle. None: cells of equal probability under the prior.
        base: The values of the other dimensions, shape (d,) (default: 0); without a window in units of the prior.
        axes: The dimensions across and up.

    Source: Kingma & Welling 2014, figure 4.
    """
    import torch

    _check_grid(model.config.latent_dim, steps, window, axes)
    shares = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps
    if window is None:
        across = up = torch.special.ndtri(shares)
    else:
        across, up = (low + (high - low) * shares for low, high in (window[:2], window[2:]))
    z2, z1 = torch.meshgrid(up.flip(0), across, indexing="ij")
    z = torch.zeros(model.config.latent_dim) if base is None else base
    z = z.repeat(steps**2, 1)  # (steps², d)
    z[:, axes[0]], z[:, axes[1]] = z1.flatten().to(z), z2.flatten().to(z)
    labels = _labels(y, len(z))
    z = placed(model, z, labels) if window is None else z
    return decoded(model, z, labels).unflatten(0, (steps, steps))


def traversal(model: AE | VAE | CVAE, z: Tensor, dimension: int, values: Tensor, y: int | None = None) -> Tensor:
    """Decode one z (d,) with one of its dimensions set to each of the values (n,): (n, H, W); y for a cVAE."""
    if not 0 <= dimension < len(z):
        raise ValueError(f"dimension must be from 0 to {len(z) - 1}, got {dimension}")
    row = z.repeat(len(values), 1)  # (n, d)
    row[:, dimension] = values.to(row)
    return decoded(model, row, _labels(y, len(row)))


def interpolate(z0: Tensor, z1: Tensor, steps: int) -> Tensor:
    """Return the straight line from z0 (d,) to z1 (d,) in equal steps, both ends included: (steps, d).

    >>> import torch
    >>> interpolate(torch.tensor([0.0]), torch.tensor([1.0]), 3).flatten()
    tensor([0.0000, 0.5000, 1.0000])
    """
    import torch

    return torch.lerp(z0, z1, _shares(steps).to(z0)[:, None])


def slerp(z0: Tensor, z1: Tensor, steps: int) -> Tensor:
    """Return the path from z0 (d,) to z1 (d,) that turns and grows evenly, both ends included: (steps, d).

    It keeps away from the origin, where the prior of many dimensions has no mass. Between points of equal norm it is
    a piece of a circle. Points on one line through the origin have no angle between them: the path is straight.

    Source: Shoemake 1985, "Animating rotation with quaternion curves"; White 2016, "Sampling generative networks".

    >>> import torch
    >>> slerp(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]), 3)[1]  # half-way along a quarter of a circle
    tensor([1.4142, 1.4142])
    """
    import torch

    start, end = z0.double(), z1.double()
    norms = start.norm(), end.norm()
    cosine = torch.dot(start, end) / (norms[0] * norms[1])  # NaN where one of them is 0
    angle = torch.acos(cosine.clamp(-1, 1))
    if not angle.sin() > PARALLEL:
        return interpolate(z0, z1, steps)
    t = _shares(steps)[:, None]  # (steps, 1)
    direction = (((1 - t) * angle).sin() * start / norms[0] + (t * angle).sin() * end / norms[1]) / angle.sin()
    return (direction * torch.lerp(norms[0], norms[1], t)).to(z0)


def _check_grid(latent_dim: int, steps: int, window: Window | None, axes: tuple[int, int]) -> None:
    if latent_dim < 2:
        raise ValueError(f"a manifold needs two latent dimensions, the model has {latent_dim}")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    if axes[0] == axes[1] or not all(0 <= axis < latent_dim for axis in axes):
        raise ValueError(f"axes must be two different dimensions from 0 to {latent_dim - 1}, got {axes}")
    if window is not None and not (all(map(math.isfinite, window)) and window[0] < window[1] and window[2] < window[3]):
        raise ValueError(f"window must be two rising pairs of finite numbers, got {window}")


def _labels(y: int | None, n: int) -> Tensor | None:
    import torch

    return None if y is None else torch.full((n,), y)


def _shares(steps: int) -> Tensor:
    """Return 0 to 1 in equal steps, float64."""
    import torch

    if steps < 2:
        raise ValueError(f"steps must be at least 2, got {steps}")
    return torch.linspace(0, 1, steps, dtype=torch.float64)
