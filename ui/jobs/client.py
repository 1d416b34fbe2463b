"""The one training queue of this server, and who a visitor is to it."""

import functools
import hashlib
import itertools
import uuid

import streamlit as st

from ui.shell import params
from vae_core.errors import JobError, RunError
from vae_core.jobs import Job, Queue, Request
from vae_core.runs import RunInfo

VISITOR, UPLOADED, REFUSAL, ORIGINS = "visitor", "uploaded", "refusal", "origins"  # session keys
RUNS, MAX_ORIGINS = "runs", 30  # the page with all jobs; remembered ones


@functools.cache
def queue() -> Queue:
    """Return the queue that all visitors of this server share."""
    return Queue()


def visitor() -> str:
    """Return who is visiting: the browser by its cookie, so that coming back is the same visitor, else the session."""
    browser = browser_of(st.context.cookies.get("_streamlit_xsrf", ""))
    return browser or str(st.session_state.setdefault(VISITOR, uuid.uuid4().hex))


def browser_of(cookie: str) -> str | None:
    """Return what stays equal in Streamlit's cookie "2|mask|token|time", masked anew at every request.

    None for any other cookie.

    >>> browser_of("2|01020304|00000000|1") == browser_of("2|05060708|0404040c|2")
    True
    """
    try:
        _, mask, masked, _ = cookie.strip('"').split("|")
        pairs = zip(bytes.fromhex(masked), itertools.cycle(bytes.fromhex(mask)), strict=False)
        return hashlib.sha256(bytes(a ^ b for a, b in pairs)).hexdigest()[:16]
    except ValueError:
        return None


def submit(*requests: Request) -> None:
    """Submit requests for this visitor; a refusal is stored and shown by `refusal`."""
    try:
        jobs = queue().submit_all(requests, visitor())
    except (JobError, RunError) as error:
        st.session_state[REFUSAL] = str(error)
        return
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    here = dict.fromkeys((job.id for job in jobs), (st.session_state.get(params.PAGE, RUNS), query))
    earlier = st.session_state.get(ORIGINS, {})
    st.session_state[ORIGINS] = dict([*(earlier | here).items()][-MAX_ORIGINS:])


def origin(job: Job) -> tuple[str, dict[str, list[str]]]:
    """Return the page, and its URL parameters, on which this visitor asked for a job; else the list of jobs."""
    return st.session_state.get(ORIGINS, {}).get(job.id, (RUNS, {}))


def leave(job: Job) -> None:
    """Withdraw this visitor from a job."""
    queue().leave(job, visitor())


def refusal() -> None:
    """Show once why the last request was refused."""
    if REFUSAL in st.session_state:
        st.error(st.session_state.pop(REFUSAL), icon=":material/error:")


def belongs_to_visitor(info: RunInfo) -> bool:
    """Tell whether this visitor had a local run trained, or uploaded it: then it may be deleted."""
    uploaded: set[str] = st.session_state.get(UPLOADED, set())
    return not info.shipped and (info.id in uploaded or info.id in queue().order.trained_by(visitor()))


def remember_upload(info: RunInfo) -> None:
    """Take an uploaded run for this visitor's own."""
    st.session_state[UPLOADED] = {*st.session_state.get(UPLOADED, set()), info.id}
