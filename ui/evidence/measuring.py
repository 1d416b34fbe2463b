"""What has not been measured of the shown runs, and the way to have it measured, as a job."""

from __future__ import annotations

import streamlit as st

from ui import store
from ui.evidence.shown import Shown, with_runs
from ui.jobs import client, status
from ui.shell import messages, page, words
from vae_core.evidence import lacking
from vae_core.jobs import FAILED, Request

__all__ = ["measuring"]


def measuring(shown: list[Shown]) -> None:
    """Nothing where everything is known; else what is missing, and a button or a progress bar."""
    incomplete = {one.run: missing for one in with_runs(shown) if (missing := lacking(one.metrics))}
    if not incomplete:
        return
    client.queue().warm()
    request = Request.evidence(*incomplete)
    job = client.queue().find(request)
    with st.container(border=True, key="measuring"):
        if job is not None and job.live:
            status.live(job)
            return
        client.refusal()
        if job is not None and job.state == FAILED:
            st.error(job.reason, icon=":material/error:")
        for note in dict.fromkeys(task.note for task in job.tasks if task.note) if job is not None else ():
            st.markdown(note)
        parts = {f"{words.short(info.model.kind)}: {', '.join(missing)}" for info, missing in incomplete.items()}
        seconds = client.queue().expected(request)
        about = "" if seconds is None else f", about {words.duration(seconds)} on this machine"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Not measured yet: {'; '.join(sorted(parts))}.")
            st.button(f"Measure{about}", icon=":material/straighten:", on_click=client.submit, args=(request,))
    if not client.queue().ready:
        page.rerun_when(lambda: client.queue().ready)
    for dataset in {info.train.dataset for info in incomplete}:
        if store.images_ready(dataset) and store.test_images(dataset) is None:
            messages.missing_data(dataset)
