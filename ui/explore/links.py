"""What a link to the page may ask for. Wild values are replaced by the default, or by the nearest, and named."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import streamlit as st

__all__ = ["Rule", "number", "one_of", "settle", "tell"]

Rule = Callable[[str], bool]  # whether a URL parameter's text can be shown
SHOWN_CHARACTERS = 24  # of a wild value


def one_of(allowed: Iterable[Any]) -> Rule:
    """One of some words."""
    words = {str(word) for word in allowed}
    return lambda text: text in words


def number(low: float, high: float) -> Rule:
    """A number between two others, both included."""

    def holds(text: str) -> bool:
        try:
            value = float(text)
        except ValueError:
            return False
        return math.isfinite(value) and low <= value <= high

    return holds


def tell(rules: Mapping[str, Rule]) -> None:
    """Name the parameters that cannot be shown, in one line; to be called before their widgets."""
    wild = [
        f"{name} = {_plain(text)}"
        for name, rule in rules.items()
        for text in st.query_params.get_all(name)
        if not rule(text)
    ]
    if wild:
        st.caption(f":material/link_off: The link asks for {', '.join(wild)}: replaced by what can be shown.")


def settle(key: str, holds: Callable[[Any], bool]) -> None:
    """Forget a stored value that is not possible any more, as after a change of the run."""
    if key in st.session_state and not holds(st.session_state[key]):
        del st.session_state[key]


def _plain(text: str) -> str:
    """A wild text without the characters that Markdown and HTML read, and short."""
    plain = "".join(character for character in text[:SHOWN_CHARACTERS] if character.isalnum() or character in " .,-+")
    return plain + ("…" if len(text) > SHOWN_CHARACTERS else "")
