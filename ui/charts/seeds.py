"""What changes with the seed: a dot per training, their mean and standard deviation, and the reference value."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from ui.charts.base import INK, MODEL_COLORS
from ui.charts.style import SMALL, computed, finished, room, table

ROW = 34  # pixels a model
ROOM = 128  # pixels at the right for the numbers
OFF = 0.6  # of the smallest value above 0: where a logarithmic axis has what is not above 0


class SeedValue(NamedTuple):
    """A training's value of a metric (None: there is none), and its reference value."""

    model: str
    seed: int
    value: float | None
    null: float | None = None


def seeds_tables(values: Iterable[SeedValue], log: bool = False) -> dict[str, pd.DataFrame]:
    """Return the named data sets of one metric: seeds, a row per training; means, per model; missing, models without.

    The interval is the mean ± the sample's standard deviation (n − 1); a single seed has none. On a logarithmic axis
    what is not above 0 stands at its left end, as a triangle.
    """
    numbers = pd.DataFrame(list(values), columns=list(SeedValue._fields))
    numbers = numbers.astype({"model": "str", "seed": "int32", "value": "float64", "null": "float64"})
    lowest = _lowest(numbers) if log else -np.inf
    means = numbers.groupby("model", sort=False).agg(
        mean=("value", "mean"), std=("value", "std"), null=("null", "mean"), seeds=("value", "count")
    )
    around = means["std"].fillna(0)
    for name, value in (("low", means["mean"] - around), ("at", means["mean"]), ("high", means["mean"] + around)):
        means[name] = value.clip(lower=lowest)
    means["null"] = means["null"].where(means["null"] >= lowest)
    seeds = numbers.dropna(subset="value").drop(columns="null")
    seeds["at"], seeds["off"] = seeds["value"].clip(lower=lowest), seeds["value"] < lowest
    none = means["seeds"] == 0
    slim = dict.fromkeys(("mean", "std", "low", "high", "at", "null"), "float32") | {"seeds": "int16"}
    return {
        "seeds": seeds.astype({"value": "float32", "at": "float32"}),
        "means": means[~none].astype(slim).reset_index(),
        "missing": means[none].reset_index()[["model"]],
    }


def _lowest(numbers: pd.DataFrame) -> float:
    """Return the left end of a logarithmic axis."""
    values = numbers[["value", "null"]].to_numpy()
    positive = values[values > 0]
    return OFF * float(positive.min()) if len(positive) else 1.0


def seeds_chart(theme: str, models: Sequence[str], title: str, subtitle: str, log: bool = False) -> dict[str, Any]:
    """Return a specification over the named data sets of `seeds_tables`: a row per model, its numbers at the right."""
    ink = INK[theme][0]
    ends: list[Any] = [0, {"expr": f"width - {ROOM}"}]
    scale = alt.Scale(type="log", padding=12, range=ends) if log else alt.Scale(zero=False, padding=12, range=ends)
    value_axis = alt.Axis(tickCount=4, format=".3~g", **room(18))
    rows: dict[str, Any] = {"scale": alt.Scale(domain=list(models)), "title": None}
    row_axis = alt.Axis(labelFontSize=13, domain=False, labelPadding=8, grid=True, **room(40))
    y = alt.Y("model:N", axis=row_axis, **rows)
    color = alt.Color("model:N", scale=alt.Scale(domain=list(models), range=list(MODEL_COLORS[theme])), legend=None)

    def in_rows(name: str, x: str) -> alt.Chart:
        return table(name).encode(x=alt.X(f"{x}:Q", title=None, scale=scale, axis=value_axis), y=y)

    numbers = "format(datum.mean, '.3g') + (isValid(datum.std) ? ' ± ' + format(datum.std, '.2g') : '')"
    tooltip = [alt.Tooltip("model:N"), alt.Tooltip("seed:Q"), alt.Tooltip("value:Q", format=".4g")]
    right = {"x": computed(f"width - {ROOM} + 8"), "y": y}
    edge = {"y": alt.Y("model:N", bandPosition=0.08, **rows), "y2": alt.Y2("model:N", bandPosition=0.92)}
    chart = alt.layer(
        in_rows("means", "null").mark_rule(color=ink, strokeDash=[3, 3], opacity=0.8, tooltip=None).encode(**edge),
        in_rows("means", "low").mark_rule(strokeWidth=2, tooltip=None).encode(x2="high:Q", color=color),
        in_rows("means", "at").mark_tick(thickness=3, size=16, tooltip=None).encode(color=color),
        in_rows("seeds", "at")
        .mark_point(filled=True, size=42, opacity=0.75, stroke=INK[theme][1], strokeWidth=0.5)
        .encode(
            color=color, tooltip=tooltip,
            shape=alt.condition(alt.datum.off, alt.value("triangle-left"), alt.value("circle")),
        ),
        table("means").mark_text(align="left", tooltip=None).encode(text=computed(numbers), **right),
        table("missing")
        .mark_text(align="left", opacity=0.8, tooltip=None)
        .encode(text=alt.value("not defined"), **right),
        title=alt.Title(title, subtitle=subtitle, fontSize=SMALL),
    )  # fmt: skip
    return finished(chart, theme, height=ROW * len(models))
