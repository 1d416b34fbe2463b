"""Under the plots of the page "KLD weight": loss curves, and ten test images with their reconstructions."""

from contextlib import suppress
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import raster
from ui.charts.history import CURVES, Curve, curve_of, history_chart, history_table
from ui.kld_weight.choice import TrainingChoice
from ui.kld_weight.plots import frame_of, subjects
from ui.shell import words
from ui.shell.theme import current_theme
from vae_core.config import KINDS
from vae_core.errors import RunError
from vae_core.jobs import Frame, Job
from vae_core.runs import Catalogue

IMAGE_WIDTH, IMAGES = 40, 10


def details(choice: TrainingChoice, infos: Catalogue, job: Job | None) -> None:
    """Draw curves and reconstructions of what the plots show."""
    left, right = st.columns((1, 1), gap="large")
    with left:
        table = charts.arrow(history_table(_curves(choice, infos, job)))
        st.vega_lite_chart(
            spec=charts.filled(_history_spec(current_theme(), float(choice.train.epochs)), {CURVES: table}),
            key="history", width="stretch", height=300,
            alt="Reconstruction loss and KLD over the epochs, train dashed and test solid",
        )  # fmt: skip
    with right:
        st.markdown("**The same ten test images**, and how each model reconstructs them")
        for name, images in _image_rows(choice, infos, job):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"strip-{name}"):
                st.image(raster.strip_url(images), width=len(images) * IMAGE_WIDTH, alt=f"Ten images, {name}")
                st.markdown(name, width="content")


@st.cache_resource(max_entries=64, show_spinner=False)
def _history_spec(theme: str, epochs: float) -> dict[str, Any]:
    names = tuple(words.short(kind) for kind in KINDS)
    return history_chart(theme, names, charts.MODEL_COLORS[theme], epochs)


def _curves(choice: TrainingChoice, infos: Catalogue, job: Job | None) -> dict[str, Curve]:
    """Return the losses of each model: those of a live training, else those of the run with these settings."""
    curves: dict[str, Curve] = {}
    live_curves = {task.model.kind: task.curve for task in job.tasks} if job is not None and job.live else {}
    for kind in KINDS:
        info = choice.run(kind, infos)
        if live_curves.get(kind):
            curves[words.short(kind)] = live_curves[kind]
        elif info is not None:
            curves[words.short(kind)] = curve_of(info)
    return curves


def _image_rows(choice: TrainingChoice, infos: Catalogue, job: Job | None) -> list[tuple[str, NDArray[np.uint8]]]:
    """Return name and ten images of each row: the originals, if they are on this machine, and reconstructions."""
    frames: dict[str, Frame] = {}
    for subject in subjects(choice, infos, job):
        with suppress(RunError):  # the plot shows it
            if not subject.nearby and (frame := frame_of(subject)) is not None:
                frames[words.short(subject.kind)] = frame
    originals = store.images_if_ready(choice.train.dataset)
    index = next((frame.index[:IMAGES] for frame in frames.values()), None)
    rows = [] if originals is None or index is None else [("original", originals[index])]
    return [*rows, *((name, frame.x_hat) for name, frame in frames.items())]
