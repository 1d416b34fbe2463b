"""What has not been measured of the shown runs, and the job that measures it."""

import streamlit as st

from ui import store
from ui.evidence.measured import MeasuredRuns
from ui.jobs import client, status
from ui.shell import messages
from ui.shell.page import rerun_when
from ui.shell.words import duration, short
from vae_core.evidence import lacking
from vae_core.jobs import FAILED, Job, Request
from vae_core.runs import RunInfo


def measuring(runs: MeasuredRuns) -> None:
    """Offer to measure what is missing, or show the progress; show nothing where everything is measured."""
    incomplete = {run.info: missing_parts for run in runs.values() if (missing_parts := lacking(run.metrics))}
    if not incomplete:
        return
    client.queue().warm()
    request = Request.evidence(*incomplete)
    job = client.queue().find(request)
    with st.container(border=True, key="measuring"):
        if job is not None and job.live:
            status.live(job)
            return
        if any(lacking(store.metrics(info)) != missing_parts for info, missing_parts in incomplete.items()):
            st.rerun()  # measured while the page was drawn
        client.refusal()
        if job is not None:
            _outcome(job)
        _offer(request, incomplete)
    if not client.queue().ready:
        rerun_when(lambda: client.queue().ready)
    for dataset in {info.train.dataset for info in incomplete}:
        if store.images_ready(dataset) and not store.is_here(dataset):
            messages.missing_data(dataset)


def _outcome(job: Job) -> None:
    """Say why a job that has ended left something unmeasured."""
    if job.state == FAILED:
        st.error(job.reason, icon=":material/error:")
    for note in dict.fromkeys(task.note for task in job.tasks if task.note):
        st.markdown(note)


def _offer(request: Request, incomplete: dict[RunInfo, tuple[str, ...]]) -> None:
    lists = sorted(
        f"{short(info.model.kind)}: {', '.join(missing_parts)}" for info, missing_parts in incomplete.items()
    )
    seconds = client.queue().expected(request)
    estimate = "" if seconds is None else f", about {duration(seconds)} on this machine"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Not measured yet: {'; '.join(lists)}.")
        st.button(
            f"Measure{estimate}", icon=":material/straighten:", on_click=client.submit, args=(request,), key="measure"
        )
