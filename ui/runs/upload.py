"""The upload of a run file from elsewhere."""

import streamlit as st

from ui import store
from ui.jobs import client
from ui.runs import selection
from ui.shell import words
from vae_core import runs
from vae_core.errors import RunError
from vae_core.evidence import summarize
from vae_core.runs import Run, RunInfo


def upload() -> None:
    """Take a run file, verify it, and keep it among the local runs."""
    st.markdown(
        "Upload a `.safetensors` run file written by this app, here or elsewhere. Its settings, numbers and weights "
        "are checked against its hash before any of it is used."
    )
    file = st.file_uploader(
        "Run file", type=["safetensors"], key="upload", label_visibility="collapsed",
        max_upload_size=runs.MAX_BYTES // 2**20,
    )  # fmt: skip
    if file is not None:
        _take(file.name, file.getvalue())
    quota()


def _take(name: str, content: bytes) -> None:
    try:
        info, outcome = _keep(content)
    except (RunError, ValueError) as error:
        st.error(words.plain(f"{name} was refused: {error}."), icon=":material/error:")
        return
    with st.container(horizontal=True, vertical_alignment="center", key="uploaded"):
        st.markdown(f":material/check: {words.plain(info.id)} {outcome}", width="content")
        st.button("Show it", key="show-upload", on_click=selection.select, args=(info.id,))


def _keep(content: bytes) -> tuple[RunInfo, str]:
    """Publish a verified file as this visitor's run, unless the run is here already; the run, and what became of it."""
    folder = runs.checkpoints_root() / runs.LOCAL
    run = verified(content)
    info = store.catalogue().get(run.info.id)
    if info is None:
        runs.check_quota(folder)
        info = runs.publish_bytes(content, folder, summarize(run.latents, run.info.latent_seed))
        client.remember_upload(info)
    elif not client.belongs_to_visitor(info):
        return info, "was already here; nothing was changed."
    return info, "has been added."


def verified(content: bytes) -> Run:
    """Return the run in a file's content, with a model that can be built. RunError says what is wrong with it."""
    run = runs.from_bytes(content)
    run.model()
    return run


def quota() -> None:
    """Say how much room the local run files take."""
    used, allowed = runs.used_mb(runs.checkpoints_root() / runs.LOCAL), runs.quota_mb()
    st.caption(f"Local runs use {used:,.0f} of {allowed:,.0f} MB.")
