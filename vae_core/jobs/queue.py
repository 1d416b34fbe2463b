"""The queue that a server's visitors share: requests in, run files out, computed by an engine's workers."""

import logging
import time
import uuid
from asyncio import CancelledError
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock, RLock, Thread
from typing import Any

from .. import runs
from ..errors import JobError, VaeError
from ..runs import RunInfo
from . import worker
from .engine import Engine, connect
from .job import CANCELLED, DONE, FAILED, RUNNING, Job, Request, Task
from .order import Order
from .pace import Pace, expected_s

ATTEMPTS = 2  # of a job whose engine died; a worker's death within the engine is Dask's to repeat
FIRST_S = 1.0  # of a training, after which its pace is believed
MAX_PACES = 500
log = logging.getLogger(__name__)


class Queue:
    """Serve requests in fair order, one at a time per device, and save what they give when all of it is there.

    Each running job has a thread. One lock is held while the order is changed, another while the engine is started or
    results are written; looking takes none. Dask trains, repeats a task after its worker's death, and computes equal
    tasks of several apps once. `engine` makes the connection to the workers, when it is first needed.
    """

    def __init__(self, engine: Callable[[], Engine] = connect, order: Order | None = None) -> None:
        self.order = order or Order()
        self._connect = engine
        self._engine: Engine | None = None
        self._ordering, self._slow = RLock(), Lock()  # if both, the slow one first
        self._paces: deque[RunInfo] = deque(maxlen=MAX_PACES)
        self._retired: Counter[str] = Counter()  # by task: Dask keys that were cancelled or failed, never used again
        self._closed = False

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
        with self._ordering:
            if self._closed:
                raise JobError("The training queue is closed.")
            jobs = self.order.add(requests, visitor, folder)
        self._begin()
        return jobs

    def leave(self, job: Job, visitor: str) -> None:
        """Withdraw a visitor from a job; it is cancelled when nobody is left."""
        with self._ordering:
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
        frames = [(task, frame) for task, frame in tasks if frame is not None and frame.seconds >= FIRST_S]
        running = [Pace(task.model, task.train, frame.images_per_second) for task, frame in frames]
        return expected_s(request, [*self._paces, *running], self._engine.workers) if self._engine is not None else None

    def seconds_left(self, job: Job) -> float | None:
        """Return the seconds until a job ends, those of the jobs ahead of it included; None if one is not known."""
        seconds = [item.seconds_left(self.expected(item.request)) for item in (*self.order.ahead(job), job)]
        return None if None in seconds else sum(value or 0.0 for value in seconds)

    def warm(self) -> None:
        """Start the engine in the background, so that the first request need not wait for it."""

        def start() -> None:
            try:
                self._connected()
            except Exception as error:  # the next request will say it to its visitor
                log.warning("the training engine did not start: %s", error)

        if not (self.ready or self._slow.locked()):
            Thread(target=start, daemon=True).start()

    @property
    def ready(self) -> bool:
        """Tell whether the engine is up."""
        return self._engine is not None

    def close(self) -> None:
        """Cancel everything and end the engine."""
        with self._ordering:
            self._closed = True
            for job in self.order.live():
                self._end(job, CANCELLED, "The app was closed.")
        with self._slow:
            self._disconnect()

    def _begin(self) -> None:
        """Begin the jobs whose turn it is."""
        with self._ordering:
            devices = 1 if self._engine is None else self._engine.devices
            while not self._closed and (job := self.order.begin(devices)) is not None:
                Thread(target=self._run, args=(job,), daemon=True).start()

    def _run(self, job: Job, attempts: int = ATTEMPTS) -> None:
        """Compute and save a job, or end it; again from what there is by then if the engine is lost meanwhile."""
        from distributed.comm.core import CommClosedError

        engine = None
        try:
            if job.find_existing():
                engine = self._connected()
                job.started = time.monotonic()
                self._compute(job, engine)
            self._save(job)
        except (Exception, CancelledError) as error:
            lost = engine is not None and (isinstance(error, CancelledError | CommClosedError) or not engine.alive())
            if job.live and not lost:
                self._end(job, FAILED, _sentence(error))
            elif job.live and attempts == 1:
                self._end(job, FAILED, "The training engine stopped twice during this job. Nothing was saved.")
            elif job.live:
                log.warning("the training engine was lost")
                with self._slow:
                    if self._engine is engine:
                        self._disconnect()
                self._release(job.tasks)
                self._run(job, attempts - 1)

    def _connected(self) -> Engine:
        with self._slow:
            if self._closed:
                raise JobError("The training queue is closed.")
            if self._engine is not None and not self._engine.alive():
                self._disconnect()
            if self._engine is None:
                engine = self._connect()
                engine.client.subscribe_topic(worker.TOPIC, self._show)
                same = runs.list_runs().where(lambda info: (info.device, info.precision) == engine.hardware)
                self._paces.extend(sorted(same, key=lambda info: (not info.shipped, info.created)))
                self._engine = engine
                self._begin()  # there may be several devices
            return self._engine

    def _disconnect(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def _compute(self, job: Job, engine: Engine) -> None:
        """Let the workers compute what is not there yet."""
        from distributed import as_completed

        missing = [task for task in job.tasks if not task.over]
        completed = as_completed([self._send(task, job, engine) for task in missing], engine.client.loop)
        for future in completed:
            for task in (task for task in missing if task.future is future):
                task.outcome = future.result()
                if task.outcome is None:  # it was being stopped for another app as this one asked for it
                    self._release([task])
                    completed.add(self._send(task, job, engine))

    def _send(self, task: Task, job: Job, engine: Engine) -> Any:
        """Ask the workers for a task; return Dask's future."""
        name, function, *arguments = task.work()
        with self._ordering:
            if not job.live:
                raise CancelledError
            task.state, task.key = RUNNING, f"{name}-{self._retired[name]}"
            task.future = engine.client.submit(function, *arguments, key=task.key)
            return task.future

    def _show(self, event: tuple[float, dict[str, Any]]) -> None:
        """Pass a worker's frame on to its tasks."""
        from distributed.protocol.serialize import deserialize_bytes

        with self._ordering:
            for task in (task for job in self.order.running() for task in job.tasks):
                if task.key == event[1]["key"] and task.state == RUNNING:
                    task.show(deserialize_bytes(event[1]["frame"]))

    def _save(self, job: Job) -> None:
        """Write what was computed, and end the job; on an error, or if it was cancelled meanwhile, nothing stays."""
        written: list[tuple[Task, RunInfo]] = []
        with self._slow, ExitStack() as undo:
            for task in job.tasks:
                if task.outcome is not None:
                    written.append((task, task.write(task.outcome, job.folder)))
                    if task.measured is None:
                        undo.callback(runs.delete_run, written[-1][1])
            with self._ordering:
                if not job.live:
                    raise CancelledError
                for task, task.run in written:
                    task.note = task.outcome.note if task.outcome else None
                self._paces.extend(run for task, run in written if task.measured is None)
                self._end(job, DONE)
            undo.pop_all()

    def _end(self, job: Job, state: str, reason: str = "") -> None:
        with self._ordering:
            if job.live:
                self.order.end(job, state, reason)
                self._release(job.tasks, retire=state != DONE)
        self._begin()

    def _release(self, tasks: Sequence[Task], retire: bool = True) -> None:
        """Drop this app's interest in what Dask computes; without any app's, its worker stops at the next step."""
        with self._ordering:
            for task in tasks:
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
