"""Values in, chart out: the only file that imports Altair."""

from __future__ import annotations

from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

__all__ = [
    "AREA",
    "CLASS_COLORS",
    "POINT",
    "LatentView",
    "Window",
    "arrow",
    "centre_table",
    "class_color",
    "filled",
    "latent_chart",
    "pick_table",
    "point_table",
]

# The one list of class colours. Found by search for the largest smallest distance (OKLab) between any two, seen
# normally and with each kind of colour blindness (Machado et al. 2009), at a contrast of 2.4 or more on both grounds.
CLASS_COLORS = (
    *("#5daaf6", "#ff7c07", "#74b56e", "#c932c3", "#00897b"),
    *("#7c5700", "#750bfb", "#df365d", "#f37fbc", "#922667"),
)
GREY = "#8a919c"
INK = {"light": ("#14181d", "#ffffff"), "dark": ("#ffffff", "#0f1318")}  # text and its halo
AREA, POINT = "area", "point"  # the two ways to select, and the names of their parameters
LABEL_GAP = 0.058  # of the plot's side, between two labels


def class_color(label: int) -> str:
    """The colour of a class on every page; from the eleventh class on they repeat."""
    return CLASS_COLORS[label % len(CLASS_COLORS)]


class Window(NamedTuple):
    """The square part of the plane that a plot shows: its centre and half its side."""

    centre: tuple[float, float]
    half: float

    @classmethod
    def around(cls, *sets: NDArray[np.float32]) -> Window:
        """The smallest one that holds every point of every set (N, 2) and the prior's 3 sigma circle."""
        prior = np.array([[-3.3, -3.3], [3.3, 3.3]])
        corners = np.concatenate([prior, *(np.stack((points.min(axis=0), points.max(axis=0))) for points in sets)])
        low, high = corners.min(axis=0), corners.max(axis=0)
        x, y = (round(float(value), 2) for value in (low + high) / 2)
        return cls((x, y), round(float((high - low).max()) / 2 * 1.04, 2))

    def scale(self, axis: int) -> alt.Scale:
        """The scale of one axis; a fixed domain, so that no selection or empty layer changes it."""
        return alt.Scale(domain=[self.centre[axis] - self.half, self.centre[axis] + self.half], nice=False, zero=False)


class LatentView(NamedTuple):
    """A latent space but for its data: titles, window of the plot, what a gesture selects, class names, theme."""

    title: str
    subtitle: str
    axes: tuple[str, str]
    window: Window
    select: str
    names: tuple[str, ...]
    theme: str


def latent_chart(view: LatentView) -> dict[str, Any]:
    """A Vega-Lite specification over the named data sets `points`, `centres` and `picked` (see the tables below)."""
    x = alt.X("x:Q", title=view.axes[0], scale=view.window.scale(0), axis=_axis(18))
    y = alt.Y("y:Q", title=view.axes[1], scale=view.window.scale(1), axis=_axis(28))
    ink, halo = INK[view.theme]
    colors = [class_color(label) for label in range(len(view.names))]
    points = (
        alt.Chart(alt.NamedData("points"))
        .mark_circle(size=9, clip=True)
        .encode(
            x=x,
            y=y,
            color=alt.Color("name:N", scale=alt.Scale(domain=list(view.names), range=colors), legend=None),
            opacity=alt.condition("datum.lit", alt.value(0.75), alt.value(0.07)),
            tooltip=[alt.Tooltip("name:N", title="label"), alt.Tooltip("image:Q", title="test image")],
        )
        .add_params(_selection(view.select))
    )
    picked = (
        alt.Chart(alt.NamedData("picked"))
        .mark_point(size=260, filled=False, color=ink, strokeWidth=2.5, opacity=1, clip=True)
        .encode(x=x, y=y)
    )
    text = alt.Chart(alt.NamedData("centres")).encode(x=x, y=y, text="name:N")
    layers = (
        _frame(view.window, x, y),
        points,
        _prior_circles(x, y, ink, halo),
        *_haloed(text, ink, halo, fontSize=17, fontWeight="bold"),
        picked,
    )
    title = alt.TitleParams(
        view.title, subtitle=view.subtitle, anchor="start", fontSize=17, subtitleFontSize=13, offset=8
    )
    chart = alt.layer(*layers, title=title).properties(
        usermeta={"embedOptions": {"renderer": "canvas"}}, padding={"left": 2, "top": 2, "right": 2, "bottom": 2}
    )
    return chart.to_dict()


def _haloed(text: alt.Chart, ink: str, halo: str, **style: Any) -> tuple[alt.Chart, alt.Chart]:
    """Text that is readable on any colour: twice, the first time broad and in the colour of the ground."""
    ground = text.mark_text(color=halo, stroke=halo, strokeWidth=4, strokeJoin="round", opacity=0.9, clip=True, **style)
    return ground, text.mark_text(color=ink, clip=True, **style)


def filled(spec: dict[str, Any], tables: dict[str, bytes]) -> dict[str, Any]:
    """A specification with its named data sets."""
    return spec | {"datasets": spec["datasets"] | tables}


def _axis(room: int) -> alt.Axis:
    """The same room (pixels) for an axis's numbers in every chart, so that plot areas have the same size."""
    return alt.Axis(
        tickCount=5, grid=False, ticks=False, format=".2~f", labelFontSize=12, labelPadding=4, titleFontSize=13,
        titlePadding=4, minExtent=room, maxExtent=room,
    )  # fmt: skip


def _selection(select: str) -> alt.Parameter:
    if select == AREA:
        mark = alt.BrushConfig(fill=GREY, fillOpacity=0.12, stroke=GREY, strokeOpacity=0.9)
        return alt.selection_interval(name=AREA, encodings=["x", "y"], mark=mark)
    return alt.selection_point(name=POINT, fields=["image"], on="click", nearest=True, toggle=False)


def _frame(window: Window, x: alt.X, y: alt.Y) -> alt.Chart:
    """The edge of the plot."""
    (x1, y1), half = window
    corners = [{"x": x1 - half, "y": y1 - half, "x2": x1 + half, "y2": y1 + half}]
    edge = alt.Chart(alt.InlineData(values=corners))
    return edge.mark_rect(filled=False, stroke=GREY, strokeOpacity=0.4).encode(x=x, y=y, x2="x2", y2="y2")


def _prior_circles(x: alt.X, y: alt.Y, ink: str, halo: str) -> Any:
    """Circles at 1, 2 and 3 sigma of the prior N(0, I), each with its name at the lower right."""
    angle = np.linspace(0, 2 * np.pi, 91)
    sigma = np.repeat([1, 2, 3], len(angle))
    turn = np.tile(angle, 3)
    circles = pd.DataFrame(
        {
            "x": sigma * np.cos(turn),
            "y": sigma * np.sin(turn),
            "sigma": sigma,
            "order": np.tile(np.arange(len(angle)), 3),
        }
    ).round(4)
    names = pd.DataFrame({"x": np.sqrt([0.5, 2, 4.5]), "y": -np.sqrt([0.5, 2, 4.5]), "name": ["1σ", "2σ", "3σ"]})
    lines = alt.Chart(alt.InlineData(values=_records(circles)))
    words = alt.Chart(alt.InlineData(values=_records(names)))
    return alt.layer(
        lines.mark_line(color=ink, strokeWidth=1.1, strokeDash=[4, 3], opacity=0.75, clip=True).encode(
            x=x, y=y, detail="sigma:N", order="order:Q"
        ),
        *_haloed(words.encode(x=x, y=y, text="name:N"), ink, halo, fontSize=11),
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


# ---- tables: slim columns, for they travel to the browser ----


def arrow(table: pd.DataFrame) -> bytes:
    """A table in the form in which it travels to the browser."""
    content = pa.Table.from_pandas(table, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, content.schema) as writer:
        writer.write_table(content)
    return sink.getvalue().to_pybytes()


def point_table(
    points: NDArray[np.float32], labels: NDArray[np.int64], names: tuple[str, ...], lit: NDArray[np.bool_]
) -> pd.DataFrame:
    """One row per test image, lit ones last so that they are drawn on top."""
    order = np.argsort(lit, kind="stable")
    numbers = order.astype(np.int16 if len(order) < 2**15 else np.int32)
    return pd.DataFrame(
        {
            "x": points[order, 0].astype(np.float32),
            "y": points[order, 1].astype(np.float32),
            "name": pd.Categorical.from_codes(labels[order].tolist(), pd.Index(names)),
            "image": numbers,
            "lit": lit[order],
        }
    )


def pick_table(points: NDArray[np.float32], image: int | None) -> pd.DataFrame:
    """The picked image's point, or no row."""
    chosen = points[[] if image is None else [image]]
    return pd.DataFrame({"x": chosen[:, 0], "y": chosen[:, 1]}, dtype=np.float32)


def centre_table(
    points: NDArray[np.float32], labels: NDArray[np.int64], names: tuple[str, ...], window: Window
) -> pd.DataFrame:
    """Every class's name at the median of its points, moved just far enough not to cover another."""
    present = np.unique(labels)
    centres = np.array([np.median(points[labels == label], axis=0) for label in present], dtype=np.float64)
    moved = _apart(centres, gap=2 * window.half * LABEL_GAP)
    return pd.DataFrame({"x": moved[:, 0], "y": moved[:, 1], "name": [names[label] for label in present]})


def _apart(centres: NDArray[np.float64], gap: float, rounds: int = 200) -> NDArray[np.float64]:
    """Push points (n, 2) that are closer than `gap` away from each other until none is."""
    moved = centres + 1e-3 * gap * np.random.default_rng(0).standard_normal(
        centres.shape
    )  # equal ones need a direction
    for _ in range(rounds):
        difference = moved[:, None] - moved[None]
        distance = np.linalg.norm(difference, axis=-1)
        np.fill_diagonal(distance, np.inf)
        if distance.min() >= gap:
            break
        push = np.clip(gap * 1.01 - distance, 0, None) / 2
        moved = moved + (difference / distance[..., None] * push[..., None]).sum(axis=1) * 0.7
    return moved
