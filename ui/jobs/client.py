"""The one training queue of this server, and who a visitor is to it."""

from __future__ import annotations

import functools
import hashlib
import itertools
import uuid

import streamlit as st

from vae_core.errors import JobError, RunError
from vae_core.jobs import Job, Queue, Request
from vae_core.runs import RunInfo

__all__ = [
    "belongs_to_visitor",
    "browser_of",
    "leave",
    "queue",
    "refusal",
    "remember_upload",
    "submit",
    "visitor",
]

VISITOR, UPLOADED, REFUSAL = "visitor", "uploaded", "refusal"  # session keys


@functools.cache
def queue() -> Queue:
    """The queue that all visitors of this server share."""
    return Queue()


def visitor() -> str:
    """Who is visiting: the browser if its cookie tells, so that coming back is the same visitor, else the session."""
    browser = browser_of(st.context.cookies.get("_streamlit_xsrf", ""))
    return browser or str(st.session_state.setdefault(VISITOR, uuid.uuid4().hex))


def browser_of(cookie: str) -> str | None:
    """What stays the same in Streamlit's cookie "2|mask|token|time", masked anew at every request; None for another."""
    try:
        _, mask, masked, _ = cookie.strip('"').split("|")
        pairs = zip(bytes.fromhex(masked), itertools.cycle(bytes.fromhex(mask)), strict=False)
        return hashlib.sha256(bytes(a ^ b for a, b in pairs)).hexdigest()[:16]
    except ValueError:
        return None


def submit(*requests: Request) -> None:
    """Ask for models in this visitor's name; why it is refused, `refusal` says."""
    try:
        queue().submit_all(list(requests), visitor())
    except (JobError, RunError) as error:
        st.session_state[REFUSAL] = str(error)


def leave(job: Job) -> None:
    """Want a job no more, in this visitor's name."""
    queue().leave(job, visitor())


def refusal() -> None:
    """Say why the last request was refused, once."""
    if REFUSAL in st.session_state:
        st.error(st.session_state.pop(REFUSAL), icon=":material/error:")


def belongs_to_visitor(info: RunInfo) -> bool:
    """Whether this visitor had a local run trained, or uploaded it: then it may be deleted."""
    uploaded: set[str] = st.session_state.get(UPLOADED, set())
    return not info.shipped and (info.id in uploaded or info.id in queue().trained_by(visitor()))


def remember_upload(info: RunInfo) -> None:
    """Take an uploaded run for this visitor's own."""
    st.session_state[UPLOADED] = {*st.session_state.get(UPLOADED, set()), info.id}
