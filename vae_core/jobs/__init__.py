"""Training jobs: submit, follow, cancel, queue; on a local engine process or a Dask cluster. Imports no torch."""

from .job import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job, Task
from .queue import Queue
from .request import MAX_MODELS, Frame, Request

__all__ = [
    "CANCELLED",
    "DONE",
    "FAILED",
    "MAX_MODELS",
    "RUNNING",
    "WAITING",
    "Frame",
    "Job",
    "Queue",
    "Request",
    "Task",
]
