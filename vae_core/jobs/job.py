"""What is requested, and how it stands: a job and its tasks. The queue changes them; anyone may read them."""

import hashlib
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from .. import runs
from ..config import ModelConfig, TrainConfig, canonical_json, identity
from ..evidence import NUMBERS, lacking, read_metrics
from ..history import Losses
from ..latents import Frame
from ..runs import RunInfo
from . import worker

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
MAX_MODELS = 3  # of one request: they train side by side


@dataclass(frozen=True)
class Request:
    """One to three models to be trained side by side, such as VAE + cVAE at one beta; or runs to be measured.

    `measured` are runs with these settings whose evidence is wanted; none where models are to be trained.
    """

    models: tuple[tuple[ModelConfig, TrainConfig], ...]
    measured: tuple[RunInfo, ...] = ()

    @classmethod
    def evidence(cls, *infos: RunInfo) -> Self:
        """Return a request for the evidence of one to three runs."""
        return cls(tuple((info.model, info.train) for info in infos), infos)

    def __post_init__(self) -> None:
        if not 1 <= len(self.models) <= MAX_MODELS:
            raise ValueError(f"models must be 1 to {MAX_MODELS} pairs of settings, got {len(self.models)}")
        object.__setattr__(self, "models", tuple((model, train.for_kind(model.kind)) for model, train in self.models))

    @property
    def id(self) -> str:
        """Return 16 hexadecimal digits, equal for requests that mean the same trainings or measurements."""
        hashes = [info.sha256 for info in self.measured]
        return digest(hashes or [identity(model, train) for model, train in self.models])[:16]


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@dataclass(eq=False)
class Task:
    """One model of a job.

    Arguments:
        measured: The run whose evidence is wanted; None for a training.
        frame: The latest moment; None before the first and after the end.
        curve: (epochs done, train, test) of every frame; test is None within an epoch.
        run: The finished run; None before.
        note: What a visitor should know of how it was trained.
        key, future: Under which Dask computes it, and Dask's hold on the result.
        outcome: What was computed, until it has been saved.
    """

    model: ModelConfig
    train: TrainConfig
    measured: RunInfo | None = None
    state: str = WAITING
    frame: Frame | None = None
    curve: list[tuple[float, Losses | None, Losses | None]] = field(default_factory=list)
    run: RunInfo | None = None
    note: str | None = None
    key: str = ""
    future: Any = None
    outcome: worker.Outcome | None = None

    @property
    def over(self) -> bool:
        """Tell whether there is nothing left to compute."""
        return self.state == DONE or self.outcome is not None

    @property
    def done(self) -> float:
        """Return the share of the training that is done, 0 to 1."""
        return 1.0 if self.over else self.frame.done if self.frame else 0.0

    def show(self, frame: Frame) -> None:
        """Take in a new moment; the curve starts again with a new attempt."""
        earlier = self.curve if self.frame is None or frame.attempt == self.frame.attempt else []
        epochs = frame.done * frame.epochs
        whole_epoch = abs(epochs - frame.epoch) < 1e-9
        self.curve = [*earlier, (epochs, frame.train, frame.test if whole_epoch else None)]
        self.frame, self.note = frame, frame.note or self.note

    def existing(self, catalogue: runs.Catalogue) -> RunInfo | None:
        """Return a run that is what is wanted: another job may have trained or measured it by now."""
        if self.measured is None:
            return catalogue.find(self.model, self.train)
        return None if lacking(read_metrics(self.measured)) else self.measured

    def work(self) -> tuple[Any, ...]:
        """Return what a worker does: a name by what determines the result, a function, and its arguments."""
        if self.measured is None:
            return "train-" + digest(identity(self.model, self.train))[:32], worker.train_run, self.model, self.train
        versions = {name: number.version for name, number in NUMBERS.items()}
        name = "evidence-" + digest([self.measured.sha256, versions])[:32]
        return name, worker.measure_run, runs.to_bytes(runs.load_run(self.measured.path or ""))

    def write(self, outcome: worker.Outcome, folder: Path) -> RunInfo:
        """Write a new run file, or metrics beside the run that was measured."""
        if self.measured is None:
            return runs.publish_bytes(outcome.content, folder, outcome.metrics)
        runs.keep_metrics(self.measured, outcome.metrics)
        return self.measured


class Job:
    """A request in the queue: one for all visitors who request the same; its run files go to the folder.

    Attributes:
        state, reason: WAITING, RUNNING, DONE, FAILED or CANCELLED; why it failed or was cancelled, in one sentence.
        visitors: Those who requested it and have not left.
        turn: Jobs are served in this order: round, then arrival.
        started, ended: Values of `time.monotonic`.
    """

    def __init__(self, request: Request, folder: Path) -> None:
        self.request, self.id, self.folder = request, request.id, folder
        measured = request.measured or (None,) * len(request.models)
        self.tasks = tuple(Task(*pair, run) for pair, run in zip(request.models, measured, strict=True))
        self.state, self.reason = WAITING, ""
        self.visitors: set[str] = set()
        self.turn: tuple[int, int] = (0, 0)
        self.started = self.ended = 0.0
        self._finished = threading.Event()

    @property
    def live(self) -> bool:
        """Tell whether it waits or runs."""
        return self.state in (WAITING, RUNNING)

    def progress(self) -> float:
        """Return the share that is done, 0 to 1."""
        return sum(task.done for task in self.tasks) / len(self.tasks)

    def seconds_left(self, expected: float | None) -> float | None:
        """Return the seconds until it ends: by the pace of its models once all show one, else of what is expected."""
        frames = [task.frame for task in self.tasks if task.state == RUNNING and not task.over]
        known = [frame.seconds_left for frame in frames if frame is not None and frame.seconds_left is not None]
        if known and len(known) == len(frames):
            return max(known)
        elapsed = time.monotonic() - self.started if self.state == RUNNING else 0.0
        return None if expected is None else max(expected - elapsed, 0.0)

    def find_existing(self) -> bool:
        """Take the runs that are there by now; tell whether anything is left to compute."""
        catalogue = runs.list_runs(self.folder.parent if self.folder.name == runs.LOCAL else self.folder)
        for task in self.tasks:
            if not task.over and (run := task.existing(catalogue)) is not None:
                task.run, task.state = run, DONE
        return not all(task.over for task in self.tasks)

    def end(self, state: str, reason: str) -> None:
        """Enter a final state, and let go of what only a live job needs."""
        for task in self.tasks:
            if task.state in (WAITING, RUNNING):
                task.state = state
            task.frame = task.outcome = None
        self.state, self.reason, self.ended = state, reason, time.monotonic()
        self._finished.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until it has ended; tell whether it has."""
        return self._finished.wait(timeout_s)
