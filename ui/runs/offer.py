"""What becomes of the settings of a new run: the run that exists, or a training and how long it takes."""

import streamlit as st

from ui import store
from ui.jobs import client, status
from ui.runs import selection
from ui.shell import messages, page, words
from vae_core import runs
from vae_core.config import DATASETS, ModelConfig, TrainConfig
from vae_core.jobs import Request
from vae_core.runs import RunInfo

POLL_S = 1.0


def offer(model: ModelConfig, train: TrainConfig) -> None:
    """Offer to train, with an estimate; or show the run or the job with these settings."""
    existing = store.catalogue().find(model, train)
    if existing is not None:
        _existing(existing)
        return
    request = Request(((model, train),))
    job = client.queue().find(request)
    live = job is not None and job.live and client.visitor() in job.visitors
    with st.container(horizontal=True, vertical_alignment="center", key="offer"):
        st.button(
            "Train", type="primary", icon=":material/play_arrow:", disabled=live, on_click=client.submit,
            args=(request,), key="train",
        )  # fmt: skip
        if live:
            st.markdown("This is being trained; its progress is below.", width="content")
        else:
            _estimate(request)
    _missing_images(train.dataset)


def _existing(info: RunInfo) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="offer"):
        st.button(
            "Show it", type="primary", icon=":material/table_rows:", on_click=selection.select, args=(info.id,),
            key="show-existing",
        )  # fmt: skip
        title = runs.read_note(info).title or info.id
        st.markdown(f"A run with these settings already exists: {words.plain(title)}.", width="content")


def _estimate(request: Request) -> None:
    """Say how long a training takes, as soon as the engine can tell."""
    known_at_once = client.queue().ready

    def estimate() -> None:
        if client.queue().ready and not known_at_once:
            st.rerun()
        text, ahead = status.estimate(request), len(client.queue().live())
        jobs = f", after {ahead} other job{'s' * (ahead > 1)}" * (ahead > 0)
        st.markdown(f"{text[:1].upper()}{text[1:]}{jobs}.")

    st.fragment(estimate, run_every=None if known_at_once else POLL_S)()


def _missing_images(dataset: str) -> None:
    """Offer to download a data set that is not on this machine."""
    if not store.images_ready(dataset):
        page.rerun_when(lambda: store.images_ready(dataset), POLL_S)
    elif not store.is_here(dataset):
        info = DATASETS[dataset]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"Training needs the {info.title} images, which are not on this machine."
                + words.plain(f" {store.why_no_images(dataset)}"),
                width="content",
            )
            if st.button(f"Download ({info.download_mb:.0f} MB)", icon=":material/download:", key="new-download"):
                messages.download(dataset)
