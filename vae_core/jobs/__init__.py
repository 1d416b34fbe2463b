"""Training jobs: submit, follow, cancel, queue; on a local engine process or a Dask cluster. Imports no torch."""

from ..latents import Frame
from .job import CANCELLED, DONE, FAILED, MAX_MODELS, RUNNING, WAITING, Job, Request, Task
from .order import Order
from .queue import Queue

__all__ = [
    "CANCELLED", "DONE", "FAILED", "MAX_MODELS", "RUNNING", "WAITING", "Frame", "Job", "Order", "Queue", "Request",
    "Task",
]  # fmt: skip
