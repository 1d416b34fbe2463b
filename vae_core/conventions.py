"""Ways to write a VAE's loss, and the KLD weight that each of them amounts to here.

This project sums within an image and averages over the batch: loss = mean of recon + β · kld. Code that averages over
the pixels instead, or takes the squared error for recon, has the same form with another β. Imports no torch.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

SUM, MEAN = REDUCTIONS = ("sum", "mean")
CROSS_ENTROPY, SQUARED_ERROR, GAUSSIAN = RECONS = ("cross-entropy", "squared error", "squared error / 2σ²")
_ERRORS = {
    CROSS_ENTROPY: "F.binary_cross_entropy_with_logits(logits, x",
    SQUARED_ERROR: "F.mse_loss(x_hat, x",
    GAUSSIAN: "F.mse_loss(x_hat, x",
}
_KLD = "-0.5 * (1 + logvar - mu.square() - logvar.exp())"


class Equivalent(NamedTuple):
    """What a written loss is in this project's terms: `scale` times the loss at `beta`, up to a constant.

    `sigma` is that of the Gaussian likelihood at which a squared error has β = 1; None for the cross-entropy.
    """

    beta: float
    scale: float
    sigma: float | None


@dataclass(frozen=True)
class WrittenLoss:
    """A loss as somebody has written it: recon + weight · kld, each summed or averaged.

    Arguments:
        recon: One of `RECONS`.
        pixels, recon_batch: How recon is reduced over the pixels and over the batch: "sum" or "mean".
        dimensions, kld_batch: The same of the KLD, over latent dimensions and over the batch.
        weight: The factor before the KLD.
        sigma: Of the Gaussian likelihood that a squared error stands for.

    Raises:
        ValueError: Another name, a negative weight, or a sigma that is not positive.

    >>> print(WrittenLoss(pixels="mean", recon_batch="mean").code)
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="mean")
    kld = (-0.5 * (1 + logvar - mu.square() - logvar.exp())).sum(dim=1).mean()
    loss = recon + kld
    """

    recon: str = CROSS_ENTROPY
    pixels: str = SUM
    recon_batch: str = MEAN
    dimensions: str = SUM
    kld_batch: str = MEAN
    weight: float = 1.0
    sigma: float = 0.1

    def __post_init__(self) -> None:
        if self.recon not in RECONS:
            raise ValueError(f"recon must be one of {', '.join(RECONS)}, got {self.recon!r}")
        for reduction in (self.pixels, self.recon_batch, self.dimensions, self.kld_batch):
            if reduction not in REDUCTIONS:
                raise ValueError(f"a reduction must be sum or mean, got {reduction!r}")
        if not 0 <= self.weight < math.inf or not 0 < self.sigma < math.inf:
            raise ValueError(f"weight must be at least 0 and sigma above 0, got {self.weight} and {self.sigma}")

    @property
    def code(self) -> str:
        """Return three lines of PyTorch, over logits, x_hat and x (B, …), mu and logvar (B, d)."""
        recon = _reduced_error(_ERRORS[self.recon], self.pixels, self.recon_batch)
        if self.recon == GAUSSIAN:
            recon += f" / (2 * {self.sigma:g}**2)"
        kld = f"({_KLD})" + _reduced(self.dimensions, self.kld_batch)
        weight = "" if self.weight == 1 else f"{self.weight:g} * "
        return f"recon = {recon}\nkld = {kld}\nloss = recon + {weight}kld"

    def equivalent(self, pixels: int, latent_dim: int, batch_size: int) -> Equivalent:
        """Return the β that this loss has here, for so many pixels, latent dimensions and images in a batch.

        >>> WrittenLoss(pixels="mean").equivalent(784, 2, 128).beta  # a mean over pixels, a sum over dimensions
        784.0
        >>> WrittenLoss(SQUARED_ERROR, sigma=0.1).equivalent(784, 2, 128).beta
        50.0
        """
        scale = _factor(self.pixels, pixels) * _times(self.recon_batch, batch_size)
        if self.recon == SQUARED_ERROR:
            scale *= 2 * self.sigma**2
        kld = self.weight * _factor(self.dimensions, latent_dim) * _times(self.kld_batch, batch_size)
        beta = kld / scale
        at_one = None if self.recon == CROSS_ENTROPY else self.sigma * math.sqrt(beta)
        return Equivalent(float(f"{beta:.12g}"), scale, at_one)


def _factor(reduction: str, count: int) -> float:
    """Return what a reduction within an image is as a multiple of the sum."""
    return 1.0 if reduction == SUM else 1 / count


def _times(reduction: str, batch_size: int) -> float:
    """Return what a reduction over the batch is as a multiple of the mean."""
    return 1.0 if reduction == MEAN else float(batch_size)


def _reduced_error(call: str, within: str, over_batch: str) -> str:
    if within == over_batch:
        return f'{call}, reduction="{within}")'
    if within == SUM:
        return f'{call}, reduction="sum") / len(x)'
    return f'{call}, reduction="none").flatten(1).mean(dim=1).sum()'


def _reduced(within: str, over_batch: str) -> str:
    return f".{within}()" if within == over_batch else f".{within}(dim=1).{over_batch}()"
