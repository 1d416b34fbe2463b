"""The frame that every page stands in: settings, style, navigation, title, and the foot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import charts
from ui.shell import choose, params
from ui.shell.navigation import PAGES, page_link
from ui.shell.theme import current_theme
from vae_core import __version__
from vae_core.runs import RunInfo

MAX_LEGEND = 26  # classes with a dot of their colour in the legend: letters have as many
ICON = Path(__file__).with_name("icon.svg")
STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8") + "".join(
    f".st-key-classes button:nth-of-type({label + 1})::before {{background: {charts.class_color(label)}}}\n"
    for label in range(MAX_LEGEND)
)
GLOSSARY = Path(__file__).with_name("glossary.md").read_text(encoding="utf-8")
BROWSER = Path(__file__).with_name("browser.js").read_text(encoding="utf-8")


@contextmanager
def page(
    name: str, lead: str, notice: Callable[[], None], title: str | None = None, style: str = ""
) -> Iterator[DeltaGenerator]:
    """Draw what every page begins with: settings, style, navigation, title, lead and glossary; then the block's own.

    Arguments:
        name: Of the page, a key of `PAGES`.
        lead: One or two sentences for newcomers, beside the title.
        notice: Draws what is under way at the end of the row of pages.
        title: Instead of the page's own.
        style: Of this page alone, beside that of all pages.

    Yields:
        The container at the end of the title's row, for what belongs beside the glossary.
    """
    title = title or PAGES[name].title
    st.set_page_config(page_title=f"{title} · Latent Explorer", page_icon=ICON, layout="wide")
    params.begin(name)
    _style(style)
    # The style comes a little later than the first elements, and gives them their height: nothing jumps in sight.
    with st.container(key="page", height=1, border=False, autoscroll=False):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="pages"):
            for other_page in PAGES:
                page_link(other_page)
            notice()
            _listen()
        with st.container(horizontal=True, vertical_alignment="center", key="head"):
            st.title(title, anchor=False, width="content")
            st.markdown(lead)
            actions = st.container(horizontal=True, vertical_alignment="center", width="content")
        with actions, st.popover("Glossary", icon=":material/menu_book:", type="tertiary"):
            st.markdown(GLOSSARY)
        params.report()
        yield actions


@contextmanager
def page_of_runs(
    name: str, lead: str, notice: Callable[[], None], lecture: bool = False
) -> Iterator[dict[str, RunInfo | None]]:
    """Draw the frame of a page about one run of each kind, and yield the runs; see `page` and `choose.runs`.

    Arguments:
        name, lead, notice: As of `page`.
        lecture: Whether a link to the lecture stands beside the title.
    """
    with page(name, lead, notice) as actions:
        with actions:
            if lecture:
                page_link("lecture", "Start the lecture")
            with st.popover("Runs shown", icon=":material/tune:", type="tertiary"):
                runs = choose.runs()
        yield runs


def footer(device: str | None) -> None:
    """Draw the foot of the page: the device of a training (None: not determined yet), and the version."""
    training = f"; a training here would use {device}" if device else ""
    st.caption(f"Images are decoded on CPU{training}. Latent Explorer {__version__}")


def rerun_when(condition: Callable[[], bool], every_s: float = 1.0) -> None:
    """Run the page again once the condition holds, which is tested at intervals."""

    def test() -> None:
        if condition():
            params.report_again()
            st.rerun()

    st.fragment(test, run_every=every_s)()


def _listen() -> None:
    """Let every gesture make an entry in the browser's history, and every change of the theme run the page again."""
    listen = st.components.v2.component("latent_explorer.browser", js=BROWSER)
    listen(key="browser", default={"ground": None}, on_ground_change=lambda: None, width="content", height="content")


def _style(further: str) -> None:
    theme = current_theme()
    colors = f":root {{--ground: {charts.INK[theme][1]}; --accent: {charts.ACCENT[theme]}}}"
    st.html(f"<style>{colors}\n{STYLE}\n{further}</style>")
