"""A latent space at one moment as a plot: for trainings, replays and comparisons."""

from __future__ import annotations

import streamlit as st

from ui import cache, charts
from ui.moments import Moment

__all__ = ["followed_plot"]


def followed_plot(key: str, title: str, latents: str, moment: Moment, faded: bool = False) -> None:
    """The followed test images of a moment, square; what changes is only the data, so that points move in place.

    Arguments:
        key: A name for the plot on the page; that of a model kind for the three side by side. The place that it is
            drawn in must have the key "space-…", by which the style makes it square.
        title, latents: The plot's title, and which latents are shown, in words.
        moment: What is shown.
        faded: Whether it stands for something that is not trained.
    """
    window = charts.Window.stepped(moment.points) if moment.variational else charts.Window.around(moment.points)
    view = charts.LatentView(
        title=title, subtitle=f"{len(moment.y):,} test images, {latents}", axes=moment.axes, window=window, select="",
        names=moment.names, theme=st.context.theme.type or "light", few=True,
    )  # fmt: skip
    tables = _tables(moment.key, window, faded, moment)
    with st.container(key=f"chart-{key}"):
        st.vega_lite_chart(
            spec=charts.filled(cache.spec(view), tables), width="stretch", height="stretch",
            alt=f"{title}: scatter plot of test images in the latent space",
        )  # fmt: skip


@st.cache_data(max_entries=300, show_spinner=False)
def _tables(key: str, window: charts.Window, faded: bool, _moment: Moment) -> dict[str, bytes]:
    table = charts.point_table(_moment.points, _moment.y, _moment.names)
    none = charts.arrow(table.iloc[:0])
    return {
        "points": charts.arrow(table), "lit": none, "picked": none,
        "veil": charts.arrow(charts.corner_table(window, present=faded)),
        "frame": charts.arrow(charts.corner_table(window)),
        "centres": charts.arrow(charts.centre_table(_moment.points, _moment.y, _moment.names, window)),
    }  # fmt: skip
