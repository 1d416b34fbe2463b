"""Stacked bars of the rate and its parts: for the three models, and over the KLD weight."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from ui.charts.base import INK
from ui.charts.rate import PARTS, Split, rate_tables
from ui.charts.style import GAP, computed, finished, room, table

GREYS = {"light": ("#2f353e", "#c6cbd3"), "dark": ("#e3e7ec", "#5b636e")}
PART_COLORS = {theme: (*greys, GAP[theme]) for theme, greys in GREYS.items()}  # told apart by lightness alone
# The parts on whose colours dark text is easier to read.
BRIGHT = {"light": ["within_class_information"], "dark": ["class_information", "kl_aggregate"]}
ROW, BAR = 48, 30  # pixels a model, and of its bar
ROOM = 165  # pixels right of the longest bar, for the sum
FITS = 38  # pixels that a segment needs for its number
OVER_BETA_HEIGHT = 240
NOISE = 0.0005  # nats
NATS = "nats per image"


def information_bar_chart(theme: str, models: tuple[str, ...], title: str, subtitle: str, top: float) -> dict[str, Any]:
    """Return a specification over the named data sets of `rate_tables`, by "model": a stacked bar per model.

    A number that does not fit into its segment stands under the sum at the bar's end. The axis ends at `top` nats, as
    from `rate_top`.
    """
    scale = alt.Scale(domain=[0, top], nice=False, range=[0, {"expr": f"width - {ROOM}"}])
    nats_axis = alt.Axis(tickCount={"expr": "width < 500 ? 3 : 6"}, format=".2~f")
    row_axis = alt.Axis(labelFontSize=14, domain=False, labelPadding=8)
    rows = alt.Y("model:N", title=None, scale=alt.Scale(domain=list(models)), axis=row_axis)

    def in_rows(name: str, nats: str) -> alt.Chart:
        return table(name).encode(x=alt.X(f"{nats}:Q", title=NATS, scale=scale, axis=nats_axis), y=rows)

    bars, numbers = in_rows("parts", "start"), in_rows("parts", "middle")
    chart = alt.layer(
        bars.mark_bar(height=BAR).encode(x2="end:Q", color=_color(theme), tooltip=_tooltip("model")),
        numbers.mark_text(tooltip=None).encode(
            color=_on_part(theme),
            text=computed(f"{_width('end')} - {_width('start')} < {FITS} ? '' : {_number('value')}"),
        ),
        *_sums(in_rows("totals", "rate")),
        table("missing")
        .mark_text(dx=4, align="left", opacity=0.8, tooltip=None)
        .encode(x=alt.value(0), y=rows, text="reason:N"),
        title=alt.Title(title, subtitle=subtitle),
    )
    return finished(chart, theme, height=ROW * len(models))


def _sums(ends: alt.Chart) -> tuple[alt.Chart, alt.Chart]:
    """Return the rate at a bar's end, and under it the parts that are too narrow for their numbers."""
    names = {f"part{number}": short for number, (_, short) in enumerate(PARTS.values())}
    narrow = {field: f"{_width(field)} < {FITS}" for field in names}
    left_out = " + ".join(f"({narrow[field]} ? '{names[field]} ' + {_number(field)} + '   ' : '')" for field in names)
    lift = alt.ExprRef(expr=f"{' || '.join(narrow.values())} ? -9 : 0")
    style: dict[str, Any] = {"align": "left", "dx": 8, "tooltip": None}
    return (
        ends.mark_text(dy=lift, fontSize=14, fontWeight="bold", **style).encode(
            text=computed(f"'R ' + {_number('rate', '= ')}")
        ),
        ends.mark_text(dy=9, fontSize=12, **style).encode(text=computed(left_out)),
    )


def _width(field: str) -> str:
    """Return a field of nats in pixels, as an expression."""
    return f"scale('x', datum.{field})"


def _number(field: str, sign: str = "") -> str:
    """Return a number of nats in three digits, as an expression; those of a collapsed model are 0 but for noise."""
    return f"(datum.{field} < {NOISE} ? '≈ 0' : '{sign}' + format(datum.{field}, '.3g'))"


def _color(theme: str) -> alt.Color:
    """Return the colour of a part, with its name above the plot."""
    key = alt.Legend(
        title=None, orient="top", direction="horizontal", columns={"expr": "width < 520 ? 1 : 3"}, labelLimit=260,
        symbolType="square", symbolSize=150, offset=4, padding=0, columnPadding=20,
    )  # fmt: skip
    scale = alt.Scale(domain=[name for name, _ in PARTS.values()], range=list(PART_COLORS[theme]))
    return alt.Color("part:N", sort=None, scale=scale, legend=key)


def _on_part(theme: str) -> Any:
    """Return ink or ground, whichever is easier to read on a part's colour."""
    dark, light = sorted(INK[theme])
    bright = alt.FieldOneOfPredicate(field="part", oneOf=[PARTS[name][0] for name in BRIGHT[theme]])
    return alt.condition(bright, alt.value(dark), alt.value(light))


def _tooltip(key: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{key}:N"), alt.Tooltip("part:N"), alt.Tooltip("value:Q", format=".3g", title="nats")]


def information_over_beta_chart(
    theme: str, title: str, subtitle: str, betas: Sequence[float], top: float
) -> dict[str, Any]:
    """Return a specification over the named data sets of `information_over_beta_tables`: a stacked bar per trained β.

    Charts with the same `betas`, those without a run included, and the same `top` in nats, as from `rate_top`, have
    the same axes, and plots of the same size in places of the same width.
    """
    x_scale = alt.Scale(domain=[_label(beta) for beta in sorted(betas)], paddingInner=0.25, paddingOuter=0.15)
    x = alt.X("beta:N", title="KLD weight β", sort=None, axis=alt.Axis(labelAngle=0, **room(18)), scale=x_scale)
    y_axis = alt.Axis(tickCount=5, format=".2~f", grid=True, **room(24))
    y = alt.Y("start:Q", title=NATS, scale=alt.Scale(domain=[0, top], nice=False), axis=y_axis)
    bars, sums, reasons = (table(name).encode(x=x) for name in ("parts", "totals", "missing"))
    chart = alt.layer(
        bars.mark_bar().encode(y=y, y2="end:Q", color=_color(theme), tooltip=_tooltip("beta")),
        sums.mark_text(dy=-7, fontSize=12, tooltip=None).encode(
            y="rate:Q", text=computed(f"bandwidth('x') < 26 ? '' : {_number('rate')}")
        ),
        reasons.mark_text(angle=270, align="left", dx=6, fontSize=12, opacity=0.8).encode(
            y=computed("height"), text="reason:N"
        ),
        title=alt.Title(title, subtitle=subtitle),
    )
    return finished(chart, theme, height=OVER_BETA_HEIGHT)


def information_over_beta_tables(splits: Mapping[float, Split]) -> dict[str, pd.DataFrame]:
    """Return the named data sets of a model's splits by β; see `rate_tables`."""
    return rate_tables({_label(beta): split for beta, split in sorted(splits.items())}, "beta")


def _label(beta: float) -> str:
    return f"{beta:g}"
