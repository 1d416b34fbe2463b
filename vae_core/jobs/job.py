"""A job in the queue and its tasks, as they stand now; the queue changes them, everybody may look."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import ModelConfig, TrainConfig
from ..history import Losses
from ..runs import Metric, RunInfo
from .request import Frame, Request

if TYPE_CHECKING:
    from distributed import Future

__all__ = ["CANCELLED", "DONE", "FAILED", "RUNNING", "WAITING", "Job", "Task"]

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"


class Task:
    """One model of a job, as it stands now.

    Attributes:
        model, train: Its settings.
        measured: The run whose evidence is wanted; None for a training.
        state: One of WAITING, RUNNING, DONE, FAILED, CANCELLED.
        frame: The latest moment; None before the first and after the end.
        curve: (epochs done, train, test) of every frame; test is None within an epoch.
        run: The finished run; None before.
        note: What a visitor should know of how it was trained.
    """

    def __init__(self, model: ModelConfig, train: TrainConfig, measured: RunInfo | None = None) -> None:
        self.model, self.train, self.measured = model, train, measured
        self.state = WAITING
        self.frame: Frame | None = None
        self.curve: list[tuple[float, Losses | None, Losses | None]] = []
        self.run: RunInfo | None = None
        self.note: str | None = None
        self.future: Future[Any] | None = None
        self.key = self.ticket = ""
        # A run file (empty for evidence) and its metrics, until the job ends.
        self.content: tuple[bytes, dict[str, Metric]] | None = None

    @property
    def done(self) -> float:
        """Share of the training that is done, 0 to 1."""
        return 1.0 if self.state == DONE or self.content else self.frame.done if self.frame else 0.0

    def show(self, frame: Frame) -> None:
        """Take a new moment in; the curve starts again with a new attempt."""
        if self.frame is not None and frame.attempt != self.frame.attempt:
            self.curve = []
        epochs = frame.done * frame.epochs
        whole = abs(epochs - frame.epoch) < 1e-9
        self.curve = [*self.curve, (epochs, frame.train, frame.test if whole else None)]
        self.frame, self.note = frame, frame.note or self.note


class Job:
    """A request in the queue; one for all visitors who ask for the same.

    Attributes:
        request, id: What was asked; equal requests have equal ids.
        tasks: Its models.
        state: One of WAITING, RUNNING, DONE, FAILED, CANCELLED.
        reason: Why it failed or ended, in one sentence.
        visitors: Who asked for it and still wants it.
        expected_s: Seconds that it should take; None while the engine has not been measured.
    """

    def __init__(self, request: Request, folder: Path) -> None:
        self.request, self.id, self.folder = request, request.id, folder
        measured = request.measured or (None,) * len(request.models)
        self.tasks = tuple(Task(*pair, run) for pair, run in zip(request.models, measured, strict=True))
        self.state, self.reason = WAITING, ""
        self.visitors: set[str] = set()
        self.expected_s: float | None = None
        self.turn: tuple[int, int] = (0, 0)  # jobs are served in this order
        self.attempts = 0
        self.started = self.ended = 0.0  # time.monotonic
        self.finished = threading.Event()

    @property
    def live(self) -> bool:
        """Whether it waits or runs."""
        return self.state in (WAITING, RUNNING)

    def progress(self) -> float:
        """Share that is done, 0 to 1."""
        return sum(task.done for task in self.tasks) / len(self.tasks)

    def seconds_left(self) -> float | None:
        """Until it ends, by its own pace if it runs; None if that is not known yet."""
        if self.state != RUNNING:
            return self.expected_s
        left = [task.frame.seconds_left if task.frame else None for task in self.tasks if task.state == RUNNING]
        known = [seconds for seconds in left if seconds is not None]
        if left and len(known) == len(left):
            return max(known)
        return None if self.expected_s is None else max(self.expected_s - (time.monotonic() - self.started), 0.0)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until it has ended; whether it has."""
        return self.finished.wait(timeout_s)
