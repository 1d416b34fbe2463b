"""The posterior of one image against the prior, in two dimensions, and draws from it."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import INK
from ui.charts.latent import Window, prior_circles
from ui.charts.style import ACCENT, axis, finished, heading

SIGMAS = (1, 2)  # of the ellipses
CLOSE = 4.0  # sigma in a close-up
STEPS = 72
Floats = NDArray[np.floating]


def posterior_windows(mu: Floats, logvar: Floats) -> tuple[Window, Window]:
    """Return a window on all of the prior that holds a mean (2,), and a close-up of the posterior."""
    half = max(3.4, float(np.abs(mu).max()) + 1.0)
    centre = (round(float(mu[0]), 3), round(float(mu[1]), 3))
    return Window((0.0, 0.0), half), Window(centre, float(f"{CLOSE * np.exp(0.5 * logvar).max():.2g}"))


def posterior_tables(mu: Floats, logvar: Floats, draws: Floats) -> dict[str, pd.DataFrame]:
    """Return the named data sets: ellipses at 1 and 2 sigma, the mean, and draws.

    Arguments:
        mu, logvar: Of the posterior, shape (2,).
        draws: z, shape (n, 2).
    """
    turn, sigma = np.linspace(0, 2 * np.pi, STEPS + 1), np.exp(0.5 * logvar)
    rings = [
        pd.DataFrame({
            "x": mu[0] + times * sigma[0] * np.cos(turn), "y": mu[1] + times * sigma[1] * np.sin(turn), "times": times,
            "step": np.arange(len(turn)),
        })
        for times in SIGMAS
    ]  # fmt: skip
    return {
        "ellipses": pd.concat(rings).astype({"x": "float32", "y": "float32"}),
        "mean": pd.DataFrame({"x": mu[:1], "y": mu[1:2]}).astype("float32"),
        "draws": pd.DataFrame({"x": draws[:, 0], "y": draws[:, 1]}).astype("float32"),
    }


def posterior_chart(theme: str, window: Window, side: int, title: str, subtitle: str) -> dict[str, Any]:
    """Return a square specification over the named data sets of `posterior_tables`.

    Arguments:
        theme: "light" or "dark".
        window: What the plot shows.
        side: Of the plot, in pixels; axes and titles come to it.
        title, subtitle: Over the chart.
    """
    ink, ground = INK[theme]
    x = alt.X("x:Q", title="z₁", scale=window.scale(0), axis=axis(theme, 18, tickCount=4))
    y = alt.Y("y:Q", title="z₂", scale=window.scale(1), axis=axis(theme, 30, tickCount=4))

    def table(name: str) -> alt.Chart:
        return alt.Chart(alt.NamedData(name)).encode(x=x, y=y)

    ellipses = table("ellipses").mark_line(color=ACCENT[theme], strokeWidth=2, clip=True)
    chart = alt.layer(
        prior_circles(x, y, ink, ground, named=True),
        table("draws").mark_circle(color=ACCENT[theme], size=32, opacity=0.6, clip=True),
        ellipses.encode(detail="times:N", order="step:Q"),
        table("mean").mark_point(shape="cross", filled=True, color=ink, size=110, opacity=1),
        title=heading(title, subtitle, theme, size=15),
    )
    # The room around the plot is fixed: the page would otherwise make the plot smaller to fit the titles in.
    room = {"left": 46, "top": 44, "right": 4, "bottom": 36}
    fixed = alt.AutoSizeParams(type="none", contains="content")
    return finished(chart.properties(width=side, height=side, autosize=fixed, padding=room), theme)
