"""The settings of a run in words, as far as its model uses them."""

from __future__ import annotations

from vae_core.config import SETTINGS, ModelConfig, TrainConfig


def described(model: ModelConfig, train: TrainConfig) -> dict[str, str]:
    """Return the settings that matter for a run, by name, in words."""
    values = vars(model) | vars(train)
    return {name: setting.in_words(values[name]) for name, setting in SETTINGS.items() if setting.applies(model)}


def differing(a: dict[str, str], b: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return (name, value of a, value of b) of what differs; a dash where a run has no such setting."""
    pairs = [(name, a.get(name, "–"), b.get(name, "–")) for name in SETTINGS]
    return [pair for pair in pairs if pair[1] != pair[2]]
