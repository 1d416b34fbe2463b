"""Two Normal distributions in one dimension, and what their KLD adds up."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from ui.charts.base import GREY
from ui.charts.style import ACCENT, FIT_X, axis, finished, heading
from vae_core.pointwise import density, integrand

__all__ = ["area_chart", "bells_chart", "pointwise_tables", "top_of"]

REACH = 6.0  # of the axis, in sigma of the prior
STEPS = 601
P, Q = "P: target N(0, 1)", "Q: prediction N(mu, sigma²)"
ABOVE, BELOW = "adds", "takes away"
TOPS = (1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)  # of the axes: they stand still as long as they can
BELOW_0 = 0.25  # of the integrand's axis
BELLS_PX, AREA_PX = 126, 106


def pointwise_tables(mu: float, sigma: float, reverse: bool) -> dict[str, pd.DataFrame]:
    """The named data sets: bells (x, y, curve), and area (x, y, sign), the integrand split at 0.

    Arguments:
        mu, sigma: Of the prediction Q; sigma above 0.
        reverse: KL(P ‖ Q) instead of KL(Q ‖ P).
    """
    x = np.linspace(-REACH, REACH, STEPS)
    bells = pd.concat(
        [pd.DataFrame({"x": x, "y": y, "curve": name}) for name, y in ((P, density(x)), (Q, density(x, mu, sigma)))]
    )
    y = integrand(x, mu, sigma, reverse)
    area = pd.concat(
        [pd.DataFrame({"x": x, "y": part, "sign": name})
         for name, part in ((ABOVE, y.clip(min=0)), (BELOW, y.clip(max=0)))]
    )  # fmt: skip
    slim = {"x": "float32", "y": "float32"}
    return {"bells": bells.astype(slim), "area": area.astype(slim)}


def top_of(table: pd.DataFrame) -> float:
    """The top of the axis for one of the data sets."""
    largest = float(table["y"].max())
    return next((top for top in TOPS if top >= largest), TOPS[-1])


def bells_chart(theme: str, top: float) -> dict[str, Any]:
    """A specification over the data set bells: both densities, on an axis up to `top`."""
    colors = alt.Scale(domain=[P, Q], range=[GREY, ACCENT[theme]])
    chart = (
        alt.Chart(
            alt.NamedData("bells"),
            title=heading(
                "Target and prediction", "density; grey: P = N(0, 1), coloured: Q = N(mu, sigma²)", theme, size=15
            ),
        )
        .mark_area(line={"strokeWidth": 2}, fillOpacity=0.18, clip=True)
        .encode(
            x=_places(theme, ""),
            y=_heights(theme, (0, top)),
            color=alt.Color("curve:N", scale=colors, legend=None),
        )
    )
    return finished(chart.properties(autosize=FIT_X, height=BELLS_PX), theme)


def area_chart(theme: str, reverse: bool, value: str, top: float) -> dict[str, Any]:
    """A specification over the data set area: what is added up, with what it takes away below 0.

    Arguments:
        theme: "light" or "dark".
        reverse: As in the tables; the words follow.
        value: The whole area in words.
        top: Of the axis.
    """
    formula = "p(x) · ln p(x)/q(x)" if reverse else "q(x) · ln q(x)/p(x)"
    title = heading(f"{formula}: its area is {value} nats", "the part below 0 is taken away", theme, size=15)
    signs = alt.Scale(domain=[ABOVE, BELOW], range=[ACCENT[theme], GREY])
    chart = (
        alt.Chart(alt.NamedData("area"), title=title)
        .mark_area(fillOpacity=0.5, clip=True)
        .encode(
            x=_places(theme, "x, one latent dimension"),
            y=_heights(theme, (-BELOW_0 * top, top)),
            color=alt.Color("sign:N", scale=signs, legend=None),
        )
    )
    return finished(chart.properties(autosize=FIT_X, height=AREA_PX), theme)


def _places(theme: str, title: str) -> alt.X:
    return alt.X("x:Q", title=title or None, scale=alt.Scale(domain=[-REACH, REACH], nice=False), axis=axis(theme))


def _heights(theme: str, ends: tuple[float, float]) -> alt.Y:
    scale = alt.Scale(domain=list(ends), nice=False)
    return alt.Y("y:Q", title=None, stack=None, scale=scale, axis=axis(theme, 30, tickCount=3))
