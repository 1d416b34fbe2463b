"""The density of the codes along a path through a latent space."""

from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import GREY
from ui.charts.style import ACCENT, FIT_X, NOTE, axis, finished, heading, note, note_table

HEIGHT = 210


class DensityBand(NamedTuple):
    """The densities, in nats, between which the middle half of the codes lie."""

    low: float
    high: float


def path_chart(theme: str, steps: int) -> dict[str, Any]:
    """Return a specification over the named data sets of `path_tables`, for a path of `steps` images."""
    x = alt.X(
        "step:Q", title="image of the strip", scale=alt.Scale(domain=[0.5, steps + 0.5], nice=False),
        axis=axis(theme, 18, tickMinStep=1, format="d"),
    )  # fmt: skip
    y = alt.Y(
        "density:Q", title="log q(z), nats", scale=alt.Scale(zero=False, nice=True), axis=axis(theme, 36, tickCount=4)
    )
    band, path = alt.Chart(alt.NamedData("band")), alt.Chart(alt.NamedData("path"))
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
            "higher: closer to what the decoder was trained on; grey: the middle half of the codes",
            theme,
            size=15,
        ),
    )
    return finished(chart.properties(autosize=FIT_X, height=HEIGHT), theme)


def path_tables(density: NDArray[np.floating] | None, band: DensityBand | None) -> dict[str, pd.DataFrame]:
    """Return the named data sets: path, band, and the sentence of `NOTE` if there is no density.

    Arguments:
        density: log q(z) in nats at each step, shape (n,); None for a model that has none.
        band: Where the codes themselves lie; None likewise.
    """
    values = np.empty(0) if density is None else density
    columns = {"step": np.arange(1, len(values) + 1), "density": values}
    bands = [] if band is None or density is None else [band]
    return {
        "path": pd.DataFrame(columns).astype(np.float32),
        "band": pd.DataFrame(bands, columns=DensityBand._fields, dtype=np.float32),
        NOTE: note_table("not defined: an autoencoder has no density" if density is None else ""),
    }
