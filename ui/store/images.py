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
from ui.store.runs import BY_RUN, run
from vae_core.config import TrainConfig
from vae_core.datasets import IDX, files_changed, files_there
from vae_core.errors import DataError, DeviceError, RunError
from vae_core.runs import RunInfo
from vae_core.sheets import sheet

Images = NDArray[np.uint8]
Of = RunInfo | TrainConfig | str  # whose test images: a run's, a training's, or all of a data set
SHEET_COLUMNS = 100
HEAD_START_S = 1.5  # for the page that is just being shown: the import of torch would slow it down
SHEET_QUALITY = 8  # of 100: a thumbnail's strokes survive, and 10,000 of them fit into 0.9 MB


class _Key(NamedTuple):
    """Which test images: of a data set, binarized once or not, some classes (none: all), and when its files changed."""

    dataset: str
    binarize: bool
    classes: tuple[int, ...]
    changed: tuple[int, ...]


def _key(of: Of) -> _Key:
    config = TrainConfig(of) if isinstance(of, str) else of.train if isinstance(of, RunInfo) else of
    return _Key(config.dataset, config.binarize == "fixed", config.classes, files_changed(config.dataset))


def test_images(of: Of) -> Images | None:
    """Return the test images of a data set, of a training or of a run, uint8 (N, H, W).

    None where they are not on this machine, or are not those that the run was tested on.
    """
    split = _split(_key(of)).images
    if split is None or (isinstance(of, RunInfo) and not _is_of(of, split)):
        return None
    return split.x.numpy()


def _is_of(info: RunInfo, split: Any) -> bool:
    try:
        return run(info).is_of(split)
    except RunError:
        return False


def why_no_images(dataset: str) -> str:
    """Return what is wrong with a data set's files, in one sentence; nothing where there are none, or good ones."""
    key = _key(dataset)
    if there := files_there(dataset) if dataset in IDX else "":
        return f"{there}."
    return _split(key).reason if all(key.changed) else ""


class _Split(NamedTuple):
    """A test split, and why the data set is not on this machine: then it is what comes with the app, or None."""

    images: Any
    reason: str = ""


@st.cache_resource(max_entries=4, show_spinner=False)
def _split(key: _Key) -> _Split:
    from vae_core.data import load_dataset, shipped_test

    try:
        return _Split(_part(key, load_dataset(key.dataset, split="test")))
    except DataError as error:
        images = shipped_test(key.dataset)
        return _Split(images and _part(key, images), f"{error}.")


def _part(key: _Key, data: Any) -> Any:
    return (data.binarized() if key.binarize else data).part(key.classes)


def is_here(dataset: str) -> bool:
    """Return whether a data set itself is on this machine, and not only test images that come with the app."""
    return not _split(_key(dataset)).reason


def images_ready(of: Of) -> bool:
    """Return whether `test_images` would answer at once; if not, start to load them in the background."""
    return _loading(_key(of)).done()


def images_if_ready(of: Of) -> Images | None:
    """Return the test images of a data set or a run; None also while they are being loaded."""
    return test_images(of) if images_ready(of) else None


def sheet_ready(of: Of) -> bool:
    """Return whether `sheet_of` would answer at once; if not, start to make the sheet in the background."""
    return _making_sheet(_key(of)).done()


def sheet_if_ready(of: Of) -> dict[str, Any] | None:
    """Return the sheet as `sheet_of` does; None also while it is being made."""
    return sheet_of(of) if sheet_ready(of) else None


@st.cache_resource(max_entries=4, show_spinner=False)
def _making_sheet(key: _Key) -> Future[dict[str, Any] | None]:
    return _worker().submit(_sheet, key)


@st.cache_resource(max_entries=8, show_spinner=False)
def _loading(key: _Key) -> Future[Any]:
    return _worker().submit(_split, key)


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
def _preparing(infos: list[RunInfo], key: _Key) -> Future[Prepared]:
    return _worker().submit(_prepare, infos)


def prepared(infos: list[RunInfo]) -> Future[Prepared]:
    """Return what Home needs for these runs a little later, made in the background; of the first one's images."""
    return _preparing(infos, _key(infos[0]))


def _prepare(infos: list[RunInfo]) -> Prepared:
    time.sleep(HEAD_START_S)
    decoders = {}
    for info in infos:
        with suppress(RunError):  # its plot says so
            decoders[info.id] = decoder_url(info)
    return Prepared(sheet_of(infos[0]), decoders, _device())


def sheet_of(of: Of) -> dict[str, Any] | None:
    """Return address, columns and tile size of the sheet with `test_images`; None without them."""
    return None if test_images(of) is None else _sheet(_key(of))


@st.cache_resource(max_entries=4, show_spinner=False)
def _sheet(key: _Key) -> dict[str, Any] | None:
    split = _split(key).images
    return None if split is None else sheet_at(publish(sheet_file(split.x.numpy()), "image/webp"), split.x.numpy())


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
