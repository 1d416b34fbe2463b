"""The runs that visitors look at, cached for all of them by the file's path and hash."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from vae_core import runs
from vae_core.evidence import known_metrics
from vae_core.latents import Plane, plane
from vae_core.runs import Catalogue, Metric, Run, RunInfo

# hash_funcs of every cache with a run in its key.
BY_RUN: dict[str | type[Any], Callable[[Any], Any]] = {RunInfo: lambda info: (str(info.path), info.sha256)}


def catalogue() -> Catalogue:
    """Return every run there is, read anew when a file comes or goes."""
    root = runs.checkpoints_root()
    folders = [folder for folder in (root, root / runs.LOCAL) if folder.is_dir()]
    return _catalogue(str(root), tuple(folder.stat().st_mtime_ns for folder in folders))


@st.cache_resource(max_entries=2, show_spinner=False)
def _catalogue(root: str, changed: tuple[int, ...]) -> Catalogue:
    runs.sweep_orphans(Path(root))
    return runs.list_runs(root)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def run(info: RunInfo) -> Run:
    """Return a run with its tensors, verified when it is first read; RunError if the file is bad."""
    return runs.load_run(str(info.path))


def metrics(info: RunInfo) -> dict[str, Metric]:
    """Return a run's numbers, read anew when they have been measured."""
    return _metrics(info, runs.metrics_changed(info))


@st.cache_resource(max_entries=200, show_spinner=False, hash_funcs=BY_RUN)
def _metrics(info: RunInfo, changed: int) -> dict[str, Metric]:
    return known_metrics(info, run)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def plane_of(info: RunInfo, sampled: bool) -> Plane:
    """Return a run's test images in the plane: sampled z, or mu."""
    return plane(run(info).latents, run(info).z(sampled))


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_RUN)
def model(info: RunInfo) -> Any:
    """Return a run's model on the CPU, frozen, for a few images at a time."""
    import torch

    torch.set_num_threads(1)  # several would mostly wait for each other and for other visitors'
    return run(info).model()
