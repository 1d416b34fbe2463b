"""The settings as options of the command line: one option per field of the two configs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from dataclasses import fields
from typing import Any

from ..config import DATASETS, ModelConfig, TrainConfig
from ..errors import UsageError

__all__ = ["HELP", "add_settings", "configs"]

HELP = {
    "latent_dim": "dimensions of the latent space, 1 to 64",
    "hidden": "widths of the encoder's hidden layers, as 512,256",
    "condition": "how a cVAE is told the label: one_hot or embedding",
    "condition_dim": "length of a learned vector (embedding)",
    "condition_in": "where the condition goes: both, encoder or decoder",
    "likelihood": "p(x|z): bernoulli or gaussian",
    "likelihood_std": "standard deviation of the Gaussian likelihood",
    "dataset": f"one of {', '.join(DATASETS)}",
    "beta": "the KLD weight, 0 to 1000; not for an AE",
    "epochs": "passes over the training images (0: the data set's own number)",
    "batch_size": "images per step",
    "learning_rate": "peak of the one-cycle schedule",
    "seed": "of everything random",
    "binarize": "none (grey values) or dynamic (pixels drawn anew at each use)",
    "kld_warmup": "epochs over which the KLD weight grows linearly from 0 to beta",
}
# The data set decides these, and --model names the kind.
NO_OPTION = {"kind", "image_shape", "num_classes"}


def add_settings(parser: argparse.ArgumentParser, without: Collection[str] = ()) -> None:
    """One option per field of the two configs."""
    for config in (ModelConfig, TrainConfig):
        for field in fields(config):
            if field.name in NO_OPTION or field.name in without:
                continue
            read: Callable[[str], Any] = type(field.default)
            default, text = field.default, HELP[field.name] + " (default: %(default)s)"
            if field.name == "hidden":
                read = _widths
            elif field.name == "beta":  # None tells whether it was given: an AE refuses it
                read, default, text = float, None, HELP["beta"] + " (default: 1)"
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=read, default=default, help=text)


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"widths must be whole numbers with commas, as 512,256, got {text!r}"
        ) from None


def configs(args: argparse.Namespace, kind: str, **instead: Any) -> tuple[ModelConfig, TrainConfig]:
    """The settings that the options ask for, some replaced. ValueError or UsageError if they make no sense."""
    chosen: dict[str, Any] = {name: getattr(args, name, None) for name in HELP} | instead
    if kind == "ae" and chosen["beta"] is not None:
        raise UsageError("an AE has no KLD: leave --beta out")
    chosen["beta"] = 1.0 if chosen["beta"] is None else chosen["beta"]
    train_names = {field.name for field in fields(TrainConfig)}
    train_config = TrainConfig(**{name: value for name, value in chosen.items() if name in train_names})
    info = DATASETS[train_config.dataset]
    model_settings = {name: value for name, value in chosen.items() if name not in train_names}
    model_config = ModelConfig(kind, info.image_shape, info.num_classes, **model_settings)
    return model_config, train_config.for_kind(kind)
