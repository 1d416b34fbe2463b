"""The queue that a server's visitors share: requests in, run files out, computed by an engine's workers."""

import logging
import threading
import time
import uuid
from asyncio import CancelledError
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import runs
from ..errors import JobError, RunError, VaeError
from ..runs import RunInfo
from . import worker
from .engine import Engine, connect
from .job import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job, Task
from .order import MAX_WAITING, MAX_WAITING_EACH, Order
from .pace import Pace, expected_s
from .request import Request
from .worker import Frame

ATTEMPTS = 2  # of a job whose engine died; a worker's death within the engine is Dask's to repeat
FIRST_S = 1.0  # of a training, after which its pace is believed
MAX_PACES = 500
log = logging.getLogger(__name__)


class Queue:
    """Serve requests in fair order, one at a time per device, and save what they give when all of it is there.

    One thread begins jobs and saves results. The lock is held while the order is changed, never while anything is
    computed or written; looking takes none. Dask trains, repeats a task after its worker's death, and computes equal
    tasks of several apps once. `engine` makes the connection to the workers, when it is first needed; the limits are
    as in `Order`.
    """

    def __init__(
        self,
        engine: Callable[[], Engine] = connect,
        max_waiting: int | None = MAX_WAITING,
        max_waiting_each: int | None = MAX_WAITING_EACH,
    ) -> None:
        self.order = Order(max_waiting, max_waiting_each)
        self._connect = engine
        self._engine: Engine | None = None
        self._lock, self._server = threading.RLock(), ThreadPoolExecutor(1, "training-queue")
        self._paces: deque[Pace] = deque(maxlen=MAX_PACES)
        self._retired: Counter[str] = Counter()  # by task: Dask keys that were cancelled or failed, never used again
        self._cold = self._closed = False

    def submit(self, request: Request, visitor: str, folder: Path | None = None) -> Job:
        """Submit one request, as `submit_all` does."""
        return self.submit_all([request], visitor, folder)[0]

    def submit_all(self, requests: Sequence[Request], visitor: str, folder: Path | None = None) -> list[Job]:
        """Submit several requests, all or none, as in a sweep, and return their jobs; equal requests are one job.

        The run files go to the folder; None means the local ones of the checkpoints.

        Raises:
            JobError: The queue is full or closed.
            RunError: There is no room for run files.
        """
        folder = folder or runs.checkpoints_root() / runs.LOCAL
        runs.check_quota(folder)
        with self._lock:
            if self._closed:
                raise JobError("The training queue is closed.")
            jobs = self.order.add(requests, visitor, folder)
        self._wake()
        return jobs

    def leave(self, job: Job, visitor: str) -> None:
        """Withdraw a visitor from a job; it is cancelled when nobody is left."""
        with self._lock:
            job.visitors.discard(visitor)
            if not job.visitors:
                self._end(job, CANCELLED, "Cancelled. Nothing was saved.")

    def find(self, request: Request) -> Job | None:
        """Return the live job of a request, or the last one that ended; None if there is none."""
        return self.order.find(request.id)

    def live(self) -> list[Job]:
        """Return the running jobs, then the waiting ones in the order in which they will be served."""
        return self.order.live()

    def expected(self, request: Request) -> float | None:
        """Return the seconds that a request will take by itself; None before anything like it has been measured."""
        tasks = [(task, task.frame) for job in self.order.running() for task in job.tasks]
        running = [
            Pace(task.model, task.train, frame.images_per_second)
            for task, frame in tasks
            if frame is not None and frame.seconds >= FIRST_S
        ]
        return expected_s(request, [*self._paces, *running], self._engine.workers) if self._engine is not None else None

    def seconds_left(self, job: Job) -> float | None:
        """Return the seconds until a job ends, those of the jobs ahead of it included; None if one is not known."""
        seconds = [item.seconds_left(self.expected(item.request)) for item in (*self.order.ahead(job), job)]
        return None if None in seconds else sum(value or 0.0 for value in seconds)

    def warm(self) -> None:
        """Start the engine in the background, so that the first request need not wait for it."""
        self._cold = self._engine is None
        self._wake()

    @property
    def ready(self) -> bool:
        """Tell whether the engine is up."""
        return self._engine is not None

    def close(self) -> None:
        """Cancel everything and end the engine."""
        with self._lock:
            self._closed = True
            for job in self.order.live():
                self._end(job, CANCELLED, "The app was closed.")
        self._server.shutdown(cancel_futures=True)
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _wake(self) -> None:
        """Let the serving thread look at what has changed."""
        with suppress(RuntimeError):  # it is closed
            self._server.submit(self._serve)

    def _serve(self) -> None:
        """Save what has been computed, and begin the jobs whose turn it is."""
        if self._engine is not None and not self._engine.alive():
            self._lose_engine()
        for job in self.order.running():
            self._guard(job, self._collect)
        while (next_job := self._begin()) is not None:
            self._guard(next_job, self._launch)
        if self._cold and not self._closed:
            self._cold = False
            try:
                self._connected()
            except Exception as error:  # the next request will say it to its visitor
                log.warning("the training engine did not start: %s", error)

    def _begin(self) -> Job | None:
        with self._lock:
            return self.order.begin(self._engine.devices if self._engine is not None else 1)

    def _guard(self, job: Job, step: Callable[[Job], None]) -> None:
        """Take a step of a job; an error ends this job alone, unless it is the engine that ended."""
        from distributed.comm.core import CommClosedError

        try:
            step(job)
        except (Exception, CancelledError) as error:
            lost = isinstance(error, CancelledError | CommClosedError)
            if not job.live:
                return
            if self._engine is not None and (lost or not self._engine.alive()):
                self._lose_engine()
            else:
                self._end(job, FAILED, _sentence(error))

    def _connected(self) -> Engine:
        if self._engine is None:
            engine = self._connect()
            engine.client.subscribe_topic(worker.TOPIC, self._show)
            measured = [info for info in runs.list_runs() if (info.device, info.precision) == engine.hardware]
            for info in sorted(measured, key=lambda info: (not info.shipped, info.created)):
                self._paces.append(Pace(info.model, info.train, info.images_per_second))
            self._engine = engine
            for job in self.order.running():
                job.started = time.monotonic()
        return self._engine

    def _lose_engine(self) -> None:
        """Let what ran wait again, once, and connect anew with the next job."""
        log.warning("the training engine was lost")
        engine, self._engine = self._engine, None
        with self._lock:
            for job in self.order.running():
                if job.attempts < ATTEMPTS:
                    self.order.repeat(job)
                else:
                    self._end(job, FAILED, "The training engine stopped twice during this job. Nothing was saved.")
        if engine is not None:
            engine.close()

    def _launch(self, job: Job) -> None:
        """Send the tasks of a job to the workers, but for those whose result exists by now."""
        catalogue = runs.list_runs(job.folder.parent if job.folder.name == runs.LOCAL else job.folder)
        for task in job.tasks:
            if task.state == WAITING and (run := task.existing(catalogue)) is not None:
                task.run, task.state = run, DONE
            elif task.state == WAITING:
                self._send(task, job)
        self._collect(job)

    def _send(self, task: Task, job: Job) -> None:
        (name, function, *arguments), engine = task.work(), self._connected()
        with self._lock:
            if job.state == RUNNING:
                task.state, task.key = RUNNING, f"{name}-{self._retired[name]}"
                task.future = engine.client.submit(function, *arguments, key=task.key)
                task.future.add_done_callback(lambda _: self._wake())

    def _show(self, event: tuple[float, dict[str, Any]]) -> None:
        """Pass a worker's frame on to its tasks."""
        from distributed.protocol.serialize import deserialize_bytes

        tasks = [task for job in self.order.running() for task in job.tasks if task.key == event[1]["key"]]
        if tasks:
            frame: Frame = deserialize_bytes(event[1]["frame"])
            with self._lock:
                for task in tasks:
                    if task.state == RUNNING:
                        task.show(frame)

    def _collect(self, job: Job) -> None:
        """Take what the workers have computed of a running job; when that is all of it, save it and end the job."""
        for task in job.tasks:
            future = task.future
            if future is not None and task.outcome is None and future.done():
                task.outcome = future.result()
                if task.outcome is None:  # it was being stopped for another app as this one asked for it
                    self._release(task)
                    self._send(task, job)
        if job.state == RUNNING and all(task.outcome or task.state == DONE for task in job.tasks):
            self._save(job)

    def _save(self, job: Job) -> None:
        """Write what was computed, and end the job; on an error, or if it was cancelled meanwhile, nothing stays."""
        saved: list[tuple[Task, RunInfo]] = []
        try:
            for task in job.tasks:
                if (outcome := task.outcome) is not None:
                    saved.append((task, task.write(outcome, job.folder)))
                    task.note = outcome.note
            with self._lock:
                if not job.live:
                    raise JobError("It was cancelled.")
                for task, run in saved:
                    task.run = run
                    if task.measured is None:
                        self._paces.append(Pace(run.model, run.train, run.images_per_second))
                self._end(job, DONE)
        except Exception:
            for task, run in saved:
                if task.measured is None:
                    with suppress(RunError):
                        runs.delete_run(run)
            raise

    def _end(self, job: Job, state: str, reason: str = "") -> None:
        with self._lock:
            if job.live:
                self.order.end(job, state, reason)
                for task in job.tasks:
                    self._release(task, retire=state != DONE)
        self._wake()

    def _release(self, task: Task, retire: bool = True) -> None:
        """Drop this app's interest in what Dask computes; without any app's, its worker stops at the next step."""
        if task.future is not None:
            self._retired[task.key.rpartition("-")[0]] += retire
            task.future.release()
            task.future = None


def _sentence(error: BaseException) -> str:
    """Return a failure in one plain sentence."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return "The training process died twice during this job. Nothing was saved."
    text = " ".join(str(error).split())[:300]
    if not isinstance(error, VaeError):
        number = uuid.uuid4().hex[:8]
        log.error("error %s: a training failed", number, exc_info=error)
        text = f"Training failed: {type(error).__name__}: {text} (error {number} in the server's log)"
    return text[:1].upper() + text[1:]
