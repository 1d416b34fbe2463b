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
from vae_core.config import TrainConfig
from vae_core.jobs import Job
from vae_core.runs import Catalogue


def exhibit() -> TrainingChoice:
    """Draw the whole exhibit; return the settings that the visitor has chosen."""
    infos = store.catalogue()
    _follow_link(infos)
    client.queue().warm()
    place_of_plots = st.container(key="plots")
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        place_of_status = st.container(width="stretch", key="status")
        choice, sampled = controls(infos)
    ready = _ready(choice.train)  # asked before anything is drawn that says so
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
    if not all(ready):
        page.rerun_when(lambda: _ready(choice.train) != ready)
    return choice


def _follow_link(infos: Catalogue) -> None:
    """Open the run that the URL names; drop it from the URL once the other parameters tell all of its settings."""
    params.check({choose.RUN: params.a_run(infos)} | form.link_rules())
    if (linked_run := choose.linked_run(infos)) is not None:
        form.open_run(linked_run)
    elif choose.RUN in st.query_params and not form.unusual_settings():
        del st.query_params[choose.RUN]


def _ready(train: TrainConfig) -> tuple[bool, ...]:
    """Return what of test images, their sheet, Vega and the engine is there; each makes the page complete further."""
    return store.images_ready(train), store.sheet_ready(train), store.vega().done(), client.queue().ready


def _offer(choice: TrainingChoice, infos: Catalogue, job: Job | None) -> None:
    """Offer to train where there are no runs."""
    client.refusal()
    with st.container(horizontal=True, vertical_alignment="center"):
        if choice.beta not in choice.trained_betas(infos):
            status.offer(choice.request(infos), job)
        release_switch()
