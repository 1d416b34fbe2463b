"""Widgets for classes, how many of each, seed and temperature; and what a link to the page may contain."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.generated.draws import MAX_COUNT, DrawSettings
from ui.shell import params
from ui.shell.params import Rule

# Session keys and URL parameters of the whole page.
CLASSES, COUNT, SEED, TEMPERATURE, VIEW = "classes", "count", "draw", "temperature", "view"
PATH, RADIUS = "path", "radius"  # of a traversal
FIRST, SECOND, SHARE = "from", "to", "share"  # of a mix of two classes
MAX_SEED, MAX_TEMPERATURE = 2**31 - 1, 2.0
CIRCLE, LINE = "circle", "line"
MIN_RADIUS, MAX_RADIUS = 0.1, 3.0
DEFAULT_COUNT = 8


def draw_settings(names: Sequence[str]) -> tuple[DrawSettings, DeltaGenerator]:
    """Draw the widgets, bound to the page's URL; return their values and the row they stand in."""
    labels = range(len(names))
    if not set(st.session_state.get(CLASSES) or ()) <= set(labels):  # of another data set
        del st.session_state[CLASSES]
    classes = st.pills(
        "Classes", labels, default=list(labels), selection_mode="multi", key=CLASSES, bind="query-params",
        format_func=names.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    row = st.container(horizontal=True, vertical_alignment="bottom", key="draw-settings")
    with row:
        count = st.slider("Images of each", 1, MAX_COUNT, DEFAULT_COUNT, key=COUNT, bind="query-params", width=200)
        temperature = st.slider(
            "Temperature", 0.0, MAX_TEMPERATURE, 1.0, 0.05, key=TEMPERATURE, bind="query-params", width=200,
            help="Standard deviation of z. 0: the most typical image; 1: as trained; 2: far out, where codes are rare.",
        )  # fmt: skip
        seed = st.number_input("Seed", 0, MAX_SEED, 0, key=SEED, bind="query-params", width=130)
        st.button("New samples", icon=":material/casino:", type="primary", on_click=_next_seed, key="new-samples")
    return DrawSettings(tuple(sorted(classes)), count, seed, temperature), row


def _next_seed() -> None:
    st.session_state[SEED] = (st.session_state[SEED] + 1) % (MAX_SEED + 1)


def rules(names: Sequence[str], views: Sequence[str]) -> dict[str, Rule]:
    """Return what a link to the page may contain, with these names of classes and of closer looks."""
    return {
        CLASSES: params.one_of(("", *names)),  # empty: no class
        COUNT: params.whole(1, MAX_COUNT),
        SEED: params.whole(0, MAX_SEED),
        TEMPERATURE: params.number(0, MAX_TEMPERATURE),
        VIEW: params.one_of(views),
        PATH: params.one_of((CIRCLE, LINE)),
        RADIUS: params.number(MIN_RADIUS, MAX_RADIUS),
        FIRST: params.one_of(names),
        SECOND: params.one_of(names),
        SHARE: params.number(0, 1),
    }
