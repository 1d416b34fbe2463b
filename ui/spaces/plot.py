"""A latent space at one moment as a plot: for trainings, replays and comparisons; or as a small picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts
from ui.shell import messages
from ui.shell.theme import current_theme
from ui.spaces import moments, thumbnails
from ui.spaces.moments import Moment
from ui.spaces.tables import latent_spec
from vae_core.errors import RunError
from vae_core.runs import RunInfo

__all__ = ["Marked", "followed_plot", "small"]


class Marked(NamedTuple):
    """Further points (n, 2) with labels (n,), and whether the last of them has a ring."""

    points: NDArray[np.float32]
    y: NDArray[np.int64]
    ring: bool = False


def followed_plot(
    key: str, title: str, latents: str, moment: Moment, faded: bool = False, marked: Marked | None = None
) -> None:
    """The followed test images of a moment, square; what changes is only the data, so that points move in place.

    Arguments:
        key: A name for the plot on the page; that of a model kind for the three side by side. The place that it is
            drawn in must have the key "space-…", by which the style makes it square.
        title, latents: The plot's title, and which latents are shown, in words.
        moment: What is shown.
        faded: Whether its points are dimmed: it stands for something that is not trained, or for what is marked.
        marked: What shines over it.
    """
    window = charts.Window.stepped(moment.points) if moment.variational else charts.Window.around(moment.points)
    view = charts.LatentView(
        title=title, subtitle=f"{len(moment.y):,} test images, {latents}", axes=moment.axes, window=window, select="",
        names=moment.names, theme=current_theme(), few=True,
    )  # fmt: skip
    tables = _tables(moment.key, window, faded, moment) | _marked(moment, marked)
    with st.container(key=f"chart-{key}"):
        st.vega_lite_chart(
            spec=charts.filled(latent_spec(view), tables), width="stretch", height="stretch",
            alt=f"{title}: scatter plot of test images in the latent space",
        )  # fmt: skip


@st.cache_data(max_entries=300, show_spinner=False)
def _tables(key: str, window: charts.Window, faded: bool, _moment: Moment) -> dict[str, bytes]:
    table = charts.point_table(_moment.points, _moment.y, _moment.names)
    return {
        "points": charts.arrow(table),
        "veil": charts.arrow(charts.corner_table(window, present=faded)),
        "frame": charts.arrow(charts.corner_table(window)),
        "centres": charts.arrow(charts.centre_table(_moment.points, _moment.y, _moment.names, window)),
    }  # fmt: skip


def _marked(moment: Moment, marked: Marked | None) -> dict[str, bytes]:
    shown = marked or Marked(moment.points[:0], moment.y[:0])
    table = charts.point_table(shown.points, shown.y, moment.names)
    return {"lit": charts.arrow(table), "picked": charts.arrow(table.iloc[len(table) - shown.ring :])}


def small(info: RunInfo, infos: Sequence[RunInfo], width: int) -> None:
    """A run's latent space as a picture of so many pixels, turned towards the most usual run of its kind."""
    towards = moments.reference(info.model.kind, info.train.dataset, info.model.latent_dim, infos)
    theme = current_theme()
    try:
        st.image(_picture(info.sha256, info, towards, theme), width=width, alt=f"Latent space of {info.id}")
    except RunError as error:
        st.markdown(f":red[{messages.broken_text(error)}]")


@st.cache_resource(max_entries=400, show_spinner=False)
def _picture(sha256: str, _info: RunInfo, _towards: RunInfo | None, theme: str) -> NDArray[np.uint8]:
    shown = moments.moment(_info, -1, True, _towards)
    return thumbnails.thumbnail(shown.points, shown.y, charts.Window.stepped(shown.points).half, theme)
