"""The plane under the cursor: a run's decoder in the browser, and the points that a visitor pins."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.charts import Window, centre_table, class_color
from ui.components.decoder_export import cached_decoder_message
from ui.components.message import message
from vae_core.latents import Plane
from vae_core.runs import Run

MAX_PINNED = 12  # as in decoder.js
MAX_POINTS = 3000  # test images drawn as dots: more would hide each other
MAX_COORDINATE = 1e6  # of a pinned point, in sigma
FOLDER = Path(__file__).parent
NAME = "latent_explorer.decoder"

Floats = NDArray[np.float32]


def _read(*names: str) -> str:
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


_HTML, _CSS = _read("decoder.html"), _read("decoder.css")
_SCRIPT = _read("network.js", "plane.js", "decoder.js")


class PinnedPoint(NamedTuple):
    """A pinned point: z, d numbers, and the label it was decoded with; None if the decoder has no condition."""

    z: tuple[float, ...]
    label: int | None


def decode_plane(
    key: str,
    run: Run,
    plane: Plane,
    window: Window | None = None,
    base: Floats | None = None,
    directions: Floats | None = None,
) -> list[PinnedPoint]:
    """Draw a plane that the browser decodes at the pointer.

    The decoder travels once for each run. Pinning or unpinning a point runs the script again, moving does not.

    Arguments:
        key: Key of the element; pinned points belong to it and to the run.
        run: The run whose decoder and test images are shown.
        plane: The test images in the plane, and the titles of the axes.
        window: The visible part; around all points and the prior if None.
        base, directions: A point (c₁, c₂) of the plane is z = base + c₁ directions[0] + c₂ directions[1]; shapes (d,)
            and (2, d), orthonormal rows. Zeros and the first two dimensions if None.

    Returns:
        At most 12 points in the order in which they were pinned; anything else that a browser might send is dropped.
        RunError if the run's weights do not fit its settings.
    """
    d = run.info.model.latent_dim
    base = np.zeros(d, np.float32) if base is None else base
    directions = np.eye(2, d, dtype=np.float32) if directions is None else directions
    window = Window.around(plane.points) if window is None else window
    draw_plane = st.components.v2.component(NAME, html=_HTML, css=_CSS, js=_SCRIPT)
    send_decoder = st.components.v2.component(f"{NAME}.network", js=_SCRIPT)  # the same script: it shares its module
    data = plane_message(key, run, plane, window, base, directions)
    result = draw_plane(data=data, key=key, on_pinned_change=lambda: None)
    send_decoder(data=cached_decoder_message(run.info.id, run), key=f"{key}-decoder", height=1)
    return pinned_points(result.get("pinned"), run)


def plane_message(key: str, run: Run, plane: Plane, window: Window, base: Floats, directions: Floats) -> bytes:
    """Return what decoder.js draws: a header, then points (n, 2) float32 and their labels (n,) uint16.

    ValueError if base and directions do not have the run's number of latent dimensions.
    """
    d, names = run.info.model.latent_dim, run.info.class_names
    if base.shape != (d,) or directions.shape != (2, d):
        raise ValueError(
            f"base and directions must have shapes ({d},) and (2, {d}), got {base.shape}, {directions.shape}"
        )
    indices = np.linspace(0, len(plane.points) - 1, min(len(plane.points), MAX_POINTS)).astype(np.int64)
    centres = centre_table(plane.points, run.latents.y, names, window)
    header = {
        "kind": "plane",
        "key": key,
        "run": run.info.id,
        "shape": run.info.model.image_shape,
        "names": names,
        "colors": [class_color(label) for label in range(len(names))],
        "conditional": _has_condition(run),
        "window": window,
        "titles": plane.axes,
        "symbols": [_symbol(direction, number) for number, direction in enumerate(directions)],
        "base": base.tolist(),
        "directions": directions.tolist(),
        "centres": centres.to_numpy().tolist(),
        "points": len(indices),
    }
    return message(header, plane.points[indices].astype(np.float32), run.latents.y[indices].astype(np.uint16))


def _has_condition(run: Run) -> bool:
    return run.info.model.condition_inputs("decoder") > 0


def _symbol(direction: Floats, number: int) -> str:
    """Return z with its number for a latent dimension itself, else c₁ or c₂."""
    names = {tuple(row): f"z{_subscript(i + 1)}" for i, row in enumerate(np.eye(len(direction)))}
    return names.get(tuple(direction.tolist()), f"c{_subscript(number + 1)}")


def _subscript(number: int) -> str:
    return "".join(chr(ord("₀") + int(digit)) for digit in str(number))


def pinned_points(value: Any, run: Run) -> list[PinnedPoint]:
    """Return the points in a browser's state; anything malformed, or of another run, is dropped."""
    if not isinstance(value, dict) or value.get("run") != run.info.id or not isinstance(value.get("points"), list):
        return []
    points = (_pinned_point(point, run) for point in value["points"][:MAX_PINNED])
    return [point for point in points if point is not None]


def _pinned_point(point: Any, run: Run) -> PinnedPoint | None:
    if not isinstance(point, dict):
        return None
    z, label, model = point.get("z"), point.get("label"), run.info.model
    if not isinstance(z, list) or len(z) != model.latent_dim or not all(_is_coordinate(value) for value in z):
        return None
    fits = (type(label) is int and 0 <= label < model.num_classes) if _has_condition(run) else label is None
    return PinnedPoint(tuple(float(value) for value in z), label) if fits else None


def _is_coordinate(value: Any) -> bool:
    """Return whether it is a number within `MAX_COORDINATE`; NaN is not."""
    return type(value) in (int, float) and -MAX_COORDINATE <= value <= MAX_COORDINATE
