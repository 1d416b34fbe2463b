"""The rate and its parts, R = I(c;z) + I(x;z|c) + KL(q(z)‖p): of the three models, and over the KLD weight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import altair as alt
import pandas as pd
from PIL import ImageColor

from ui.charts.base import INK
from ui.charts.style import FIT_X, GAP, axis, finished, heading

__all__ = [
    "PARTS",
    "PART_COLORS",
    "Split",
    "information_bar_chart",
    "information_bar_tables",
    "information_over_beta_chart",
    "information_over_beta_tables",
    "information_top",
]

GREYS = {"light": ("#2f353e", "#c6cbd3"), "dark": ("#e3e7ec", "#5b636e")}
PARTS = {  # of the rate, as the metrics are called: their names on screen, long and short
    "class_information": ("class: I(c;z)", "I(c;z)"),
    "within_class_information": ("image within its class: I(x;z|c)", "I(x;z|c)"),
    "kl_aggregate": ("not Gaussian: KL(q(z)‖p)", "KL"),
}
PART_COLORS = {theme: (*greys, GAP[theme]) for theme, greys in GREYS.items()}  # told apart by lightness alone
BRIGHT = 140  # of 255, from which dark text is easier to read on a colour
ROW, BAR = 48, 30  # pixels a model, and of its bar
ROOM = 165  # pixels right of the longest bar, for the sum
FITS = 38  # pixels that a segment needs for its number
OVER_BETA_HEIGHT = 240
NOISE = 0.0005  # nats
HEADROOM = 1.1  # for the sums over the bars
NATS = "nats per image"


class Split(NamedTuple):
    """The parts of a model's rate in nats, or, where they are None, a few words that say why."""

    class_information: float | None = None
    within_class_information: float | None = None
    kl_aggregate: float | None = None
    missing: str = ""

    @property
    def parts(self) -> list[float]:
        """The three parts; none where one is missing."""
        values = (self.class_information, self.within_class_information, self.kl_aggregate)
        present = [value for value in values if value is not None]
        return present if len(present) == len(values) else []


# ---- a bar per model ----


def information_bar_chart(theme: str, models: tuple[str, ...], title: str, subtitle: str, top: float) -> dict[str, Any]:
    """A specification over the named data sets of `information_bar_tables`: a stacked bar per model.

    A number that does not fit into its segment stands under the sum at the bar's end.

    Arguments:
        theme: "light" or "dark".
        models: Names in the tables, from top to bottom.
        title, subtitle: Over the chart.
        top: Right end of the axis in nats, as from `information_top`.
    """
    ink = INK[theme][0]
    scale = alt.Scale(domain=[0, top], nice=False, range=[0, {"expr": f"width - {ROOM}"}])
    look = axis(theme, tickCount={"expr": "width < 500 ? 3 : 6"}, format=".2~f")
    rows = alt.Y(
        "model:N", title=None, scale=alt.Scale(domain=list(models)),
        axis=axis(theme, labelFontSize=14, domain=False, labelPadding=8),
    )  # fmt: skip

    def table(name: str, nats: str) -> alt.Chart:
        x = alt.X(f"{nats}:Q", title=NATS, scale=scale, axis=look)
        return alt.Chart(alt.NamedData(name)).encode(x=x, y=rows)

    bars, numbers = table("parts", "start"), table("parts", "middle")
    chart = alt.layer(
        bars.mark_bar(height=BAR).encode(x2="end:Q", color=_color(theme), tooltip=_tooltip("model")),
        numbers.mark_text(fontSize=13, baseline="middle", tooltip=None).encode(
            color=_on_part(theme), text=_text(f"{_width('end')} - {_width('start')} < {FITS} ? '' : {_number('value')}")
        ),
        *_sums(table("totals", "rate"), ink),
        alt.Chart(alt.NamedData("missing"))
        .mark_text(dx=4, fontSize=13, align="left", baseline="middle", color=ink, opacity=0.8, tooltip=None)
        .encode(x=alt.value(0), y=rows, text="words:N"),
        title=heading(title, subtitle, theme),
    )
    return finished(chart.properties(autosize=FIT_X, height=ROW * len(models)), theme)


def _sums(ends: alt.Chart, ink: str) -> tuple[alt.Chart, alt.Chart]:
    """The rate at a bar's end, and under it the parts that are too narrow for their numbers."""
    shorts = {f"part{number}": short for number, (_, short) in enumerate(PARTS.values())}
    narrow = {part: f"{_width(part)} < {FITS}" for part in shorts}
    left_out = " + ".join(f"({narrow[part]} ? '{shorts[part]} ' + {_number(part)} + '   ' : '')" for part in shorts)
    lift = alt.ExprRef(expr=f"{' || '.join(narrow.values())} ? -9 : 0")
    words: dict[str, Any] = {"align": "left", "baseline": "middle", "dx": 8, "color": ink, "tooltip": None}
    return (
        ends.mark_text(dy=lift, fontSize=14, fontWeight="bold", **words).encode(
            text=_text(f"'R ' + {_number('rate', '= ')}")
        ),
        ends.mark_text(dy=9, fontSize=12, **words).encode(text=_text(left_out)),
    )


def _text(expression: str) -> Any:
    return alt.value({"expr": expression})


def _width(field: str) -> str:
    """So many nats in pixels, as an expression."""
    return f"scale('x', datum.{field})"


def _number(field: str, sign: str = "") -> str:
    """A number of nats in three digits, as an expression; of a collapsed model they are 0 but for noise."""
    return f"(datum.{field} < {NOISE} ? '≈ 0' : '{sign}' + format(datum.{field}, '.3g'))"


def _color(theme: str) -> alt.Color:
    """A part's colour, with its name above the plot."""
    key = alt.Legend(
        title=None, orient="top", direction="horizontal", columns={"expr": "width < 520 ? 1 : 3"}, labelFontSize=13,
        labelLimit=260, labelColor=INK[theme][0], symbolType="square", symbolSize=150, offset=4, padding=0,
        columnPadding=20,
    )  # fmt: skip
    scale = alt.Scale(domain=[name for name, _ in PARTS.values()], range=list(PART_COLORS[theme]))
    return alt.Color("part:N", sort=None, scale=scale, legend=key)


def _on_part(theme: str) -> Any:
    """Ink or ground, whichever is easier to read on a part's colour."""
    dark, light = sorted(INK[theme])
    bright = [
        name
        for (name, _), color in zip(PARTS.values(), PART_COLORS[theme], strict=True)
        if sum(share * value for share, value in zip((0.299, 0.587, 0.114), ImageColor.getrgb(color), strict=True))
        > BRIGHT
    ]
    return alt.condition(alt.FieldOneOfPredicate(field="part", oneOf=bright), alt.value(dark), alt.value(light))


def _tooltip(key: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{key}:N"), alt.Tooltip("part:N"), alt.Tooltip("value:Q", format=".3g", title="nats")]


def information_bar_tables(splits: Mapping[str, Split]) -> dict[str, pd.DataFrame]:
    """The named data sets of models' splits: parts, a row per segment; totals; and missing, where there is no bar."""
    return _tables(splits, "model")


def _tables(splits: Mapping[str, Split], key: str) -> dict[str, pd.DataFrame]:
    whole = {name: split.parts for name, split in splits.items() if split.parts}
    totals = [(name, sum(parts), *parts) for name, parts in whole.items()]
    missing = [(name, split.missing) for name, split in splits.items() if not split.parts]
    return {
        "parts": _segments(whole, key),
        "totals": _frame(totals, (key,), ("rate", *(f"part{number}" for number in range(len(PARTS))))),
        "missing": _frame(missing, (key, "words"), ()),
    }


def _segments(whole: Mapping[str, list[float]], key: str) -> pd.DataFrame:
    """A row per part: its value, and where in the stack it starts and ends (nats)."""
    rows = [
        (name, part, value, end - value, end, end - value / 2)
        for name, parts in whole.items()
        for (part, _), value, end in zip(PARTS.values(), parts, accumulate(parts), strict=True)
    ]
    return _frame(rows, (key, "part"), ("value", "start", "end", "middle"))


def _frame(rows: Sequence[tuple[Any, ...]], words: tuple[str, ...], numbers: tuple[str, ...]) -> pd.DataFrame:
    kinds = dict.fromkeys(words, "str") | dict.fromkeys(numbers, "float32")
    return pd.DataFrame(rows, columns=[*words, *numbers]).astype(kinds)


# ---- bars over the KLD weight ----


def information_over_beta_chart(
    theme: str, title: str, subtitle: str, betas: Sequence[float], top: float
) -> dict[str, Any]:
    """A specification over the named data sets of `information_over_beta_tables`: a stacked bar per trained β.

    Charts with the same `betas` and `top` have the same axes, and plots of the same size in places of the same width.

    Arguments:
        theme: "light" or "dark".
        title, subtitle: Over the chart.
        betas: The KLD weights of the axis, those without a run included.
        top: Upper end of the axis in nats, as from `information_top`.
    """
    x = alt.X(
        "beta:N", title="KLD weight β", sort=None, axis=axis(theme, 18, labelAngle=0),
        scale=alt.Scale(domain=[_label(beta) for beta in sorted(betas)], paddingInner=0.25, paddingOuter=0.15),
    )  # fmt: skip
    y = alt.Y(
        "start:Q", title=NATS, scale=alt.Scale(domain=[0, top], nice=False),
        axis=axis(theme, 24, tickCount=5, format=".2~f", grid=True),
    )  # fmt: skip
    bars = (
        alt.Chart(alt.NamedData("parts"))
        .mark_bar()
        .encode(x=x, y=y, y2="end:Q", color=_color(theme), tooltip=_tooltip("beta"))
    )
    sums = (
        alt.Chart(alt.NamedData("totals"))
        .mark_text(dy=-7, fontSize=12, color=INK[theme][0], tooltip=None)
        .encode(x=x, y=alt.Y("rate:Q"), text=_text(f"bandwidth('x') < 26 ? '' : {_number('rate')}"))
    )
    sentences = (
        alt.Chart(alt.NamedData("missing"))
        .mark_text(angle=270, align="left", baseline="middle", dx=6, fontSize=12, color=INK[theme][0], opacity=0.8)
        .encode(x=x, y=alt.value({"expr": "height"}), text="words:N")
    )
    chart = alt.layer(bars, sums, sentences, title=heading(title, subtitle, theme))
    return finished(chart.properties(autosize=FIT_X, height=OVER_BETA_HEIGHT), theme)


def information_over_beta_tables(splits: Mapping[float, Split]) -> dict[str, pd.DataFrame]:
    """The named data sets of a model's splits by β: parts, totals, and missing, as for the bar per model."""
    return _tables({_label(beta): split for beta, split in sorted(splits.items())}, "beta")


def information_top(splits: Iterable[Split]) -> float:
    """Where an axis ends that has room for the largest rate among the splits, and for 1 nat at least."""
    return HEADROOM * max((1.0, *(sum(split.parts) for split in splits)))


def _label(beta: float) -> str:
    return f"{beta:g}"
