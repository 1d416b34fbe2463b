"""The small plot of a plane with marks on it."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts.marks import Marks, mark_tables, marks_chart
from ui.explore.scene import Floats, View
from ui.shell.theme import current_theme
from ui.store import BY_RUN
from vae_core.runs import RunInfo


def marks_plot(
    key: str,
    info: RunInfo,
    view: View,
    title: str,
    subtitle: str,
    marks: Marks,
    lit: NDArray[np.int64] | None = None,
) -> None:
    """Draw a square scatter plot of a run's test images with marks on it.

    Arguments:
        key: Distinguishes the plot from others on the page.
        info, view: The run and the plane.
        title, subtitle: The plot's title, and what the marks are.
        marks: The marks.
        lit: Indices of the images that stay bright while the others fade; None for all.
    """
    latent_view = charts.LatentView(
        title=title, subtitle=subtitle, axes=view.plane.axes, window=view.window, select="",
        names=info.class_names, theme=current_theme(),
    )  # fmt: skip
    table, fixed = _tables(info, view.axes, view.window, view.plane.points)
    empty = table.iloc[:0]
    changing = {
        "lit": empty if lit is None else table.iloc[lit],
        "veil": charts.corner_table(view.window, visible=lit is not None),
        "picked": empty,
    } | mark_tables(marks)
    tables = fixed | {name: charts.arrow(values) for name, values in changing.items()}
    with st.container(key=f"space-{key}"), st.container(key=f"chart-{key}"):
        st.vega_lite_chart(
            spec=charts.filled(_spec(latent_view), tables), width="stretch", height="stretch",
            alt=f"{title}: scatter plot of the test images in the latent space, {subtitle}",
        )  # fmt: skip


@st.cache_resource(max_entries=64, show_spinner=False)
def _spec(view: charts.LatentView) -> dict[str, Any]:
    return marks_chart(view)


@st.cache_resource(max_entries=48, show_spinner=False, hash_funcs=BY_RUN)
def _tables(
    info: RunInfo, axes: tuple[int, int] | None, window: charts.Window, _points: Floats
) -> tuple[pd.DataFrame, dict[str, bytes]]:
    """Return the points as a table, and the chart's tables that depend only on them and the window."""
    y = store.run(info).latents.y
    table = charts.point_table(_points, y, info.class_names)
    centres = charts.centre_table(_points, y, info.class_names, window)
    tables = {"points": table, "frame": charts.corner_table(window), "centres": centres}
    return table, {name: charts.arrow(values) for name, values in tables.items()}
