"""What a link may ask for: values that cannot be shown are taken out of the URL before there is a widget, and named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from ui.shell import settings
from vae_core.runs import RunInfo

__all__ = ["Rule", "a_run", "check", "number", "one_of", "refused", "settle", "tell", "whole"]

# Session keys: names of parameters; sentences for the next run; those that this run shows.
CHECKED, TOLD, SHOWN = "links_checked", "links_told", "links_shown"
QUOTED = 30  # characters of a wrong value that are repeated
LISTED = 12  # values that are listed


class Rule(NamedTuple):
    """What a parameter may be: whether a text of it fits, and what does, in words."""

    fits: Callable[[str], bool]
    words: str


def one_of(allowed: Iterable[Any]) -> Rule:
    """One of some words."""
    words = [str(word) for word in allowed]
    listed = ", ".join(word for word in words[:LISTED] if word) + ", …" * (len(words) > LISTED)
    return Rule(lambda text: text in words, f"one of {listed}")


def a_run(infos: Iterable[RunInfo]) -> Rule:
    """The id of one of some runs."""
    ids = {info.id for info in infos}
    return Rule(lambda text: text in ids, "a run that is here")


def number(low: float, high: float) -> Rule:
    """A number between two others, both included."""
    return Rule(lambda text: _within(text, low, high), f"a number from {low:g} to {high:g}")


def whole(low: int, high: int) -> Rule:
    """A whole number between two others, both included."""
    return Rule(
        lambda text: _within(text, low, high) and float(text).is_integer(), f"a whole number from {low} to {high}"
    )


def _within(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high  # false for NaN
    except ValueError:
        return False


def check(rules: Mapping[str, Rule]) -> None:
    """Take wrong values out of the link and run the page again, which says so; widgets then show what is usual.

    To be called before the widgets: one of whole numbers fails at an infinite value, one that must have a value at an
    empty one. Each parameter is looked at once in a session: afterwards it is the widget's own.

    Arguments:
        rules: By the names of parameters.
    """
    checked = st.session_state.setdefault(CHECKED, set())
    new = {name: rule for name, rule in rules.items() if name not in checked}
    checked.update(new)
    wrong = refused({name: st.query_params.get_all(name) for name in new}, new)
    if wrong:
        st.session_state[TOLD] = [*st.session_state.get(SHOWN, ()), *wrong.values()]
        for name in wrong:
            del st.query_params[name]
        st.rerun()


def tell() -> None:
    """What the last run of the page found wrong with its link; every page says it below its title."""
    sentences = st.session_state[SHOWN] = st.session_state.pop(TOLD, [])
    if sentences:
        told = " ".join(settings.plain(sentence) for sentence in sentences)
        st.caption(f":material/link_off: {told} What is usual is shown instead.")


def refused(link: Mapping[str, Sequence[str]], rules: Mapping[str, Rule]) -> dict[str, str]:
    """A sentence for each parameter of a link that has a wrong value, by its name; one without a rule may be anything.

    >>> refused({"seed": ["inf"], "beta": ["4"]}, {"seed": whole(0, 9), "beta": number(0, 100)})
    {'seed': 'The link asks for seed = inf, which is not a whole number from 0 to 9.'}
    """
    return {
        name: f"The link asks for {name} = {text[:QUOTED]}, which is not {rule.words}."
        for name, rule in rules.items()
        for text in link.get(name, ())
        if not rule.fits(text)
    }


def settle(key: str, holds: Callable[[Any], bool]) -> None:
    """Forget a stored value that is not possible any more, as after a change of the run."""
    if key in st.session_state and not holds(st.session_state[key]):
        del st.session_state[key]
