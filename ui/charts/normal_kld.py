"""Two Normal distributions in one dimension, and the integrand of their KLD."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import GREY
from ui.charts.style import ACCENT, FIT_X, axis, finished, heading

Values = NDArray[np.floating]
REACH, STEPS = 6.0, 601  # of the axis, in sigma of the prior; points of a curve
X = np.linspace(-REACH, REACH, STEPS)
P, Q = "P: target N(0, 1)", "Q: prediction N(mu, sigma²)"
ABOVE, BELOW = "adds", "subtracts"
TOPS = (1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)  # of the axes, which rarely change while a slider moves
BELOW_0 = 0.25  # of the integrand's axis
BELLS_PX, AREA_PX = 126, 106


def kld_tables(p: Values, q: Values, integrand: Values) -> dict[str, pd.DataFrame]:
    """Return the named data sets: bells (x, y, curve), and area (x, y, sign), the integrand split at 0.

    Arguments:
        p, q: Densities of target and prediction at the points `X`.
        integrand: Of their KLD, at the same points.
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
    chart = (
        alt.Chart(
            alt.NamedData("bells"),
            title=heading(
                "Target and prediction", "density; grey: P = N(0, 1), coloured: Q = N(mu, sigma²)", theme, size=15
            ),
        )
        .mark_area(line={"strokeWidth": 2}, fillOpacity=0.18, clip=True)
        .encode(
            x=_x_axis(theme, ""),
            y=_y_axis(theme, (0, top)),
            color=alt.Color("curve:N", scale=colors, legend=None),
        )
    )
    return finished(chart.properties(autosize=FIT_X, height=BELLS_PX), theme)


def area_chart(theme: str, reverse: bool, value: str, top: float) -> dict[str, Any]:
    """Return a specification over the data set area: the integrand, its negative part in grey.

    Arguments:
        theme: "light" or "dark".
        reverse: Whether it is that of KL(P ‖ Q) instead of KL(Q ‖ P).
        value: The area, formatted.
        top: Top of the axis.
    """
    formula = "p(x) · ln p(x)/q(x)" if reverse else "q(x) · ln q(x)/p(x)"
    title = heading(f"{formula}: its area is {value} nats", "the part below 0 is subtracted", theme, size=15)
    signs = alt.Scale(domain=[ABOVE, BELOW], range=[ACCENT[theme], GREY])
    chart = (
        alt.Chart(alt.NamedData("area"), title=title)
        .mark_area(fillOpacity=0.5, clip=True)
        .encode(
            x=_x_axis(theme, "x, one latent dimension"),
            y=_y_axis(theme, (-BELOW_0 * top, top)),
            color=alt.Color("sign:N", scale=signs, legend=None),
        )
    )
    return finished(chart.properties(autosize=FIT_X, height=AREA_PX), theme)


def _x_axis(theme: str, title: str) -> alt.X:
    return alt.X("x:Q", title=title or None, scale=alt.Scale(domain=[-REACH, REACH], nice=False), axis=axis(theme))


def _y_axis(theme: str, ends: tuple[float, float]) -> alt.Y:
    scale = alt.Scale(domain=list(ends), nice=False)
    return alt.Y("y:Q", title=None, stack=None, scale=scale, axis=axis(theme, 30, tickCount=3))
