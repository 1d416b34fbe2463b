"""A line in the row of pages: this visitor's trainings under way, and the way to where they were asked for."""

import streamlit as st

from ui.jobs import client, restart
from ui.shell import words
from ui.shell.navigation import page_link
from vae_core.jobs import DONE, Job

EVERY_S = 1.0


def notice() -> None:
    """Draw the line; nothing is drawn, or looked up again, while nothing of this visitor's is under way.

    What went with an earlier server is said first.
    """
    restart.write(client.queue())
    restart.tell(client.visitor())
    own = [job for job in client.queue().live() if client.visitor() in job.visitors]
    if own:
        with st.container(width="content", key="notice"):
            st.fragment(_progress, run_every=EVERY_S)(own)


def _progress(jobs: list[Job]) -> None:
    """Draw the first job that is under way, else the last one as it ended."""
    live = [job for job in jobs if job.live]
    job = live[0] if live else jobs[-1]
    state = f"{job.progress():.0%}" if job.live else "done" if job.state == DONE else job.state
    more = f" (+{len(live) - 1})" if len(live) > 1 else ""
    page, query = client.origin(job)
    page_link(page, f"{_subject(job)}: {state}{more}", query, icon=":material/model_training:")


def _subject(job: Job) -> str:
    beta = next((task.train.beta for task in job.tasks if task.train.beta is not None), None)
    if job.request.measured:
        return "Measuring"
    return f"Training {words.short(job.tasks[0].model.kind)}" if beta is None else f"Training β = {beta:g}"
