"""What the URL may hold: values that cannot be shown are removed before a widget reads them, and reported.

Each page has one table of rules, by the names of its parameters, which are also the session keys of its widgets. Names
in `SHARED` mean the same on every page, and their values go along; any other name belongs to the page that it is on.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.shell import words
from vae_core.runs import RunInfo

SHARED = {"run", "dataset", "seed", "beta", "latent_dim", "condition", "latents"}
# Session keys: the open page; names that were checked on it; the page that each name was checked on last.
PAGE, CHECKED, OWNER = "params_page", "params_checked", "params_owner"
ENTERED = "params_entered"  # session key: whether the page was opened by this run
LEFT = "params_left"  # session key: by name, the text that the page replaced in the URL, and when
FOLLOW_S = 5.0  # seconds within which the browser's address follows
PENDING, REPORTED = "params_pending", "params_reported"  # session keys: messages for the next run, and of this one
MAX_QUOTED = 30  # characters of a wrong value that a message repeats
MAX_LISTED = 12  # values that a message lists
NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{0,20})?(e-?[0-9]{1,3})?")


class Rule(NamedTuple):
    """What a parameter may be: a test of its text, and the same in words."""

    fits: Callable[[str], bool]
    need: str


def one_of(allowed: Iterable[Any]) -> Rule:
    """Return the rule for one of several texts."""
    texts = [str(value) for value in allowed]
    listed = ", ".join(text for text in texts[:MAX_LISTED] if text) + ", …" * (len(texts) > MAX_LISTED)
    return Rule(lambda text: text in texts, f"one of {listed}")


def a_run(infos: Iterable[RunInfo]) -> Rule:
    """Return the rule for the id of one of several runs."""
    ids = {info.id for info in infos}
    return Rule(lambda text: text in ids, "the id of a run on this machine")


def number(low: float, high: float) -> Rule:
    """Return the rule for a number between two limits, both included."""
    return Rule(lambda text: _within(text, low, high), f"a number from {low:g} to {high:g}")


def whole(low: int, high: int) -> Rule:
    """Return the rule for a whole number between two limits, both included."""
    return Rule(
        lambda text: _within(text, low, high) and float(text).is_integer(), f"a whole number from {low} to {high}"
    )


def count(low: int, high: int) -> Rule:
    """Return the rule for a whole number between two limits, both included, in digits alone."""
    most = len(str(high))
    return Rule(
        lambda text: text.isascii() and text.isdigit() and len(text) <= most and low <= int(text) <= high,
        f"a whole number from {low} to {high}",
    )


def _within(text: str, low: float, high: float) -> bool:
    return NUMBER.fullmatch(text) is not None and low <= float(text) <= high


def begin(page: str) -> None:
    """Note which page is open: a visit to a page checks every parameter anew."""
    entered = st.session_state[ENTERED] = st.session_state.get(PAGE) != page
    if entered:
        st.session_state[PAGE], st.session_state[CHECKED] = page, set()
        _take_dropped()


def entered() -> bool:
    """Return whether this run has opened the page, and not one of its widgets."""
    return bool(st.session_state.get(ENTERED))


def _take_dropped() -> None:
    """Take the parameters that Streamlit drops because a widget of the page before has their name.

    A link to a page holds that page's parameters too, except for those from the browser's history.
    """
    context = get_script_run_ctx()
    link = parse_qs(context.query_string, keep_blank_values=True) if context is not None else {}
    dropped = {name: texts for name, texts in link.items() if name not in st.query_params}
    if not returned():
        dropped = {name: texts for name, texts in dropped.items() if name in SHARED}
    if context is not None and dropped:
        st.query_params.update(dropped)
        with context.session_state.query_params() as query:
            query.set_initial_query_params_from_current()


def returned() -> bool:
    """Return whether the visitor has come by the browser's Back or Forward: then the URL alone says what was there."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def upcoming(name: str, default: Any) -> Any:
    """Return what a widget bound to the URL will hold further down the page: its own value, or the URL's text."""
    if returned():
        return st.query_params.get(name, default)
    if name in st.query_params and (entered() or name not in st.session_state):
        return st.query_params[name]
    return st.session_state.get(name, default)


def kept(name: str, default: str) -> str:
    """Return a text that no widget holds: the URL's, else the session's, for one who comes by a link to the page.

    A text of another page is never returned: `check` forgets it.
    """
    earlier = default if returned() else st.session_state.get(name, default)
    text = in_url(name, earlier)
    keep(name, text, default)
    return text


def in_url(name: str, earlier: str) -> str:
    """Return a parameter's text, or the earlier one if there is none, or one that the page has just replaced.

    A request that the browser sends by itself, as at intervals, may still hold the address from before.
    """
    text = st.query_params.get(name, earlier)
    left, when = st.session_state.get(LEFT, {}).get(name, (None, 0.0))
    is_late = text == left and time.monotonic() - when < FOLLOW_S
    return earlier if is_late and not returned() and not entered() else text


def keep(name: str, text: str, default: str) -> None:
    """Keep a text for `kept`: in the session, and in the URL where it is not the default."""
    st.session_state[name] = text
    write(name, text, default)


def write(name: str, text: str, default: str) -> None:
    """Put a text into the URL where it is not the default."""
    before = st.query_params.get(name)
    if before is not None and before != text:
        st.session_state.setdefault(LEFT, {})[name] = (before, time.monotonic())
    if text != default:
        if before != text:
            st.query_params[name] = text
    elif before is not None:
        del st.query_params[name]


def check(rules: Mapping[str, Rule]) -> None:
    """Remove wrong values from the URL and run the page again, which reports them; widgets then show their defaults.

    To be called before the widgets: a widget for whole numbers raises at an infinite value, one that must have a value
    at an empty one. A visit to a page checks each parameter once: afterwards the widget itself writes it.

    Arguments:
        rules: By the names of parameters.
    """
    checked = st.session_state.setdefault(CHECKED, set())
    unchecked = {name: rule for name, rule in rules.items() if name not in checked}
    checked.update(unchecked)
    for name in unchecked:
        _forget_foreign(name)
    wrong = refused({name: st.query_params.get_all(name) for name in unchecked}, unchecked)
    if wrong:
        st.session_state[PENDING] = [*st.session_state.get(REPORTED, ()), *wrong.values()]
        for name in wrong:
            del st.query_params[name]
        st.rerun()


def _forget_foreign(name: str) -> None:
    """Forget a value of another page, which Streamlit would otherwise carry to this page's widget and into its URL."""
    owner, page = st.session_state.setdefault(OWNER, {}), st.session_state.get(PAGE)
    foreign = owner.get(name, page) != page and name not in SHARED and name not in st.query_params
    if foreign and name in st.session_state:
        del st.session_state[name]
    owner[name] = page


def report() -> None:
    """Draw what the previous run of the page found wrong with its URL."""
    messages = st.session_state[REPORTED] = st.session_state.pop(PENDING, [])
    if messages:
        text = " ".join(words.plain(message) for message in messages)
        st.caption(f":material/link_off: {text} The default is shown instead.")


def report_again() -> None:
    """Let the next run of the page draw the same again, because it starts by itself, before anybody has read it."""
    st.session_state.setdefault(PENDING, st.session_state.get(REPORTED, []))


def refused(link: Mapping[str, Sequence[str]], rules: Mapping[str, Rule]) -> dict[str, str]:
    """Return a message for each parameter with a wrong value, by its name; one without a rule may be anything.

    >>> refused({"seed": ["inf"], "beta": ["4"]}, {"seed": whole(0, 9), "beta": number(0, 100)})
    {'seed': 'The link asks for seed = inf, which is not a whole number from 0 to 9.'}
    """
    return {
        name: f"The link asks for {name} = {text[:MAX_QUOTED]}, which is not {rule.need}."
        for name, rule in rules.items()
        for text in link.get(name, ())
        if not rule.fits(text)
    }


def forget_unless(key: str, holds: Callable[[Any], bool]) -> None:
    """Forget a stored value that is no longer possible, as after a change of the run."""
    if key in st.session_state and not holds(st.session_state[key]):
        del st.session_state[key]
