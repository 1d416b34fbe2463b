"""The page from top to bottom: the choice of a decoder, the plane under the cursor, and one of several closer looks."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from ui import store
from ui.explore import controls, handwriting, interpolation, manifold, plane, reconstruction
from ui.explore.params import MODEL, VIEW, plane_rules, scene_rules
from ui.explore.scene import PlaneChoice, Scene
from ui.generated import labels
from ui.shell import messages, page, params, words
from ui.store.images import Prepared
from vae_core.config import KINDS
from vae_core.runs import RunInfo

DEFAULT = "vae"
DELAY_S = 2.0  # between two looks at what is prepared in the background
VIEWS: dict[str, Callable[[Scene], None]] = {
    "Manifold": manifold.manifold,
    "Interpolation": interpolation.interpolation,
    "Reconstruction": reconstruction.reconstruction,
    "Your own digit": handwriting.own_digit,
}


def exhibit(infos: dict[str, RunInfo | None]) -> None:
    """Draw the page for the selected run of each kind; kinds without a run stay in the list of models."""
    runs = {kind: info for kind in KINDS if (info := infos.get(kind)) is not None and messages.readable(info)}
    if not runs:
        messages.no_runs()
        return
    first = next(iter(runs.values()))
    future, vega = store.prepared(list(runs.values())), store.vega()
    is_complete = future.done() and vega.done()
    params.check(plane_rules(VIEWS, first.model.latent_dim))
    with st.container(horizontal=True, vertical_alignment="bottom", key="explore-head"):
        kind = _model(runs)
        choice = controls.choose_plane(first.model.latent_dim)
    if kind not in runs:
        messages.no_such_run(kind)
    else:
        _explore(runs, kind, choice, future.result() if is_complete and future.exception() is None else None)
    page.footer(None)
    if not is_complete:  # when the plane was drawn; by now it may be
        page.rerun_when(lambda: future.done() and vega.done(), DELAY_S)


def _explore(runs: dict[str, RunInfo], kind: str, choice: PlaneChoice, prepared: Prepared | None) -> None:
    """Draw the plane, and under it the selected closer look."""
    dataset = runs[kind].train.dataset
    scene = plane.plane(runs, kind, choice, prepared)
    if not messages.readable(runs[kind], store.model):
        return
    params.check(scene_rules(scene))
    plane.more(scene)
    view = st.segmented_control(
        "A closer look", tuple(VIEWS), default=next(iter(VIEWS)), required=True, key=VIEW, bind="query-params"
    )
    labels.report_damaged([dataset])
    st.fragment(partial(VIEWS[view], scene))()
    if store.test_images(runs[kind]) is None:
        messages.missing_originals(runs[kind])


def _model(runs: dict[str, RunInfo]) -> str:
    """Draw the choice of a decoder, with all kinds in their order whether they have a run or not; return the kind."""
    default = DEFAULT if DEFAULT in runs else next(iter(runs))
    kind_of = {words.short(kind): kind for kind in KINDS}
    name = st.segmented_control(
        "Model", tuple(kind_of), default=words.short(default), required=True, key=MODEL, bind="query-params"
    )
    return kind_of[name]
