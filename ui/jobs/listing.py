"""What is being trained on this server, for all pages: place in the queue, progress, time left, cancel."""

from __future__ import annotations

import streamlit as st

from ui.jobs import client
from ui.shell import words
from ui.shell.navigation import PAGES
from vae_core.jobs import DONE, RUNNING, WAITING, Job

__all__ = ["job_list", "named"]

WATCHED, ENDED = "jobs_watched", "jobs_ended"  # session keys: ids of live jobs at the last look; of own that ended
EVERY_S = 1.0
MOST, MOST_ENDED = 6, 3  # jobs in the list: live ones, and own ones that have ended


def job_list() -> None:
    """The live jobs, and how one's own ended; the page runs again when one that was listed has ended.

    Nothing is drawn where nothing has been trained, and nothing is asked again while nothing is live.
    """
    live = client.queue().live()
    _look(live)
    st.fragment(_jobs, run_every=EVERY_S if live else None)()


def _look(live: list[Job]) -> bool:
    """Remember what is live; whether a job that was has ended."""
    now, before = {job.id for job in live}, st.session_state.get(WATCHED, set())
    me = client.visitor()
    ended = [job for job in map(client.queue().job, before - now) if job is not None]
    own = [job.id for job in ended if me in job.visitors]
    st.session_state[ENDED] = [one for one in (*own, *st.session_state.get(ENDED, ())) if one not in now][:MOST_ENDED]
    st.session_state[WATCHED] = now
    return bool(before - now)


def _jobs() -> None:
    live = client.queue().live()
    if _look(live):
        st.rerun()  # of the whole page: what ended belongs into its tables
    me = client.visitor()
    for job in live[:MOST]:
        _live(job, me)
    if len(live) > MOST:
        st.caption(f"and {len(live) - MOST} more that wait")
    for ended in st.session_state.get(ENDED, ()):
        _ended(ended)


def named(job: Job) -> str:
    """What a job trains, in one line."""
    train = job.tasks[0].train
    kinds = ", ".join(words.short(task.model.kind) for task in job.tasks)
    betas = [task.train.beta for task in job.tasks if task.train.beta is not None]
    beta = [f"β = {betas[0]:g}"] if betas else []
    if job.request.measured:
        kinds = f"evidence of {kinds}"
    return " · ".join((kinds, words.value_text(train.dataset), *beta, f"{train.epochs} epochs", f"seed {train.seed}"))


def _live(job: Job, me: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"job-{job.id}"):
        st.progress(job.progress(), f"{named(job)} — {_state(job)}")
        if me in job.visitors:
            word = "Cancel" if len(job.visitors) == 1 else "Leave"
            st.button(
                word, key=f"cancel-{job.id}", icon=":material/close:", type="tertiary", on_click=_leave, args=(job,),
                help=None if len(job.visitors) == 1 else "Others want it as well, so it goes on for them.",
            )  # fmt: skip


def _leave(job: Job) -> None:
    client.leave(job)
    if not job.live:  # nobody wants it: it has no visitors any more, so it is remembered here as one's own
        st.session_state[ENDED] = [job.id, *st.session_state.get(ENDED, ())][:MOST_ENDED]


def _state(job: Job) -> str:
    seconds = client.queue().seconds_until_done(job)
    left = f", about {words.duration(seconds)} left" if seconds is not None else ""
    if job.state == WAITING:
        ahead = len(client.queue().ahead(job))
        if ahead:
            return f"waits for {ahead} other{'s' * (ahead > 1)}{left}"
        return f"starts now{left}" if client.queue().ready else "the engine is starting"
    devices = {task.frame.device for task in job.tasks if task.frame}
    notes = {task.note for task in job.tasks if task.note}
    return (
        f"{job.progress():.0%}" + (f" on {devices.pop()}" if devices else "") + left + "".join(f"; {n}" for n in notes)
    )


def _ended(job_id: str) -> None:
    """One line on how one's own job ended, with the way to its runs."""
    job = client.queue().job(job_id)
    if job is None or job.state in (WAITING, RUNNING):
        return
    trained = [task.run for task in job.tasks if task.run is not None]
    with st.container(horizontal=True, vertical_alignment="center"):
        if job.state == DONE:
            st.markdown(f":material/check: {words.plain(named(job))} — done", width="content")
        else:
            st.markdown(f":material/error: {words.plain(f'{named(job)} — {job.reason}')}", width="content")
        for info in trained:
            label = "Show" if len(trained) == 1 else f"Show {words.short(info.model.kind)}"
            page = PAGES["evidence" if job.request.measured else "runs"]
            st.page_link(page.path, label=label, query_params={"run": info.id})
        st.button("Dismiss", key=f"dismiss-{job_id}", type="tertiary", on_click=_dismiss, args=(job_id,))


def _dismiss(job_id: str) -> None:
    st.session_state[ENDED] = [one for one in st.session_state.get(ENDED, ()) if one != job_id]
