"""A latent space as a scatter plot: points in their classes' colours, the prior's circles, the classes' names.

Colours, type size and the visible part are parameters of the chart, so that whoever draws it can change them without
another specification: the page's component sets them when the theme changes or a visitor zooms.
"""

from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from ui.charts.base import GREY, INK, class_color
from ui.charts.latent import Window, prior_circles

SIDE = 420  # pixels of a plot's side in a download
PADDING = {"left": 50, "top": 46, "right": 4, "bottom": 40}  # for axes and title; fixed, so that plots are equal
SHAPES = ("square", "triangle-up", "diamond", "cross")  # the first ten classes, the next ten …
LABEL_PX, TITLE_PX = 12, 13  # type of the axes at a `type` of 1
INK_EXPR, GROUND_EXPR = alt.ExprRef("ink"), alt.ExprRef("ground")


class SpaceView(NamedTuple):
    """How a latent space is drawn: titles, axes in words, visible part, class names, and "light" or "dark".

    `large_dots` are for few points; `has_circles` where the prior is N(0, I).
    """

    title: str
    subtitle: str
    axes: tuple[str, str]
    window: Window
    names: tuple[str, ...]
    theme: str = "light"
    large_dots: bool = False
    has_circles: bool = True


def latent_space_chart(
    view: SpaceView, points: pd.DataFrame, centres: pd.DataFrame, *over: alt.Chart | alt.LayerChart
) -> alt.LayerChart:
    """Return the chart of a latent space.

    Arguments:
        view: How it is drawn.
        points: As from `point_table`; no row where something else draws them below the chart.
        centres: As from `centre_table`.
        over: Further layers over the points, with the fields `x` and `y` on the scales of `axes_of`.
    """
    x, y = axes_of(view)
    circles = prior_circles(x, y, INK_EXPR, GROUND_EXPR, "width > 24 * (x_high - x_low)", alt.ExprRef("11 * type"))
    layers = (
        _dots(view, points),
        *((circles,) if view.has_circles else ()),
        *_names(centres, x, y),
        *over,
    )
    title = alt.TitleParams(
        view.title, subtitle=view.subtitle, anchor="start", color=INK_EXPR, subtitleColor=INK_EXPR, offset=8,
        fontSize=alt.ExprRef("17 * type"), subtitleFontSize=alt.ExprRef("13 * type"), limit=alt.ExprRef("width"),
    )  # fmt: skip
    return (
        alt.layer(*layers, title=title, width=SIDE, height=SIDE)
        .add_params(*_params(view))
        .properties(autosize=alt.AutoSizeParams(type="none", contains="content"), padding=PADDING)
        .properties(usermeta={"embedOptions": {"renderer": "canvas"}})
        .configure(background=INK[view.theme][1])
        .configure_view(stroke=GREY, strokeOpacity=0.6)
    )


def axes_of(view: SpaceView, axes: bool = False) -> tuple[alt.X, alt.Y]:
    """Return the encodings of a position in the plane, whose axes one layer draws for all."""
    x, y = (alt.Scale(domain=[alt.ExprRef(f"{axis}_low"), alt.ExprRef(f"{axis}_high")], nice=False) for axis in "xy")
    across, up = (_axis(20), _axis(30)) if axes else (alt.Undefined, alt.Undefined)
    return alt.X("x:Q", title=view.axes[0], scale=x, axis=across), alt.Y("y:Q", title=view.axes[1], scale=y, axis=up)


def _params(view: SpaceView) -> list[alt.Parameter]:
    (x, y), half = view.window
    ink, ground = INK[view.theme]
    values: dict[str, Any] = {"ink": ink, "ground": ground, "type": 1}
    values |= {"x_low": x - half, "x_high": x + half, "y_low": y - half, "y_high": y + half}
    return [alt.param(name=name, value=value) for name, value in values.items()]


def _axis(room: int) -> alt.Axis:
    """Return an axis with `room` pixels for its numbers, so that all plot areas have the same size."""
    return alt.Axis(
        tickCount=5, grid=False, ticks=False, format=".2~f", labelPadding=4, titlePadding=4, titleFontWeight="normal",
        minExtent=room, maxExtent=room, domain=False, labelFlush=True, labelColor=INK_EXPR, titleColor=INK_EXPR,
        labelFontSize=alt.ExprRef(f"{LABEL_PX} * type"), titleFontSize=alt.ExprRef(f"{TITLE_PX} * type"),
    )  # fmt: skip


def named_table(name: str, table: pd.DataFrame) -> alt.Chart:
    """Return a chart over a named table; as CSV, because Altair would look at every value of a row."""
    numbers = dict.fromkeys(table.select_dtypes("number").columns, "number")
    return alt.Chart(
        alt.InlineData(values=table.to_csv(index=False), name=name, format=alt.CsvDataFormat(type="csv", parse=numbers))
    )


def class_colors(view: SpaceView) -> alt.Color:
    """Return the encoding of a class's name in the field `label` by its colour."""
    colors = [class_color(label) for label in range(len(view.names))]
    return alt.Color("label:N", scale=alt.Scale(domain=list(view.names), range=colors), legend=None)


def _dots(view: SpaceView, points: pd.DataFrame) -> alt.Chart:
    names = list(view.names)
    shapes = ["circle" if view.large_dots else SHAPES[label // 10 % len(SHAPES)] for label in range(len(names))]
    size = 26 if view.large_dots else 7
    x, y = axes_of(view, axes=True)
    return (
        named_table("points", points)
        .mark_point(filled=True, opacity=0.75, clip=True, aria=False, size=size)
        .encode(
            x=x, y=y, color=class_colors(view),
            shape=alt.Shape("label:N", scale=alt.Scale(domain=names, range=shapes), legend=None),
        )
    )  # fmt: skip


def _names(centres: pd.DataFrame, x: alt.X, y: alt.Y) -> tuple[alt.Chart, alt.Chart]:
    """Return the classes' names, readable on any colour: twice, first broad and in the colour of the ground."""
    text = named_table("centres", centres).encode(x=x, y=y, text="label:N")
    style: dict[str, Any] = {"fontSize": alt.ExprRef("17 * type"), "fontWeight": "bold", "clip": True}
    broad: dict[str, Any] = {
        "color": GROUND_EXPR,
        "stroke": GROUND_EXPR,
        "strokeWidth": 4,
        "strokeJoin": "round",
        "opacity": 0.9,
    }
    named = (text.mark_text(**broad, **style), text.mark_text(color=INK_EXPR, **style))
    return named[0].properties(name="names_ground"), named[1].properties(name="names")  # for spaces.css
