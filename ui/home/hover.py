"""What Home shows once it has been made in the background: images for hovering, missing data, the device."""

from concurrent.futures import Future
from functools import partial

import streamlit as st

from ui import store
from ui.components import hover_images
from ui.shell import messages, page
from vae_core.runs import RunInfo

DELAY_S = 2.5  # from the plots to what may come after them
VISITED = "home_visited"  # session key: whether the page has been shown once


def draw_when_ready(runs: list[RunInfo]) -> None:
    """Draw what is prepared in the background, once it is ready and the plots have been drawn."""
    future = store.prepared(runs)
    if not (future.done() and st.session_state.get(VISITED)):
        page.footer(None)
        st.fragment(partial(_rerun_when_done, future), run_every=DELAY_S)()
        st.session_state[VISITED] = True
    elif future.exception() is not None:
        st.error(f"The images for hovering could not be made: {future.exception()}", icon=":material/error:")
        page.footer(None)
    else:
        _draw(future.result(), runs[0])


def _draw(prepared: store.Prepared, first: RunInfo) -> None:
    for name, sheet in prepared.sheets.items():
        hover_images(name, sheet, store.SHEET_COLUMNS, first.model.image_shape)
    if prepared.lacks_data:
        messages.missing_data(first.train.dataset)
    page.footer(prepared.device)


def _rerun_when_done(future: Future[store.Prepared]) -> None:
    if future.done() and st.session_state.get(VISITED):
        st.rerun()
