"""The order in which jobs are served; it has neither threads nor an engine.

Every change replaces a table as a whole: whoever reads needs no lock, whoever changes brings one.
"""

import itertools
import time
from collections.abc import Sequence
from pathlib import Path

from ..errors import JobError
from .job import RUNNING, WAITING, Job, Request

MAX_WAITING = 100  # jobs in all
MAX_WAITING_EACH = 36  # of one visitor: a sweep over the grid with three seeds fits
MAX_ENDED = 200  # jobs that are remembered after their end


class Order:
    """Keep jobs in fair order: nobody's second job before another visitor's first; equal requests are one job.

    Fair queueing by start tags: a visitor's jobs are one round apart, and who comes late starts in the round that is
    being served. At most `max_waiting` jobs may wait, `max_waiting_each` of one visitor; None for any number.

    Source: Goyal, Vin & Cheng 1996, "Start-time fair queueing".
    """

    def __init__(self, max_waiting: int | None = MAX_WAITING, max_waiting_each: int | None = MAX_WAITING_EACH) -> None:
        self._limits = max_waiting, max_waiting_each
        self._jobs: dict[str, Job] = {}  # the latest of each id, in the order in which they ended
        self._latest_round: dict[str, int] = {}  # of each visitor
        self._round, self._arrivals = 0, itertools.count()

    def find(self, job_id: str) -> Job | None:
        """Return the live job of this id, or the last one that ended; None if there is none."""
        return self._jobs.get(job_id)

    def live(self) -> list[Job]:
        """Return the running jobs, then the waiting ones in the order in which they will be served."""
        live = [job for job in self._jobs.values() if job.live]
        return sorted(live, key=lambda job: (job.state != RUNNING, job.turn))

    def running(self) -> list[Job]:
        """Return the running jobs."""
        return [job for job in self._jobs.values() if job.state == RUNNING]

    def ahead(self, job: Job) -> list[Job]:
        """Return the jobs that are served before a waiting one, running ones included."""
        return list(itertools.takewhile(lambda item: item is not job, self.live())) if job.state == WAITING else []

    def trained_by(self, visitor: str) -> set[str]:
        """Return the ids of runs that were trained for a visitor, while their jobs are remembered."""
        jobs = [job for job in self._jobs.values() if visitor in job.visitors]
        tasks = [task for job in jobs for task in job.tasks if task.measured is None and task.key]
        return {task.run.id for task in tasks if task.run is not None}

    def add(self, requests: Sequence[Request], visitor: str, folder: Path) -> list[Job]:
        """Return the jobs of a visitor's requests, new ones where none that is equal is live.

        Raises:
            JobError: Too many would wait; then none is added.
        """
        live = self.live()
        known, waiting = {job.id for job in live}, [job for job in live if job.state == WAITING]
        new = {request.id: Job(request, folder) for request in requests if request.id not in known}
        own_jobs = [job for job in waiting if visitor in job.visitors]
        for limit, jobs, whose in zip(self._limits, (waiting, own_jobs), ("jobs", "of your jobs"), strict=True):
            if new and limit is not None and len(jobs) + len(new) > limit:
                more = f" and {len(new)} more were requested" if len(new) > 1 else ""
                raise JobError(f"The queue is full: {len(jobs)} {whose} are waiting{more}, {limit} are allowed.")
        self._jobs = self._jobs | new
        jobs = [self._jobs[request.id] for request in requests]
        for job in jobs:
            self._join(job, visitor)
        return jobs

    def _join(self, job: Job, visitor: str) -> None:
        if visitor not in job.visitors:
            turn = max(self._round, self._latest_round.get(visitor, -1) + 1)
            self._latest_round[visitor] = turn
            job.turn = min(job.turn, (turn, job.turn[1])) if job.visitors else (turn, next(self._arrivals))
            job.visitors.add(visitor)

    def begin(self, devices: int) -> Job | None:
        """Let the job run whose turn it is; None if as many run as there are devices, or none waits."""
        live = self.live()
        running = len(self.running())
        if running >= min(devices, len(live)):
            return None
        job = live[running]
        job.state, job.started = RUNNING, time.monotonic()
        self._round = max(self._round, job.turn[0])
        return job

    def end(self, job: Job, state: str, reason: str = "") -> None:
        """End a live job, and remember it."""
        job.end(state, reason)
        jobs = {key: value for key, value in self._jobs.items() if value is not job} | {job.id: job}
        ended = [key for key, value in jobs.items() if not value.live]
        self._jobs = {key: value for key, value in jobs.items() if key not in ended[:-MAX_ENDED]}
        if not self.live():
            self._latest_round.clear()
            self._round = 0
