"""A model's latent space at one state as a plot: for trainings, replays and comparisons; or as a small picture."""

from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts
from ui.charts import raster
from ui.shell import messages
from ui.shell.theme import current_theme
from ui.spaces import frames
from ui.spaces.tables import latent_spec
from ui.store import BY_RUN
from vae_core.errors import RunError
from vae_core.jobs import Frame
from vae_core.latents import Plane
from vae_core.runs import RunInfo


class Marked(NamedTuple):
    """Further points (n, 2) with labels (n,), and whether the last of them has a ring."""

    points: NDArray[np.float32]
    y: NDArray[np.int64]
    ring: bool = False


def followed_plot(
    key: str, title: str, latents: str, frame: Frame, plane: Plane, faded: bool = False, marked: Marked | None = None
) -> None:
    """Draw the followed test images as a square plot; only its data change, so that points move within it.

    Arguments:
        key: A name for the plot on the page; that of a model kind for the three side by side. The container that it
            is drawn in must have the key "space-…", by which the style makes it square.
        title, latents: The plot's title, and which latents are shown, in words.
        frame, plane: The state that is shown, and its points from `frames.plane_of`.
        faded: Whether its points are dimmed: it stands for something that is not trained, or for what is marked.
        marked: Points in full colour over it.
    """
    around = charts.Window.around if frame.logvar is None else charts.Window.stepped  # an AE has no prior around 0
    window = around(plane.points)
    view = charts.LatentView(
        title=title, subtitle=f"{len(frame.y):,} test images, {latents}", axes=plane.axes, window=window, select="",
        names=frame.class_names, theme=current_theme(), large_dots=True,
    )  # fmt: skip
    tables = _tables(plane.points, frame.y, frame.class_names, window, faded)
    with st.container(key=f"chart-{key}"):
        st.vega_lite_chart(
            spec=charts.filled(latent_spec(view), tables | _marked_tables(marked, frame.class_names)), width="stretch",
            height="stretch", alt=f"{title}: scatter plot of test images in the latent space",
        )  # fmt: skip


@st.cache_data(max_entries=300, show_spinner=False)
def _tables(
    points: NDArray[np.float32], y: NDArray[np.int64], names: tuple[str, ...], window: charts.Window, faded: bool
) -> dict[str, bytes]:
    return {
        "points": charts.arrow(charts.point_table(points, y, names)),
        "veil": charts.arrow(charts.corner_table(window, visible=faded)),
        "frame": charts.arrow(charts.corner_table(window)),
        "centres": charts.arrow(charts.centre_table(points, y, names, window)),
    }


def _marked_tables(marked: Marked | None, names: tuple[str, ...]) -> dict[str, bytes]:
    points, y, ring = marked or Marked(np.empty((0, 2), np.float32), np.empty(0, np.int64))
    table = charts.point_table(points, y, names)
    return {"lit": charts.arrow(table), "picked": charts.arrow(table.iloc[len(table) - ring :])}


def small(info: RunInfo, width: int) -> None:
    """Draw a run's latent space as a picture, `width` pixels wide, rotated to match the reference of its kind."""
    reference = frames.reference_run(info.model, info.train)
    try:
        st.image(_picture(info, reference, current_theme()), width=width, alt=f"Latent space of {info.id}")
    except RunError as error:
        st.markdown(f":red[{messages.broken_text(error)}]")


@st.cache_resource(max_entries=400, show_spinner=False, hash_funcs=BY_RUN)
def _picture(info: RunInfo, reference: RunInfo | None, theme: str) -> NDArray[np.uint8]:
    frame = frames.frame_of(info)
    points = frames.plane_of(frame, reference).points
    return raster.thumbnail(points, frame.y, charts.Window.stepped(points).half, theme)
