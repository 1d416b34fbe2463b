"""Training jobs: submit, follow, cancel, queue; on a local engine process or a Dask cluster. Imports no torch."""

from ..latents import Frame
from .job import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job, Task
from .order import Order
from .queue import Queue
from .request import MAX_MODELS, Request

__all__ = [
    "CANCELLED", "DONE", "FAILED", "MAX_MODELS", "RUNNING", "WAITING", "Frame", "Job", "Order", "Queue", "Request",
    "Task",
]  # fmt: skip
