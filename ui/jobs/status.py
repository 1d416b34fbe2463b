"""The state of one job where a page waits for it: its place or progress with the way out, or the offer to train."""

from functools import partial

import streamlit as st

from ui import store
from ui.jobs import client
from ui.shell import messages, words
from vae_core.jobs import CANCELLED, FAILED, WAITING, Job, Request

WATCH_S, CROWD_S, CROWD = 0.2, 0.9, 6  # between two looks at a training; with more visitors on it, the longer
SLOW_S = 1.0  # between two looks at what need not move: texts, curves, reconstructions
BUSY_QUEUE = 3  # waiting jobs from which the fast setting is suggested


def interval(job: Job) -> float:
    """Return the seconds between two looks at a live job: longer when many visitors watch it."""
    return WATCH_S if len(job.visitors) <= CROWD else CROWD_S


def live(job: Job) -> None:
    """Draw a live job: its place or its progress, and a button to cancel or to join it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container():
            st.fragment(partial(_status, job), run_every=SLOW_S)()
        # Outside the fragment, so that the page follows at once.
        if client.visitor() in job.visitors:
            st.button("Cancel", icon=":material/close:", on_click=client.leave, args=(job,), key="cancel")
        else:
            st.button("Join", on_click=client.submit, args=(job.request,), key="join")


def _status(job: Job) -> None:
    if not job.live:
        st.rerun()
    queue = client.queue()
    jobs = queue.live()
    waiting = sum(item.state == WAITING for item in jobs)
    if job.state == WAITING:
        position = len(queue.order.ahead(job)) + 1
        st.progress(0.0, f"Place {position} of {len(jobs)} in the queue{_about(queue.seconds_left(job))}")
    else:
        st.progress(job.progress(), _running(job))
    if waiting > BUSY_QUEUE:
        st.caption(
            f"{waiting} jobs are waiting. Choose **fast** under *More settings* to shorten the wait for everyone."
        )
    for note in dict.fromkeys(task.note for task in job.tasks if task.note):
        st.caption(note)


def _running(job: Job) -> str:
    left = f"{_about(client.queue().seconds_left(job))} left"
    if job.request.measured:
        return f"Measuring the evidence{left}"
    frames = [task.frame for task in job.tasks if task.frame is not None]
    if not frames:
        return "Starting …" if client.queue().ready else "Starting the training engine …"
    speed, first = sum(frame.images_per_second for frame in frames), frames[0]
    return f"Epoch {first.done * first.epochs:.1f} of {first.epochs} · {speed:,.0f} images/s on {first.device}{left}"


def _about(seconds: float | None) -> str:
    return "" if seconds is None else f" · about {words.duration(seconds)}"


def estimate(request: Request) -> str:
    """Return how long a request will take, as the end of a sentence."""
    seconds = client.queue().expected(request)
    if seconds is not None:
        return f"about {words.duration(seconds)} on this machine"
    return "the time is known after its first second" if client.queue().ready else "the training engine is starting"


def offer(request: Request, job: Job | None) -> None:
    """Offer to train VAE and cVAE with an honest estimate, and say how the last attempt ended, if there was one."""
    if job is not None and job.state == FAILED:
        st.error(job.reason, icon=":material/error:")
    st.button(
        "Train", type="primary", icon=":material/play_arrow:", key="train", on_click=client.submit, args=(request,)
    )
    cancelled = f"{job.reason} " if job is not None and job.state == CANCELLED else ""
    train = request.models[-1][1]
    models = f"VAE and cVAE at β = {train.beta:g}, {train.epochs} epochs side by side"
    st.markdown(f"{cancelled}{models}: {estimate(request)}.")
    if store.images_ready(train.dataset) and not store.is_here(train.dataset):
        messages.missing_data(train.dataset)
