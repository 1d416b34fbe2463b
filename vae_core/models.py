"""The three models of the lecture: AE, VAE and conditional VAE, as multilayer perceptrons.

x (B, H, W) ─ encoder ─▶ mu, logvar (B, d) ─ z = mu + sigma · eps ─▶ decoder ─▶ logits (B, H, W)
                ▲ condition                                            ▲ condition (cVAE)
"""

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import LOGVAR_MAX, LOGVAR_MIN, ModelConfig
from .losses import Prior


class Posterior(NamedTuple):
    """q(z|x) = N(mu, diag exp(logvar)), each of shape (B, d); `logvar` is None for an AE."""

    mu: Tensor
    logvar: Tensor | None


class Output(NamedTuple):
    """A forward pass: logits (B, H, W), z, mu and logvar (B, d); `logvar` is None for an AE, `prior` for N(0, I)."""

    logits: Tensor
    z: Tensor
    mu: Tensor
    logvar: Tensor | None
    prior: Prior | None = None


class Layer(NamedTuple):
    """A layer of the decoder for whoever runs it without this module: activation(values @ weight + bias).

    Arguments:
        activation: "relu", "tanh", "gelu" (with the tanh approximation) or "sigmoid".
        weight: Shape (inputs, outputs).
        bias: Shape (K, outputs), a row per class; (1, outputs) where the class makes no difference.
    """

    activation: str
    weight: Tensor
    bias: Tensor


def reparameterize(posterior: Posterior, generator: torch.Generator | None = None) -> Tensor:
    """Draw z = mu + sigma · eps with eps ~ N(0, I), shape (B, d); return mu itself for an AE.

    Source: Kingma & Welling 2014, section 2.4.
    """
    mu, logvar = posterior
    if logvar is None:
        return mu
    eps = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
    return mu + torch.exp(0.5 * logvar) * eps  # (B, d)


def _activation(name: str) -> nn.Module:
    """Return the function between layers; GELU by its tanh approximation, which any language computes."""
    return {"relu": nn.ReLU(), "tanh": nn.Tanh(), "gelu": nn.GELU(approximate="tanh")}[name]


def _mlp(widths: tuple[int, ...], activation: str) -> nn.Sequential:
    """Chain linear layers with an activation between them, none after the last."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), _activation(activation)]
    return nn.Sequential(*layers[:-1])


class Encoder(nn.Module):
    """Map an image, and a condition if there is one, to the parameters of q(z|x): (B, D + C) → (B, d or 2d)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.net = _mlp(config.encoder_widths, config.activation)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        x = x.flatten(1)  # (B, D)
        return self.net(x if condition is None else torch.cat((x, condition), dim=1))


class Decoder(nn.Module):
    """Map a latent, and a condition if there is one, to the logits of the pixels: (B, d + C) → (B, H, W)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.image_shape, self.activation = config.image_shape, config.activation
        self.net = _mlp(config.decoder_widths, config.activation)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        logits = self.net(z if condition is None else torch.cat((z, condition), dim=1))  # (B, D)
        return logits.unflatten(1, self.image_shape)

    def export(self, conditions: Tensor | None) -> list[Layer]:
        """Return the layers from z to the pixels' probabilities.

        What a class adds, with its vector in `conditions` (K, C), is in the first one's bias.
        """
        linear: list[nn.Linear] = list(self.net[::2])  # type: ignore[arg-type]
        activations = [self.activation] * (len(linear) - 1) + ["sigmoid"]
        layers = [
            Layer(activation, layer.weight.T, layer.bias[None])
            for activation, layer in zip(activations, linear, strict=True)
        ]
        if conditions is None:
            return layers
        of_z, of_condition = layers[0].weight.tensor_split([-conditions.shape[1]])
        return [Layer(activations[0], of_z, layers[0].bias + conditions @ of_condition), *layers[1:]]


class _LatentModel(nn.Module):
    """What the three models share; they differ in whether there is a logvar and a condition."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    def encode(self, x: Tensor, y: Tensor | None = None) -> Posterior:
        """Return q(z|x) of images x (B, H, W) in [0, 1]; a cVAE also needs labels y (B,), the others ignore them."""
        return self._posterior(self.encoder(x, self.network_condition("encoder", y)))

    def decode_logits(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Return the logits of the pixels (B, H, W) for latents z (B, d); a cVAE also needs labels y (B,)."""
        return self.decoder(z, self.network_condition("decoder", y))

    def decode(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Return x_hat (B, H, W), probabilities in [0, 1], for latents z (B, d); a cVAE also needs labels y (B,)."""
        return torch.sigmoid(self.decode_logits(z, y).float())

    def forward(
        self, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None, samples: int = 1
    ) -> Output:
        """Encode images x (B, H, W), draw z, decode. With K samples each image has K rows, one after another."""
        posterior = self.encode(x, y)
        mu, logvar = posterior
        if samples > 1 and logvar is not None:
            posterior = Posterior(mu.repeat_interleave(samples, dim=0), logvar.repeat_interleave(samples, dim=0))
            y = None if y is None else y.repeat_interleave(samples)
        z = reparameterize(posterior, generator)
        return Output(self.decode_logits(z, y), z, *posterior, self.prior(y))

    @torch.no_grad()
    def start_from(self, mean: Tensor) -> None:
        """Let the decoder's output begin around a mean image (H, W) in [0, 1]: its last bias is the image's logit."""
        self.decoder.net[-1].bias.copy_(torch.logit(mean, eps=1e-3).flatten())  # type: ignore[operator]

    def export_decoder(self) -> list[Layer]:
        """Return the decoder as layers that z (B, d) and a class go through to x_hat (B, D).

        >>> [tuple(layer.weight.shape) for layer in build_model(ModelConfig("cvae", hidden=(64,))).export_decoder()]
        [(2, 64), (64, 784)]
        """
        return self.decoder.export(None)

    def prior(self, y: Tensor | None = None) -> Prior | None:
        """Return p(z|c) of labels y (B,), or of every class in turn; None where it is N(0, I), or an AE has none."""
        return None

    def _posterior(self, parameters: Tensor) -> Posterior:
        raise TypeError("a model must say what its encoder's output means")

    def network_condition(self, network: str, y: Tensor | None) -> Tensor | None:
        """Return the condition (B, C) that "encoder" or "decoder" gets beside its input; None for none."""
        return None


class AE(_LatentModel):
    """Autoencoder: a deterministic code, no KLD."""

    def _posterior(self, parameters: Tensor) -> Posterior:
        return Posterior(parameters.float(), None)


class VAE(_LatentModel):
    """Variational autoencoder: the encoder gives mu and logvar of q(z|x)."""

    def _posterior(self, parameters: Tensor) -> Posterior:
        mu, logvar = parameters.float().chunk(2, dim=1)  # (B, d) each
        return Posterior(mu, logvar.clamp(LOGVAR_MIN, LOGVAR_MAX))


class OneHot(nn.Module):
    """Map a label to a vector with a single 1: (B,) → (B, num_classes).

    >>> OneHot(3)(torch.tensor([2]))
    tensor([[0., 0., 1.]])
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes

    def forward(self, y: Tensor) -> Tensor:
        return F.one_hot(y, self.num_classes).float()


class LabelPrior(nn.Module):
    """A learned p(z|c) for each class, at first N(0, I): labels (B,) → mean and logvar (B, d).

    A model with the condition in encoder and decoder gains nothing that it could not learn without: with
    z = m(c) + s(c) · u, encoder and decoder that know c turn a prior N(m(c), s(c)²) of z into N(0, I) of u, and recon
    and kld stay. It is another way to the same optimum. Where the decoder has no condition, z itself must tell the
    class, and the priors move apart.

    Source: Sohn et al. 2015, "Learning structured output representation using deep conditional generative models".
    """

    def __init__(self, num_classes: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(num_classes, latent_dim))
        self.logvar = nn.Parameter(torch.zeros(num_classes, latent_dim))

    def forward(self, y: Tensor | None = None) -> Prior:
        mean, logvar = self.mean, self.logvar.clamp(LOGVAR_MIN, LOGVAR_MAX)
        return Prior(mean, logvar) if y is None else Prior(F.embedding(y, mean), F.embedding(y, logvar))


class CVAE(VAE):
    """Conditional VAE: the label's vector goes into encoder and decoder (or, as an ablation, into one of them).

    >>> build_model(ModelConfig("cvae")).decode(torch.zeros(3, 2), torch.tensor([7, 1, 0])).shape
    torch.Size([3, 28, 28])
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        one_hot = config.condition == "one_hot"
        self.condition = (
            OneHot(config.num_classes) if one_hot else _blank_table(config.num_classes, config.condition_dim)
        )
        self.label_prior = LabelPrior(config.num_classes, config.latent_dim) if config.prior == "label" else None

    def prior(self, y: Tensor | None = None) -> Prior | None:
        return None if self.label_prior is None else self.label_prior(y)

    def network_condition(self, network: str, y: Tensor | None) -> Tensor | None:
        if not self.config.condition_inputs(network):
            return None
        if y is None:
            raise ValueError(f"a conditional VAE needs labels y in its {network}")
        return self.condition(y)  # (B, C)

    def condition_vectors(self) -> Tensor:
        """Return the vector of every class, shape (K, C): a single 1, or what the embedding has learned."""
        return self.condition(torch.arange(self.config.num_classes, device=next(self.parameters()).device))

    def decode_with(self, z: Tensor, condition: Tensor) -> Tensor:
        """Return x_hat (B, H, W) as `decode` does, for latents z (B, d) and vectors (B, C) instead of labels.

        ValueError if the decoder has no condition.

        >>> model = build_model(ModelConfig("cvae"))
        >>> mixed = model.condition_vectors()[[3, 8]].mean(dim=0, keepdim=True)
        >>> model.decode_with(torch.zeros(1, 2), mixed).shape
        torch.Size([1, 28, 28])
        """
        if not self.config.condition_inputs("decoder"):
            raise ValueError("this model's decoder has no condition")
        return torch.sigmoid(self.decoder(z, condition).float())

    def export_decoder(self) -> list[Layer]:
        return self.decoder.export(self.condition_vectors() if self.config.condition_inputs("decoder") else None)


def _blank_table(classes: int, condition_dim: int) -> nn.Embedding:
    """Return a table of condition vectors; its constructor's own draws would import PyTorch's compiler for seconds."""
    return nn.Embedding.from_pretrained(torch.empty(classes, condition_dim), freeze=False)


def build_model(config: ModelConfig, seed: int = 0) -> AE | VAE | CVAE:
    """Build a model with fresh weights that depend on the seed alone, on the CPU, in training mode.

    Source: He et al. 2015, "Delving deep into rectifiers", section 2.2.
    """
    model = blank_model(config)  # `to_empty` takes PyTorch a second, the first time
    model.load_state_dict({name: torch.empty(value.shape) for name, value in model.state_dict().items()}, assign=True)
    generator = torch.Generator().manual_seed(seed)
    for layer in model.modules():
        if isinstance(layer, nn.Embedding):
            nn.init.normal_(layer.weight, generator=generator)
        elif isinstance(layer, LabelPrior):
            nn.init.zeros_(layer.mean)
            nn.init.zeros_(layer.logvar)
        elif isinstance(layer, nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
            bound = 1 / math.sqrt(layer.in_features)  # PyTorch's own default for nn.Linear
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return model


def blank_model(config: ModelConfig) -> AE | VAE | CVAE:
    """Build a model with shapes but no storage (PyTorch's meta device), however large its settings are."""
    kinds: dict[str, type[AE | VAE | CVAE]] = {"ae": AE, "vae": VAE, "cvae": CVAE}
    with torch.device("meta"):  # the constructors' own initialisation would draw from the global stream
        return kinds[config.kind](config)


def parameter_count(config: ModelConfig) -> int:
    """Return how many numbers a model learns, a table of condition vectors included.

    >>> parameter_count(ModelConfig("vae", image_shape=(2, 2), hidden=(3,)))  # 4·3 + 3, 3·4 + 4, 2·3 + 3, 3·4 + 4
    56
    """
    return sum(parameter.numel() for parameter in blank_model(config).parameters())
