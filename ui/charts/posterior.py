"""The posterior of one image against the prior, in two dimensions, and draws from it."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import INK
from ui.charts.latent import Window, prior_circles
from ui.charts.marks import SIGMAS, ellipses
from ui.charts.style import ACCENT, SMALL, finished, room, table

SIDE = 140  # pixels of the plot; axes and titles come to it
CLOSE = 4.0  # sigma in a close-up
Floats = NDArray[np.floating]


def posterior_windows(mu: Floats, logvar: Floats) -> tuple[Window, Window]:
    """Return a window on all of the prior that holds a mean (2,), and a close-up of the posterior."""
    half = max(3.4, float(np.abs(mu).max()) + 1.0)
    centre = (round(float(mu[0]), 3), round(float(mu[1]), 3))
    return Window((0.0, 0.0), half), Window(centre, float(f"{CLOSE * np.exp(0.5 * logvar).max():.2g}"))


def posterior_tables(mu: Floats, logvar: Floats, draws: Floats) -> dict[str, pd.DataFrame]:
    """Return the named data sets: ellipses at 1 and 2 sigma of a posterior (2,), its mean, and draws z (n, 2)."""
    curves = ellipses(mu, np.diag(np.exp(logvar)))
    rings = [
        _table(curve).assign(times=times, step=range(len(curve))) for times, curve in zip(SIGMAS, curves, strict=True)
    ]
    return {"ellipses": pd.concat(rings), "mean": _table(mu[None]), "draws": _table(draws)}


def _table(points: Floats) -> pd.DataFrame:
    return pd.DataFrame(points, columns=["x", "y"], dtype=np.float32)


def posterior_chart(theme: str, window: Window, title: str, subtitle: str) -> dict[str, Any]:
    """Return a square specification over the named data sets of `posterior_tables`."""
    ink, ground = INK[theme]
    x = alt.X("x:Q", title="z₁", scale=window.scale(0), axis=alt.Axis(tickCount=4, **room(18)))
    y = alt.Y("y:Q", title="z₂", scale=window.scale(1), axis=alt.Axis(tickCount=4, **room(30)))
    draws, curves, mean = (table(name).encode(x=x, y=y) for name in ("draws", "ellipses", "mean"))
    chart = alt.layer(
        prior_circles(x, y, ink, ground, named=True),
        draws.mark_circle(color=ACCENT[theme], size=32, opacity=0.6, clip=True),
        curves.mark_line(color=ACCENT[theme], strokeWidth=2, clip=True).encode(detail="times:N", order="step:Q"),
        mean.mark_point(shape="cross", filled=True, color=ink, size=110, opacity=1),
        title=alt.Title(title, subtitle=subtitle, fontSize=SMALL),
    )
    # The room around the plot is fixed: the page would otherwise make the plot smaller to fit the titles in.
    padding = {"left": 46, "top": 44, "right": 4, "bottom": 36}
    fixed = alt.AutoSizeParams(type="none", contains="content")
    return finished(chart, theme, width=SIDE, height=SIDE, autosize=fixed, padding=padding)
