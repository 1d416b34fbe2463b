"""Test images of the data sets, loaded in the background, and the sheets of thumbnails made of them."""

import io
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from ui.store.decoding import decoder_url
from ui.store.files import publish
from ui.store.runs import BY_RUN
from vae_core.errors import DataError, DeviceError, RunError
from vae_core.runs import RunInfo
from vae_core.sheets import sheet

Images = NDArray[np.uint8]
SHEET_COLUMNS = 100
HEAD_START_S = 1.5  # for the page that is just being shown: the import of torch would slow it down
SHEET_QUALITY = 8  # of 100: a thumbnail's strokes survive, and 10,000 of them fit into 0.9 MB


@st.cache_resource(max_entries=4, show_spinner=False)
def test_images(dataset: str) -> Images | None:
    """Return the test images of a data set, uint8 (N, H, W); None where they are not on this machine."""
    from vae_core.data import load_dataset

    try:
        return load_dataset(dataset, split="test").x.numpy()
    except DataError:
        return None


def images_ready(dataset: str) -> bool:
    """Return whether `test_images` would answer at once; if not, start to load them in the background."""
    return _loading(dataset).done()


def images_if_ready(dataset: str) -> Images | None:
    """Return the test images of a data set; None also while they are being loaded."""
    return test_images(dataset) if images_ready(dataset) else None


def sheet_ready(dataset: str) -> bool:
    """Return whether `sheet_of` would answer at once; if not, start to make the sheet in the background."""
    return _making_sheet(dataset).done()


def sheet_if_ready(dataset: str) -> dict[str, Any] | None:
    """Return the sheet as `sheet_of` does; None also while it is being made."""
    return sheet_of(dataset) if sheet_ready(dataset) else None


@st.cache_resource(max_entries=4, show_spinner=False)
def _making_sheet(dataset: str) -> Future[dict[str, Any] | None]:
    return _worker().submit(sheet_of, dataset)


def forget_images() -> None:
    """Empty the caches of images, as after a download."""
    for cached in (test_images, _loading, prepared, sheet_of, _making_sheet):
        cached.clear()


@st.cache_resource(max_entries=8, show_spinner=False)
def _loading(dataset: str) -> Future[Images | None]:
    return _worker().submit(test_images, dataset)


@st.cache_resource(show_spinner=False)
def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")


class Prepared(NamedTuple):
    """What the browser gets after the plots, because it needs torch, which takes seconds to import, or is large.

    Arguments:
        images: The sheet of all test images as spaces.js takes it; None where they are not on this machine.
        decoders: Addresses of decoders by run id; those of unreadable runs are missing.
        device: The device of a training, in words.
    """

    images: dict[str, Any] | None
    decoders: dict[str, str]
    device: str


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_RUN)
def prepared(infos: list[RunInfo]) -> Future[Prepared]:
    """Return what Home needs for these runs a little later, made in the background."""
    return _worker().submit(_prepare, infos)


def _prepare(infos: list[RunInfo]) -> Prepared:
    time.sleep(HEAD_START_S)
    decoders = {}
    for info in infos:
        with suppress(RunError):  # its plot says so
            decoders[info.id] = decoder_url(info)
    return Prepared(sheet_of(infos[0].train.dataset), decoders, _device())


@st.cache_resource(max_entries=4, show_spinner=False)
def sheet_of(dataset: str) -> dict[str, Any] | None:
    """Return address, columns and tile size of the sheet with a data set's test images; None without them."""
    images = test_images(dataset)
    return None if images is None else sheet_at(publish(sheet_file(images), "image/webp"), images)


def sheet_at(url: str, images: Images) -> dict[str, Any]:
    """Return the sheet of images (N, H, W) as spaces.js takes it."""
    return {"url": url, "columns": SHEET_COLUMNS, "tile": images.shape[1:]}


def _device() -> str:
    from vae_core.devices import describe_device, resolve_device

    try:
        return describe_device(resolve_device())
    except DeviceError as error:
        return f"no device ({error})"


def sheet_file(images: Images) -> bytes:
    """Return images (N, H, W) as one WebP, `SHEET_COLUMNS` in a row."""
    content = io.BytesIO()
    Image.fromarray(sheet(images, SHEET_COLUMNS)).save(content, "WEBP", quality=SHEET_QUALITY, method=0)
    return content.getvalue()
