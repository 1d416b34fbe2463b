"""Places in a latent space: a scatter plot with a path, the width of a posterior, draws from it, and named marks."""

from __future__ import annotations

from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import INK
from ui.charts.latent import LatentView, latent_chart

__all__ = ["Places", "ellipses", "place_chart", "place_tables"]

SIGMAS, CORNERS = (1, 2), 72  # the ellipses that are drawn, and corners of each

Floats = NDArray[np.floating]


class Places(NamedTuple):
    """What is shown over the points, all in the plane.

    Arguments:
        marks: Places with a ring (n, 2).
        names: A text beside each of them; may be empty.
        path: A line through places in their order, shape (n, 2).
        ellipses: As from `ellipses`, shape (ellipses, corners, 2).
        draws: Small dots (n, 2).
    """

    marks: Floats = np.empty((0, 2))
    names: tuple[str, ...] = ()
    path: Floats = np.empty((0, 2))
    ellipses: Floats = np.empty((0, CORNERS + 1, 2))
    draws: Floats = np.empty((0, 2))


def ellipses(mean: Floats, covariance: Floats) -> NDArray[np.float64]:
    """Where a normal distribution in the plane is 1 and 2 standard deviations from its mean: (2, corners, 2), closed.

    Arguments:
        mean, covariance: Shapes (2,) and (2, 2); it may have no extent in a direction.
    """
    variances, directions = np.linalg.eigh(covariance.astype(np.float64))
    turn = np.linspace(0, 2 * np.pi, CORNERS + 1)
    circle = np.column_stack((np.cos(turn), np.sin(turn)))
    unit = circle * np.sqrt(variances.clip(min=0)) @ directions.T
    return mean + np.array(SIGMAS)[:, None, None] * unit


def place_chart(view: LatentView) -> dict[str, Any]:
    """As `latent_chart`, with the named data sets of `place_tables` over it."""
    ink, ground = INK[view.theme]
    x = alt.X("x:Q", title=view.axes[0], scale=view.window.scale(0))
    y = alt.Y("y:Q", title=view.axes[1], scale=view.window.scale(1))
    path, widths, draws, marks = (
        alt.Chart(alt.NamedData(name)).encode(x=x, y=y) for name in ("path", "ellipses", "draws", "marks")
    )
    line: dict[str, Any] = {"clip": True, "tooltip": None, "interpolate": "linear"}
    dot: dict[str, Any] = {"clip": True, "tooltip": None, "opacity": 1}
    text: dict[str, Any] = {"clip": True, "tooltip": None, "fontSize": 14, "fontWeight": "bold", "dx": 13}
    over = (
        *(
            one.mark_line(color=color, strokeWidth=width, **line).encode(order="step:Q", **detail)
            for one, detail in ((path, {}), (widths, {"detail": "sigma:N"}))
            for color, width in ((ground, 5), (ink, 2))
        ),
        draws.mark_point(size=44, filled=True, color=ink, stroke=ground, strokeWidth=1.5, **dot),
        marks.mark_point(size=150, filled=False, color=ground, strokeWidth=6, **dot),
        marks.mark_point(size=150, filled=False, color=ink, strokeWidth=2.5, **dot),
        marks.mark_text(align="left", color=ground, stroke=ground, strokeWidth=4, **text).encode(text="name:N"),
        marks.mark_text(align="left", color=ink, **text).encode(text="name:N"),
    )
    spec = latent_chart(view)
    return spec | {"layer": [*spec["layer"], *alt.layer(*over).to_dict()["layer"]]}


def place_tables(places: Places) -> dict[str, pd.DataFrame]:
    """The named data sets: path, ellipses, draws, marks."""
    closed = _table(places.ellipses.reshape(-1, 2))
    corners = places.ellipses.shape[1]
    return {
        "path": _table(places.path).assign(step=np.arange(len(places.path), dtype=np.int16)),
        "ellipses": closed.assign(
            sigma=np.repeat(np.array(SIGMAS[: len(places.ellipses)], np.int8), corners),
            step=np.tile(np.arange(corners, dtype=np.int16), len(places.ellipses)),
        ),
        "draws": _table(places.draws),
        "marks": _table(places.marks).assign(name=pd.Series(places.names, dtype="str")),
    }


def _table(points: Floats) -> pd.DataFrame:
    return pd.DataFrame({"x": points[:, 0].astype(np.float32), "y": points[:, 1].astype(np.float32)})
