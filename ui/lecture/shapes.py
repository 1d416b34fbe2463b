"""The shapes at the arrows of a diagram: what a model itself does with a batch, traced without storage."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from vae_core.config import ModelConfig


class Shapes(NamedTuple):
    """Shapes in words, such as "(B, 28, 28)", and the widths of the layers from input to output.

    `condition` is "" of a model without one; `logvar` of one without a posterior.
    """

    x: str
    mu: str
    logvar: str
    condition: str
    x_hat: str
    encoder: tuple[int, ...]
    decoder: tuple[int, ...]


@cache
def trace(config: ModelConfig) -> Shapes:
    """Send a batch through a model that has shapes but no numbers."""
    import torch

    from vae_core.models import CVAE, blank_model

    model, batch = blank_model(config), 7
    x = torch.empty(batch, *config.image_shape, device="meta")
    y = torch.empty(batch, dtype=torch.long, device="meta")
    mu, logvar = model.encode(x, y)
    condition = model.condition(y) if isinstance(model, CVAE) else None
    x_hat = model.decode(mu, y)

    def words(tensor: torch.Tensor | None) -> str:
        return "" if tensor is None else f"({', '.join(('B', *map(str, tensor.shape[1:])))})"

    return Shapes(
        words(x), words(mu), words(logvar), words(condition), words(x_hat), _widths(model.encoder),
        _widths(model.decoder),
    )  # fmt: skip


def _widths(part: object) -> tuple[int, ...]:
    """Inputs of the first layer, and outputs of every layer."""
    from torch import nn

    assert isinstance(part, nn.Module)  # noqa: S101
    layers = [layer for layer in part.modules() if isinstance(layer, nn.Linear)]
    return (layers[0].in_features, *(layer.out_features for layer in layers))


class ConditionCost(NamedTuple):
    """Numbers per label, and weights that a condition adds to a model, its table of vectors included."""

    numbers: int
    weights: int


@cache
def condition_cost(config: ModelConfig, num_classes: int) -> ConditionCost:
    """What telling a model one of `num_classes` labels costs: counted in the layers themselves."""
    from torch import nn

    from vae_core.models import Decoder, Encoder

    one_hot = config.condition == "one_hot"
    size = num_classes if one_hot else config.condition_dim

    def weights(condition: int) -> int:
        encoder = Encoder(config.pixels, condition, config.hidden, 2 * config.latent_dim)
        decoder = Decoder(config.latent_dim, condition, config.hidden, config.image_shape)
        return sum(weight.numel() for part in (encoder, decoder) for weight in part.parameters())

    import torch

    with torch.device("meta"):
        table = 0 if one_hot else nn.Embedding(num_classes, size).weight.numel()
        return ConditionCost(size, weights(size) - weights(0) + table)
