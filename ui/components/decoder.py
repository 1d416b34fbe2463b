"""The plane under the cursor: a run's decoder in the browser, and the points that a visitor keeps."""

from __future__ import annotations

import json
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.charts import Window, centre_table, class_color
from vae_core.errors import RunError
from vae_core.latents import Plane
from vae_core.runs import Run

__all__ = ["MAX_KEPT", "MAX_POINTS", "Kept", "decode_plane", "decoder_payload", "kept_points", "plane_payload"]

MAX_KEPT = 12  # as in decoder.js
MAX_POINTS = 3000  # test images drawn as dots: more would hide each other
FARTHEST = 1e6  # of a kept point's coordinates, in sigma
HERE = Path(__file__).parent
NAME = "latent_explorer.decoder"

Floats = NDArray[np.float32]


def _read(*names: str) -> str:
    """Parts of the component, one after the other."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


_HTML, _CSS = _read("decoder.html"), _read("decoder.css")
_SCRIPT = _read("network.js", "plane.js", "decoder.js")


class Kept(NamedTuple):
    """A kept point: z, d numbers, and the label it was decoded with; None where the decoder has no condition."""

    z: tuple[float, ...]
    label: int | None


def decode_plane(
    key: str,
    run: Run,
    plane: Plane,
    window: Window | None = None,
    base: Floats | None = None,
    directions: Floats | None = None,
) -> list[Kept]:
    """Show a plane whose every place is decoded as soon as it is pointed at, in the browser alone.

    The decoder travels once for each run. Keeping or removing a point runs the script again, moving does not.

    Arguments:
        key: Key of the element; what is kept belongs to it and to the run.
        run: Whose decoder, and whose test images.
        plane: Where the test images lie, and the titles of the axes.
        window: What is shown; around all points and the prior if None.
        base, directions: A place (c₁, c₂) means z = base + c₁ directions[0] + c₂ directions[1]; shapes (d,) and
            (2, d), orthonormal rows. Zeros and the first two dimensions if None.

    Returns:
        At most 12 points in the order in which they were kept; anything else that a browser might send is dropped.
        RunError if the run's weights do not fit its settings.
    """
    d = run.info.model.latent_dim
    base = np.zeros(d, np.float32) if base is None else base
    directions = np.eye(2, d, dtype=np.float32) if directions is None else directions
    window = Window.around(plane.points) if window is None else window
    show = st.components.v2.component(NAME, html=_HTML, css=_CSS, js=_SCRIPT)
    teach = st.components.v2.component(f"{NAME}.network", js=_SCRIPT)  # the same script, and so the same module
    shown = plane_payload(key, run, plane, window, base, directions)
    result = show(data=shown, key=key, on_kept_change=lambda: None)
    teach(data=_decoder_payload(run.info.id, run), key=f"{key}-decoder", height=1)
    return kept_points(result.get("kept"), run)


# ---- to the browser: four bytes with the header's length, a header in JSON, arrays ----


def _packed(header: dict[str, Any], *arrays: NDArray[Any]) -> bytes:
    """A header and arrays in one piece, little-endian; the arrays begin at a multiple of four bytes."""
    text = json.dumps(header, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + b"".join(array.tobytes() for array in arrays)


@st.cache_resource(max_entries=16, show_spinner=False)
def _decoder_payload(run_id: str, _run: Run) -> bytes:
    return decoder_payload(_run)


def decoder_payload(run: Run) -> bytes:
    """A run's decoder for network.js; RunError if its weights do not fit its settings.

    The header holds `run`, `inputs` (d), `widths` (outputs of each layer) and `classes`. What the condition adds to
    the first layer is one bias per class, so the browser needs to know nothing of conditions: (K, widths[0]) float32,
    K = 1 without one. Then the weights (inputs, outputs) of each layer in turn and the biases of all but the first,
    float16.
    """
    model, d = run.info.model, run.info.model.latent_dim
    conditions = _conditions(run)
    widths = (d + conditions.shape[1], *reversed(model.hidden), model.pixels)
    weights, biases = [], []
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        weights.append(_weight(run, f"decoder.net.{2 * number}.weight", outputs, inputs).T)
        biases.append(_weight(run, f"decoder.net.{2 * number}.bias", outputs))
    first = biases[0].astype(np.float32) + conditions @ weights[0][d:].astype(np.float32)  # (K, widths[1])
    weights[0] = weights[0][:d]
    header = {"kind": "decoder", "run": run.info.id, "inputs": d, "widths": widths[1:], "classes": len(first)}
    return _packed(header, first, *weights, *biases[1:])


def _conditions(run: Run) -> Floats:
    """What the decoder is told of each class, shape (K, C); (1, 0) where it is told nothing."""
    model = run.info.model
    if not _conditional(run):
        return np.zeros((1, 0), np.float32)
    if model.condition == "one_hot":
        return np.eye(model.num_classes, dtype=np.float32)
    return _weight(run, "condition.weight", model.num_classes, model.condition_dim).astype(np.float32)


def _conditional(run: Run) -> bool:
    return run.info.model.kind == "cvae" and run.info.model.condition_in != "encoder"


def _weight(run: Run, name: str, *shape: int) -> NDArray[np.float16]:
    weight = run.weights.get(name)
    if weight is None or weight.shape != shape:
        raise RunError("its weights do not fit its settings")
    return weight.astype(np.float16)


def plane_payload(key: str, run: Run, plane: Plane, window: Window, base: Floats, directions: Floats) -> bytes:
    """What decoder.js draws: a header, then the shown points (n, 2) float32 and their labels (n,) uint16.

    ValueError if base and directions do not have the run's number of latent dimensions.
    """
    d, names = run.info.model.latent_dim, run.info.class_names
    if base.shape != (d,) or directions.shape != (2, d):
        raise ValueError(
            f"base and directions must have shapes ({d},) and (2, {d}), got {base.shape}, {directions.shape}"
        )
    shown = np.linspace(0, len(plane.points) - 1, min(len(plane.points), MAX_POINTS)).astype(np.int64)
    centres = centre_table(plane.points, run.latents.y, names, window)
    header = {
        "kind": "plane",
        "key": key,
        "run": run.info.id,
        "shape": run.info.model.image_shape,
        "names": names,
        "colors": [class_color(label) for label in range(len(names))],
        "conditional": _conditional(run),
        "window": window,
        "titles": plane.axes,
        "symbols": [_symbol(direction, number) for number, direction in enumerate(directions)],
        "base": base.tolist(),
        "directions": directions.tolist(),
        "centres": centres.to_numpy().tolist(),
        "points": len(shown),
    }
    return _packed(header, plane.points[shown].astype(np.float32), run.latents.y[shown].astype(np.uint16))


def _symbol(direction: Floats, number: int) -> str:
    """z with its number for a latent dimension itself, else c₁ or c₂."""
    names = {tuple(row): f"z{_subscript(i + 1)}" for i, row in enumerate(np.eye(len(direction)))}
    return names.get(tuple(direction.tolist()), f"c{_subscript(number + 1)}")


def _subscript(number: int) -> str:
    return "".join(chr(ord("₀") + int(digit)) for digit in str(number))


# ---- from the browser ----


def kept_points(value: Any, run: Run) -> list[Kept]:
    """The points in what a browser says is kept; whatever is odd, or of another run, is left out."""
    if not isinstance(value, dict) or value.get("run") != run.info.id or not isinstance(value.get("points"), list):
        return []
    return [kept for point in value["points"][:MAX_KEPT] if (kept := _kept(point, run)) is not None]


def _kept(point: Any, run: Run) -> Kept | None:
    if not isinstance(point, dict):
        return None
    z, label, model = point.get("z"), point.get("label"), run.info.model
    if not isinstance(z, list) or len(z) != model.latent_dim or not all(_coordinate(value) for value in z):
        return None
    right = (type(label) is int and 0 <= label < model.num_classes) if _conditional(run) else label is None
    return Kept(tuple(float(value) for value in z), label) if right else None


def _coordinate(value: Any) -> bool:
    """Whether it is a number within reach; NaN is not."""
    return type(value) in (int, float) and -FARTHEST <= value <= FARTHEST
