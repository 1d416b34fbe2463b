"""The three latent spaces of the page "KLD weight", and the lines under them."""

from typing import NamedTuple

import streamlit as st

from ui import store
from ui.kld_weight import replay
from ui.kld_weight.choice import TrainingChoice, nearest
from ui.shell import choose, messages, words
from ui.spaces import frames
from ui.spaces.plot import followed_plot
from vae_core.config import KINDS
from vae_core.errors import RunError
from vae_core.evidence import ignores_image
from vae_core.history import Losses
from vae_core.jobs import Frame, Job
from vae_core.runs import Catalogue, RunInfo

PLANES = (
    "The same test images in every plot and at every β. "
    "The VAE and cVAE planes are rotated or mirrored to match β = 1 (display only)."
)


class Subject(NamedTuple):
    """What is shown of one model kind: a training's latest frame, else a run's snapshot, else nothing."""

    kind: str
    frame: Frame | None = None
    info: RunInfo | None = None
    number: int = -1
    nearby: bool = False  # a run at another beta, because there is none at this one


def subjects(choice: TrainingChoice, infos: Catalogue, job: Job | None) -> list[Subject]:
    """Return what is shown of each model kind: a live training, the run with these settings, or the nearest run."""
    return [_subject(kind, choice, infos, job) for kind in KINDS]


def _subject(kind: str, choice: TrainingChoice, infos: Catalogue, job: Job | None) -> Subject:
    tasks = job.tasks if job is not None and job.live else ()
    frame = next((task.frame for task in tasks if task.model.kind == kind), None)
    if frame is not None:
        return Subject(kind, frame)
    info = choice.autoencoder(infos) if kind == "ae" else choice.run(kind, infos)
    if info is not None:
        return Subject(kind, None, info, replay.snapshot(info, choice))
    runs = choice.along_beta(kind, infos)
    beta = nearest(runs, choice.beta)
    return Subject(kind) if beta is None else Subject(kind, None, runs[beta], frames.last(runs[beta]), nearby=True)


def frame_of(subject: Subject) -> Frame | None:
    """Return the state of the model that is shown; None if there is none. RunError if its run file is bad."""
    return subject.frame if subject.info is None else frames.frame_of(subject.info, subject.number)


def plots(choice: TrainingChoice, infos: Catalogue, job: Job | None, live: bool, sampled: bool) -> None:
    """Draw the three plots side by side; the whole page runs again when a training has ended.

    Arguments:
        choice, infos: The settings that are chosen, and the runs that there are.
        job, live: The job for these settings, and whether it was live when the page was drawn.
        sampled: Whether to show sampled z, or mu.
    """
    if replay.advance(choice, infos) or (live and job is not None and not job.live):
        st.rerun()
    for subject, column in zip(subjects(choice, infos, job), st.columns(len(KINDS), gap="medium"), strict=True):
        with column, st.container(key=f"space-{subject.kind}"):
            try:
                _plot(subject, choice, sampled)
            except RunError as error:
                _empty(subject.kind, "This run cannot be shown.", f":red[{messages.broken_text(error)}]")
    st.caption(PLANES)


def _plot(subject: Subject, choice: TrainingChoice, sampled: bool) -> None:
    """Draw one plot with the lines under it."""
    kind, info, frame = subject.kind, subject.info, frame_of(subject)
    if frame is None:
        _empty(kind, "Not trained with these settings yet.", "&nbsp;")
        return
    final = None if info is None else frames.frame_of(info)
    plane = frames.plane_of(frame, frames.reference_run(*choice.settings(kind)), sampled, final)
    latents = "the codes" if kind == "ae" else choose.SAMPLED if sampled else choose.MEAN
    line = _line(subject, frame)
    followed_plot(kind, words.title(kind), latents, frame, plane, faded=subject.nearby)
    st.markdown(line)
    st.caption("&nbsp;" if info is None or subject.nearby else words.plain(info.id))


def _empty(kind: str, reason: str, line: str) -> None:
    """Draw a frame in the place of a plot."""
    st.markdown(f"**{words.title(kind)}**")
    with st.container(border=True, height=360, vertical_alignment="center", horizontal_alignment="center"):
        st.markdown(reason)
    st.markdown(line)
    st.caption("&nbsp;")


def _line(subject: Subject, frame: Frame) -> str:
    """Return the line under a plot: losses, and a plain warning where the model ignores the image (Markdown)."""
    info = subject.info
    if info is None:
        return f"**Epoch {frame.done * frame.epochs:.1f} of {frame.epochs}** · {_losses(frame.test)}"
    if subject.nearby:
        return f"Nearest trained run: β = {info.train.beta:g}."
    if frame.epoch < info.train.epochs:
        return f"**Epoch {frame.epoch} of {frame.epochs}** · {_losses(frame.test)}"
    summary = f"{words.subtitle(info)} · {_losses(info.test)}"
    return f"{summary} · no KLD, no density" if info.model.kind == "ae" else _with_information(info, summary)


def _with_information(info: RunInfo, summary: str) -> str:
    """Return the summary of a VAE's or cVAE's run together with how much its code says of the image."""
    metrics = store.metrics(info)
    information, active = metrics["mutual_information"].value, metrics["active_units"].value
    summary += "" if information is None else f" · I(x;z) {max(information, 0.0):.2f} nats"
    if ignores_image(metrics):
        return f":orange[:material/warning: **Gaussian only because it ignores the image.**] {summary}"
    if active < info.model.latent_dim:
        return f"{summary} · :orange[active units: {active} of {info.model.latent_dim}]"
    return summary


def _losses(losses: Losses | None) -> str:
    if losses is None:
        return "before training"
    kld = "" if losses.kld is None else f", kld {words.three(losses.kld)}"
    return f"recon {words.three(losses.recon)}{kld} nats"
