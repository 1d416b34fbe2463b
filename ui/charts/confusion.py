"""The class picker's confusion matrix: the requested class against the classifier's label."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from ui.charts.base import INK
from ui.charts.style import ACCENT, FIT_X, axis, finished, heading, note, note_table

SIDE, CELL = 340, (18, 34)  # pixels: of the matrix, and the limits of a row's height
NUMBERED = 0.01  # share from which a cell shows its number
DARK = 0.3  # share from which a cell is so dark that its number has the colour of the ground
EXPONENT = 0.6  # of the colour scale: confusions are rare, and would be invisible beside the diagonal


def confusion_chart(theme: str, names: Sequence[str], title: str, subtitle: str) -> dict[str, Any]:
    """Return a specification over the named data sets of `confusion_tables`.

    Arguments:
        theme: "light" or "dark".
        names: Class names, in their order.
        title, subtitle: Over the chart.
    """
    ink, ground = INK[theme]
    scale = alt.Scale(domain=list(names), paddingInner=0.06, paddingOuter=0.03)
    x = alt.X(
        "classified:N", title="classified as", scale=scale, axis=_axis(theme, orient="top", labelAngle=_angle(names))
    )
    y = alt.Y("requested:N", title="requested", scale=scale, axis=_axis(theme))
    shade = alt.Scale(type="pow", exponent=EXPONENT, domain=[0, 1], range=[_blank(theme), ACCENT[theme]], clamp=True)
    tooltip = [alt.Tooltip("requested:N"), alt.Tooltip("classified:N"), alt.Tooltip("share:Q", format=".1%")]
    cells = alt.Chart(alt.NamedData("cells")).encode(x=x, y=y, tooltip=tooltip)
    number = f"datum.share < {NUMBERED} || bandwidth('x') < 17 ? '' : format(100 * datum.share, '.0f')"
    on_dark = alt.condition(alt.datum.share >= DARK, alt.value(ground), alt.value(ink))
    chart = alt.layer(
        cells.mark_rect(cornerRadius=1).encode(color=alt.Color("share:Q", scale=shade, legend=None)),
        cells.transform_filter("datum.requested === datum.classified").mark_rect(
            filled=False, stroke=ink, strokeWidth=1.5, cornerRadius=1, tooltip=None
        ),
        cells.mark_text(baseline="middle", fontSize=12 if len(names) <= 12 else 11, tooltip=None).encode(
            text=alt.value({"expr": number}), color=on_dark
        ),
        note(theme),
        title=heading(title, subtitle, theme),
    )
    return finished(chart.properties(autosize=FIT_X, height=len(names) * int(np.clip(SIDE / len(names), *CELL))), theme)


def _axis(theme: str, **style: Any) -> alt.Axis:
    return axis(theme, domain=False, labelLimit=90, labelOverlap=False, **style)


def _angle(names: Sequence[str]) -> int:
    """Return the degrees by which class names are rotated: long ones would cover each other."""
    return 0 if max(map(len, names)) <= 2 else -40


def _blank(theme: str) -> str:
    """Return the colour of 0: just off the ground, so that every cell can be seen."""
    return {"light": "#f1f3f6", "dark": "#1a2028"}[theme]


def confusion_tables(
    confusion: Sequence[Sequence[float]] | None, names: Sequence[str], missing: str = ""
) -> dict[str, pd.DataFrame]:
    """Return the named data sets: cells, a row per pair of classes; note, the sentence that replaces them.

    Arguments:
        confusion: Of the images requested of one class, the share classified as each: rows that sum to 1, shape
            (K, K). None if no class can be requested.
        names: Class names (K,).
        missing: Why there is no confusion matrix.
    """
    shares = np.zeros((0, len(names))) if confusion is None else np.asarray(confusion, dtype=np.float64)
    if confusion is not None and shares.shape != (len(names), len(names)):
        raise ValueError(f"confusion must have the shape {(len(names), len(names))}, got {shares.shape}")
    requested, classified = np.indices(shares.shape).reshape(2, -1)
    index = pd.Index(list(names))
    cells = {
        "requested": pd.Categorical.from_codes(requested, index),
        "classified": pd.Categorical.from_codes(classified, index),
        "share": shares.ravel().astype(np.float32),
    }
    return {"cells": pd.DataFrame(cells), "note": note_table(missing if confusion is None else "")}
