"""How likely a model finds images: −log p(x) by importance sampling, in nats per image."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

from ..runs import Metric
from .metric import NO_DENSITY, NOT_DEFINED, Estimate
from .table import as_metrics

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ..data import ImageSet
    from ..models import CVAE, VAE

SAMPLES = 500
CHUNK = 2**21  # decoded pixels that exist at a time, of which there are a few copies of 4 bytes each


class Nll(NamedTuple):
    """−log p(x) in nats: its mean over the images, and the standard error of that mean; see `bounds` of `nll`."""

    value: float
    stderr: float
    samples: int
    images: int


def nll(
    model: VAE | CVAE,
    data: ImageSet,
    samples: int = SAMPLES,
    images: int | None = None,
    binarize: str = "none",
    generator: torch.Generator | None = None,
    exact: bool = True,
    bounds: Tensor | None = None,
) -> Nll:
    """Estimate −log p(x) by −log (1/K) Σ p(x|z_k) p(z_k) / q(z_k|x), z_k ~ q(z|x), averaged over images.

    For a cVAE it is −log p(x|y).

    In expectation it is never below −log p(x) and falls towards it as K grows; K = 1 is −ELBO. It stays far above where
    q(z|x) is much narrower than p(z|x), as after training with a small beta. p(x|z) is the likelihood the model was
    trained with; for grey values and a Bernoulli likelihood that is no probability of grey images, and not to be
    compared with figures for binary ones.

    Arguments:
        model, generator: On the data's device.
        samples: K.
        images: How many images, drawn at random; None means all.
        binarize: As in `TrainConfig`; pixels are drawn once.
        exact: In float32; else decoded in bf16 where the hardware has it, which is 1.5 times as fast and moves the
            figure by less than 0.01 nats.
        bounds: −elbo of every image of the data, shape (N,), if it is known: with it as a control variate, a part of
            the images tells the mean over all of them, and the standard error is much smaller; that of the choice of
            the data themselves is then left out.

    Raises:
        ValueError: For an AE, which has no likelihood, and for fewer than one sample or two images.

    Source: Burda et al. 2015, "Importance weighted autoencoders".
    """
    import torch

    from ..devices import autocast
    from ..evaluation import draw_pixels

    n = len(data) if images is None else min(images, len(data))
    if samples < 1 or n < 2:
        raise ValueError(f"it takes at least 1 sample and 2 images, got {samples} and {n}")
    index = torch.randperm(len(data), generator=generator, device=data.x.device)[:n]
    batch = max(1, CHUNK // max(model.config.pixels, samples))
    with nullcontext() if exact else autocast(data.x.device):
        costs = [
            _costs(model, draw_pixels(data.images(rows), binarize, generator), data.y[rows], samples, generator)
            for rows in index.split(batch)
        ]
    cost, offset = torch.cat(costs), 0.0  # (n,)
    if bounds is not None:
        bounds = bounds.to(cost)
        cost, offset = cost - bounds[index.cpu()], bounds.mean().item()
    return Nll(offset + cost.mean().item(), cost.std().item() / math.sqrt(n), samples, n)


def _costs(model: VAE | CVAE, x: Tensor, y: Tensor, samples: int, generator: torch.Generator | None) -> Tensor:
    """Estimate −log p(x) of images x (B, H, W) with labels y (B,), shape (B,), in float64 on the CPU: MPS has none."""
    import torch

    with torch.inference_mode():
        mu, logvar = model.encode(x, y)
        if logvar is None:
            raise ValueError(NO_DENSITY)
        # One tensor from the start: results of each step, kept, would leave holes between the large ones it frees.
        log_weights = torch.empty(len(x) * samples, device=x.device)
        image = torch.arange(len(x), device=x.device).repeat_interleave(samples)  # that each sample is of
        step = max(1, CHUNK // model.config.pixels)
        for weights, i in zip(log_weights.split(step), image.split(step), strict=True):
            weights[:] = _log_weights(model, x[i], y[i], mu[i], logvar[i], generator)
        return math.log(samples) - log_weights.view(len(x), samples).cpu().double().logsumexp(dim=1)


def _log_weights(
    model: VAE | CVAE, x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, generator: torch.Generator | None
) -> Tensor:
    """Return log p(x|z) p(z) / q(z|x) for one z ~ q(z|x) = N(mu, diag exp(logvar)) of each row, shape (B,)."""
    import torch

    from ..losses import log_ratio, recon

    eps = torch.randn(mu.shape, generator=generator, device=mu.device)
    z = mu + torch.exp(0.5 * logvar) * eps  # (B, d)
    ratio = log_ratio(z, eps, logvar, model.prior(y))
    return ratio - recon(model.decode_logits(z, y), x, model.config.likelihood, model.config.likelihood_std)


def as_metric(result: Nll | None) -> dict[str, Metric]:
    """Put the number under the name that pages and files know it by; None stands for a model that has none."""
    nll = Estimate(None, missing=NOT_DEFINED) if result is None else Estimate(result.value, result.stderr)
    return as_metrics({"nll": nll}, {})
