"""The three latent spaces side by side, linked: what is selected in one lights up in all."""

from collections.abc import Collection
from functools import partial

import streamlit as st

from ui import store
from ui.charts import export
from ui.components.latent_spaces import PLAIN, PLAIN_VALUE, STATE, latent_spaces
from ui.export import html_file
from ui.home import selected, view
from ui.shell import messages, page, params, words
from ui.shell.theme import current_theme
from ui.spaces.claim import claim
from ui.spaces.comparable import OTHER_IMAGES, comparable
from ui.spaces.space import space_chart, space_of, window_of
from ui.store.images import Prepared
from vae_core.config import KINDS
from vae_core.runs import RunInfo

SPACES = "spaces"  # key of the element
DELAY_S = 2.0  # between two looks at what is prepared in the background


def linked_spaces(runs: dict[str, RunInfo | None]) -> None:
    """Draw the page for the run of each kind."""
    all_readable = {kind: info for kind, info in runs.items() if info is not None and messages.readable(info)}
    readable = comparable(all_readable)
    if not readable:
        messages.no_runs()
        return
    apart = all_readable.keys() - readable
    first = next(iter(readable.values()))
    params.check(view.link_rules(first.class_names, len(store.run(first).latents.y)))
    if st.query_params.get(PLAIN) == PLAIN_VALUE:
        _plain(readable)
        return
    future, vega = store.prepared(list(readable.values())), store.vega()
    is_complete = future.done() and vega.done()  # when the plots are drawn; at the end of the page it may be
    prepared = future.result() if future.done() and future.exception() is None else None
    st.fragment(_spaces)(readable, apart, prepared, vega.result() if vega.done() else None)
    if prepared is not None and prepared.images is None:
        messages.missing_originals(first)
    if not is_complete:
        page.rerun_when(lambda: future.done() and vega.done(), DELAY_S)
    elif future.exception() is not None:
        st.error(f"The images could not be prepared: {future.exception()}", icon=":material/error:")


def _spaces(runs: dict[str, RunInfo], apart: Collection[str], prepared: Prepared | None, vega: str | None) -> None:
    """Draw the plots with everything that moves in them, and the downloads; a kind `apart` has other test images."""
    first = next(iter(runs.values()))
    names, count = first.class_names, len(store.run(first).latents.y)
    decoders = {} if prepared is None else prepared.decoders
    chosen = view.current(names, count)
    spaces = [messages.missing_space(kind) | ({"message": OTHER_IMAGES} if kind in apart else {}) for kind in KINDS]
    for kind, info in runs.items():
        spaces[KINDS.index(kind)] = space_of(info, decoders.get(info.id), chosen.contours)
    window = window_of(*runs.values())
    latent_spaces(
        SPACES, spaces, names, partial(_keep, names, count), vega=vega, view=view.to_browser(chosen),
        images=None if prepared is None else prepared.images, window=[*window.centre, window.half],
        controls=["latents", "axes", "contours"],
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", key="foot"):
        chart = partial(space_chart, theme=current_theme(), with_contours=chosen.contours)
        export.chart_files({words.title(kind): partial(chart, info) for kind, info in runs.items()})
        st.download_button(
            "As one HTML file", partial(html_file, list(runs.values())), file_name="latent-explorer.html",
            mime="text/html", on_click="ignore", key="html-file", icon=":material/download:", type="tertiary",
            disabled=prepared is None or vega is None,  # it would take seconds to make
            help="Works without a network: for a phone, a mail or a course page.",
        )  # fmt: skip
        if chosen.images:
            selected.downloads(runs, chosen.images)
        page.footer(None if prepared is None else prepared.device)


def _plain(runs: dict[str, RunInfo]) -> None:
    """Draw the plots as Streamlit does, where the browser does not run the component's script."""
    for info, column in zip(runs.values(), st.columns(len(runs)), strict=True):
        with column:
            st.altair_chart(space_chart(info, theme=current_theme()), width="content", key=f"plain-{info.id}")
            found = claim(info, store.metrics(info))
            st.markdown(f"**{found.finding}.** {found.numbers}")


def _keep(names: tuple[str, ...], count: int) -> None:
    view.keep(st.session_state[SPACES].get(STATE), names, count)
