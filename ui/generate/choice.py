"""What a visitor asks for: classes, how many of each, seed and temperature; and what a link asked for in vain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import settings

__all__ = ["Asked", "checked_link", "choose", "refused"]

# Session keys and URL parameters of the whole page.
CLASSES, COUNT, SEED, TEMPERATURE, PART = "classes", "count", "draw", "temperature", "part"
PATH, RADIUS = "path", "radius"  # of a walk
FIRST, SECOND, SHARE = "from", "to", "share"  # of a mix of two classes
MAX_COUNT, MAX_SEED, MAX_TEMPERATURE = 100, 2**31 - 1, 2.0
CIRCLE, LINE = "circle", "line"
MIN_RADIUS, MAX_RADIUS = 0.1, 3.0
DEFAULT_COUNT = 8
REFUSED = "generate_refused"  # session key: what is to be said of the address that the page was opened with
QUOTED = 30  # characters of a wrong value that are repeated
Rule = tuple[Callable[[str], bool], str]  # whether a value fits, and what does, in words


@dataclass(frozen=True)
class Asked:
    """One draw.

    Arguments:
        classes: Labels, in their order.
        count: Images of each.
        seed: Of the noise.
        temperature: Standard deviation of z.
    """

    classes: tuple[int, ...]
    count: int
    seed: int
    temperature: float


def choose(names: Sequence[str]) -> tuple[Asked, DeltaGenerator]:
    """Widgets for all of it, which the page's address repeats, and the place at the end of their row."""
    everything = range(len(names))
    if not set(st.session_state.get(CLASSES) or ()) <= set(everything):  # of another data set
        del st.session_state[CLASSES]
    classes = st.pills(
        "Classes", everything, default=list(everything), selection_mode="multi", key=CLASSES, bind="query-params",
        format_func=names.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    row = st.container(horizontal=True, vertical_alignment="bottom", key="asked")
    with row:
        count = st.slider("Images of each", 1, MAX_COUNT, DEFAULT_COUNT, key=COUNT, bind="query-params", width=200)
        temperature = st.slider(
            "Temperature", 0.0, MAX_TEMPERATURE, 1.0, 0.05, key=TEMPERATURE, bind="query-params", width=200,
            help="Standard deviation of z. 0: the most typical image; 1: as trained; 2: far out, where codes are rare.",
        )  # fmt: skip
        seed = st.number_input("Seed", 0, MAX_SEED, 0, key=SEED, bind="query-params", width=130)
        st.button("New samples", icon=":material/casino:", type="primary", on_click=_next_seed, key="new-samples")
    return Asked(tuple(sorted(classes)), count, seed, temperature), row


def _next_seed() -> None:
    st.session_state[SEED] = (st.session_state[SEED] + 1) % (MAX_SEED + 1)


# ---- what a link asks for ----


def checked_link(names: Sequence[str], parts: Sequence[str]) -> None:
    """Take wrong values out of the address that the page was opened with, and say so: widgets then show the usual.

    The page runs again without them before there is a widget, for one of whole numbers fails at an infinite one.

    Arguments:
        names: Of the classes.
        parts: Names of the closer looks.
    """
    if REFUSED not in st.session_state:
        wrong = refused({name: st.query_params.get_all(name) for name in st.query_params}, names, parts)
        st.session_state[REFUSED] = list(wrong.values())
        if wrong:
            for name in wrong:
                del st.query_params[name]
            st.rerun()
    if sentences := st.session_state[REFUSED]:
        told = " ".join(settings.plain(sentence) for sentence in sentences)
        st.caption(f":material/link_off: {told} What is usual is shown instead.")
        st.session_state[REFUSED] = []


def refused(link: Mapping[str, Sequence[str]], names: Sequence[str], parts: Sequence[str]) -> dict[str, str]:
    """A sentence for each parameter of a link that has a value out of its range; unknown ones are not looked at."""
    a_class: Rule = (lambda text: text in names, "the name of a class")
    allowed: dict[str, Rule] = {
        CLASSES: (lambda text: text in ("", *names), a_class[1]),  # empty: no class
        COUNT: (lambda text: _whole(text, 1, MAX_COUNT), f"a whole number from 1 to {MAX_COUNT}"),
        SEED: (lambda text: _whole(text, 0, MAX_SEED), f"a whole number from 0 to {MAX_SEED}"),
        TEMPERATURE: (lambda text: _real(text, 0, MAX_TEMPERATURE), f"a number from 0 to {MAX_TEMPERATURE:g}"),
        PART: (lambda text: text in parts, f"one of {', '.join(parts)}"),
        PATH: (lambda text: text in (CIRCLE, LINE), f"{CIRCLE} or {LINE}"),
        RADIUS: (lambda text: _real(text, MIN_RADIUS, MAX_RADIUS), f"a number from {MIN_RADIUS} to {MAX_RADIUS:g}"),
        FIRST: a_class,
        SECOND: a_class,
        SHARE: (lambda text: _real(text, 0, 1), "a number from 0 to 1"),
    }
    return {
        name: f"The link asks for {name} = {text[:QUOTED]}, which is not {words}."
        for name, (fits, words) in allowed.items()
        for text in link.get(name, ())
        if not fits(text)
    }


def _whole(text: str, low: int, high: int) -> bool:
    return _real(text, low, high) and float(text).is_integer()


def _real(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high
    except ValueError:
        return False
