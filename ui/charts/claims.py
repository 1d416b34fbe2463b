"""All claims in one picture: a strip for each, with the three models on it, the limit, and the verdict at its end."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from ui.charts.base import GREY, INK, MODEL_COLORS
from ui.charts.style import computed, finished, table

CLAIM = "claim"  # the selection, and its field: the name of the claim that was clicked
ROW = 41  # pixels
WIDE = 820  # pixels from which words stand beside the strips, not above them
WORDS, VERDICT = 330, 230  # pixels for them at the left and at the right of a strip
LOG_FROM = 8.0  # times: from this ratio of the largest to the smallest number on a strip is logarithmic
LEAST = 0.03  # of the limit: a logarithmic strip goes no lower
PAD = 0.06  # of the strip, at both ends


class ClaimValue(NamedTuple):
    """The effect size of one run: its model, seed and standard error, and whether the page shows that run."""

    model: str
    seed: int
    value: float
    error: float | None = None
    shown: bool = False


class ClaimStrip(NamedTuple):
    """One claim.

    Arguments:
        name, model, sentence: Of the claim, and the short name of the model that it is about.
        measure, limit, limit_words: What is measured, in words; the limit, as a number and in words.
        at_least: Whether the claim holds above the limit, or below it.
        verdict, number: In words, for the end of the strip; "" where there is none.
        values: Of all models and seeds.
        null: What chance or real images have; None where there is none.
    """

    name: str
    model: str
    sentence: str
    measure: str
    limit: float
    limit_words: str
    at_least: bool
    verdict: str
    number: str
    values: Sequence[ClaimValue]
    null: float | None = None


class _Scale(NamedTuple):
    """Positions from 0 to 1 along a strip."""

    low: float
    high: float
    log: bool

    def at(self, value: float) -> float:
        if self.log:
            value = max(value, self.low)
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(max(PAD + (1 - 2 * PAD) * share, 0.0), 1.0)


def _scale(strip: ClaimStrip) -> _Scale:
    """Return a scale with room for every number, logarithmic where they differ by much."""
    numbers = [strip.limit, *(value.value for value in strip.values)]
    numbers += [] if strip.null is None else [strip.null]
    floor = LEAST * strip.limit
    positive = [number for number in numbers if number > floor]
    if max(positive) / min(positive) > LOG_FROM and strip.limit > 0:
        return _Scale(min(positive) if len(positive) == len(numbers) else floor, max(positive), True)
    low, high = min(numbers), max(numbers)
    return _Scale(low, high if high > low else low + 1.0, False)


def claims_tables(strips: Sequence[ClaimStrip]) -> dict[str, pd.DataFrame]:
    """Return the named data sets: strips, a row per claim; nulls; and values, a row per claim and run."""
    rows, nulls, values = [], [], []
    for number, strip in enumerate(strips):
        place, scale = {"row": number + 0.5, CLAIM: strip.name}, _scale(strip)
        at = scale.at(strip.limit)
        start, end = (at, 1.0) if strip.at_least else (0.0, at)
        rows.append(
            place
            | {"model": strip.model, "sentence": strip.sentence, "measure": strip.measure, "verdict": strip.verdict}
            | {"number": strip.number, "limit": strip.limit_words, "at": at, "start": start, "end": end}
        )
        if strip.null is not None:
            nulls.append(place | {"at": scale.at(strip.null), "value": strip.null})
        for value in strip.values:
            error = value.error or 0.0
            ends = {"low": scale.at(value.value - error), "high": scale.at(value.value + error)}
            values.append(
                place | value._asdict() | {"own": value.model == strip.model, "at": scale.at(value.value)} | ends
            )
    numbers = dict.fromkeys(("row", "at", "value", "error", "low", "high", "start", "end"), "float32")
    texts = dict.fromkeys((CLAIM, "model", "sentence", "measure", "verdict", "number", "limit"), "str")
    columns = {
        "strips": (rows, (*texts, "row", "at", "start", "end")),
        "nulls": (nulls, (CLAIM, "row", "at", "value")),
        "values": (values, (CLAIM, "model", "row", "seed", "value", "error", "shown", "own", "at", "low", "high")),
    }
    kinds = texts | numbers | {"seed": "int32", "shown": "bool", "own": "bool"}
    return {
        name: pd.DataFrame(entries, columns=list(fields)).astype({field: kinds[field] for field in fields})
        for name, (entries, fields) in columns.items()
    }


def claims_chart(theme: str, models: tuple[str, ...], count: int) -> dict[str, Any]:
    """Return a specification over the named data sets of `claims_tables`, for so many claims."""
    ink, ground = INK[theme]
    wide = f"width > {WIDE}"
    ends: list[Any] = [{"expr": f"{wide} ? {WORDS} : 0"}, {"expr": f"{wide} ? width - {VERDICT} : width"}]
    # On a narrow screen the strip lies in the lower part of its row, below its words.
    rows: list[Any] = [{"expr": f"{wide} ? 0 : 9"}, {"expr": f"height + ({wide} ? 0 : 9)"}]
    y = alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[0, count], nice=False, range=rows))
    x_scale = alt.Scale(domain=[0, 1], nice=False, range=ends)
    colors = alt.Scale(domain=list(models), range=list(MODEL_COLORS[theme]))
    key = alt.Legend(title=None, orient="top", symbolType="circle", symbolOpacity=1, offset=2, padding=0)
    color = alt.Color("model:N", scale=colors, legend=key)

    def on_strip(name: str, field: str) -> alt.Chart:
        return table(name).encode(x=alt.X(f"{field}:Q", axis=None, scale=x_scale), y=y)

    click = alt.selection_point(name=CLAIM, fields=[CLAIM], on="click", nearest=False, toggle=False)
    strips, values = on_strip("strips", "start"), on_strip("values", "at")
    half = ROW / 2  # that square caps add at both ends
    whole = table("strips").encode(x=alt.value(half), x2=computed(f"width - {half}"), y=y)
    tooltip = [
        alt.Tooltip("model:N"), alt.Tooltip("seed:Q"), alt.Tooltip("value:Q", format=".3g"),
        alt.Tooltip("error:Q", format=".2g", title="± standard error"),
    ]  # fmt: skip
    words: dict[str, Any] = {"align": "left", "baseline": "middle", "tooltip": None}
    above, below = alt.ExprRef(f"{wide} ? -7 : -17"), alt.ExprRef(f"{wide} ? 10 : -17")
    left = table("strips").encode(x=alt.value(0), y=y)
    right = table("strips").encode(x=computed(f"{wide} ? width - {VERDICT} + 14 : width"), y=y)
    side = alt.ExprRef(f"{wide} ? 'left' : 'right'")
    chart = alt.layer(
        strips.mark_rule(strokeWidth=15, color=GREY, opacity=0.28, tooltip=None).encode(x2="end:Q"),
        table("strips")
        .mark_rule(color=GREY, opacity=0.5, tooltip=None)
        .encode(x=alt.value(ends[0]), x2=alt.value(ends[1]), y=y),
        on_strip("strips", "at").mark_tick(orient="vertical", thickness=1.5, size=19, color=ink, tooltip=None),
        on_strip("strips", "at")
        .mark_text(dy=15, fontSize=10, opacity=0.8, tooltip=None)
        .encode(text=computed(f"{wide} ? datum.limit : ''")),
        on_strip("nulls", "at")
        .mark_tick(orient="vertical", thickness=2, size=11, color=ink, opacity=0.6)
        .encode(tooltip=alt.Tooltip("value:Q", format=".3g", title="reference")),
        whole.mark_rule(strokeWidth=ROW, strokeCap="square", cursor="pointer", color=ink, tooltip=None)
        .encode(opacity=alt.condition(click, alt.value(0.08), alt.value(0.002), empty=False))
        .add_params(click),
        on_strip("values", "low").mark_rule(strokeWidth=2, tooltip=None).encode(x2="high:Q", color=color),
        values.transform_filter("!datum.shown")
        .mark_point(filled=True, size=26, opacity=0.55)
        .encode(color=color, tooltip=tooltip),
        values.transform_filter("datum.shown && !datum.own")
        .mark_point(filled=True, size=60, opacity=0.7, stroke=ground, strokeWidth=1)
        .encode(color=color, tooltip=tooltip),
        values.transform_filter("datum.shown && datum.own")
        .mark_point(filled=True, size=130, opacity=1, stroke=ground, strokeWidth=1)
        .encode(color=color, tooltip=tooltip),
        left.mark_text(fontSize=13, fontWeight="bold", dy=above, **words).encode(text="model:N", color=color),
        left.mark_text(fontSize=13, dx=44, dy=above, **words).encode(
            text=computed(f"{wide} ? datum.sentence : truncate(datum.sentence, floor((width - 70) / 6.4))")
        ),
        left.mark_text(fontSize=11, dx=44, dy=below, opacity=0.75, limit=WORDS - 60, **words).encode(
            text=computed(f"{wide} ? datum.measure : ''")
        ),
        right.mark_text(fontSize=13, dy=above, **(words | {"align": side})).encode(
            text=computed("width > 560 ? datum.verdict : slice(datum.verdict, 0, 1)")
        ),
        right.mark_text(fontSize=11, dy=below, opacity=0.75, **words).encode(
            text=computed(f"{wide} ? datum.number : ''")
        ),
    )  # fmt: skip
    return finished(chart, theme, height=ROW * count)
