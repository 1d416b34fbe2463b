"""Marks on a latent space: a path, the width of a posterior, draws from it, and named points."""

from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.latent_space import GROUND_EXPR, INK_EXPR, SpaceView, axes_of, class_colors, named_table

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


def prior_layers(view: SpaceView, prior: Floats | None, directions: Floats) -> list[alt.Chart]:
    """Return a layer with a line 2 sigma from the mean of each class's prior, in the class's colour.

    There is none where the prior is N(0, I), or one dimension is spread out by its label.

    Arguments:
        prior: Mean and log-variance of each class, shape (2, K, d); None for N(0, I).
        directions: Of the plane, orthonormal, shape (2, d).
    """
    if prior is None or prior.shape[2] == 1:
        return []
    x, y = axes_of(view)
    curves = [
        _table(ellipses(directions @ mean, directions * np.exp(logvar) @ directions.T)[-1]).assign(
            label=name, step=np.arange(CORNERS + 1, dtype=np.int16)
        )
        for name, mean, logvar in zip(view.names, *prior, strict=True)
    ]
    lines = named_table("priors", pd.concat(curves)).mark_line(clip=True, strokeWidth=1.5, strokeDash=[4, 3])
    return [lines.encode(x=x, y=y, color=class_colors(view), detail="label:N", order="step:Q")]


def mark_layers(view: SpaceView, marks: Marks) -> list[alt.Chart]:
    """Return marks as layers for `latent_space_chart`; where there is no mark of a kind, there is no layer of it."""
    x, y = axes_of(view)
    drawn = {
        name: named_table(name, table).encode(x=x, y=y) for name, table in mark_tables(marks).items() if len(table)
    }
    line: dict[str, Any] = {"clip": True, "interpolate": "linear"}
    dot: dict[str, Any] = {"clip": True, "opacity": 1}
    text: dict[str, Any] = {"clip": True, "fontSize": alt.ExprRef("14 * type"), "fontWeight": "bold", "align": "left"}
    layers: list[alt.Chart] = []
    for name, detail in (("path", alt.Undefined), ("ellipses", "sigma:N")):
        if name in drawn:
            curve = drawn[name].encode(order="step:Q", detail=detail)
            layers += [curve.mark_line(color=GROUND_EXPR, strokeWidth=5, **line)]
            layers += [curve.mark_line(color=INK_EXPR, strokeWidth=2, **line)]
    if "draws" in drawn:
        rim: dict[str, Any] = {"color": INK_EXPR, "stroke": GROUND_EXPR, "strokeWidth": 1.5}
        layers += [drawn["draws"].mark_point(size=44, filled=True, **rim, **dot)]
    if "marks" in drawn:
        rings, names = drawn["marks"], drawn["marks"].encode(text="name:N")
        layers += [rings.mark_point(size=150, filled=False, color=GROUND_EXPR, strokeWidth=6, **dot)]
        layers += [rings.mark_point(size=150, filled=False, color=INK_EXPR, strokeWidth=2.5, **dot)]
        layers += [names.mark_text(color=GROUND_EXPR, stroke=GROUND_EXPR, strokeWidth=4, dx=13, **text)]
        layers += [names.mark_text(color=INK_EXPR, dx=13, **text)]
    return layers


def mark_tables(marks: Marks) -> dict[str, pd.DataFrame]:
    """Return the tables of the layers: path, ellipses, draws, marks."""
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
