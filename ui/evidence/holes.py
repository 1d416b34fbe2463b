"""Hole maps to click into, and what the decoder makes of the point that was clicked."""

from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import export
from ui.charts.holes import PLACE, hole_chart, hole_tables
from ui.components import let_fingers_pick
from ui.evidence.hole_map import WINDOW, Point, cell_table, hole_map
from ui.evidence.measured import MeasuredRun, MeasuredRuns, columns
from ui.generated.labels import classify
from ui.shell.theme import current_theme
from ui.shell.words import percent, short, three, title
from ui.store import BY_RUN
from vae_core.runs import RunInfo

CLICKED = "hole_points"  # session key: the clicked point of each run, by its id
PICTURE_PX, CELL_PX = 88, 150
_spec = st.cache_resource(max_entries=24, show_spinner=False)(hole_chart)


def holes(runs: MeasuredRuns) -> None:
    """Show the three maps side by side; each remembers where it was clicked."""
    st.header("Holes", anchor=False)
    if any(run.info.model.latent_dim != 2 for run in runs.values()):
        st.info("Hole maps need two latent dimensions. The mass of the holes is listed under *All numbers*.")
        return
    if any(run.info.model.has_label_prior for run in runs.values()):
        st.info("A hole map is of one prior, and this run has one for each class; their holes are under *All numbers*.")
        return
    figures = []
    for run, column in columns(runs):
        with column:
            figures.append(_map(run))
    let_fingers_pick()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Grey: the prior N(0, I). Blue: where it has mass and the latent space has hardly any (q < p / 10). "
            "Click anywhere to decode that point and the nearest code. First shown: the deep hole whose image "
            "the classifier doubts most, compared with that code's."
        )
        export.figures("Hole maps", figures)


@st.fragment
def _map(run: MeasuredRun) -> export.Figure:
    data, theme, subtitle = hole_map(run.info), current_theme(), _subtitle(run)
    point = st.session_state.get(CLICKED, {}).get(run.info.id) or most_doubted(run.info)
    spec = _spec(theme, WINDOW, title(run.kind), subtitle)
    tables = hole_tables(WINDOW, theme, data.p, data.q, data.draws, data.is_far, point)
    key = f"chart-holes-{run.info.id}"
    with st.container(key=f"space-{run.kind}"):
        st.vega_lite_chart(
            spec=charts.filled(spec, {name: charts.arrow(table) for name, table in tables.items()}), key=key,
            width="stretch", height="stretch", on_select=partial(_remember, key, run.info.id), selection_mode=PLACE,
            alt=f"{title(run.kind)}: hole map, {subtitle}",
        )  # fmt: skip
    _pictures(run, point)
    return export.Figure(f"Hole map {short(run.kind)}", spec, tables, square=True, behind=partial(cell_table, data))


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_RUN)
def most_doubted(info: RunInfo) -> Point:
    """Return the deep hole that the classifier is less sure of than of the nearest code, by most; else the deepest."""
    points = hole_map(info).deepest
    labels = classify(info.train.dataset, np.concatenate([_decoded(info, point).pictures for point in points]))
    doubts = [code.confidence - hole.confidence for hole, code in zip(labels[::2], labels[1::2], strict=True)]
    return points[int(np.argmax(doubts))] if doubts else points[0]


def _subtitle(run: MeasuredRun) -> str:
    """Return how much is empty, as the number that this kind of model has; nothing where it is not measured."""
    if run.kind == "ae":
        metric, text = run.metrics.get("far_share"), "of prior draws are far from any code"
    else:
        metric, text = run.metrics.get("hole_mass"), "of the prior's mass is in holes"
    return "" if metric is None or metric.value is None else f"{percent(metric.value)} {text}"


def _remember(key: str, run_id: str) -> None:
    """Keep where a map was clicked: a callback of its chart."""
    selected = st.session_state[key].selection.get(PLACE) or []
    if selected and {"z1", "z2"} <= set(selected[0]):
        point = (float(selected[0]["z1"]), float(selected[0]["z2"]))
        st.session_state[CLICKED] = st.session_state.get(CLICKED, {}) | {run_id: point}


class Decoded(NamedTuple):
    """A point and the nearest code decoded (2, H, W), the label for both, and the distance between them."""

    pictures: NDArray[np.uint8]
    label: int
    distance: float


def _decoded(info: RunInfo, point: Point) -> Decoded:
    """Decode a point and the nearest code, by a cVAE with the label of that code's image."""
    latents, z = store.run(info).latents, store.run(info).z()
    distance = np.linalg.norm(z - np.array(point, dtype=np.float32), axis=1)
    nearest = int(distance.argmin())
    label = int(latents.y[nearest])
    pictures = store.decode(info, np.array([point, z[nearest]], dtype=np.float32), np.array([label, label]))
    return Decoded(pictures, label, float(distance[nearest]))


def _pictures(run: MeasuredRun, point: Point) -> None:
    """Show a point and the nearest code decoded."""
    decoded = _decoded(run.info, point)
    condition = f", asked for {run.info.class_names[decoded.label]}" if run.kind == "cvae" else ""
    texts = (
        f"z = ({point[0]:.1f}, {point[1]:.1f}){condition}",
        f"nearest code, {three(decoded.distance)} σ away{condition}",
    )
    labels = classify(run.info.train.dataset, decoded.pictures)
    with st.container(horizontal=True, key=f"strip-{run.kind}"):
        for number, (picture, text) in enumerate(zip(decoded.pictures, texts, strict=True)):
            with st.container(width=CELL_PX):
                st.image(picture, width=PICTURE_PX, alt=f"Decoded: {text}")
                st.caption(text + (f"  \nclassifier: {labels[number].text}" if labels else ""))
