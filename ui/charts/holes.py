"""Hole maps: where the prior has mass that a latent space lacks."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import ImageColor

from ui.charts.base import GREY, INK
from ui.charts.latent import Window, prior_circles
from ui.charts.raster import image_url
from ui.charts.style import GAP, finished, room, table
from vae_core.evidence import HOLE

PLACE = "place"  # name of the click's parameter; its fields are z1 and z2
STEPS = 41  # points a side that a click can select
MAX_POINTS = 2000
NARROW, LIMIT = 270, 640  # pixels: of a plot with smaller titles; of a title
AXES = ("first latent dimension z₁", "second latent dimension z₂")
PRIOR_SHADE = 0.4  # of the darkest a hole can be: the prior where it is covered
Masses = NDArray[np.float64]


def hole_shade(p: Masses, q: Masses) -> Masses:
    """Return the prior's mass in each cell where q has less than a tenth of it, else 0: shape (G, G)."""
    return np.where(q < HOLE * p, p, 0.0)


def hole_image(p: Masses, q: Masses | None, theme: str) -> NDArray[np.uint8]:
    """Return the shading as an image: uint8 RGBA, shape (G, G, 4), the largest z₂ on top.

    As opaque as the square root of p, so that the prior's flanks are seen; in the colour of gaps where there is a
    hole, in grey elsewhere. Masses (G, G) are of the cells of a regular grid, [i, j] for the i-th z₁ and the j-th z₂,
    both rising; `q` is None for a model without a density: no holes.
    """
    hole = np.zeros(p.shape, dtype=bool) if q is None else hole_shade(p, q) > 0
    colors = np.where(hole[..., None], ImageColor.getrgb(GAP[theme]), ImageColor.getrgb(GREY))
    opacity = np.sqrt(p / p.max()) * np.where(hole, 1.0, PRIOR_SHADE)
    image = np.dstack((colors, 255 * opacity)).round().astype(np.uint8)
    return image.swapaxes(0, 1)[::-1]


def hole_chart(theme: str, window: Window, title: str, subtitle: str) -> dict[str, Any]:
    """Return a specification over the named data sets of `hole_tables`; a click selects the nearest point (z1, z2).

    It has the room around it that style.css leaves to a square plot, as the charts of latent spaces have.
    """
    ink, ground = INK[theme]
    position = _at(window, "x", "y")
    shade = table("shade").encode(**position, x2="x2:Q", y2="y2:Q")
    points = table("points").encode(
        color=alt.condition(alt.datum.far, alt.value(GAP[theme]), alt.value(GREY)),
        size=alt.condition(alt.datum.far, alt.value(22), alt.value(8)),
        **position,
    )
    ring = table("clicked").encode(**_at(window, "z1", "z2"))
    chart = alt.layer(
        shade.mark_image(aspect=False, tooltip=None).encode(url="url:N"),
        shade.mark_rect(filled=False, stroke=GREY, strokeOpacity=0.4, tooltip=None),
        points.mark_point(filled=True, shape="circle", opacity=0.8, clip=True, aria=False, tooltip=None),
        prior_circles(**position, ink=ink, ground=ground, named=True),
        ring.mark_point(size=170, filled=False, color=ground, strokeWidth=5, opacity=0.9, tooltip=None),
        ring.mark_point(size=170, filled=False, color=ink, strokeWidth=2.5, opacity=1, tooltip=None),
        _grid(window),
        title=alt.Title(
            title, subtitle=subtitle, frame="bounds", limit=LIMIT, fontSize=_size(17), subtitleFontSize=_size(13)
        ),
    )
    fixed = alt.AutoSizeParams(type="none", contains="content")
    return finished(chart, theme, autosize=fixed, padding={"left": 47, "top": 46, "right": 2, "bottom": 36})


def _size(pixels: int) -> Any:
    """Return a font size that is smaller over a narrow plot."""
    return alt.ExprRef(expr=f"width < {NARROW} ? {round(0.77 * pixels)} : {pixels}")


def _at(window: Window, x: str, y: str) -> dict[str, Any]:
    """Return the channels of marks whose coordinates are in the fields `x` and `y`."""
    axis: dict[str, Any] = {
        "tickCount": 5, "format": ".2~f", "domain": False, "labelPadding": 4, "labelFlush": True, "titlePadding": 4,
    }  # fmt: skip
    return {
        "x": alt.X(f"{x}:Q", title=AXES[0], scale=window.scale(0), axis=alt.Axis(**room(18), **axis)),
        "y": alt.Y(f"{y}:Q", title=AXES[1], scale=window.scale(1), axis=alt.Axis(**room(28), **axis)),
    }


def _grid(window: Window) -> alt.Chart:
    """Return an invisible grid, of which a click selects the nearest point."""
    ((left, low), half), gap = window, 2 * window.half / (STEPS - 1)
    click = alt.selection_point(name=PLACE, fields=["z1", "z2"], on="click", nearest=True, toggle=False, clear=False)
    return (
        alt.Chart(alt.sequence(0, STEPS**2, as_="point"))
        .transform_calculate(
            z1=_rounded(f"{left - half} + {gap} * (datum.point % {STEPS})"),
            z2=_rounded(f"{low - half} + {gap} * floor(datum.point / {STEPS})"),
        )
        .mark_point(opacity=0, size=1, aria=False, tooltip=None, cursor="crosshair")
        .encode(**_at(window, "z1", "z2"))
        .add_params(click)
    )


def _rounded(expression: str) -> str:
    return f"round(1e6 * ({expression})) / 1e6"


def hole_tables(
    window: Window,
    theme: str,
    p: Masses,
    q: Masses | None = None,
    points: NDArray[np.floating] | None = None,
    is_far: NDArray[np.bool_] | None = None,
    clicked: tuple[float, float] | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the named data sets: shade, points, clicked.

    The window is what `p` and `q` cover, which are as for `hole_image`. Of the points (n, 2), such as draws from the
    prior, 2,000 evenly spread ones are taken; those that are far have the accent colour. The ring is at `clicked`.
    """
    return {
        "shade": _corners(window).assign(url=image_url(hole_image(p, q, theme))),
        "points": _points(points, is_far),
        "clicked": pd.DataFrame([] if clicked is None else [clicked], columns=["z1", "z2"], dtype=np.float32),
    }


def _corners(window: Window) -> pd.DataFrame:
    (x, y), half = window
    corners = {"x": [x - half], "y": [y - half], "x2": [x + half], "y2": [y + half]}
    return pd.DataFrame(corners, dtype=np.float32)


def _points(points: NDArray[np.floating] | None, is_far: NDArray[np.bool_] | None) -> pd.DataFrame:
    points = np.empty((0, 2)) if points is None else points
    is_far = np.zeros(len(points), dtype=bool) if is_far is None else is_far
    index = np.linspace(0, len(points) - 1, min(len(points), MAX_POINTS)).round().astype(int)
    x, y = points[index].astype(np.float32).T
    return pd.DataFrame({"x": x, "y": y, "far": is_far[index]}).sort_values("far", kind="stable")  # far ones on top
