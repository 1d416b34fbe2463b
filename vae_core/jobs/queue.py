"""The queue: one training for equal requests, a fair order for different ones, and run files at the end."""

from __future__ import annotations

import functools
import itertools
import logging
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import runs
from ..config import DATASETS, identity
from ..errors import DataError, JobError, RunError, VaeError
from ..evidence import NUMBERS, lacking, read_metrics
from . import worker
from .engine import USUAL_DATASETS, Engine, connect
from .job import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job, Task
from .request import Frame, Request, digest

if TYPE_CHECKING:
    from distributed import Future

__all__ = ["Queue"]

MAX_WAITING = 100  # jobs in all
MAX_WAITING_EACH = 36  # of one visitor: a sweep over the grid with three seeds fits
MAX_ENDED = 200  # jobs that are remembered after their end
ATTEMPTS = 2  # of a job whose engine died; a worker's death within the engine is Dask's to repeat
WATCH_S = 0.5
LEARN_FROM_S = 0.5  # shorter jobs are mostly their beginning and their end
KEY_LENGTH = 38  # of "train-" and 32 hexadecimal digits, or "evidence-" and 29; a ticket may follow
log = logging.getLogger(__name__)


class Queue:
    """Serves requests one at a time per device, in fair order: nobody's second job before another's first.

    Fair queueing by start tags: a visitor's jobs are a round apart, and who comes later starts in the round that is
    being served. Dask trains, repeats after a worker's death, and makes equal trainings of several apps one.

    Arguments:
        engine: Makes the connection to the workers, when it is first needed.
        max_waiting, max_waiting_each: Jobs that may wait, in all and of one visitor; None for any number.

    Source of the order: Goyal, Vin & Cheng 1996, "Start-time fair queueing".
    """

    def __init__(
        self,
        engine: Callable[[], Engine] = connect,
        max_waiting: int | None = MAX_WAITING,
        max_waiting_each: int | None = MAX_WAITING_EACH,
    ) -> None:
        self._connect, self._limits = engine, (max_waiting, max_waiting_each)
        self._changed = threading.Condition(threading.RLock())
        self._jobs: dict[str, Job] = {}  # live ones by id
        self._ended: dict[str, Job] = {}  # the latest of each id, oldest first
        self._tasks: dict[str, list[Task]] = {}  # running ones by key
        self._spoilt: set[str] = set()  # keys that Dask may still report as cancelled or failed: to be used no more
        self._last_round: dict[str, int] = {}  # of each visitor
        self._round, self._arrivals = 0, itertools.count()
        self._engine: Engine | None = None
        self._wanted = self._closed = False
        self._thread: threading.Thread | None = None

    # ---- for visitors ----

    def submit(self, request: Request, visitor: str, folder: Path | None = None) -> Job:
        """Ask for models; the job that trains them, an equal one if there is one.

        Arguments:
            request: What is wanted.
            visitor: Who asks; the order is fair between visitors.
            folder: Where the run files shall go; None means the local ones of the checkpoints.

        Raises:
            JobError: The queue is full or closed.
            RunError: There is no room for run files.
        """
        return self.submit_all([request], visitor, folder)[0]

    def submit_all(self, requests: list[Request], visitor: str, folder: Path | None = None) -> list[Job]:
        """Ask for several requests, as in a sweep: all of them or, with a JobError, none."""
        folder = folder or runs.checkpoints_root() / runs.LOCAL
        runs.check_quota(folder)
        with self._changed:
            if self._closed:
                raise JobError("The training queue is closed.")
            self._refuse_too_many({request.id for request in requests} - set(self._jobs), visitor)
            jobs = [self._attach(request, visitor, folder) for request in requests]
            self._wake()
        return jobs

    def leave(self, job: Job, visitor: str) -> None:
        """Want a job no more; it is cancelled when nobody wants it."""
        with self._changed:
            job.visitors.discard(visitor)
            if job.visitors or not job.live:
                return
            self._end(job, CANCELLED, "It was cancelled: nothing was kept of it.")

    def find(self, request: Request) -> Job | None:
        """The live job for a request, or the last one that ended; None if there is none."""
        with self._changed:
            return self._jobs.get(request.id) or self._ended.get(request.id)

    def job(self, job_id: str) -> Job | None:
        """A job by its id."""
        with self._changed:
            return self._jobs.get(job_id) or self._ended.get(job_id)

    def trained_by(self, visitor: str) -> set[str]:
        """Ids of the runs that were trained because this visitor asked for them, as long as it is remembered."""
        with self._changed:
            jobs = [job for job in (*self._ended.values(), *self._jobs.values()) if visitor in job.visitors]
            tasks = [task for job in jobs for task in job.tasks if task.measured is None]
            return {task.run.id for task in tasks if task.run is not None and task.key}

    def live(self) -> list[Job]:
        """The running jobs, then the waiting ones in the order in which they will be served."""
        with self._changed:
            jobs = list(self._jobs.values())
        return sorted(jobs, key=lambda job: (job.state != RUNNING, job.turn))

    def waiting(self) -> int:
        """How many jobs wait."""
        return sum(job.state == WAITING for job in self.live())

    def ahead(self, job: Job) -> list[Job]:
        """The jobs that will be served before a waiting one, running ones included."""
        live = self.live()
        return live[: live.index(job)] if job in live else []

    def seconds_until_done(self, job: Job) -> float | None:
        """Until a job ends, those ahead of it included; None if that is not known yet."""
        parts = [one.seconds_left() for one in (*(self.ahead(job) if job.state == WAITING else ()), job)]
        known = [part for part in parts if part is not None]
        return sum(known) if len(known) == len(parts) else None

    def expected(self, request: Request) -> float | None:
        """Seconds that a request will take by itself; None while the engine has not been measured."""
        engine = self._engine
        if engine is None:
            return None
        return engine.speed.measuring(request.models) if request.measured else engine.speed.seconds(request.models)

    def warm(self) -> None:
        """Start the engine in the background, so that the first request need not wait for it."""
        with self._changed:
            self._wanted = True
            self._wake()

    @property
    def ready(self) -> bool:
        """Whether the engine is up."""
        return self._engine is not None

    def close(self) -> None:
        """Cancel everything and end the engine."""
        with self._changed:
            self._closed = True
            engine = self._engine
            stops = [self._stopping(job) for job in self._jobs.values()]
            self._engine = None
            for job in list(self._jobs.values()):
                self._end(job, CANCELLED, "The app was closed.")
            self._changed.notify_all()
        if engine is not None:
            for stop in stops:
                if stop[1]:
                    _stop(engine, *stop)
            engine.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)

    # ---- order ----

    def _refuse_too_many(self, new: set[str], visitor: str) -> None:
        waiting = [job for job in self._jobs.values() if job.state == WAITING]
        own = [job for job in waiting if visitor in job.visitors]
        for limit, held, whose in ((self._limits[0], waiting, ""), (self._limits[1], own, " of yours")):
            if new and limit is not None and len(held) + len(new) > limit:
                asked = f" and {len(new)} were asked for" if len(new) > 1 else ""
                raise JobError(f"The queue is full: {len(held)} jobs{whose} wait{asked}, {limit} are allowed.")

    def _attach(self, request: Request, visitor: str, folder: Path) -> Job:
        job = self._jobs.get(request.id)
        if job is not None and visitor in job.visitors:
            return job
        new = max(self._round, self._last_round.get(visitor, -1) + 1)
        self._last_round[visitor] = new
        if job is None:
            job = self._jobs[request.id] = Job(request, folder)
            job.turn = (new, next(self._arrivals))
            job.expected_s = self.expected(request)
        else:
            job.turn = min(job.turn, (new, job.turn[1]))
        job.visitors.add(visitor)
        return job

    def _next(self) -> Job | None:
        """The job whose turn it is, if a device is free."""
        devices = self._engine.devices if self._engine is not None else 1
        waiting = [job for job in self._jobs.values() if job.state == WAITING]
        running = len(self._jobs) - len(waiting)
        return min(waiting, key=lambda job: job.turn) if waiting and running < devices else None

    # ---- the thread that serves ----

    def _wake(self) -> None:
        if self._closed:
            raise JobError("The training queue is closed.")
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="training-queue", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._wanted or self._next(), WATCH_S)
                if self._closed:
                    return
                job, wanted = self._next(), self._wanted
                self._wanted = False
                if job is not None:
                    job.state, job.started = RUNNING, time.monotonic()
                    job.attempts += 1
                    self._round = max(self._round, job.turn[0])
            if self._engine is not None and not self._engine.alive():
                self._lost()
            elif job is not None:
                self._start(job)
            elif self._engine is not None:
                self._take_up_again()
            elif wanted:
                self._prepare()

    def _prepare(self) -> None:
        """Load what a first request would wait for: the engine, and here the usual data sets' fingerprints."""
        try:
            self._connected()
        except Exception as error:  # a request will say it to its visitor; this thread has to go on
            log.warning("the training engine did not start: %s", error)

        for dataset in USUAL_DATASETS:
            with suppress(DataError):
                fingerprint(dataset)

    def _connected(self) -> Engine:
        if self._engine is None:
            engine = self._connect()
            if self._closed:
                engine.close()
                raise JobError("The training queue is closed.")
            engine.client.subscribe_topic(worker.TOPIC, self._told)
            with self._changed:
                self._engine = engine
                for job in self._jobs.values():
                    if job.state == RUNNING:
                        job.started = time.monotonic()
                    job.expected_s = self.expected(job.request)
        return self._engine

    def _lost(self) -> None:
        """The engine died: what ran waits again, once."""
        log.warning("the training engine was lost")
        with self._changed:
            engine, self._engine = self._engine, None
            self._tasks.clear()
            for job in [job for job in self._jobs.values() if job.state == RUNNING]:
                if job.attempts >= ATTEMPTS:
                    self._end(job, FAILED, "The training engine stopped twice while this ran: nothing was kept of it.")
                    continue
                job.state, job.turn = WAITING, (-1, job.turn[1])
                for task in job.tasks:
                    if task.state == RUNNING and not task.content:
                        task.state, task.future = WAITING, None
            self._changed.notify_all()
        if engine is not None:
            with suppress(Exception):  # there is nobody left to say good-bye to
                engine.close()

    def _start(self, job: Job) -> None:
        try:
            for task in job.tasks:
                if task.state == WAITING and not self._already_there(task, job):
                    self._launch(task, job)
        except Exception as error:
            self._end(job, FAILED, _sentence(error))
        self._settle(job)

    def _already_there(self, task: Task, job: Job) -> bool:
        """Whether what is wanted exists: another job may have trained or measured it in the meantime."""
        if task.measured is not None:
            there = None if lacking(read_metrics(task.measured)) else task.measured
        else:
            root = job.folder.parent if job.folder.name == runs.LOCAL else job.folder
            there = runs.list_runs(root).find(task.model, task.train)
        task.run, task.state = there, WAITING if there is None else DONE
        return there is not None

    def _launch(self, task: Task, job: Job) -> None:
        engine = self._connected()
        ticket = uuid.uuid4().hex
        key, function, arguments = _work(task, ticket)
        if key in self._spoilt:
            key += "-" + ticket
        with self._changed:
            if job.state != RUNNING:
                return
            task.key, task.ticket, task.state = key, ticket, RUNNING
            self._tasks.setdefault(key, []).append(task)
            future = engine.client.submit(function, *arguments(key), key=key)
            task.future = future
        future.add_done_callback(functools.partial(self._ended_task, task, job))

    def _take_up_again(self) -> None:
        """Launch anew what runs no more because another job's equal training was cancelled."""
        with self._changed:
            running = [(job, task) for job in self._jobs.values() for task in job.tasks if task.state == RUNNING]
        for job, task in running:
            if not task.content and (task.future is None or task.future.status == "cancelled"):
                self._spoilt.add(task.key[:KEY_LENGTH])
                self._forget(task)
                self._launch(task, job)

    # ---- what the workers tell ----

    def _told(self, event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        with self._changed:
            tasks = list(self._tasks.get(message["key"], ()))
            if tasks:
                frame = Frame.from_message(message)
                for task in tasks:
                    task.show(frame)

    def _ended_task(self, task: Task, job: Job, future: Future[Any]) -> None:
        if task.future is not future or task.state != RUNNING:
            return  # cancelled, or the engine was lost
        if future.status == "cancelled":
            return  # the engine is lost, or an equal training was cancelled: the serving thread will see which
        try:
            result = future.result()
            if result is None:  # somebody else's request for the same training was cancelled
                self._spoilt.add(task.key[:KEY_LENGTH])
                self._forget(task)
                future.release()
                self._launch(task, job)
                return
            content, metrics, task.note = result
            task.content = (content, metrics)
        except Exception as error:
            from distributed.comm.core import CommClosedError

            if isinstance(error, CommClosedError):  # the engine is being lost; the serving thread takes it up again
                self._spoilt.add(task.key[:KEY_LENGTH])
                self._forget(task)
                return
            with self._changed:
                task.state, task.note = FAILED, _sentence(error)
            self._spoilt.add(task.key[:KEY_LENGTH])
            future.release()
        self._forget(task)
        self._settle(job)

    def _forget(self, task: Task) -> None:
        """Release the future, so that a failed key can run again, and hear no more of the task."""
        with self._changed:
            followers = [other for other in self._tasks.pop(task.key, []) if other is not task]
            if followers:
                self._tasks[task.key] = followers
            task.future = None

    def _settle(self, job: Job) -> None:
        """End a job when none of its tasks is open any more: all its runs are kept, or none."""
        with self._changed:
            if not job.live or any(task.state in (WAITING, RUNNING) and not task.content for task in job.tasks):
                return
            failed = next((task.note or "" for task in job.tasks if task.state == FAILED), None)
            if failed is None:
                failed = self._publish(job)
            if failed is None and self._engine is not None and all(task.frame for task in job.tasks):
                speed = self._engine.speed
                expected, measured = speed.seconds(job.request.models), time.monotonic() - job.started
                if expected >= LEARN_FROM_S:
                    self._engine = replace(self._engine, speed=speed.corrected(expected, measured))
            self._end(job, DONE if failed is None else FAILED, failed or "")

    def _publish(self, job: Job) -> str | None:
        """Keep the runs of a job; why it could not be done, or None."""
        try:
            for task in job.tasks:
                if task.content is not None and task.measured is not None:
                    runs.keep_metrics(task.measured, task.content[1])
                    task.run = task.measured
                elif task.content is not None:
                    task.run = runs.publish_bytes(task.content[0], job.folder, task.content[1])
                task.state = DONE
        except RunError as error:
            for task in job.tasks:
                if task.content is not None:
                    task.state = FAILED
                    if task.run is not None and task.measured is None:
                        with suppress(RunError):
                            runs.delete_run(task.run)
                    task.run = None
            return _sentence(error)
        return None

    def _stopping(self, job: Job) -> tuple[list[Any], list[str]]:
        """Futures and tickets of what runs of a job."""
        running = [task for task in job.tasks if task.state == RUNNING and task.future is not None]
        return [task.future for task in running], [task.ticket for task in running]

    def _end(self, job: Job, state: str, reason: str) -> None:
        with self._changed:
            if not job.live:
                return
            futures, tickets = self._stopping(job)
            if tickets:
                self._spoilt |= {task.key[:KEY_LENGTH] for task in job.tasks if task.key}
                if self._engine is not None:
                    threading.Thread(target=_stop, args=(self._engine, futures, tickets), daemon=True).start()
            job.state, job.reason, job.ended = state, reason, time.monotonic()
            self._jobs.pop(job.id, None)
            self._ended.pop(job.id, None)
            self._ended[job.id] = job
            while len(self._ended) > MAX_ENDED:
                del self._ended[next(iter(self._ended))]
            for task in job.tasks:
                if task.state in (WAITING, RUNNING):
                    task.state = state
                if task.key:
                    self._forget(task)
                task.frame = task.content = None
            if not self._jobs:
                self._last_round.clear()
                self._round = 0
            self._changed.notify_all()
        job.finished.set()


def _work(task: Task, ticket: str) -> tuple[str, Callable[..., Any], Callable[[str], tuple[Any, ...]]]:
    """What the workers do for a task: the key that says what determines its result, a function, and its arguments."""
    if task.measured is not None:
        if task.measured.path is None:
            raise RunError("the run has no file that could be measured")
        run = runs.load_run(task.measured.path)
        versions = {name: number.version for name, number in NUMBERS.items()}
        key = "evidence-" + digest([task.measured.sha256, versions])[:29]
        return key, worker.measure_run, lambda _: (runs.to_bytes(run), ticket)
    images = fingerprint(task.train.dataset)
    from ..training import TRAINING_VERSION

    key = "train-" + digest([identity(task.model, task.train), images, TRAINING_VERSION])[:32]
    return key, worker.train_run, lambda final: (task.model, task.train, images, final, ticket)


def _stop(engine: Engine, futures: list[Future[Any]], tickets: list[str]) -> None:
    """Take tasks from the scheduler, and end at their next step those that run."""
    with suppress(Exception):  # an engine that is gone has stopped them
        engine.client.cancel(futures)
        for ticket in tickets:
            engine.client.run(worker.stop, ticket, on_error="ignore")


def _sentence(error: Exception) -> str:
    """A failure in one plain sentence."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return "The training process died twice while this ran: nothing was kept of it."
    text = " ".join(str(error).split())[:300]
    if not isinstance(error, VaeError):
        log.error("a training failed", exc_info=error)
        text = f"Training failed: {type(error).__name__}: {text}"
    return text[:1].upper() + text[1:]


@functools.lru_cache(maxsize=len(DATASETS))
def fingerprint(dataset: str) -> str:
    """Of a data set's training images on this machine; DataError if it is not there."""
    from ..data import load_dataset

    return load_dataset(dataset).fingerprint
