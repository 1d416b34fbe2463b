"""The density of the codes along a path through a latent space."""

from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import GREY
from ui.charts.style import ACCENT, NOTE, SMALL, finished, note, note_table, room, table

HEIGHT = 210


class DensityBand(NamedTuple):
    """The densities, in nats, between which the middle half of the codes lie."""

    low: float
    high: float


def path_chart(theme: str, steps: int) -> dict[str, Any]:
    """Return a specification over the named data sets of `path_tables`, for a path of `steps` images."""
    x_scale, x_axis = alt.Scale(domain=[0.5, steps + 0.5], nice=False), alt.Axis(tickMinStep=1, format="d", **room(18))
    x = alt.X("step:Q", title="image of the strip", scale=x_scale, axis=x_axis)
    y_scale, y_axis = alt.Scale(zero=False, nice=True), alt.Axis(tickCount=4, **room(36))
    y = alt.Y("density:Q", title="log q(z), nats", scale=y_scale, axis=y_axis)
    path = table("path").encode(x=x, y=y)
    tooltip = [alt.Tooltip("step:Q", title="image"), alt.Tooltip("density:Q", title="log q(z), nats", format=".3g")]
    subtitle = "higher: more codes nearby; grey: the middle half of the codes"
    chart = alt.layer(
        table("band")
        .mark_rect(color=GREY, opacity=0.25, tooltip=None)
        .encode(y=alt.Y("low:Q", title="log q(z), nats"), y2="high:Q"),
        path.mark_line(color=ACCENT[theme], strokeWidth=2, tooltip=None),
        path.mark_point(filled=True, size=50, opacity=1, color=ACCENT[theme]).encode(tooltip=tooltip),
        note(),
        title=alt.Title("Density of the codes along the path", subtitle=subtitle, fontSize=SMALL),
    )
    return finished(chart, theme, height=HEIGHT)


def path_tables(density: NDArray[np.floating] | None, band: DensityBand | None) -> dict[str, pd.DataFrame]:
    """Return the named data sets: path, band, and the sentence of `NOTE` if there is no density.

    The density is log q(z) in nats at each step, shape (n,), the band where the codes lie: None where there is none.
    """
    values = np.empty(0) if density is None else density
    columns = {"step": np.arange(1, len(values) + 1), "density": values}
    bands = [] if band is None or density is None else [band]
    return {
        "path": pd.DataFrame(columns).astype(np.float32),
        "band": pd.DataFrame(bands, columns=DensityBand._fields, dtype=np.float32),
        NOTE: note_table("not defined: an autoencoder has no density" if density is None else ""),
    }
