"""Run files: one trained model is one `.safetensors` file with weights, test latents, figures and snapshots.

Listing and showing runs needs no torch; it is imported only where a model is built.
"""

from .catalogue import Catalogue
from .content import Run, from_bytes, from_trained, to_bytes
from .files import (
    CLASSIFIER,
    MAX_BYTES,
    check_quota,
    checkpoints_root,
    list_runs,
    load_run,
    publish,
    publish_bytes,
    quota_mb,
    read_info,
    save_run,
    sweep_orphans,
    unreadable,
    used_mb,
)
from .info import LOCAL, SUFFIX, RunInfo
from .kept import Metric, Missing, keep_metrics, kept_metrics, metrics_changed
from .notes import MAX_NOTE, MAX_TITLE, Note, delete_run, delete_unreadable, read_note, write_note

__all__ = [
    "CLASSIFIER", "LOCAL", "MAX_BYTES", "MAX_NOTE", "MAX_TITLE", "SUFFIX", "Catalogue", "Metric", "Missing", "Note",
    "Run", "RunInfo", "check_quota", "checkpoints_root", "delete_run", "delete_unreadable", "from_bytes",
    "from_trained", "keep_metrics", "kept_metrics", "list_runs", "load_run", "metrics_changed", "publish",
    "publish_bytes", "quota_mb", "read_info", "read_note", "save_run", "sweep_orphans", "to_bytes", "unreadable",
    "used_mb", "write_note",
]  # fmt: skip
