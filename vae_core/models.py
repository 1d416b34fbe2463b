"""The three models of the lecture: AE, VAE and conditional VAE, as multilayer perceptrons.

x (B, H, W) ─ encoder ─▶ mu, logvar (B, d) ─ z = mu + sigma · eps ─▶ decoder ─▶ logits (B, H, W)
                ▲ condition                                            ▲ condition (cVAE)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import ModelConfig

__all__ = [
    "AE",
    "CVAE",
    "VAE",
    "Decoder",
    "Encoder",
    "Output",
    "Posterior",
    "blank_model",
    "build_model",
    "reparameterize",
]

# exp(logvar) stays finite in float32 and sigma stays above 3e-7; a beta of 0 presses on the lower end.
LOGVAR_MIN, LOGVAR_MAX = -30.0, 20.0


class Posterior(NamedTuple):
    """q(z|x) = N(mu, diag exp(logvar)), each of shape (B, d); `logvar` is None for an AE."""

    mu: Tensor
    logvar: Tensor | None


class Output(NamedTuple):
    """A forward pass: logits (B, H, W), z, mu and logvar (B, d); `logvar` is None for an AE."""

    logits: Tensor
    z: Tensor
    mu: Tensor
    logvar: Tensor | None


def reparameterize(posterior: Posterior, generator: torch.Generator | None = None) -> Tensor:
    """Draw z = mu + sigma · eps with eps ~ N(0, I), shape (B, d); mu itself for an AE.

    Source: Kingma & Welling 2014, section 2.4.
    """
    mu, logvar = posterior
    if logvar is None:
        return mu
    eps = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
    return mu + torch.exp(0.5 * logvar) * eps  # (B, d)


def _mlp(widths: tuple[int, ...]) -> nn.Sequential:
    """Linear layers with a ReLU between them, none after the last."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Encoder(nn.Module):
    """Image, and condition if there is one, to the parameters of q(z|x): (B, D + C) → (B, outputs)."""

    def __init__(self, pixels: int, condition_dim: int, hidden: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        self.net = _mlp((pixels + condition_dim, *hidden, outputs))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        x = x.flatten(1)  # (B, D)
        return self.net(x if condition is None else torch.cat((x, condition), dim=1))


class Decoder(nn.Module):
    """Latent, and condition if there is one, to logits of the pixels: (B, d + C) → (B, H, W)."""

    def __init__(
        self, latent_dim: int, condition_dim: int, hidden: tuple[int, ...], image_shape: tuple[int, int]
    ) -> None:
        super().__init__()
        self.image_shape = image_shape
        self.net = _mlp((latent_dim + condition_dim, *reversed(hidden), image_shape[0] * image_shape[1]))

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        logits = self.net(z if condition is None else torch.cat((z, condition), dim=1))  # (B, D)
        return logits.unflatten(1, self.image_shape)


class _LatentModel(nn.Module):
    """What the three models share; they differ in whether there is a logvar and a condition."""

    def __init__(
        self, config: ModelConfig, outputs: int, encoder_condition: int = 0, decoder_condition: int = 0
    ) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config.pixels, encoder_condition, config.hidden, outputs)
        self.decoder = Decoder(config.latent_dim, decoder_condition, config.hidden, config.image_shape)

    def encode(self, x: Tensor, y: Tensor | None = None) -> Posterior:
        """q(z|x) of images x (B, H, W) in [0, 1]; a cVAE also needs labels y (B,), the others ignore them."""
        return self._posterior(self.encoder(x, self._condition("encoder", y)))

    def decode_logits(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Logits of the pixels (B, H, W) for latents z (B, d); a cVAE also needs labels y (B,)."""
        return self.decoder(z, self._condition("decoder", y))

    def decode(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """x_hat (B, H, W), probabilities in [0, 1], for latents z (B, d); a cVAE also needs labels y (B,)."""
        return torch.sigmoid(self.decode_logits(z, y).float())

    def forward(self, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None) -> Output:
        posterior = self.encode(x, y)
        z = reparameterize(posterior, generator)
        return Output(self.decode_logits(z, y), z, *posterior)

    def _posterior(self, parameters: Tensor) -> Posterior:
        raise TypeError("a model must say what its encoder's output means")

    def _condition(self, place: str, y: Tensor | None) -> Tensor | None:
        return None


class AE(_LatentModel):
    """Autoencoder: a deterministic code, no KLD."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config, outputs=config.latent_dim)

    def _posterior(self, parameters: Tensor) -> Posterior:
        return Posterior(parameters.float(), None)


class VAE(_LatentModel):
    """Variational autoencoder: the encoder gives mu and logvar of q(z|x)."""

    def __init__(self, config: ModelConfig, encoder_condition: int = 0, decoder_condition: int = 0) -> None:
        super().__init__(config, 2 * config.latent_dim, encoder_condition, decoder_condition)

    def _posterior(self, parameters: Tensor) -> Posterior:
        mu, logvar = parameters.float().chunk(2, dim=1)  # (B, d) each
        return Posterior(mu, logvar.clamp(LOGVAR_MIN, LOGVAR_MAX))


class OneHot(nn.Module):
    """Label to a vector with a single 1: (B,) → (B, num_classes)."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes

    def forward(self, y: Tensor) -> Tensor:
        return F.one_hot(y, self.num_classes).float()


class CVAE(VAE):
    """Conditional VAE: the label's vector goes into encoder and decoder (or, as an ablation, into one of them)."""

    def __init__(self, config: ModelConfig) -> None:
        size = config.num_classes if config.condition == "one_hot" else config.condition_dim
        self._places = ("encoder", "decoder") if config.condition_in == "both" else (config.condition_in,)
        super().__init__(config, size * ("encoder" in self._places), size * ("decoder" in self._places))
        one_hot = config.condition == "one_hot"
        self.condition = OneHot(size) if one_hot else nn.Embedding(config.num_classes, size)

    def _condition(self, place: str, y: Tensor | None) -> Tensor | None:
        if place not in self._places:
            return None
        if y is None:
            raise ValueError(f"a conditional VAE needs labels y in its {place}")
        return self.condition(y)  # (B, C)

    def condition_vectors(self) -> Tensor:
        """The vector of every class, shape (K, C): a single 1, or what the embedding has learned."""
        return self.condition(torch.arange(self.config.num_classes, device=next(self.parameters()).device))

    def decode_with(self, z: Tensor, condition: Tensor) -> Tensor:
        """x_hat (B, H, W), as `decode`, for latents z (B, d) and vectors (B, C) in the place of the labels' own.

        ValueError if the decoder has no condition.
        """
        if "decoder" not in self._places:
            raise ValueError("this model's decoder has no condition")
        return torch.sigmoid(self.decoder(z, condition).float())


def build_model(config: ModelConfig, seed: int = 0) -> AE | VAE | CVAE:
    """A model with fresh weights that depend on the seed alone, on the CPU, in training mode.

    >>> build_model(ModelConfig("cvae")).encode(torch.zeros(3, 28, 28), torch.tensor([7, 1, 0])).mu.shape
    torch.Size([3, 2])
    """
    model = blank_model(config).to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for layer in _layers(model):
        if isinstance(layer, nn.Embedding):
            nn.init.normal_(layer.weight, generator=generator)
        else:
            bound = 1 / math.sqrt(layer.in_features)  # PyTorch's own default for nn.Linear
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return model


def blank_model(config: ModelConfig) -> AE | VAE | CVAE:
    """A model with shapes but no storage (PyTorch's meta device), however large its settings are."""
    with torch.device("meta"):  # the constructors' own initialisation would draw from the global stream
        return {"ae": AE, "vae": VAE, "cvae": CVAE}[config.kind](config)


def _layers(model: nn.Module) -> Iterator[nn.Linear | nn.Embedding]:
    """Every layer with weights, in the order of the model's own definition."""
    return (layer for layer in model.modules() if isinstance(layer, nn.Linear | nn.Embedding))
