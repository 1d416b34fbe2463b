"""Bounded caches, shared by all visitors: runs, models, images and what is derived from them. Keyed by run id."""

from __future__ import annotations

import io
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from ui import charts
from vae_core import runs
from vae_core.diagnostics import Metric
from vae_core.latents import Plane, plane
from vae_core.runs import Run, RunInfo
from vae_core.sheets import sheet

__all__ = [
    "SHEET_COLUMNS",
    "device",
    "forget_images",
    "hover_sheets",
    "images",
    "infos",
    "metrics",
    "model",
    "plane_of",
    "reconstruct",
    "run",
    "spec",
    "strip",
    "tables",
]

Images = NDArray[np.uint8]
Index = NDArray[np.int64]
SHEET_COLUMNS = 100
SHEET_QUALITY = 8  # of 100: a thumbnail's strokes survive, and 10,000 of them fit into 0.9 MB


def infos() -> list[RunInfo]:
    """Every run there is, read anew when a file comes or goes."""
    root = runs.checkpoints_root()
    folders = [folder for folder in (root, root / runs.LOCAL) if folder.is_dir()]
    return _infos(str(root), tuple(folder.stat().st_mtime_ns for folder in folders))


@st.cache_resource(max_entries=2, show_spinner=False)
def _infos(root: str, changed: tuple[int, ...]) -> list[RunInfo]:
    runs.sweep_orphans(Path(root))
    return runs.list_runs(root)


@st.cache_resource(max_entries=64, show_spinner=False)
def _run(path: str, sha256: str) -> Run:
    return runs.load_run(path)


def run(info: RunInfo) -> Run:
    """A run, verified when it is first read. RunError if it is bad."""
    return _run(str(info.path), info.sha256)


@st.cache_resource(max_entries=64, show_spinner=False)
def _metrics(path: str, sha256: str) -> dict[str, Metric]:
    return runs.metrics(_run(path, sha256))


def metrics(info: RunInfo) -> dict[str, Metric]:
    """A run's diagnostics."""
    return _metrics(str(info.path), info.sha256)


@st.cache_resource(max_entries=64, show_spinner=False)
def _plane(path: str, sha256: str, sampled: bool) -> Plane:
    shown = _run(path, sha256)
    return plane(shown.latents, shown.z(sampled))


def plane_of(info: RunInfo, sampled: bool) -> Plane:
    """A run's test images in the plane: sampled z, or mu."""
    return _plane(str(info.path), info.sha256, sampled)


@st.cache_resource(max_entries=64, show_spinner=False)
def spec(view: charts.LatentView) -> dict[str, Any]:
    """A chart's specification; to make one takes longer than all the rest of a rerun."""
    return charts.latent_chart(view)


@st.cache_resource(max_entries=24, show_spinner=False)
def _model(path: str, sha256: str) -> Any:
    return _run(path, sha256).model()


def model(info: RunInfo) -> Any:
    """A run's model, on the CPU and frozen, for a few images at a time."""
    return _model(str(info.path), info.sha256)


# ---- tables for the charts, as they travel ----


@st.cache_data(max_entries=96, show_spinner=False)
def _centres(path: str, sha256: str, sampled: bool, window: charts.Window) -> bytes:
    shown = _run(path, sha256)
    points = _plane(path, sha256, sampled).points
    return charts.arrow(charts.centre_table(points, shown.latents.y, shown.info.class_names, window))


@st.cache_data(max_entries=96, show_spinner=False)
def _points(path: str, sha256: str, sampled: bool, classes: tuple[int, ...]) -> bytes:
    shown = _run(path, sha256)
    lit = in_classes(shown.latents.y, classes)
    return charts.arrow(
        charts.point_table(_plane(path, sha256, sampled).points, shown.latents.y, shown.info.class_names, lit)
    )


def in_classes(y: NDArray[np.int64], classes: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which images have one of the picked labels; with none picked, all."""
    return np.isin(y, classes) if classes else np.ones(len(y), dtype=bool)


def tables(
    info: RunInfo, sampled: bool, window: charts.Window, classes: tuple[int, ...], chosen: Index | None
) -> dict[str, bytes]:
    """The named data sets of a latent chart, lit by picked classes and, if there is a selection, by chosen images."""
    path, sha256 = str(info.path), info.sha256
    points = _plane(path, sha256, sampled).points
    if chosen is None:
        lit_points = _points(path, sha256, sampled, classes)
    else:
        y = run(info).latents.y
        lit = in_classes(y, classes) & np.isin(np.arange(len(y)), chosen)
        lit_points = charts.arrow(charts.point_table(points, y, info.class_names, lit))
    one = int(chosen[0]) if chosen is not None and len(chosen) == 1 else None
    return {
        "points": lit_points,
        "centres": _centres(path, sha256, sampled, window),
        "picked": charts.arrow(charts.pick_table(points, one)),
    }


# ---- images ----


@st.cache_resource(max_entries=4, show_spinner=False)
def images(dataset: str) -> Images | None:
    """The test images of a data set, uint8 (N, H, W); None where they are not on this machine."""
    from vae_core.data import DataError, load_dataset

    try:
        return load_dataset(dataset, split="test").x.numpy()
    except DataError:
        return None


def forget_images() -> None:
    """Look for the data sets anew: one has been downloaded."""
    images.clear()
    _sheets.clear()


def reconstruct(info: RunInfo, index: Index | slice, sampled: bool) -> Images:
    """What a run's decoder makes of the shown latents of some test images, uint8 (n, H, W)."""
    import torch

    shown = run(info)
    z, y = torch.from_numpy(shown.z(sampled)[index]), torch.from_numpy(shown.latents.y[index])
    with torch.inference_mode():
        x_hat = model(info).decode(z, y)
    return (x_hat * 255).round().byte().numpy()


def strip(pictures: Images, scale: int = 3) -> Images:
    """Images (n, H, W) side by side with a gap of a few pixels, enlarged."""
    framed = np.pad(pictures, ((0, 0), (0, 0), (1, 1)))
    return sheet(framed, columns=len(framed)).repeat(scale, axis=0).repeat(scale, axis=1)


# ---- what is prepared while nobody waits ----


@st.cache_resource(show_spinner=False)
def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")


@st.cache_resource(max_entries=16, show_spinner=False)
def _sheets(paths: tuple[str, ...], hashes: tuple[str, ...]) -> Future[dict[str, bytes]]:
    return _worker().submit(_make_sheets, [runs.read_info(path) for path in paths])


def hover_sheets(shown: list[RunInfo]) -> Future[dict[str, bytes]]:
    """Thumbnails of all test images for hovering, one WebP sheet under "images"; where the data set is not on this
    machine, one sheet of reconstructions under each kind. Made in the background: torch takes seconds to import."""
    return _sheets(tuple(str(info.path) for info in shown), tuple(info.sha256 for info in shown))


def _make_sheets(shown: list[RunInfo]) -> dict[str, bytes]:
    originals = images(shown[0].train.dataset)
    if originals is not None:
        return {"images": _webp(originals)}
    return {info.model.kind: _webp(reconstruct(info, slice(None), sampled=True)) for info in shown}


def _webp(pictures: Images) -> bytes:
    content = io.BytesIO()
    Image.fromarray(sheet(pictures, SHEET_COLUMNS)).save(content, "WEBP", quality=SHEET_QUALITY, method=0)
    return content.getvalue()


@st.cache_resource(show_spinner=False)
def _device() -> Future[str]:
    return _worker().submit(_find_device)


def _find_device() -> str:
    from vae_core.devices import DeviceError, describe_device, resolve_device

    try:
        return describe_device(resolve_device())
    except DeviceError as error:
        return f"no device: {error}"


def device() -> str:
    """The device that a training would use, in words; "…" until torch has been imported."""
    found = _device()
    return found.result() if found.done() else "…"
