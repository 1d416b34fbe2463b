"""The class picker's confusion matrix: the requested class against the classifier's label."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from ui.charts.base import INK
from ui.charts.style import ACCENT, computed, finished, note, note_table, table

SIDE, CELL = 340, (18, 34)  # pixels: of the matrix, and the limits of a row's height
NUMBERED = 0.01  # share from which a cell shows its number
DARK = 0.3  # share from which a cell is so dark that its number has the colour of the ground
BLANK = {"light": "#f1f3f6", "dark": "#1a2028"}  # the colour of 0: just off the ground, so that every cell is seen
EXPONENT = 0.6  # of the colour scale: confusions are rare, and would be invisible beside the diagonal


def confusion_chart(theme: str, names: Sequence[str], title: str, subtitle: str) -> dict[str, Any]:
    """Return a specification over the named data sets of `confusion_tables`, for classes in their order."""
    ink, ground = INK[theme]
    scale = alt.Scale(domain=list(names), paddingInner=0.06, paddingOuter=0.03)
    axis: dict[str, Any] = {"domain": False, "labelLimit": 90, "labelOverlap": False}
    angle = 0 if max(map(len, names)) <= 2 else -40  # long names would cover each other
    x = alt.X("classified:N", title="classified as", scale=scale, axis=alt.Axis(orient="top", labelAngle=angle, **axis))
    y = alt.Y("requested:N", title="requested", scale=scale, axis=alt.Axis(**axis))
    shade = alt.Scale(type="pow", exponent=EXPONENT, domain=[0, 1], range=[BLANK[theme], ACCENT[theme]], clamp=True)
    tooltip = [alt.Tooltip("requested:N"), alt.Tooltip("classified:N"), alt.Tooltip("share:Q", format=".1%")]
    cells = table("cells").encode(x=x, y=y, tooltip=tooltip)
    number = f"datum.share < {NUMBERED} || bandwidth('x') < 17 ? '' : format(100 * datum.share, '.0f')"
    on_dark = alt.condition(alt.datum.share >= DARK, alt.value(ground), alt.value(ink))
    chart = alt.layer(
        cells.mark_rect(cornerRadius=1).encode(color=alt.Color("share:Q", scale=shade, legend=None)),
        cells.transform_filter("datum.requested === datum.classified").mark_rect(
            filled=False, stroke=ink, strokeWidth=1.5, cornerRadius=1, tooltip=None
        ),
        cells.mark_text(fontSize=12 if len(names) <= 12 else 11, tooltip=None).encode(
            text=computed(number), color=on_dark
        ),
        note(),
        title=alt.Title(title, subtitle=subtitle),
    )
    return finished(chart, theme, height=len(names) * int(np.clip(SIDE / len(names), *CELL)))


def confusion_tables(
    confusion: Sequence[Sequence[float]] | None, names: Sequence[str], missing: str = ""
) -> dict[str, pd.DataFrame]:
    """Return the named data sets: cells, a row per pair of classes; note, the sentence that replaces them.

    The confusion (K, K) is the share of the images requested of one class that is classified as each: rows that sum
    to 1. None if no class can be requested; `missing` says why. ValueError if it does not fit the K names.
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
