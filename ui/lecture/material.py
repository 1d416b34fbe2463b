"""What the steps share: the default runs on MNIST, one test image, and the layout of a step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ui import store
from ui.charts import raster
from ui.generated.draws import DrawSettings
from ui.shell import messages, words
from ui.shell.words import metric_in_words
from ui.spaces import frames
from ui.spaces.plot import Marked, followed_plot
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import VaeError
from vae_core.runs import Metric, RunInfo

DIGIT, ANOTHER = "lecture_digit", "lecture_another"  # session keys
DEFAULT_DIGIT = 7
SAME_NOISE = DrawSettings((), count=1, seed=0, temperature=1.0)  # the same for every visitor
DATASET = "mnist"


class MissingRunError(VaeError):
    """A run that a step needs is missing; the message says which."""


class Layout(NamedTuple):
    """Containers of a step: across the page, below it at the left, and at the right for the reveal."""

    top: DeltaGenerator
    left: DeltaGenerator
    right: DeltaGenerator


def run_of(kind: str, beta: float = 1.0, condition: str = "one_hot", condition_in: str = "both") -> RunInfo:
    """Return the run of a kind with the default settings except these. MissingRunError if there is none."""
    model = ModelConfig(kind, condition=condition, condition_in=condition_in)
    info = store.catalogue().find(model, TrainConfig(DATASET, beta=beta))
    if info is None:
        settings = [] if kind == "ae" else [f"β = {beta:g}"]
        if kind == "cvae":
            settings.append(f"{condition.replace('_', '-')} condition in {condition_in}")
        raise MissingRunError(", ".join((f"{words.title(kind)} on MNIST, seed 0", *settings)))
    return info


class ChosenImage(NamedTuple):
    """One test image: its number, label, and pixels (H, W); x is None where the images are not on this machine."""

    number: int
    label: int
    x: NDArray[np.uint8] | None


def choose_image(info: RunInfo, button_container: DeltaGenerator | None = None) -> ChosenImage:
    """Show widgets that choose a test image, and return it; the choice is the same in every step.

    The button "Another one" goes into `button_container`, or below the digits.
    """
    names, y = info.class_names, store.run(info).latents.y
    label = st.pills(
        "Digit", range(len(names)), format_func=names.__getitem__, default=DEFAULT_DIGIT, required=True, key=DIGIT,
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    (button_container or st).button(
        "Another one", icon=":material/refresh:", key="another", on_click=_another, type="tertiary"
    )
    candidates = np.flatnonzero(y == label)
    number = int(candidates[st.session_state.get(ANOTHER, 0) % len(candidates)])
    images = store.test_images(DATASET)
    if images is None:
        messages.missing_data(DATASET)
    return ChosenImage(number, int(label), None if images is None else images[number])


def _another() -> None:
    st.session_state[ANOTHER] = st.session_state.get(ANOTHER, 0) + 1


def plot(info: RunInfo, key: str, faded: bool = False, marked: Marked | None = None, colored: bool = True) -> None:
    """Draw a run's latent space as a square that fits the screen, the classes with their colours and names or without.

    The key is a name for the plot on the page; `faded` and `marked` are as in `followed_plot`.
    """
    frame = frames.frame_of(info)
    plane = frames.plane_of(frame, frames.reference_run(info.model, info.train))
    if not colored:
        frame = replace(frame, y=np.zeros_like(frame.y), class_names=("",))
    with st.container(key=f"space-lecture-{key}"):
        latents = "codes z" if frame.logvar is None else "sampled z"
        followed_plot(info.model.kind, words.title(info.model.kind), latents, frame, plane, faded, marked)


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Show a small table in the page's type; all columns but the first are aligned right."""
    ruler = [":--", *["--:"] * (len(heads) - 1)]
    st.markdown("\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ruler, *lines)))


def figure(metrics: Mapping[str, Metric], name: str, form: Callable[[float], str] = words.three) -> str:
    """Format a metric, or say why there is none."""
    metric = metrics.get(name)
    return metric_in_words(metric) if metric is None or metric.value is None else form(metric.value)


def recon_of(info: RunInfo, image: ChosenImage, z: NDArray[np.float32]) -> float:
    """Return recon, in nats, of a test image decoded from z (d,); the run's own where the images are missing."""
    if image.x is None:
        return float(store.run(info).recon[image.number])
    import torch

    from vae_core.losses import recon

    x, y = torch.from_numpy(image.x[None]).float() / 255, torch.tensor([image.label])
    with torch.inference_mode():
        return float(recon(store.model(info).decode_logits(torch.from_numpy(z[None]), y), x))


def image_row(images: NDArray[np.uint8], alt: str, key: str) -> None:
    """Show images (n, H, W) side by side, as wide as the column."""
    with st.container(key=f"strip-lecture-{key}"):
        st.image(raster.strip(images), width="stretch", alt=alt)


def vector(values: NDArray[np.floating]) -> str:
    """Format a vector (d,), such as "(3.2, −1.1)"."""
    return "(" + ", ".join(f"{value:.1f}" for value in values).replace("-", "−") + ")"
