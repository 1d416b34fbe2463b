"""Bounded caches, shared by all visitors: runs, models, images and what is derived from them. Keyed by run id."""

from __future__ import annotations

import base64
import io
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from ui import charts
from vae_core import runs
from vae_core.errors import DataError, DeviceError
from vae_core.evidence import Metric
from vae_core.latents import Plane, plane
from vae_core.runs import Run, RunInfo
from vae_core.sheets import pixels, sheet

__all__ = [
    "SHEET_COLUMNS",
    "Prepared",
    "decode",
    "forget_images",
    "image_url",
    "images",
    "images_if_ready",
    "images_ready",
    "infos",
    "metrics",
    "model",
    "plane_of",
    "prepared",
    "reconstruct",
    "run",
    "run_at",
    "spec",
    "strip",
    "strip_url",
    "tables",
]

Images = NDArray[np.uint8]
Index = NDArray[np.int64]
SHEET_COLUMNS = 100
HEAD_START_S = 1.5  # for the page that is just being shown: the import of torch would slow it down
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
def run_at(path: str, sha256: str) -> Run:
    """As `run`, for caches whose keys are a path and a hash."""
    return runs.load_run(path)


def run(info: RunInfo) -> Run:
    """A run, verified when it is first read. RunError if it is bad."""
    return run_at(str(info.path), info.sha256)


@st.cache_resource(max_entries=200, show_spinner=False)
def _metrics(path: str, sha256: str, changed: int, _info: RunInfo) -> dict[str, Metric]:
    return runs.kept_metrics(_info) or runs.metrics(run_at(path, sha256))


def metrics(info: RunInfo) -> dict[str, Metric]:
    """A run's diagnostics, read anew when they have been measured."""
    return _metrics(str(info.path), info.sha256, runs.metrics_changed(info), info)


@st.cache_resource(max_entries=64, show_spinner=False)
def _plane(path: str, sha256: str, sampled: bool) -> Plane:
    shown = run_at(path, sha256)
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
    import torch

    torch.set_num_threads(1)  # several would mostly wait for each other and for other visitors'
    return run_at(path, sha256).model()


def model(info: RunInfo) -> Any:
    """A run's model, on the CPU and frozen, for a few images at a time."""
    return _model(str(info.path), info.sha256)


# ---- tables for the charts, as they travel ----


@st.cache_data(max_entries=96, show_spinner=False)
def _centres(path: str, sha256: str, sampled: bool, window: charts.Window) -> bytes:
    shown = run_at(path, sha256)
    points = _plane(path, sha256, sampled).points
    return charts.arrow(charts.centre_table(points, shown.latents.y, shown.info.class_names, window))


@st.cache_data(max_entries=96, show_spinner=False)
def _points(path: str, sha256: str, sampled: bool) -> bytes:
    return charts.arrow(_point_table(path, sha256, sampled))


@st.cache_resource(max_entries=96, show_spinner=False)
def _point_table(path: str, sha256: str, sampled: bool) -> pd.DataFrame:
    shown = run_at(path, sha256)
    return charts.point_table(_plane(path, sha256, sampled).points, shown.latents.y, shown.info.class_names)


def tables(
    info: RunInfo, sampled: bool, window: charts.Window, lit: Index | None, picked: int | None
) -> dict[str, bytes]:
    """The named data sets of a latent chart.

    Arguments:
        info, sampled: Whose test images, and whether as sampled z or mu.
        window: What the plot shows.
        lit: Indices of the images that shine while the others fade; None for all.
        picked: Index of the one image with a ring around it, if any.
    """
    path, sha256 = str(info.path), info.sha256
    everything = _point_table(path, sha256, sampled)
    return {
        "points": _points(path, sha256, sampled),
        "lit": charts.arrow(everything.iloc[[] if lit is None else lit]),
        "veil": charts.arrow(charts.corner_table(window, present=lit is not None)),
        "frame": charts.arrow(charts.corner_table(window)),
        "centres": _centres(path, sha256, sampled, window),
        "picked": charts.arrow(everything.iloc[[] if picked is None else [picked]]),
    }


# ---- images ----


@st.cache_resource(max_entries=4, show_spinner=False)
def images(dataset: str) -> Images | None:
    """The test images of a data set, uint8 (N, H, W); None where they are not on this machine."""
    from vae_core.data import load_dataset

    try:
        return load_dataset(dataset, split="test").x.numpy()
    except DataError:
        return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _loading(dataset: str) -> Future[Images | None]:
    return _worker().submit(images, dataset)


def images_ready(dataset: str) -> bool:
    """Whether `images` will answer at once; if not, they are loaded in the background from now on."""
    return _loading(dataset).done()


def images_if_ready(dataset: str) -> Images | None:
    """As `images`, but None as long as they are being loaded."""
    return images(dataset) if images_ready(dataset) else None


def forget_images() -> None:
    """Look for the data sets anew: one has been downloaded."""
    images.clear()
    _loading.clear()
    _prepared.clear()


def reconstruct(info: RunInfo, index: Index | slice, sampled: bool) -> Images:
    """What a run's decoder makes of the shown latents of some test images, uint8 (n, H, W)."""
    shown = run(info)
    return decode(info, shown.z(sampled)[index], shown.latents.y[index])


def decode(info: RunInfo, z: NDArray[np.float32], y: Index) -> Images:
    """What a run's decoder makes of latents z (n, d), of a cVAE asked for labels y (n,): uint8 (n, H, W)."""
    import torch

    with torch.inference_mode():
        x_hat = model(info).decode(torch.from_numpy(z), torch.from_numpy(y))
    return pixels(x_hat.numpy())


def strip(pictures: Images, scale: int = 3) -> Images:
    """Images (n, H, W) side by side with a gap of a few pixels, enlarged."""
    framed = np.pad(pictures, ((0, 0), (0, 0), (1, 1)))
    return sheet(framed, columns=len(framed)).repeat(scale, axis=0).repeat(scale, axis=1)


def strip_url(pictures: Images) -> str:
    """As `strip`, within a URL: a file that is replaced twice a second would be gone before the browser asks for it."""
    return image_url(strip(pictures, scale=1))


def image_url(picture: Images) -> str:
    """An image, grey (H, W) or coloured (H, W, 3), within a URL."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()


# ---- what is prepared while nobody waits ----


@st.cache_resource(show_spinner=False)
def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")


class Prepared(NamedTuple):
    """What takes torch, which takes seconds to import: thumbnails for hovering, and the device of a training in words.

    `sheets` is one WebP sheet of all test images under "images", or, where the data set is not on this machine
    (`missing`), one sheet of reconstructions under each kind.
    """

    sheets: dict[str, bytes]
    missing: bool
    device: str


@st.cache_resource(max_entries=16, show_spinner=False)
def _prepared(paths: tuple[str, ...], hashes: tuple[str, ...]) -> Future[Prepared]:
    return _worker().submit(_prepare, [runs.read_info(path) for path in paths])


def prepared(shown: list[RunInfo]) -> Future[Prepared]:
    """What Home needs a little later, made in the background for these runs."""
    return _prepared(tuple(str(info.path) for info in shown), tuple(info.sha256 for info in shown))


def _prepare(shown: list[RunInfo]) -> Prepared:
    time.sleep(HEAD_START_S)
    originals = images(shown[0].train.dataset)
    if originals is not None:
        sheets = {"images": _webp(originals)}
    else:
        sheets = {info.model.kind: _webp(reconstruct(info, slice(None), sampled=True)) for info in shown}
    return Prepared(sheets, originals is None, _device())


def _device() -> str:
    from vae_core.devices import describe_device, resolve_device

    try:
        return describe_device(resolve_device())
    except DeviceError as error:
        return f"no device ({error})"


def _webp(pictures: Images) -> bytes:
    content = io.BytesIO()
    Image.fromarray(sheet(pictures, SHEET_COLUMNS)).save(content, "WEBP", quality=SHEET_QUALITY, method=0)
    return content.getvalue()
