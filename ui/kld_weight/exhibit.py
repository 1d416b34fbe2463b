"""The exhibit of the page "KLD weight": three latent spaces at one beta, trained before, now, or on demand."""

from functools import partial

import streamlit as st

from ui import store
from ui.jobs import client, status
from ui.kld_weight import form
from ui.kld_weight.choice import TrainingChoice
from ui.kld_weight.controls import controls, release_switch
from ui.kld_weight.curves import curves
from ui.kld_weight.plots import plots
from ui.kld_weight.spaces import Scene
from ui.shell import choose, page, params
from vae_core.jobs import Job
from vae_core.runs import Catalogue


def exhibit() -> TrainingChoice:
    """Draw the whole exhibit; return the settings that the visitor has chosen."""
    infos = store.catalogue()
    _follow_link(infos)
    client.queue().warm()
    engine_ready = client.queue().ready  # asked before anything is drawn that says so
    place_of_plots = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        place_of_status = st.container(width="stretch", key="status")
        choice, sampled = controls(infos)
    job = client.queue().find(choice.request(infos))
    infos = store.catalogue()  # looked up after the job, so that the runs of one that has ended are among them
    scene = Scene(choice, infos, job, sampled)
    live = scene.live
    with place_of_plots:
        st.fragment(partial(plots, scene, live), run_every=status.interval(job) if job is not None and live else None)()
    with place_of_status:
        if job is not None and live:
            status.live(job)
        else:
            _offer(choice, infos, job)
    st.fragment(partial(curves, choice, infos, job), run_every=status.SLOW_S if live else None)()
    if not _ready(choice.train.dataset, engine_ready):
        page.rerun_when(partial(_ready, choice.train.dataset))
    return choice


def _follow_link(infos: Catalogue) -> None:
    """Open the run that the URL names; drop it from the URL once the other parameters tell all of its settings."""
    params.check({choose.RUN: params.a_run(infos)} | form.link_rules())
    if (linked_run := choose.linked_run(infos)) is not None:
        form.open_run(linked_run)
    elif choose.RUN in st.query_params and not form.unusual_settings():
        del st.query_params[choose.RUN]


def _ready(dataset: str, engine_ready: bool | None = None) -> bool:
    """Return whether the test images are loaded, and the engine has started (None: look)."""
    engine_ready = client.queue().ready if engine_ready is None else engine_ready
    return store.images_ready(dataset) and store.sheet_ready(dataset) and store.vega().done() and engine_ready


def _offer(choice: TrainingChoice, infos: Catalogue, job: Job | None) -> None:
    """Offer to train where there are no runs."""
    client.refusal()
    with st.container(horizontal=True, vertical_alignment="center"):
        if choice.beta not in choice.trained_betas(infos):
            status.offer(choice.request(infos), job)
        release_switch()
