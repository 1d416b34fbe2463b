"""What goes on at the chosen beta: a training with its place and progress, or the offer to train."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui.jobs import client
from ui.shell import words
from vae_core.jobs import CANCELLED, FAILED, WAITING, Job, Request

__all__ = ["SLOW_S", "interval", "live", "offer"]

WATCH_S, CROWD_S, CROWD = 0.2, 0.9, 6  # between two looks at a training; with more visitors on it, the longer
SLOW_S = 1.0  # between two looks at what need not move: words, curves, reconstructions
BUSY_QUEUE = 3  # waiting jobs from which the fast setting is suggested


def interval(job: Job) -> float:
    """Seconds between two looks at a live job: the longer, the more visitors watch it."""
    return WATCH_S if len(job.visitors) <= CROWD else CROWD_S


def live(job: Job) -> None:
    """A live job: its place or its progress, and a way out."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container():
            st.fragment(partial(_status, job), run_every=SLOW_S)()
        # Outside the fragment, so that the page follows at once.
        if client.visitor() in job.visitors:
            st.button("Cancel", icon=":material/close:", on_click=client.leave, args=(job,), key="cancel")
        else:
            st.button("Join", on_click=client.submit, args=(job.request,), key="join")


def _status(job: Job) -> None:
    queue = client.queue()
    if not job.live:
        st.rerun()
    if job.state == WAITING:
        place, left = len(queue.ahead(job)) + 1, queue.seconds_until_done(job)
        st.progress(0.0, f"Place {place} of {len(queue.live())} in the queue{_about(left)}")
    else:
        st.progress(job.progress(), _running(job))
    if queue.waiting() > BUSY_QUEUE:
        st.caption(f"{queue.waiting()} jobs wait. With **fast** under *More settings* everybody's turn comes sooner.")
    for task in job.tasks:
        if task.note:
            st.caption(task.note)


def _running(job: Job) -> str:
    if job.request.measured:
        return f"Measuring the evidence{_about(job.seconds_left())} left"
    frames = [task.frame for task in job.tasks if task.frame is not None]
    if not frames:
        return "Starting …" if client.queue().ready else "Starting the training engine …"
    speed = sum(frame.images_per_second for frame in frames)
    first = frames[0]
    return (
        f"Epoch {first.done * first.epochs:.1f} of {first.epochs} · {speed:,.0f} images/s on {first.device}"
        f"{_about(job.seconds_left())} left"
    )


def _about(seconds: float | None) -> str:
    return "" if seconds is None else f" · about {words.duration(seconds)}"


def offer(request: Request, job: Job | None) -> None:
    """Train with an honest estimate; how the last attempt ended, if there was one."""
    if job is not None and job.state == FAILED:
        st.error(job.reason, icon=":material/error:")
    st.button(
        "Train", type="primary", icon=":material/play_arrow:", key="train", on_click=client.submit, args=(request,)
    )
    seconds = client.queue().expected(request)
    expected = "the engine is starting" if seconds is None else f"about {words.duration(seconds)} on this machine"
    cancelled = "Cancelled; nothing was kept. " if job is not None and job.state == CANCELLED else ""
    train = request.models[-1][1]
    st.markdown(f"{cancelled}VAE and cVAE at β = {train.beta:g}, {train.epochs} epochs side by side: {expected}.")
