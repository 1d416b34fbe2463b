"""What changes with the seed: a dot per training, their mean and standard deviation, and the null."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from ui.charts.base import INK, MODEL_COLORS
from ui.charts.style import FIT_X, axis, finished, heading

__all__ = ["SeedValue", "seeds_chart", "seeds_tables"]

ROW = 34  # pixels a model
ROOM = 128  # pixels at the right for the numbers
OFF = 0.6  # of the smallest value above 0: where a logarithmic axis has what is not above 0


class SeedValue(NamedTuple):
    """One training's value of a metric (None: not defined), and the value of a model that is exactly Gaussian."""

    model: str
    seed: int
    value: float | None
    null: float | None = None


def seeds_tables(values: Iterable[SeedValue], log: bool = False) -> dict[str, pd.DataFrame]:
    """The named data sets of one metric: seeds, a row per training; means, a row per model; missing, the other models.

    The interval is the mean ± the sample's standard deviation (n − 1); a single seed has none. On a logarithmic axis
    what is not above 0 stands at its left end, as a triangle.

    Arguments:
        values: Of one metric, all models and seeds.
        log: Whether the chart's axis is logarithmic.
    """
    table = pd.DataFrame(list(values), columns=list(SeedValue._fields))
    table = table.astype({"model": "str", "seed": "int32", "value": "float64", "null": "float64"})
    least = _least(table) if log else -np.inf
    means = table.groupby("model", sort=False).agg(
        mean=("value", "mean"), std=("value", "std"), null=("null", "mean"), seeds=("value", "count")
    )
    around = means["std"].fillna(0)
    for end, place in (("low", means["mean"] - around), ("at", means["mean"]), ("high", means["mean"] + around)):
        means[end] = place.clip(lower=least)
    means["null"] = means["null"].where(means["null"] >= least)
    seeds = table.dropna(subset="value").drop(columns="null")
    seeds["at"], seeds["off"] = seeds["value"].clip(lower=least), seeds["value"] < least
    none = means["seeds"] == 0
    slim = dict.fromkeys(("mean", "std", "low", "high", "at", "null"), "float32") | {"seeds": "int16"}
    return {
        "seeds": seeds.astype({"value": "float32", "at": "float32"}),
        "means": means[~none].astype(slim).reset_index(),
        "missing": means[none].reset_index()[["model"]],
    }


def _least(table: pd.DataFrame) -> float:
    """Left end of a logarithmic axis."""
    numbers = table[["value", "null"]].to_numpy()
    positive = numbers[numbers > 0]
    return OFF * float(positive.min()) if len(positive) else 1.0


def seeds_chart(
    theme: str, models: Sequence[str], title: str, subtitle: str, log: bool = False, missing: str = "not defined"
) -> dict[str, Any]:
    """A specification over the named data sets of `seeds_tables`: a row per model, with its numbers at the right.

    Arguments:
        theme: "light" or "dark".
        models: AE, VAE and cVAE as they are called in the tables, from top to bottom.
        title, subtitle: The metric; its unit and direction.
        log: A logarithmic axis.
        missing: What stands in the row of a model without a value.
    """
    ink = INK[theme][0]
    ends: list[Any] = [0, {"expr": f"width - {ROOM}"}]
    scale = alt.Scale(type="log", padding=12, range=ends) if log else alt.Scale(zero=False, padding=12, range=ends)
    look = axis(theme, 18, tickCount=4, format=".3~g")
    rows: dict[str, Any] = {"scale": alt.Scale(domain=list(models)), "title": None}
    y = alt.Y("model:N", axis=axis(theme, 40, labelFontSize=13, domain=False, labelPadding=8, grid=True), **rows)
    color = alt.Color("model:N", scale=alt.Scale(domain=list(models), range=list(MODEL_COLORS[theme])), legend=None)

    def table(name: str, x: str) -> alt.Chart:
        return alt.Chart(alt.NamedData(name)).encode(x=alt.X(f"{x}:Q", title=None, scale=scale, axis=look), y=y)

    numbers = "format(datum.mean, '.3g') + (isValid(datum.std) ? ' ± ' + format(datum.std, '.2g') : '')"
    tooltip = [alt.Tooltip("model:N"), alt.Tooltip("seed:Q"), alt.Tooltip("value:Q", format=".4g")]
    place = {"x": alt.value({"expr": f"width - {ROOM} + 8"}), "y": y}
    words: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": 13, "color": ink, "tooltip": None}
    means = alt.Chart(alt.NamedData("means"))
    edge = {"y": alt.Y("model:N", bandPosition=0.08, **rows), "y2": alt.Y2("model:N", bandPosition=0.92)}
    chart = alt.layer(
        table("means", "null").mark_rule(color=ink, strokeDash=[3, 3], opacity=0.8, tooltip=None).encode(**edge),
        table("means", "low").mark_rule(strokeWidth=2, tooltip=None).encode(x2="high:Q", color=color),
        table("means", "at").mark_tick(thickness=3, size=16, tooltip=None).encode(color=color),
        table("seeds", "at")
        .mark_point(filled=True, size=42, opacity=0.75, stroke=INK[theme][1], strokeWidth=0.5)
        .encode(
            color=color, tooltip=tooltip,
            shape=alt.condition(alt.datum.off, alt.value("triangle-left"), alt.value("circle")),
        ),
        means.mark_text(**words).encode(text=alt.value({"expr": numbers}), **place),
        alt.Chart(alt.NamedData("missing")).mark_text(opacity=0.8, **words).encode(
            text=alt.value(missing), **place
        ),
        title=heading(title, subtitle, theme, size=15),
    )  # fmt: skip
    return finished(chart.properties(autosize=FIT_X, height=ROW * len(models)), theme)
