"""What the steps show: the usual runs on MNIST, one test image, and where things stand on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ui.generate.choice import Asked
from ui.shell import panels
from ui.shell.words import metric_in_words
from ui.spaces import moments
from ui.spaces.moments import Moment
from ui.spaces.plot import Marked, followed_plot
from ui.store import cache
from vae_core.config import ModelConfig, TrainConfig
from vae_core.evidence import Metric
from vae_core.runs import RunInfo, find_run

DIGIT, ANOTHER = "lecture_digit", "lecture_another"  # session keys
USUAL_DIGIT = 7
SAME_NOISE = Asked((), count=1, seed=0, temperature=1.0)  # that everybody sees
DATASET = "mnist"


class MissingRunError(Exception):
    """A run that a step needs is not there; the message says which."""


class Layout(NamedTuple):
    """Where a step draws: across the page, then at the left, and at the right what is revealed."""

    top: DeltaGenerator
    left: DeltaGenerator
    right: DeltaGenerator


def run_of(kind: str, beta: float = 1.0, condition: str = "one_hot", condition_in: str = "both") -> RunInfo:
    """The run of a kind with the usual settings but for these. MissingRunError if there is none."""
    model = ModelConfig(kind, condition=condition, condition_in=condition_in)
    info = find_run(model, TrainConfig(DATASET, beta=beta), cache.infos())
    if info is None:
        told = f", β = {beta:g}, {condition.replace('_', '-')} condition in {condition_in}" if kind == "cvae" else ""
        raise MissingRunError(f"{panels.title(kind)} on MNIST, seed 0{told or f', β = {beta:g}' * (kind == 'vae')}")
    return info


class Example(NamedTuple):
    """One test image: its number and label, and the image (H, W); None where the images are not on this machine."""

    number: int
    label: int
    x: NDArray[np.uint8] | None


def example(info: RunInfo, place: DeltaGenerator | None = None) -> Example:
    """Widgets for a test image, another of its digit in a place of its own; it is the same in every step."""
    names, y = info.class_names, cache.run(info).latents.y
    label = st.pills(
        "Digit", range(len(names)), format_func=names.__getitem__, default=USUAL_DIGIT, required=True, key=DIGIT,
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    (place or st).button("Another one", icon=":material/refresh:", key="another", on_click=_another, type="tertiary")
    same = np.flatnonzero(y == label)
    number = int(same[st.session_state.get(ANOTHER, 0) % len(same)])
    images = cache.images(DATASET)
    if images is None:
        panels.missing_data(DATASET)
    return Example(number, int(label), None if images is None else images[number])


def _another() -> None:
    st.session_state[ANOTHER] = st.session_state.get(ANOTHER, 0) + 1


def final(info: RunInfo) -> Moment:
    """A run's followed test images after its training, turned as everywhere."""
    towards = moments.reference(info.model.kind, DATASET, info.model.latent_dim, cache.infos())
    return moments.moment(info, -1, True, towards)


def plot(kind: str, moment: Moment, key: str, faded: bool = False, marked: Marked | None = None) -> None:
    """A latent space, square, no larger than the screen leaves room for; the rest as in `plot.followed_plot`."""
    with st.container(key=f"space-lecture-{key}"):
        latents = "sampled z" if moment.variational else "codes z"
        followed_plot(kind, panels.title(kind), latents, moment, faded, marked)


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """A small table in the type of the page; all columns but the first at the right."""
    ruler = [":--", *["--:"] * (len(heads) - 1)]
    st.markdown("\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ruler, *lines)))


def figure(metrics: Mapping[str, Metric], name: str, form: Callable[[float], str] = panels.three) -> str:
    """A metric in words; why there is none, where there is none."""
    metric = metrics.get(name)
    return metric_in_words(metric) if metric is None or metric.value is None else form(metric.value)


def recon_of(info: RunInfo, one: Example, z: NDArray[np.float32]) -> float:
    """recon of a test image rebuilt from a latent z (d,), in nats; where the images are not here, the stored one."""
    if one.x is None:
        return float(cache.run(info).recon[one.number])
    import torch

    from vae_core.losses import recon

    x, y = torch.from_numpy(one.x[None]).float() / 255, torch.tensor([one.label])
    with torch.inference_mode():
        return float(recon(cache.model(info).decode_logits(torch.from_numpy(z[None]), y), x))


def rows(pictures: NDArray[np.uint8], words: str, key: str) -> None:
    """Images (n, H, W) side by side, as wide as the place."""
    with st.container(key=f"strip-lecture-{key}"):
        st.image(cache.strip(pictures), width="stretch", alt=words)


def point(values: NDArray[np.floating]) -> str:
    """A point in words, such as "(3.2, −1.1)"."""
    return "(" + ", ".join(f"{value:.1f}" for value in values).replace("-", "−") + ")"
