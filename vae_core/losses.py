"""The terms of the ELBO, one number per image, in nats. All numbers are sums over pixels or latent dimensions."""

import math
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F


class Terms(NamedTuple):
    """The two terms of −ELBO, each of shape (B,), in nats. `kld` is zero for an AE."""

    recon: Tensor
    kld: Tensor

    def loss(self, beta: float | Tensor) -> Tensor:
        """Return the mean over the batch of recon + beta · kld, a scalar.

        >>> Terms(torch.tensor([90.0, 110.0]), torch.tensor([4.0, 6.0])).loss(beta=2.0)
        tensor(110.)
        """
        return (self.recon + beta * self.kld).mean() if isinstance(beta, Tensor) or beta else self.recon.mean()


class Prior(NamedTuple):
    """p(z|c) = N(mean, diag exp(logvar)), each of shape (B, d): a row per label."""

    mean: Tensor
    logvar: Tensor

    def placed(self, eps: Tensor) -> Tensor:
        """Return eps (B, d) as z = mean + sigma · eps, which is a draw from the prior where eps is one from N(0, I)."""
        return self.mean + torch.exp(0.5 * self.logvar) * eps

    def standardized(self, z: Tensor) -> Tensor:
        """Return z (B, d) in units of the prior, the inverse of `placed`."""
        return (z - self.mean) * torch.exp(-0.5 * self.logvar)


class ModelOutput(Protocol):
    """What the losses read of a model's output."""

    @property
    def logits(self) -> Tensor: ...
    @property
    def z(self) -> Tensor: ...
    @property
    def mu(self) -> Tensor: ...
    @property
    def logvar(self) -> Tensor | None: ...
    @property
    def prior(self) -> Prior | None: ...


def kld(mu: Tensor, logvar: Tensor, prior: Prior | None = None) -> Tensor:
    r"""Return KL(N(mu, diag exp(logvar)) ‖ N(0, I)) = −½ Σ (1 + logvar − mu² − exp(logvar)), in nats.

    Of mu and logvar (B, d) it is summed over latent dimensions: shape (B,), never negative. To another prior N(m, s²)
    it is the same of (mu − m) / s and logvar − ln s², for a change of variables leaves a KL as it is.

    Source: Kingma & Welling 2014, appendix B.

    >>> kld(torch.ones(3, 2), torch.zeros(3, 2))
    tensor([1., 1., 1.])
    """
    if prior is not None:
        mu, logvar = prior.standardized(mu), logvar - prior.logvar
    # expm1 keeps the small difference exp(logvar) − 1 − logvar, which float32 loses where logvar is near 0.
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(dim=1)  # (B,)


def recon(logits: Tensor, x: Tensor, likelihood: str = "bernoulli", likelihood_std: float = 0.1) -> Tensor:
    """Return −log p(x|z), summed over pixels, in nats. ValueError for another likelihood.

    Arguments:
        logits: The decoder's output before the sigmoid, shape (B, H, W).
        x: Images in [0, 1], shape (B, H, W).
        likelihood: "bernoulli" (binary cross-entropy) or "gaussian" (mean = sigmoid(logits)).
        likelihood_std: Standard deviation of the Gaussian. Its constant ½ ln 2πσ² is included, else beta means nothing.

    Returns:
        Shape (B,). Never negative for Bernoulli; a Gaussian density may exceed 1, so there it can be.

    >>> recon(torch.zeros(1, 2, 2), torch.ones(1, 2, 2))  # four pixels, ln 2 each
    tensor([2.7726])
    """
    logits, x = logits.flatten(1).float(), x.flatten(1)  # (B, D)
    if likelihood == "bernoulli":
        return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)  # (B,)
    if likelihood == "gaussian":
        error = (x - torch.sigmoid(logits)) / likelihood_std
        constant = 0.5 * math.log(2 * math.pi * likelihood_std**2)
        return (0.5 * error.square() + constant).sum(dim=1)  # (B,)
    raise ValueError(f"likelihood must be bernoulli or gaussian, got {likelihood!r}")


def log_ratio(z: Tensor, eps: Tensor, logvar: Tensor, prior: Prior | None = None) -> Tensor:
    """Return log p(z) − log q(z|x) in nats, shape (B,), of z = mu + exp(½ logvar) · eps, all of shape (B, d)."""
    if prior is not None:
        z, logvar = prior.standardized(z), logvar - prior.logvar
    return 0.5 * (eps.square() + logvar - z.square()).sum(dim=1)  # ln 2π cancels


def importance_weighted(output: ModelOutput, distortion: Tensor, samples: int) -> Tensor:
    """Return −log (1/K) Σ p(x|z_k) p(z_k) / q(z_k|x), the importance weighted bound, in nats.

    Arguments:
        output: A model's output with K rows for each image, one after another, as `forward` gives for K samples.
        distortion: −log p(x|z) of every row, shape (B · K,).
        samples: K. With one it is the ELBO with the KLD of that sample, not the expected one.

    Returns:
        Shape (B,). ValueError for a model without a density.

    Source: Burda et al. 2015, "Importance weighted autoencoders", equation 8.
    """
    if output.logvar is None:
        raise ValueError("an autoencoder has no density")
    eps = (output.z - output.mu) * torch.exp(-0.5 * output.logvar)
    ratio = log_ratio(output.z, eps, output.logvar, output.prior)
    return math.log(samples) - (ratio - distortion).unflatten(0, (-1, samples)).logsumexp(dim=1)


def terms(output: ModelOutput, x: Tensor, likelihood: str = "bernoulli", likelihood_std: float = 0.1) -> Terms:
    """Return both terms, each (B,) in nats, for a model's output on images x, shape (B, H, W) in [0, 1]."""
    distortion = recon(output.logits, x, likelihood, likelihood_std)
    rate = torch.zeros_like(distortion) if output.logvar is None else kld(output.mu, output.logvar, output.prior)
    return Terms(distortion, rate)
