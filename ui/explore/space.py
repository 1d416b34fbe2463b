"""A run's plane as the browser draws it: Altair's specification, its points, and how they lie in the latent space."""

from typing import Any

import numpy as np
import streamlit as st

from ui import charts, store
from ui.charts.latent_space import SpaceView, latent_space_chart
from ui.charts.marks import Marks, mark_layers, prior_layers
from ui.components.decoder import has_condition
from ui.components.latent_spaces import PLAIN, PLAIN_VALUE
from ui.components.message import message
from ui.explore.scene import Floats, View
from ui.shell import words
from ui.shell.theme import current_theme
from ui.spaces.space import details_url
from ui.store import BY_RUN, files
from vae_core.runs import RunInfo


def explored_space(info: RunInfo, view: View, decoder: str | None) -> dict[str, Any]:
    """Return what explorer.js draws of a run; the address of its decoder may come later."""
    dots = "codes" if info.model.kind == "ae" else "sampled z"
    note = " ".join(filter(None, (f"Dots: {dots} of test images.", view.plane.note)))
    return plane_space(info, view, words.title(info.model.kind), words.subtitle(info)) | {
        "decoder": decoder,
        "conditional": has_condition(info),
        "base": view.base.tolist(),
        "directions": view.directions.tolist(),
        "symbols": [_symbol(direction, number) for number, direction in enumerate(view.directions)],
        "note": note,
    }


def plane_space(info: RunInfo, view: View, title: str, subtitle: str, marks: Marks | None = None) -> dict[str, Any]:
    """Return what spaces.js draws of a run in a plane, with marks over the points."""
    kind = info.model.kind
    shown = _shown(info, view, title, subtitle, "light")
    return {
        "kind": kind,
        "run": info.id,
        "name": words.short(kind),
        "title": title,
        "shape": info.model.image_shape,
        "latent_dim": info.model.latent_dim,
        "window": [*view.window.centre, view.window.half],
        "spec": _spec(info, view.axes, shown, view, marks),
        "points": _points_url(info, view.axes, view.plane.points),
        "details": details_url(info),
    }


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def _spec(
    info: RunInfo, axes: tuple[int, int] | None, shown: SpaceView, _view: View, marks: Marks | None
) -> dict[str, Any]:
    return _chart(info, shown, _view, marks, drawn=0).to_dict()


def draw_plain(info: RunInfo, view: View, title: str, subtitle: str, marks: Marks | None = None) -> bool:
    """Draw the plane as Streamlit does where a visitor has asked for it; return whether it was so."""
    if st.query_params.get(PLAIN) != PLAIN_VALUE:
        return False
    shown = _shown(info, view, title, subtitle, current_theme())
    st.altair_chart(_chart(info, shown, view, marks, len(view.plane.points)), width="content")
    return True


def _shown(info: RunInfo, view: View, title: str, subtitle: str, theme: str) -> SpaceView:
    has_circles = not info.model.has_label_prior
    return SpaceView(title, subtitle, view.plane.axes, view.window, info.class_names, theme, has_circles=has_circles)


def _chart(info: RunInfo, shown: SpaceView, view: View, marks: Marks | None, drawn: int) -> Any:
    """Return the chart with the first `drawn` points; its window and names are around all."""
    latents, names = store.run(info).latents, info.class_names
    points, y = view.plane.points, latents.y
    centres = charts.centre_table(points, y, names, shown.window)
    layers = prior_layers(shown, latents.prior, view.directions) + ([] if marks is None else mark_layers(shown, marks))
    table = charts.point_table(points[:drawn], y[:drawn], names)
    return latent_space_chart(shown, table, centres if drawn else centres[:0], *layers)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def _points_url(info: RunInfo, axes: tuple[int, int] | None, _points: Floats) -> str:
    """Return the address of a run's test images in a plane: sampled z (N, 2) float32, labels (N,) uint16."""
    labels = store.run(info).latents.y.astype(np.uint16)
    return files.publish(message({"count": len(labels)}, _points.astype(np.float32), labels))


def _symbol(direction: Floats, number: int) -> str:
    """Return z with its number for a latent dimension itself, else c₁ or c₂."""
    names = {tuple(row): f"z{_subscript(i + 1)}" for i, row in enumerate(np.eye(len(direction)))}
    return names.get(tuple(direction.tolist()), f"c{_subscript(number + 1)}")


def _subscript(number: int) -> str:
    return "".join(chr(ord("₀") + int(digit)) for digit in str(number))
