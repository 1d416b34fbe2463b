"""How dense the codes are along a path through a latent space."""

from __future__ import annotations

from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import GREY
from ui.charts.style import ACCENT, FIT_X, NOTE, axis, finished, heading, note, note_table

__all__ = ["Usual", "path_chart", "path_tables"]

HEIGHT = 210


class Usual(NamedTuple):
    """Between which densities, in nats, the middle half of the codes themselves lie."""

    low: float
    high: float


def path_chart(theme: str, steps: int) -> dict[str, Any]:
    """A specification over the named data sets of `path_tables`, for a path of so many images."""
    x = alt.X(
        "step:Q", title="image of the strip", scale=alt.Scale(domain=[0.5, steps + 0.5], nice=False),
        axis=axis(theme, 18, tickMinStep=1, format="d"),
    )  # fmt: skip
    y = alt.Y(
        "density:Q", title="log q(z), nats", scale=alt.Scale(zero=False, nice=True), axis=axis(theme, 36, tickCount=4)
    )
    band, path = alt.Chart(alt.NamedData("usual")), alt.Chart(alt.NamedData("path"))
    tooltip = [alt.Tooltip("step:Q", title="image"), alt.Tooltip("density:Q", title="log q(z), nats", format=".3g")]
    chart = alt.layer(
        band.mark_rect(color=GREY, opacity=0.25, tooltip=None).encode(
            y=alt.Y("low:Q", title="log q(z), nats"), y2="high:Q"
        ),
        path.mark_line(color=ACCENT[theme], strokeWidth=2, tooltip=None).encode(x=x, y=y),
        path.mark_point(filled=True, size=50, opacity=1, color=ACCENT[theme]).encode(x=x, y=y, tooltip=tooltip),
        note(theme),
        title=heading(
            "Density of the codes along the path",
            "higher: the decoder knows the place better; grey: where half of the codes lie",
            theme,
            size=15,
        ),
    )
    return finished(chart.properties(autosize=FIT_X, height=HEIGHT), theme)


def path_tables(density: NDArray[np.floating] | None, usual: Usual | None) -> dict[str, pd.DataFrame]:
    """The named data sets: path, usual, and the words of `NOTE` where there is no density.

    Arguments:
        density: log q(z) in nats at each step, shape (n,); None for a model that has none.
        usual: What is usual of it.
    """
    shown = np.empty(0) if density is None else density
    columns = {"step": np.arange(1, len(shown) + 1), "density": shown}
    band = [] if usual is None or density is None else [usual]
    return {
        "path": pd.DataFrame(columns).astype(np.float32),
        "usual": pd.DataFrame(band, columns=Usual._fields, dtype=np.float32),
        NOTE: note_table("not defined: an autoencoder has no density" if density is None else ""),
    }
