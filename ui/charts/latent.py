"""A latent space as a scatter plot: linked, with the prior's circles and the classes' names."""

from typing import Any, NamedTuple, Self

import altair as alt
import numpy as np
from numpy.typing import NDArray

from ui.charts.base import GREY, INK, class_color

IMAGE = "test image"  # column with an image's index, and its name in tooltips
AREA, POINT = "area", "point"  # the two ways to select, and the names of their parameters
NAMED_CIRCLES = 9.0  # half side of a plot, in sigma, from which the circles are too small for their names
HALVES = (4.0, 6.0, 9.0, 14.0, 20.0, 30.0, 50.0, 80.0, 130.0, 200.0, 400.0, 1000.0)  # of windows, in sigma


class Window(NamedTuple):
    """The square part of the plane that a plot shows: its centre and half its side."""

    centre: tuple[float, float]
    half: float

    @classmethod
    def around(cls, *sets: NDArray[np.float32]) -> Self:
        """Return the smallest window with every point of every set (N, 2) and the prior's 3 sigma circle."""
        prior = np.array([[-3.3, -3.3], [3.3, 3.3]])
        corners = np.concatenate([prior, *(np.stack((points.min(axis=0), points.max(axis=0))) for points in sets)])
        low, high = corners.min(axis=0), corners.max(axis=0)
        x, y = (round(float(value), 2) for value in (low + high) / 2)
        return cls((x, y), round(float((high - low).max()) / 2 * 1.04, 2))

    @classmethod
    def stepped(cls, points: NDArray[np.float32]) -> Self:
        """Return a window around 0 with a half side from a short list: it stands still while points (N, 2) move."""
        finite = points[np.isfinite(points).all(axis=1)]
        reach = float(np.quantile(np.abs(finite), 0.998)) if len(finite) else 0.0
        return cls((0.0, 0.0), next((half for half in HALVES if half >= 1.05 * reach), HALVES[-1]))

    def scale(self, axis: int) -> alt.Scale:
        """Return the scale of one axis; a fixed domain, so that no selection or empty layer changes it."""
        return alt.Scale(domain=[self.centre[axis] - self.half, self.centre[axis] + self.half], nice=False, zero=False)


class LatentView(NamedTuple):
    """How a latent space is drawn: titles, window of the plot, what a gesture selects, class names, theme.

    `select` is AREA, POINT or "" (nothing); `large_dots` are for few points.
    """

    title: str
    subtitle: str
    axes: tuple[str, str]
    window: Window
    select: str
    names: tuple[str, ...]
    theme: str
    large_dots: bool = False


def latent_chart(view: LatentView) -> dict[str, Any]:
    """Return a Vega-Lite specification over named data sets, which `filled` adds; see `latent_tables`.

    The lit points are drawn over a veil that dims the rest, so that a selection redraws only what it changes.
    """
    x = alt.X("x:Q", title=view.axes[0], scale=view.window.scale(0), axis=_axis(18))
    y = alt.Y("y:Q", title=view.axes[1], scale=view.window.scale(1), axis=_axis(28))
    ink, ground = INK[view.theme]
    colors = [class_color(label) for label in range(len(view.names))]
    color = alt.Color("label:N", scale=alt.Scale(domain=list(view.names), range=colors), legend=None)
    corners = {"x": x, "y": y, "x2": alt.X2("x2:Q"), "y2": alt.Y2("y2:Q")}

    def table(name: str) -> alt.Chart:
        return alt.Chart(alt.NamedData(name))

    def dots(name: str) -> alt.Chart:
        # With 10,000 points it matters that positions are expressions (Vega-Lite would test each field of each point
        # for being a number), that no point has a description, and that a square of 3 pixels is not a circle.
        shape: dict[str, Any] = {"shape": "circle", "size": 26} if view.large_dots else {"shape": "square", "size": 7}
        marks = table(name).mark_point(
            filled=True, opacity=0.75, clip=True, aria=False, tooltip={"content": "data"}, **shape
        )
        position = {channel: alt.value({"expr": f"scale('{channel}', datum.{channel})"}) for channel in ("x", "y")}
        return marks.encode(**position, color=color)

    frame = table("frame").mark_rect(filled=False, stroke=GREY, strokeOpacity=0.4).encode(**corners)
    layers = (
        frame.add_params(_selection(AREA)) if view.select == AREA else frame,
        dots("points").add_params(_selection(POINT)) if view.select == POINT else dots("points"),
        table("veil").mark_rect(color=ground, opacity=0.7 if view.large_dots else 0.88, tooltip=None).encode(**corners),
        dots("lit"),
        prior_circles(x, y, ink, ground, named=view.window.half < NAMED_CIRCLES),
        *_haloed(table("centres").encode(x=x, y=y, text="label:N"), ink, ground, fontSize=17, fontWeight="bold"),
        table("picked").mark_point(size=260, filled=False, color=ink, strokeWidth=2.5, opacity=1).encode(x=x, y=y),
    )
    title = alt.TitleParams(
        view.title,
        subtitle=view.subtitle,
        anchor="start",
        fontSize=17,
        color=ink,
        subtitleFontSize=13,
        limit=400,
        subtitleColor=ink,
        offset=8,
    )
    # The padding is fixed, and style.css leaves as much: to fit it would lay everything out twice.
    chart = alt.layer(*layers, title=title).properties(
        usermeta={"embedOptions": {"renderer": "canvas"}},
        autosize=alt.AutoSizeParams(type="none", contains="content"),
        padding={"left": 47, "top": 46, "right": 2, "bottom": 36},
    )
    return chart.to_dict()


def _haloed(text: alt.Chart, ink: str, ground: str, **style: Any) -> tuple[alt.Chart, alt.Chart]:
    """Return text that is readable on any colour: twice, first broad and in the background's colour."""
    broad = text.mark_text(
        color=ground, stroke=ground, strokeWidth=4, strokeJoin="round", opacity=0.9, clip=True, **style
    )
    return broad, text.mark_text(color=ink, clip=True, **style)


def _axis(room: int) -> alt.Axis:
    """Return an axis with `room` pixels for its numbers, so that all plot areas have the same size."""
    return alt.Axis(
        tickCount=5, grid=False, ticks=False, format=".2~f", labelFontSize=12, labelPadding=4, titleFontSize=13,
        titlePadding=4, minExtent=room, maxExtent=room,
    )  # fmt: skip


def _selection(select: str) -> alt.Parameter:
    if select == AREA:
        mark = alt.BrushConfig(fill=GREY, fillOpacity=0.12, stroke=GREY, strokeOpacity=0.9)
        return alt.selection_interval(name=AREA, encodings=["x", "y"], mark=mark)
    return alt.selection_point(name=POINT, fields=[IMAGE], on="click", nearest=True, toggle=False)


def prior_circles(x: alt.X, y: alt.Y, ink: Any, ground: Any, named: bool | str, size: Any = 11) -> Any:
    """Return circles at 1, 2 and 3 sigma of the prior N(0, I), with their names if `named`, a condition of Vega's."""
    steps = 90
    circles = (
        alt.Chart(alt.sequence(0, 3 * (steps + 1), as_="step"))
        .transform_calculate(
            sigma=f"1 + floor(datum.step / {steps + 1})", turn=f"(datum.step % {steps + 1}) * 2 * PI / {steps}"
        )
        .transform_calculate(x="datum.sigma * cos(datum.turn)", y="datum.sigma * sin(datum.turn)")
        .mark_line(color=ink, strokeWidth=1.1, strokeDash=[4, 3], opacity=0.75, clip=True)
        .encode(x=x, y=y, detail="sigma:N", order="step:Q")
    )
    names = [{"x": sigma * 0.5**0.5, "y": -sigma * 0.5**0.5, "name": f"{sigma}σ"} for sigma in (1, 2, 3)]
    labels = alt.Chart(alt.InlineData(values=names)).encode(x=x, y=y, text="name:N")
    if isinstance(named, str):
        labels = labels.transform_filter(named)
    return alt.layer(circles, *(_haloed(labels, ink, ground, fontSize=size) if named else ()))
