"""Deleting run files, which is asked first: a visitor's own runs, and local files that nobody can read."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from ui import store
from ui.jobs import client
from ui.shell import words
from vae_core import runs
from vae_core.errors import RunError
from vae_core.runs import LOCAL, RunInfo

REFUSAL = "runs_not_deleted"  # session key
MAX_NAMED = 3  # unreadable files that are named


def delete_button(info: RunInfo) -> None:
    """Offer to delete a run that is the visitor's, or that was trained here and can be read by nobody."""
    if client.belongs_to_visitor(info):
        _button("Delete this run", info.id, f"{info.id} and its note", partial(_delete_own, info))
    elif info.path is not None and not info.shipped and not _readable(info):
        _button("Delete this file", info.id, info.path.name, partial(runs.delete_unreadable, info.path))


def unreadable_files() -> None:
    """Name the files among the runs that cannot be read, and offer to delete those that are not shipped."""
    root = runs.checkpoints_root()
    folders = [folder for folder in (root, root / LOCAL) if folder.is_dir()]
    reasons = _unreadable(str(root), tuple(folder.stat().st_mtime_ns for folder in folders))
    if not reasons:
        return
    more = f"; and {len(reasons) - MAX_NAMED} more" if len(reasons) > MAX_NAMED else ""
    named = "; ".join(list(reasons.values())[:MAX_NAMED])
    st.warning(words.plain(f"Skipped: {named}{more}."), icon=":material/warning:")
    with st.container(horizontal=True):
        for path in list(reasons)[:MAX_NAMED]:
            if path.parent.name == LOCAL:
                _button(f"Delete {path.name}", path.name, path.name, partial(runs.delete_unreadable, path))


def refusal() -> None:
    """Show once why a file could not be deleted."""
    if REFUSAL in st.session_state:
        st.error(words.plain(st.session_state.pop(REFUSAL)), icon=":material/error:")


def _readable(info: RunInfo) -> bool:
    try:
        store.run(info)
    except RunError:
        return False
    return True


@st.cache_data(max_entries=2, show_spinner=False)
def _unreadable(root: str, changed: tuple[int, ...]) -> dict[Path, str]:
    return runs.unreadable(root)


def _delete_own(info: RunInfo) -> None:
    if client.belongs_to_visitor(info):  # perhaps no more
        runs.delete_run(info)


def _button(label: str, key: str, what: str, delete: Callable[[], None]) -> None:
    if st.button(words.plain(label), icon=":material/delete:", type="tertiary", key=f"delete-{key}"):
        _confirm(what, delete)


@st.dialog("Delete it?")
def _confirm(what: str, delete: Callable[[], None]) -> None:
    st.markdown(f"{words.plain(what)} will be deleted for everyone. This cannot be undone.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete:", key="yes", on_click=_delete, args=(delete,)):
            st.rerun()
        if st.button("Keep", key="no"):
            st.rerun()


def _delete(delete: Callable[[], None]) -> None:
    try:
        delete()
    except RunError as error:
        st.session_state[REFUSAL] = f"Not deleted: {error}."
