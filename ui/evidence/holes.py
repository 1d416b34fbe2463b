"""Hole maps: where the prior has mass that a latent space lacks, and what the decoder makes of such a place."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import export
from ui.charts.holes import PLACE, HoleView, hole_chart, hole_shade, hole_tables
from ui.components import let_fingers_pick
from ui.evidence.shown import Shown, with_runs
from ui.generated.labels import classify
from ui.shell import words
from ui.shell.theme import current_theme
from ui.store import BY_RUN
from vae_core.config import KINDS
from vae_core.evidence import cell_masses, far_draws, null_latents, prior_cell_masses
from vae_core.runs import RunInfo

__all__ = ["holes"]

WINDOW = charts.Window((0.0, 0.0), 4.0)
CELLS = 192  # a side
GRID = 0.2  # between places that can be clicked
PLACES = "places"  # session key: the clicked place of each run
PICTURE_PX, CELL_PX = 88, 150
FAR, HOLES = "{} of prior draws are far from any code", "{} of the prior's mass is in holes"


class Map(NamedTuple):
    """A hole map's data: cell masses of prior and q(z), else draws from the prior and which of them are far."""

    p: NDArray[np.float64]
    q: NDArray[np.float64] | None
    draws: NDArray[np.floating] | None
    far: NDArray[np.bool_] | None
    deepest: tuple[float, float]


def holes(shown: list[Shown]) -> None:
    """The three maps side by side; each remembers where it was clicked."""
    st.header("Holes", anchor=False)
    if any(one.run.model.latent_dim != 2 for one in with_runs(shown)):
        st.info("The hole map is drawn for two latent dimensions; the mass of the holes is among all numbers.")
        return
    figures = []
    for one, place in zip(shown, st.columns(len(KINDS), gap="medium"), strict=True):
        if one.info is not None:
            with place:
                figures.append(_map(one))
    let_fingers_pick()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Grey: the prior N(0, I). Blue: where it has mass and the latent space has hardly any (q < p / 10). "
            "Click anywhere to see what the decoder makes of that place, and of the nearest code."
        )
        export.figures("Hole maps", figures)


@st.fragment
def _map(one: Shown) -> export.Figure:
    info, theme = one.run, current_theme()
    found = _data(info)
    picked = st.session_state.get(PLACES, {}).get(info.id, found.deepest)
    share = one.metrics.get("far_share" if found.q is None else "hole_mass")
    told = FAR if found.q is None else HOLES
    text = "" if share is None or share.value is None else told.format(words.percent(share.value))
    spec = _spec(words.title(one.kind), text, theme)
    tables = hole_tables(WINDOW, theme, found.p, found.q, found.draws, found.far, picked)
    key = f"chart-holes-{info.id}"
    with st.container(key=f"space-{one.kind}"):
        st.vega_lite_chart(
            spec=charts.filled(spec, {name: charts.arrow(table) for name, table in tables.items()}), key=key,
            width="stretch", height="stretch", on_select=partial(_pick, key, info.id), selection_mode=PLACE,
            alt=f"{words.title(one.kind)}: hole map, {text}",
        )  # fmt: skip
    _pictures(one, picked)
    return export.Figure(f"Hole map {words.short(one.kind)}", spec, tables, square=True, behind=partial(_cells, found))


@st.cache_resource(max_entries=24, show_spinner=False)
def _spec(title: str, subtitle: str, theme: str) -> dict[str, Any]:
    axes = ("first latent dimension z₁", "second latent dimension z₂")
    return hole_chart(HoleView(title, subtitle, axes, WINDOW, theme))


def _pick(key: str, run: str) -> None:
    """Remember where a map was clicked."""
    picked = st.session_state[key].selection.get(PLACE) or []
    if picked and {"z1", "z2"} <= set(picked[0]):
        place = (float(picked[0]["z1"]), float(picked[0]["z2"]))
        st.session_state[PLACES] = st.session_state.get(PLACES, {}) | {run: place}


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_RUN)
def _data(info: RunInfo) -> Map:
    run = store.run(info)
    edges = _edges()
    p = prior_cell_masses(edges)
    if run.latents.logvar is not None:
        q = cell_masses(run.latents, edges)
        return Map(p, q, None, None, _emptiest(_middles(edges), hole_shade(p, q).ravel(), run.z()))
    null = null_latents(run.latents, run.info.latent_seed)
    found = far_draws(run.z(), null.sample(run.info.latent_seed), run.info.latent_seed)
    weight = np.where(found.is_far, np.exp(-0.5 * (found.z**2).sum(axis=1)), 0.0)
    return Map(p, None, found.z, found.is_far, _emptiest(found.z, weight, run.z()))


def _edges() -> NDArray[np.float64]:
    return np.linspace(-WINDOW.half, WINDOW.half, CELLS + 1)


def _middles(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of all cells, the second dimension running fastest: shape (cells, 2)."""
    middle = (edges[1:] + edges[:-1]) / 2
    return np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1).reshape(-1, 2)


def _cells(found: Map) -> dict[str, pd.DataFrame]:
    """The cells that the shading is drawn from, a row each: where, their masses, and whether it is a hole."""
    if found.q is None:
        return {}
    cells = pd.DataFrame(_middles(_edges()), columns=["z1", "z2"])
    hole = hole_shade(found.p, found.q) > 0
    return {"cells": cells.assign(p=found.p.ravel(), q=found.q.ravel(), hole=hole.ravel())}


def _emptiest(
    places: NDArray[np.floating], weight: NDArray[np.floating], z: NDArray[np.floating]
) -> tuple[float, float]:
    """Of places (n, 2) with weights (n,) one with much weight and far from any code; the middle if none has weight."""
    from scipy.spatial import cKDTree

    distance, _ = cKDTree(z).query(places)
    score = weight * distance**2
    return _snapped(places[score.argmax()] if score.any() else np.zeros(2))


def _snapped(place: NDArray[np.floating]) -> tuple[float, float]:
    """The nearest place that could have been clicked."""
    z1, z2 = (float(round(round(float(value) / GRID) * GRID, 6)) for value in place)
    return z1, z2


def _pictures(one: Shown, picked: tuple[float, float]) -> None:
    """What the decoder makes of the place, next to the nearest code: for a cVAE with that image's label."""
    info = one.run
    run = store.run(info)
    z = run.z()
    distance = np.linalg.norm(z - np.array(picked, dtype=np.float32), axis=1)
    nearest = int(distance.argmin())
    label = int(run.latents.y[nearest])
    places = np.array([picked, z[nearest]], dtype=np.float32)
    pictures = store.decode(info, places, np.array([label, label]))
    labels = classify(info.train.dataset, pictures)
    asked = f", asked for {info.class_names[label]}" if one.kind == "cvae" else ""
    captions = (
        f"z = ({picked[0]:.1f}, {picked[1]:.1f}){asked}",
        f"nearest code, {words.three(float(distance[nearest]))} σ away{asked}",
    )
    with st.container(horizontal=True, key=f"strip-{one.kind}"):
        for number, (picture, text) in enumerate(zip(pictures, captions, strict=True)):
            with st.container(width=CELL_PX):
                st.image(picture, width=PICTURE_PX, alt=f"Decoded: {text}")
                st.caption(f"{text}" + (f"  \nclassifier: {labels[number].text}" if labels else ""))
