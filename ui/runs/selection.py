"""Which part of the page Runs is shown and which runs are selected in it; part and a single run are in the URL."""

from collections.abc import Sequence

import streamlit as st

from ui import store
from ui.shell import params
from vae_core.runs import RunInfo

PARTS = ("Runs", "New run", "Upload")
PART, SELECTED, RENEWALS, IN_URL = "part", "runs_selected", "runs_renewals", "runs_in_url"  # session keys
RUN, FILTERS = "run", ("find", "models", "datasets", "own")  # in the URL


def choose_part() -> str:
    """Show the switch between the parts of the page; return the part that it is at.

    A link to a run selects it, whatever part the link names.
    """
    params.check({RUN: params.a_run(store.catalogue()), PART: params.one_of(PARTS)})
    linked = st.query_params.get(RUN)
    if linked and linked != st.session_state.get(IN_URL):
        select(linked)
    elif not linked and params.returned():
        select()
    choice = st.segmented_control(
        "Part", PARTS, default=PARTS[0], required=True, key=PART, bind="query-params", label_visibility="collapsed"
    )
    if choice != PARTS[0]:
        link_to([])
    return str(choice)


def select(*ids: str) -> None:
    """Select runs as if they had been clicked, and show them: a callback of buttons elsewhere."""
    st.session_state[SELECTED] = list(ids)
    st.session_state[RENEWALS] = st.session_state.get(RENEWALS, 0) + 1
    st.session_state[PART] = PARTS[0]
    for name in FILTERS:  # a filter must not hide what is opened
        st.session_state.pop(name, None)


def link_to(selected: Sequence[RunInfo]) -> None:
    """Keep a single selected run in the page's address, so that the link can be passed on."""
    run_id = selected[0].id if len(selected) == 1 else None
    if run_id is not None:
        st.query_params[RUN] = run_id
    elif RUN in st.query_params:
        del st.query_params[RUN]
    st.session_state[IN_URL] = run_id
