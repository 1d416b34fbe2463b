"""The small plot of a plane in which something is marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts.place import Places, place_chart, place_tables
from ui.explore.scene import Floats, View
from ui.shell.theme import current_theme
from ui.store import BY_RUN
from vae_core.runs import RunInfo

__all__ = ["place_plot"]


def place_plot(
    key: str,
    info: RunInfo,
    view: View,
    title: str,
    subtitle: str,
    places: Places,
    lit: NDArray[np.int64] | None = None,
) -> None:
    """A square scatter plot of a run's test images, with what is marked in it.

    Arguments:
        key: A name for the plot on the page.
        info, view: Whose test images, and in which plane.
        title, subtitle: The plot's title, and what is marked, in words.
        places: What is marked.
        lit: Indices of the images that shine while the others fade; None for all.
    """
    look = charts.LatentView(
        title=title, subtitle=subtitle, axes=view.plane.axes, window=view.window, select="",
        names=info.class_names, theme=current_theme(),
    )  # fmt: skip
    table, fixed = _tables(info, view.axes, view.window, view.plane.points)
    none = table.iloc[:0]
    changing = {
        "lit": none if lit is None else table.iloc[lit],
        "veil": charts.corner_table(view.window, present=lit is not None),
        "picked": none,
    } | place_tables(places)
    tables = fixed | {name: charts.arrow(values) for name, values in changing.items()}
    with st.container(key=f"space-{key}"), st.container(key=f"chart-{key}"):
        st.vega_lite_chart(
            spec=charts.filled(_spec(look), tables), width="stretch", height="stretch",
            alt=f"{look.title}: scatter plot of the test images in the latent space, {subtitle}",
        )  # fmt: skip


@st.cache_resource(max_entries=64, show_spinner=False)
def _spec(look: charts.LatentView) -> dict[str, Any]:
    return place_chart(look)


@st.cache_resource(max_entries=48, show_spinner=False, hash_funcs=BY_RUN)
def _tables(
    info: RunInfo, axes: tuple[int, int] | None, window: charts.Window, _points: Floats
) -> tuple[pd.DataFrame, dict[str, bytes]]:
    """The points as a table, and what of the chart's tables depends on them and the window alone."""
    run = store.run(info)
    names, y = run.info.class_names, run.latents.y
    table = charts.point_table(_points, y, names)
    centres = charts.centre_table(_points, y, names, window)
    shown = {"points": table, "frame": charts.corner_table(window), "centres": centres}
    return table, {name: charts.arrow(values) for name, values in shown.items()}
