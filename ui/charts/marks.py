"""Marks on a latent space: a path, the width of a posterior, draws from it, and named points."""

from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import INK
from ui.charts.latent import LatentView, latent_chart

SIGMAS, CORNERS = (1, 2), 72  # of the ellipses, and corners of each

Floats = NDArray[np.floating]


class Marks(NamedTuple):
    """What is drawn over the test images, in coordinates of the plane.

    Arguments:
        rings: Points with a ring (n, 2).
        names: A text beside each of them; may be empty.
        path: A line through points in their order, shape (n, 2).
        ellipses: As from `ellipses`, shape (ellipses, corners, 2).
        draws: Small dots (n, 2).
    """

    rings: Floats = np.empty((0, 2))
    names: tuple[str, ...] = ()
    path: Floats = np.empty((0, 2))
    ellipses: Floats = np.empty((0, CORNERS + 1, 2))
    draws: Floats = np.empty((0, 2))


def ellipses(mean: Floats, covariance: Floats) -> NDArray[np.float64]:
    """Return the closed curves 1 and 2 standard deviations from a Gaussian's mean, shape (2, corners, 2).

    Arguments:
        mean, covariance: Shapes (2,) and (2, 2); the variance in a direction may be 0.
    """
    variances, directions = np.linalg.eigh(covariance.astype(np.float64))
    angle = np.linspace(0, 2 * np.pi, CORNERS + 1)
    circle = np.column_stack((np.cos(angle), np.sin(angle)))
    unit = circle * np.sqrt(variances.clip(min=0)) @ directions.T
    return mean + np.array(SIGMAS)[:, None, None] * unit


def marks_chart(view: LatentView) -> dict[str, Any]:
    """Return the specification of `latent_chart` with the named data sets of `mark_tables` over it."""
    ink, ground = INK[view.theme]
    x = alt.X("x:Q", title=view.axes[0], scale=view.window.scale(0))
    y = alt.Y("y:Q", title=view.axes[1], scale=view.window.scale(1))
    path, widths, draws, rings = (
        alt.Chart(alt.NamedData(name)).encode(x=x, y=y) for name in ("path", "ellipses", "draws", "marks")
    )
    line: dict[str, Any] = {"clip": True, "tooltip": None, "interpolate": "linear"}
    dot: dict[str, Any] = {"clip": True, "tooltip": None, "opacity": 1}
    text: dict[str, Any] = {"clip": True, "tooltip": None, "fontSize": 14, "fontWeight": "bold", "dx": 13}
    over = (
        *(
            curve.mark_line(color=color, strokeWidth=width, **line).encode(order="step:Q", **detail)
            for curve, detail in ((path, {}), (widths, {"detail": "sigma:N"}))
            for color, width in ((ground, 5), (ink, 2))
        ),
        draws.mark_point(size=44, filled=True, color=ink, stroke=ground, strokeWidth=1.5, **dot),
        rings.mark_point(size=150, filled=False, color=ground, strokeWidth=6, **dot),
        rings.mark_point(size=150, filled=False, color=ink, strokeWidth=2.5, **dot),
        rings.mark_text(align="left", color=ground, stroke=ground, strokeWidth=4, **text).encode(text="name:N"),
        rings.mark_text(align="left", color=ink, **text).encode(text="name:N"),
    )
    spec = latent_chart(view)
    return spec | {"layer": [*spec["layer"], *alt.layer(*over).to_dict()["layer"]]}


def mark_tables(marks: Marks) -> dict[str, pd.DataFrame]:
    """Return the named data sets: path, ellipses, draws, marks."""
    closed = _table(marks.ellipses.reshape(-1, 2))
    corners = marks.ellipses.shape[1]
    return {
        "path": _table(marks.path).assign(step=np.arange(len(marks.path), dtype=np.int16)),
        "ellipses": closed.assign(
            sigma=np.repeat(np.array(SIGMAS[: len(marks.ellipses)], np.int8), corners),
            step=np.tile(np.arange(corners, dtype=np.int16), len(marks.ellipses)),
        ),
        "draws": _table(marks.draws),
        "marks": _table(marks.rings).assign(name=pd.Series(marks.names, dtype="str")),
    }


def _table(points: Floats) -> pd.DataFrame:
    return pd.DataFrame({"x": points[:, 0].astype(np.float32), "y": points[:, 1].astype(np.float32)})
