"""Two Normal distributions in one dimension, and the integrand of their KLD."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import GREY
from ui.charts.style import ACCENT, SMALL, finished, room, table

Values = NDArray[np.floating]
REACH, STEPS = 6.0, 601  # of the axis, in sigma of the prior; points of a curve
X = np.linspace(-REACH, REACH, STEPS)
P, Q = "P: target N(0, 1)", "Q: prediction N(mu, sigma²)"
ABOVE, BELOW = "adds", "subtracts"
TOPS = (1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)  # of the axes, which rarely change while a slider moves
BELOW_0 = 0.25  # of the integrand's axis
BELLS_PX, AREA_PX = 116, 96


def kld_tables(p: Values, q: Values, integrand: Values) -> dict[str, pd.DataFrame]:
    """Return the named data sets: bells (x, y, curve), and area (x, y, sign), the integrand split at 0.

    At the points `X` are given the densities of target `p` and prediction `q`, and the integrand of their KLD.
    """
    bells = pd.concat([pd.DataFrame({"x": X, "y": y, "curve": curve}) for curve, y in ((P, p), (Q, q))])
    halves = ((ABOVE, integrand.clip(min=0)), (BELOW, integrand.clip(max=0)))
    area = pd.concat([pd.DataFrame({"x": X, "y": y, "sign": sign}) for sign, y in halves])
    slim = {"x": "float32", "y": "float32"}
    return {"bells": bells.astype(slim), "area": area.astype(slim)}


def top_of(table: pd.DataFrame) -> float:
    """Return the top of the axis for one of the data sets."""
    largest = float(table["y"].max())
    return next((top for top in TOPS if top >= largest), TOPS[-1])


def bells_chart(theme: str, top: float) -> dict[str, Any]:
    """Return a specification over the data set bells: both densities, on an axis up to `top`."""
    colors = alt.Scale(domain=[P, Q], range=[GREY, ACCENT[theme]])
    color = alt.Color("curve:N", scale=colors, legend=None)
    chart = table("bells").mark_area(line={"strokeWidth": 2}, fillOpacity=0.18, clip=True)
    subtitle = "density; grey: P = N(0, 1), coloured: Q = N(mu, sigma²)"
    title = alt.Title("Target and prediction", subtitle=subtitle, fontSize=SMALL)
    return finished(chart.encode(x=_x(None), y=_y(0, top), color=color), theme, height=BELLS_PX, title=title)


def area_chart(theme: str, reverse: bool, value: str, top: float) -> dict[str, Any]:
    """Return a specification over the data set area: the integrand, its negative part in grey, on an axis up to `top`.

    It is that of KL(P ‖ Q), if `reverse`, instead of KL(Q ‖ P); `value` is the area, formatted.
    """
    formula = "p(x) · ln p(x)/q(x)" if reverse else "q(x) · ln q(x)/p(x)"
    heading = f"{formula}: its area is {value} nats"
    title = alt.Title(heading, subtitle="the part below 0 is subtracted", fontSize=SMALL)
    signs = alt.Scale(domain=[ABOVE, BELOW], range=[ACCENT[theme], GREY])
    color = alt.Color("sign:N", scale=signs, legend=None)
    chart = table("area").mark_area(fillOpacity=0.5, clip=True)
    encoded = chart.encode(x=_x("x, one latent dimension"), y=_y(-BELOW_0 * top, top), color=color)
    return finished(encoded, theme, height=AREA_PX, title=title)


def _x(title: str | None) -> alt.X:
    return alt.X("x:Q", title=title, scale=alt.Scale(domain=[-REACH, REACH], nice=False))


def _y(low: float, high: float) -> alt.Y:
    scale = alt.Scale(domain=[low, high], nice=False)
    return alt.Y("y:Q", title=None, stack=None, scale=scale, axis=alt.Axis(tickCount=3, **room(30)))
