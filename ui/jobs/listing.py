"""The list of jobs on this server, for all pages: place in the queue, progress, time left, and the way out."""

from collections.abc import Collection

import streamlit as st

from ui.jobs import client
from ui.shell import words
from ui.shell.navigation import PAGES
from vae_core.jobs import DONE, WAITING, Job

WATCHED, ENDED = "jobs_watched", "jobs_ended"  # session keys: ids of live jobs at the last look; of own that ended
EVERY_S = 1.0
MAX_LIVE, MAX_ENDED = 6, 3  # jobs in the list: live ones, and this visitor's that have ended


def job_list() -> None:
    """Draw the live jobs and how this visitor's last ones ended; rerun the page when one in the list has ended.

    Nothing is drawn where nothing has been trained, and nothing is looked up again while no job is live.
    """
    live = client.queue().live()
    _watch(live)
    st.fragment(_jobs, run_every=EVERY_S if live else None)()


def _watch(live: list[Job]) -> bool:
    """Remember which jobs are live; tell whether one has ended since the last look."""
    live_ids, before = {job.id for job in live}, st.session_state.get(WATCHED, set())
    ended = [job for job in map(client.queue().order.find, before - live_ids) if job is not None]
    _remember_ended([job.id for job in ended if client.visitor() in job.visitors], but=live_ids)
    st.session_state[WATCHED] = live_ids
    return bool(before - live_ids)


def _remember_ended(job_ids: list[str], but: Collection[str] = ()) -> None:
    """Put jobs before the other ended ones of this visitor."""
    earlier = st.session_state.get(ENDED, ())
    st.session_state[ENDED] = [job_id for job_id in (*job_ids, *earlier) if job_id not in but][:MAX_ENDED]


def _jobs() -> None:
    live = client.queue().live()
    if _watch(live):
        st.rerun()  # of the whole page: what ended belongs into its tables
    for job in live[:MAX_LIVE]:
        _live(job)
    if len(live) > MAX_LIVE:
        st.caption(f"and {len(live) - MAX_LIVE} more waiting")
    for job_id in st.session_state.get(ENDED, ()):
        _ended(job_id)


def describe(job: Job) -> str:
    """Return what a job trains or measures, in one line."""
    train = job.tasks[0].train
    kinds = ", ".join(words.short(task.model.kind) for task in job.tasks)
    betas = [f"β = {task.train.beta:g}" for task in job.tasks if task.train.beta is not None][:1]
    subject = f"evidence of {kinds}" if job.request.measured else kinds
    dataset = words.value_text(train.dataset)
    return " · ".join((subject, dataset, *betas, f"{train.epochs} epochs", f"seed {train.seed}"))


def _live(job: Job) -> None:
    shared = len(job.visitors) > 1
    with st.container(horizontal=True, vertical_alignment="center", key=f"job-{job.id}"):
        st.progress(job.progress(), f"{describe(job)} — {_state(job)}")
        if client.visitor() in job.visitors:
            st.button(
                "Leave" if shared else "Cancel", key=f"cancel-{job.id}", icon=":material/close:", type="tertiary",
                on_click=_leave, args=(job,),
                help="Other visitors requested it too, so it continues for them." if shared else None,
            )  # fmt: skip


def _leave(job: Job) -> None:
    client.leave(job)
    if not job.live:  # it has no visitors any more, so that it was this one's is remembered here
        _remember_ended([job.id])


def _state(job: Job) -> str:
    queue = client.queue()
    seconds = queue.seconds_left(job)
    left = f", about {words.duration(seconds)} left" if seconds is not None else ""
    if job.state == WAITING:
        ahead = len(queue.order.ahead(job))
        if ahead:
            return f"waiting for {ahead} other job{'s' * (ahead > 1)}{left}"
        return f"starting{left}" if queue.ready else "the training engine is starting"
    devices = {f" on {task.frame.device}" for task in job.tasks if task.frame}
    notes = {f"; {task.note}" for task in job.tasks if task.note}
    return f"{job.progress():.0%}{''.join(sorted(devices)[:1])}{left}{''.join(sorted(notes))}"


def _ended(job_id: str) -> None:
    """Draw one line on how a job of this visitor ended, with links to its runs."""
    job = client.queue().order.find(job_id)
    if job is None or job.live:
        return
    trained = [task.run for task in job.tasks if task.run is not None]
    icon, outcome = (":material/check:", "done") if job.state == DONE else (":material/error:", job.reason)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{icon} {words.plain(f'{describe(job)} — {outcome}')}", width="content")
        for info in trained:
            label = "Show" if len(trained) == 1 else f"Show {words.short(info.model.kind)}"
            page = PAGES["evidence" if job.request.measured else "runs"]
            st.page_link(page.path, label=label, query_params={"run": info.id})
        st.button("Dismiss", key=f"dismiss-{job_id}", type="tertiary", on_click=_remember_ended, args=([], {job_id}))
