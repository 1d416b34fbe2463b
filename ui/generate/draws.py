"""Images that a run's decoder makes of latents, and what the judge sees in them; kept for the next rerun."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.generate.choice import MAX_COUNT, Asked
from ui.store import cache
from vae_core.runs import RunInfo
from vae_core.sheets import pixels

__all__ = ["Draw", "Source", "decoded", "drawn", "judged", "noise", "picked"]

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


class Source(NamedTuple):
    """Where images come from: a run, and the judge of its data set; None where there is none."""

    info: RunInfo
    judge: Any

    @property
    def key(self) -> tuple[str, str, bool]:
        """What its images depend on, for caches."""
        return str(self.info.path), self.info.sha256, self.judge is not None


class Draw(NamedTuple):
    """n images.

    Arguments:
        x: Values in [0, 1], shape (n, H, W).
        z: Their latents, shape (n, d).
        y: The labels they were asked for, shape (n,); None of a model that is not told any.
        label, confidence: What the judge sees and how surely, shape (n,); None without a judge.
        recognised: Whether the judge is sure enough, shape (n,).
    """

    x: Floats
    z: Floats
    y: Labels | None
    label: Labels | None = None
    confidence: Floats | None = None
    recognised: NDArray[np.bool_] | None = None

    @property
    def pictures(self) -> NDArray[np.uint8]:
        """The images as they are shown, shape (n, H, W)."""
        return pixels(self.x)

    @property
    def right(self) -> NDArray[np.bool_] | None:
        """Which images are judged to be what was asked for, shape (n,)."""
        return None if self.label is None or self.y is None else self.label == self.y

    def at(self, index: Any) -> Draw:
        """Some of the images."""
        values: Iterator[Any] = (None if value is None else value[index] for value in self)
        return Draw(*values)


def judged(source: Source, draw: Draw) -> Draw:
    """The same with the judge's words, if there is a judge."""
    if source.judge is None:
        return draw
    import torch

    found = source.judge(torch.from_numpy(draw.x))
    return draw._replace(label=found.label, confidence=found.confidence, recognised=found.recognised)


def decoded(source: Source, z: Floats, y: Labels) -> Draw:
    """What a run makes of latents z (n, d) and labels y (n,), judged."""
    import torch

    with torch.inference_mode():
        x_hat = cache.model(source.info).decode(torch.from_numpy(z), torch.from_numpy(y))
    return judged(source, Draw(x_hat.numpy(), z, y))


# ---- at random ----


def noise(n: int, d: int, asked: Asked) -> Floats:
    """The z (n, d) that `sample_prior` draws with this seed and temperature."""
    import torch

    return (asked.temperature * torch.randn(n, d, generator=_generator(asked.seed))).numpy()


def picked(source: Source, asked: Asked) -> Draw:
    """The class picker's images, `count` of one class after the other.

    A class keeps its images, whatever else is picked: z is drawn for `MAX_COUNT` images of every class.
    """
    return _picked(source.key, asked, source)


@st.cache_resource(max_entries=16, show_spinner=False)
def _picked(key: tuple[str, str, bool], asked: Asked, _source: Source) -> Draw:
    everything = _pool(key[:2], asked.seed, asked.temperature, _source)
    chosen = [label * MAX_COUNT + np.arange(asked.count) for label in asked.classes]
    return judged(_source, everything.at(np.concatenate(chosen)))


@st.cache_resource(max_entries=8, show_spinner=False)
def _pool(key: tuple[str, str], seed: int, temperature: float, _source: Source) -> Draw:
    import torch

    from vae_core.latents import sample_prior

    model, generator = cache.model(_source.info), _generator(seed)
    y = np.arange(model.config.num_classes).repeat(MAX_COUNT)
    x_hat, z = sample_prior(model, len(y), torch.from_numpy(y), generator, temperature)
    return Draw(x_hat.numpy(), z.numpy(), y)


def drawn(source: Source, y: Sequence[int], asked: Asked, fitted: bool = False) -> Draw:
    """As many images as labels y, of which only a cVAE is told: the same noise for every model.

    Arguments:
        source: Any kind.
        y: Labels (n,).
        asked: Seed and temperature.
        fitted: From a Gaussian fitted to the run's codes instead of N(0, I).
    """
    return _drawn(source.key, tuple(y), asked.seed, asked.temperature, fitted, source)


@st.cache_resource(max_entries=32, show_spinner=False)
def _drawn(
    key: tuple[str, str, bool], y: tuple[int, ...], seed: int, temperature: float, fitted: bool, _source: Source
) -> Draw:
    import torch

    from vae_core.latents import sample_fitted, sample_prior

    info, generator = _source.info, _generator(seed)
    told = np.array(y) if info.model.kind == "cvae" else None
    labels = None if told is None else torch.from_numpy(told)
    model, latents = cache.model(info), cache.run(info).latents
    if fitted:
        x_hat, z = sample_fitted(model, latents, len(y), labels, generator, temperature)
    else:
        x_hat, z = sample_prior(model, len(y), labels, generator, temperature)
    return judged(_source, Draw(x_hat.numpy(), z.numpy(), told))


def _generator(seed: int) -> Any:
    import torch

    return torch.Generator().manual_seed(seed)
