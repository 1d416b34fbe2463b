"""Distances of the codes from the origin: ‖z‖² against χ²(d), which it follows for a Gaussian."""

from collections.abc import Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import INK
from ui.charts.style import SMALL, computed, finished, room, table

BINS = 36
CURVE = 240  # points of the curve
COVERED = 0.999  # share of χ²(d) that the axis shows
HEIGHT = 220


def norm_end(d: int) -> float:
    """Return the right end of the axis for d latent dimensions: a Gaussian has one point in a thousand beyond it."""
    from scipy.stats import chi2

    return float(chi2.ppf(COVERED, d))


def norm_tables(z: NDArray[np.floating]) -> dict[str, pd.DataFrame]:
    """Return the named data sets of latents z (N, d): bars, the curve of χ²(d), and the share beyond the axis."""
    from scipy.stats import chi2

    d = z.shape[1]
    end = norm_end(d)
    norms = (z.astype(np.float64) ** 2).sum(axis=1)
    edges = np.linspace(0, end, BINS + 1)
    density = np.histogram(norms, edges)[0] / len(norms) / np.diff(edges)
    expected = np.diff(chi2.cdf(edges, d)) / np.diff(edges)
    x = (np.arange(CURVE) + 0.5) * end / CURVE  # χ²(1) is infinite at 0
    share = float((norms > end).mean())
    bars = {"start": edges[:-1], "end": edges[1:], "density": density, "expected": expected}
    beyond = {"share": [share], "end": [end]}
    return {
        name: pd.DataFrame(columns).astype(np.float32)
        for name, columns in (("bars", bars), ("curve", {"x": x, "density": chi2.pdf(x, d)}), ("beyond", beyond))
    }


def norm_top(tables: Iterable[dict[str, pd.DataFrame]]) -> float:
    """Return the upper end of an axis for the bars of all models and of a Gaussian."""
    return 1.12 * max((float(table["bars"][["density", "expected"]].max().max()) for table in tables), default=1.0)


def norm_chart(theme: str, title: str, subtitle: str, color: str, d: int, top: float) -> dict[str, Any]:
    """Return a specification over the named data sets of `norm_tables`, with bars in the model's colour.

    Equal latent dimensions `d` and upper ends `top`, as from `norm_top`, give equal axes.
    """
    x_scale = alt.Scale(domain=[0, norm_end(d)], nice=False)
    x_title, x_axis = "‖z‖², squared distance from 0 (σ²)", alt.Axis(tickCount=5, format=".3~g", **room(18))
    y_axis = alt.Axis(tickCount=4, format=".2~g", **room(30))
    y = alt.Y("density:Q", title="density per σ²", scale=alt.Scale(domain=[0, top], nice=False), axis=y_axis)
    tooltip = [
        alt.Tooltip("start:Q", title="‖z‖² from", format=".3g"), alt.Tooltip("end:Q", title="to", format=".3g"),
        alt.Tooltip("density:Q", format=".3g"), alt.Tooltip("expected:Q", format=".3g", title="of a Gaussian"),
    ]  # fmt: skip
    bars = table("bars").mark_bar(color=color, clip=True, binSpacing=1)
    curve = table("curve").mark_line(color=INK[theme][0], strokeWidth=2, clip=True, tooltip=None)
    notes = table("beyond").mark_text(align="right", tooltip=None).encode(x=computed("width"))
    beyond = "datum.share < 0.0005 ? '' : format(datum.share, '.1%') + ' lie beyond →'"
    chart = alt.layer(
        bars.encode(
            x=alt.X("start:Q", title=x_title, bin="binned", scale=x_scale, axis=x_axis),
            x2="end:Q",
            y=y,
            tooltip=tooltip,
        ),
        curve.encode(x=alt.X("x:Q", title=x_title, scale=x_scale, axis=x_axis), y=y),
        notes.encode(y=alt.value(14), text=computed(f"'line: χ²({d})'")),
        notes.encode(y=alt.value(34), text=computed(beyond)),
        title=alt.Title(title, subtitle=subtitle, fontSize=SMALL),
    )
    return finished(chart, theme, height=HEIGHT)
