"""Learned condition vectors in the plane of their first two principal components."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.base import INK, class_color
from ui.charts.style import SMALL, finished, table

SIDE = 340  # pixels, title and axes included: fits a phone
MARGIN = 1.22  # half side of the plot for a vector at 1: names stand beside their dots
NAME = 16  # pixels: font size of a class's name


class Projection(NamedTuple):
    """Points in the plane (K, 2), and the shares of the variance (2,) that each axis shows."""

    points: NDArray[np.float64]
    shares: NDArray[np.float64]


def projected(vectors: NDArray[np.floating]) -> Projection:
    """Project vectors (K, C) onto their first two principal components; the second is 0 if there is only one."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    points, shares = np.zeros((len(vectors), 2)), np.zeros(2)
    count = min(2, len(lengths))
    points[:, :count] = left[:, :count] * lengths[:count]
    total = (lengths**2).sum()
    shares[:count] = lengths[:count] ** 2 / total if total > 0 else 0
    return Projection(points, shares)


def embedding_tables(vectors: NDArray[np.floating], names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the named data set: classes, a row for each vector (K, C) with its position and its name."""
    points = projected(vectors).points.astype(np.float32)
    label = pd.Categorical(list(names), categories=list(names))
    return {"classes": pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "label": label})}


def embedding_chart(
    theme: str, names: Sequence[str], vectors: NDArray[np.floating], title: str, subtitle: str
) -> dict[str, Any]:
    """Return a specification over the named data set of `embedding_tables`, with equal scales on both axes."""
    points, shares = projected(vectors)
    half = MARGIN * (float(np.abs(points).max()) or 1.0)
    scale = alt.Scale(domain=[-half, half], nice=False, zero=False)
    x, y = (
        alt.Axis(labels=False, title=f"{ordinal} principal component ({share:.0%})")
        for ordinal, share in zip(("first", "second"), shares, strict=True)
    )
    colors = alt.Scale(domain=list(names), range=[class_color(label) for label in range(len(names))])
    classes = table("classes").encode(
        x=alt.X("x:Q", scale=scale, axis=x),
        y=alt.Y("y:Q", scale=scale, axis=y),
        tooltip=[alt.Tooltip("label:N", title="class")],
    )
    dots = classes.mark_circle(size=130, opacity=1).encode(color=alt.Color("label:N", scale=colors, legend=None))
    labels = classes.mark_text(dx=9, align="left", fontSize=NAME, fontWeight="bold", color=INK[theme][0])
    chart = alt.layer(dots, labels.encode(text="label:N"), title=alt.Title(title, subtitle=subtitle, fontSize=SMALL))
    fit = alt.AutoSizeParams(type="fit", contains="padding")
    return finished(chart, theme, width=SIDE, height=SIDE, autosize=fit)
