"""The shapes at the arrows of a diagram: what a model itself does with a batch, traced without storage."""

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
        words(x), words(mu), words(logvar), words(condition), words(x_hat), config.encoder_widths, config.decoder_widths
    )


class ConditionCost(NamedTuple):
    """Numbers per label, and weights that a condition adds to a model, its table of vectors included."""

    numbers: int
    weights: int


def condition_cost(config: ModelConfig, num_classes: int) -> ConditionCost:
    """Return what it costs to give both networks one of `num_classes` labels: inputs of their first layers."""
    one_hot = config.condition == "one_hot"
    size = num_classes if one_hot else config.condition_dim
    table = 0 if one_hot else num_classes * size
    return ConditionCost(size, size * (config.encoder_widths[1] + config.decoder_widths[1]) + table)
