"""Images that a run's decoder makes of latents, with the classifier's labels; cached for the next rerun."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.store import BY_RUN
from vae_core.runs import RunInfo
from vae_core.sheets import pixels

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]
MAX_COUNT = 100  # images of each class


@dataclass(frozen=True)
class DrawSettings:
    """What a visitor asks for."""

    classes: tuple[int, ...]  # labels, in their order
    count: int  # images of each, at most `MAX_COUNT`
    seed: int
    temperature: float  # standard deviation of z


class Source(NamedTuple):
    """The run that images come from, and the classifier of its data set; None where there is none."""

    info: RunInfo
    classifier: Any


# hash_funcs of the caches below: a data set's classifier does not change, but it may be missing.
BY_SOURCE: dict[str | type[Any], Callable[[Any], Any]] = BY_RUN | {
    Source: lambda source: (BY_RUN[RunInfo](source.info), source.classifier is not None)
}
BY_NOISE = BY_SOURCE | {DrawSettings: operator.attrgetter("seed", "temperature")}  # for any classes and count


class Draw(NamedTuple):
    """n generated images; the classifier's part is None where there is no classifier."""

    x: Floats  # in [0, 1], shape (n, H, W)
    z: Floats  # (n, d)
    y: Labels | None  # requested, (n,); None for a model without a condition
    label: Labels | None = None  # the classifier's, (n,)
    confidence: Floats | None = None  # probability of that label, (n,)
    recognised: NDArray[np.bool_] | None = None  # whether it is high enough, (n,)

    @property
    def pictures(self) -> NDArray[np.uint8]:
        """Return the images as grey values, shape (n, H, W)."""
        return pixels(self.x)

    @property
    def correct(self) -> NDArray[np.bool_] | None:
        """Return for which images the classifier's label is the requested one, shape (n,); None if there is neither."""
        return None if self.label is None or self.y is None else self.label == self.y

    def at(self, index: Any) -> Draw:
        """Return the images with these indices."""
        values: Iterator[Any] = (None if value is None else value[index] for value in self)
        return Draw(*values)


def classify(source: Source, draw: Draw) -> Draw:
    """Return the same images with the classifier's labels, if there is a classifier."""
    if source.classifier is None:
        return draw
    import torch

    labels = source.classifier(torch.from_numpy(draw.x))
    return draw._replace(label=labels.label, confidence=labels.confidence, recognised=labels.recognised)


def decode(source: Source, z: Floats, y: Labels) -> Draw:
    """Decode latents z (n, d), in units of the prior, under labels y (n,), and classify the images."""
    import torch

    from vae_core.latents.sampling import decoded, placed

    model, labels = store.model(source.info), torch.from_numpy(y)
    of_prior = placed(model, torch.from_numpy(z), labels)
    return classify(source, Draw(decoded(model, of_prior, labels).numpy(), of_prior.numpy(), y))


def decode_with(source: Source, z: Floats, condition: Floats) -> Draw:
    """Decode latents z (n, d) under condition vectors (n, C), which need not be those of a class, and classify."""
    import torch

    with torch.inference_mode():
        x_hat = store.model(source.info).decode_with(torch.from_numpy(z), torch.from_numpy(condition))
    return classify(source, Draw(x_hat.numpy(), z, None))


def noise(n: int, d: int, settings: DrawSettings) -> Floats:
    """Return the z (n, d) that `sample_prior` draws with this seed and temperature."""
    import torch

    return (settings.temperature * torch.randn(n, d, generator=_generator(settings.seed))).numpy()


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_SOURCE)
def sample_classes(source: Source, settings: DrawSettings) -> Draw:
    """Draw `settings.count` images of each class in `settings.classes`, one class after the other.

    A class keeps its images whatever else is selected: z is drawn for `MAX_COUNT` images of every class.
    """
    pool = _pool(source.info, settings.seed, settings.temperature)
    indices = [label * MAX_COUNT + np.arange(settings.count) for label in settings.classes]
    return classify(source, pool.at(np.concatenate(indices)))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_RUN)
def _pool(info: RunInfo, seed: int, temperature: float) -> Draw:
    import torch

    from vae_core.latents import sample_prior

    y = np.arange(info.model.num_classes).repeat(MAX_COUNT)
    x_hat, z = sample_prior(store.model(info), len(y), torch.from_numpy(y), _generator(seed), temperature)
    return Draw(x_hat.numpy(), z.numpy(), y)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_NOISE)
def sample(source: Source, y: tuple[int, ...], settings: DrawSettings, fitted: bool = False) -> Draw:
    """Draw an image for each label, with the same noise for every model; only a cVAE is given the labels.

    Draw from N(0, I), or from a Gaussian fitted to the run's codes; classes and count of the settings do not matter.
    """
    import torch

    from vae_core.latents import sample_fitted, sample_prior

    info, generator, temperature = source.info, _generator(settings.seed), settings.temperature
    requested = np.array(y) if info.model.kind == "cvae" else None
    labels = None if requested is None else torch.from_numpy(requested)
    model, latents = store.model(info), store.run(info).latents
    if fitted:
        x_hat, z = sample_fitted(model, latents, len(y), labels, generator, temperature)
    else:
        x_hat, z = sample_prior(model, len(y), labels, generator, temperature)
    return classify(source, Draw(x_hat.numpy(), z.numpy(), requested))


def _generator(seed: int) -> Any:
    import torch

    return torch.Generator().manual_seed(seed)
