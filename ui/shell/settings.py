"""The settings of a run in words: their names, their values, and which of them a model uses at all."""

from __future__ import annotations

from typing import Any

from ui.shell import words
from vae_core.config import ModelConfig, TrainConfig

__all__ = ["LABELS", "described", "differing", "label_of", "relevant", "value_in_words"]

LABELS = {
    "kind": "Model",
    "dataset": "Data set",
    "beta": "KLD weight β",
    "latent_dim": "Latent dimensions",
    "condition": "Condition encoding",
    "condition_dim": "Length of the embedding",
    "condition_in": "Condition goes into",
    "hidden": "Hidden layers",
    "likelihood": "Likelihood p(x|z)",
    "likelihood_std": "σ of the likelihood",
    "epochs": "Epochs",
    "batch_size": "Batch size",
    "learning_rate": "Learning rate",
    "seed": "Seed",
    "binarize": "Binarized pixels",
    "kld_warmup": "KLD warm-up, epochs",
}
WORDS = {
    "ae": "Autoencoder", "vae": "VAE", "cvae": "Conditional VAE", "both": "encoder and decoder",
    "encoder": "encoder only", "decoder": "decoder only", "bernoulli": "Bernoulli", "gaussian": "Gaussian",
    "none": "no, grey values", "dynamic": "drawn anew at each use",
}  # fmt: skip


def relevant(kind: str, condition: str, likelihood: str) -> tuple[str, ...]:
    """Names of the settings that such a model uses; image shape and number of classes follow from the data set."""
    unused = {"condition", "condition_dim", "condition_in"} if kind != "cvae" else set()
    unused |= {"condition_dim"} if condition != "embedding" else set()
    unused |= {"likelihood_std"} if likelihood != "gaussian" else set()
    unused |= {"beta", "kld_warmup"} if kind == "ae" else set()
    return tuple(name for name in LABELS if name not in unused)


def described(model: ModelConfig, train: TrainConfig) -> dict[str, str]:
    """The settings that matter for a run, by name, in words."""
    names = relevant(model.kind, model.condition, model.likelihood)
    return {name: value_in_words(getattr(model if hasattr(model, name) else train, name)) for name in names}


def differing(one: dict[str, str], other: dict[str, str]) -> list[tuple[str, str, str]]:
    """(name, value, other value) of what differs between two described runs; a dash where one has no such setting."""
    pairs = [(name, one.get(name, "–"), other.get(name, "–")) for name in LABELS]
    return [pair for pair in pairs if pair[1] != pair[2]]


def label_of(name: str) -> str:
    """A setting's name on screen."""
    return LABELS[name]


def value_in_words(value: Any) -> str:
    """A setting's value as people read it."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return WORDS[value] if isinstance(value, str) and value in WORDS else words.value_text(value)
