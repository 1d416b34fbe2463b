"""The page from top to bottom: whose decoder, the plane under the cursor, and one of several closer looks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from ui import store
from ui.explore import interpolation, manifold, own, plane, reconstruction
from ui.explore.scene import Choice, Scene
from ui.generated import labels
from ui.shell import messages, page, params, words
from vae_core.config import KINDS
from vae_core.errors import RunError
from vae_core.runs import RunInfo

__all__ = ["exhibit"]

MODEL, PART = "model", "part"  # session keys and URL parameters
DEFAULT = "vae"
PARTS: dict[str, Callable[[Scene], None]] = {
    "Manifold": manifold.manifold,
    "Interpolation": interpolation.interpolation,
    "Reconstruction": reconstruction.reconstruction,
    "Your own digit": own.own_digit,
}


def exhibit(chosen: dict[str, RunInfo | None]) -> None:
    """The whole exhibit for the run of each kind; kinds without a run keep their place."""
    present = {kind: info for kind in KINDS if (info := chosen.get(kind)) is not None and messages.readable(info)}
    if not present:
        messages.no_runs()
        return
    first = next(iter(present.values()))
    params.check({MODEL: params.one_of(words.short(kind) for kind in KINDS), PART: params.one_of(PARTS)})
    with st.container(horizontal=True, vertical_alignment="bottom", key="explore-head"):
        kind = _model(present)
        choice = plane.choose_plane(first.model.latent_dim)
    if kind not in present:
        messages.no_such_run(kind)
    else:
        _explore(present, kind, choice)
    page.footer(None)


def _explore(present: dict[str, RunInfo], kind: str, choice: Choice) -> None:
    """The plane, and under it the closer look that the visitor chose."""
    dataset = present[kind].train.dataset
    try:
        scene = plane.plane(present, kind, choice)
    except RunError as error:
        messages.broken(error)
        return
    part = st.segmented_control(
        "A closer look", tuple(PARTS), default=next(iter(PARTS)), required=True, key=PART, bind="query-params"
    )
    labels.report_damaged([dataset])
    st.fragment(partial(PARTS[part], scene))()
    if store.test_images(dataset) is None:
        messages.missing_data(dataset)


def _model(present: dict[str, RunInfo]) -> str:
    """Whose decoder: all kinds in their order, whether they have a run or not."""
    default = DEFAULT if DEFAULT in present else next(iter(present))
    kind_of = {words.short(kind): kind for kind in KINDS}
    picked = st.segmented_control(
        "Model", tuple(kind_of), default=words.short(default), required=True, key=MODEL, bind="query-params"
    )
    return kind_of[picked]
