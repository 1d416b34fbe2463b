"""The exhibit of the page "KLD weight": three latent spaces at one beta, trained before, now, or on demand."""

from functools import partial

import streamlit as st

from ui import store
from ui.jobs import client, status
from ui.kld_weight import form, replay
from ui.kld_weight.choice import TrainingChoice
from ui.kld_weight.controls import controls, release_switch
from ui.kld_weight.details import details
from ui.kld_weight.plots import plots
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
    with st.container(key="controls"):
        choice, sampled = controls(infos)
    job = client.queue().find(choice.request(infos))
    live = job is not None and job.live
    infos = store.catalogue()  # looked up after the job, so that the runs of one that has ended are among them
    with place_of_plots:
        st.fragment(partial(plots, choice, infos, job, live, sampled), run_every=_interval(job))()
    with st.container(key="status"):
        if job is not None and live:
            status.live(job)
        else:
            _replay_or_train(choice, infos, job)
    st.fragment(partial(details, choice, infos, job), run_every=status.SLOW_S if live else replay.interval())()
    if not store.images_ready(choice.train.dataset) or not engine_ready:
        page.rerun_when(partial(_more_is_ready, choice.train.dataset, engine_ready))
    return choice


def _follow_link(infos: Catalogue) -> None:
    """Open the run that the URL names; drop it from the URL once the other parameters tell all of its settings."""
    params.check({choose.RUN: params.a_run(infos)} | form.link_rules())
    if (linked_run := choose.linked_run(infos)) is not None:
        form.open_run(linked_run)
    elif choose.RUN in st.query_params and not form.unusual_settings():
        del st.query_params[choose.RUN]


def _more_is_ready(dataset: str, engine_was_ready: bool) -> bool:
    """Return whether the originals have been loaded, or the engine has started, since the page was drawn."""
    return store.images_ready(dataset) and (engine_was_ready or client.queue().ready)


def _interval(job: Job | None) -> float | None:
    """Return the seconds until the plots are drawn again; None where nothing moves."""
    return status.interval(job) if job is not None and job.live else replay.interval()


def _replay_or_train(choice: TrainingChoice, infos: Catalogue, job: Job | None) -> None:
    """Offer to replay the runs at this beta, or to train them where there are none."""
    client.refusal()
    with st.container(horizontal=True, vertical_alignment="center"):
        if choice.beta in choice.trained_betas(infos):
            replay.player(choice, infos)
        else:
            status.offer(choice.request(infos), job)
        release_switch()
