"""Run files: one trained model is one `.safetensors` file with weights, test latents, figures and snapshots.

Listing and showing runs needs no torch; it is imported only where a model is built.
"""

from .content import Run, from_bytes, from_trained, to_bytes
from .files import checkpoints_root, list_runs, load_run, metrics, publish, read_info, save_run, sweep_orphans
from .info import LOCAL, SUFFIX, Figures, RunError, RunInfo

__all__ = [
    "LOCAL",
    "SUFFIX",
    "Figures",
    "Run",
    "RunError",
    "RunInfo",
    "checkpoints_root",
    "from_bytes",
    "from_trained",
    "list_runs",
    "load_run",
    "metrics",
    "publish",
    "read_info",
    "save_run",
    "sweep_orphans",
    "to_bytes",
]
