"""Named data sets as tensors that live on the device: one uint8 tensor per split, no loading per image."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .config import DATASETS, canonical_json
from .errors import DataError

__all__ = ["DownloadProgress", "ImageSet", "data_root", "download_dataset", "load_dataset"]

SPLITS = ("train", "test")
# MD5 of MNIST's extracted files. The other sets' sums are recorded when torchvision has verified their download.
MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
CHECKSUMS = "checksums.json"
STALE_S = 86_400.0
CLASS_NAMES = {
    "fashion_mnist": (
        *("T-shirt", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    "kmnist": tuple("おきすつなはまやれを"),
    "emnist_letters": tuple("abcdefghijklmnopqrstuvwxyz"),
}


@dataclass(frozen=True)
class ImageSet:
    """One split of a data set.

    Arguments:
        x: Images, uint8, shape (N, H, W); `images` gives them in [0, 1].
        y: Labels, int64, shape (N,).
        class_names: A name per label.
        name: The data set's name in `DATASETS`.
        fingerprint: SHA-256 over shapes, images and labels, in hexadecimal.
    """

    x: Tensor
    y: Tensor
    class_names: tuple[str, ...]
    name: str
    fingerprint: str

    def __len__(self) -> int:
        return len(self.x)

    def images(self, index: Tensor | slice = slice(None)) -> Tensor:
        """Images as float32 in [0, 1], shape (n, H, W)."""
        return self.x[index].float() / 255

    def at(self, index: Tensor) -> ImageSet:
        """Some of the images, in the order of the index; the fingerprint stays that of the whole split."""
        return replace(self, x=self.x[index], y=self.y[index])

    def to(self, device: str | torch.device) -> ImageSet:
        """The same images and labels on another device."""
        return replace(self, x=self.x.to(device), y=self.y.to(device))


class DownloadProgress(NamedTuple):
    """Bytes received so far; `done` when the data set is verified and in place."""

    received: int
    done: bool


def data_root() -> Path:
    """Folder of the data sets: the environment's VAE_DATA, or `data`."""
    return Path(os.environ.get("VAE_DATA") or "data")


def load_dataset(
    name: str, root: str | Path | None = None, split: str = "train", device: str | torch.device = "cpu"
) -> ImageSet:
    """Read one split of a data set that is on this machine. DataError says what is missing or damaged.

    Arguments:
        name: A name of `DATASETS`; "digits" comes with scikit-learn and is always there.
        root: Folder laid out as torchvision does; None means `data_root()`.
        split: "train" or "test".
        device: Where the tensors shall live.
    """
    if name not in DATASETS:
        raise DataError(f"there is no data set {name!r}; choose one of {', '.join(DATASETS)}")
    if split not in SPLITS:
        raise DataError(f"split must be train or test, got {split!r}")
    if name == "digits":
        x, y = _digits(split)
    else:
        x, y = _read_idx_split(name, Path(root) if root is not None else data_root(), split)
    _check(name, x, y)
    classes = CLASS_NAMES.get(name, tuple(str(label) for label in range(DATASETS[name].num_classes)))
    data = ImageSet(torch.from_numpy(x), torch.from_numpy(y), classes, name, _fingerprint(x, y))
    return data.to(device)


def _check(name: str, x: np.ndarray, y: np.ndarray) -> None:
    """Refuse what would crash or mislead further on."""
    info = DATASETS[name]
    if x.ndim != 3 or x.shape[1:] != info.image_shape or len(x) == 0:
        raise DataError(
            f"{info.title}: images must have shape (N, {info.image_shape[0]}, {info.image_shape[1]}), got {x.shape}"
        )
    if y.shape != (len(x),):
        raise DataError(f"{info.title}: {len(x)} images but labels of shape {y.shape}")
    if y.min() < 0 or y.max() >= info.num_classes:
        raise DataError(f"{info.title}: labels must be from 0 to {info.num_classes - 1}, got {y.min()} to {y.max()}")


def _fingerprint(x: np.ndarray, y: np.ndarray) -> str:
    digest = hashlib.sha256(canonical_json([list(x.shape), list(y.shape)]).encode())
    digest.update(np.ascontiguousarray(x).data)
    digest.update(np.ascontiguousarray(y).data)
    return digest.hexdigest()


def _digits(split: str) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's 1,797 handwritten 8×8 digits (values 0 … 16), split 1,437 / 360 by a fixed seed."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))
    index = order[:1437] if split == "train" else order[1437:]
    x = np.round(digits.images[index] * (255 / 16)).astype(np.uint8)
    return x, digits.target[index].astype(np.int64)


# ---- IDX files, as torchvision lays them out ----


def _torchvision_class(name: str) -> tuple[str, dict[str, Any]]:
    """torchvision's class for a data set, which is also the name of its folder, and its extra arguments."""
    return {
        "mnist": ("MNIST", {}),
        "fashion_mnist": ("FashionMNIST", {}),
        "kmnist": ("KMNIST", {}),
        "emnist_letters": ("EMNIST", {"split": "letters"}),
    }[name]


def _files(name: str, split: str) -> tuple[str, str]:
    """Names of the image and label file of a split."""
    if name == "emnist_letters":
        return f"emnist-letters-{split}-images-idx3-ubyte", f"emnist-letters-{split}-labels-idx1-ubyte"
    stem = "train" if split == "train" else "t10k"
    return f"{stem}-images-idx3-ubyte", f"{stem}-labels-idx1-ubyte"


def _read_idx_split(name: str, root: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    folder = root / _torchvision_class(name)[0] / "raw"
    sums = MNIST_MD5 if name == "mnist" else _recorded_sums(folder)
    x, y = (_read_idx(folder / file, DATASETS[name].title, sums.get(file)) for file in _files(name, split))
    if name == "emnist_letters":  # stored transposed, letters counted from 1
        x, y = x.transpose(0, 2, 1), y - 1
    return np.ascontiguousarray(x), y.astype(np.int64)


def _recorded_sums(folder: Path) -> dict[str, str]:
    try:
        sums = json.loads((folder / CHECKSUMS).read_text())
    except (OSError, ValueError):
        return {}
    return sums if isinstance(sums, dict) else {}


def _read_idx(path: Path, title: str, md5: str | None) -> np.ndarray:
    """The array of an IDX file of unsigned bytes, its size checked against its header and its MD5 where known."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise DataError(f"{title} is not on this machine: {path} cannot be read") from None
    if md5 is not None and hashlib.md5(raw, usedforsecurity=False).hexdigest() != md5:
        raise DataError(f"{title} is damaged: {path} is not the original file; delete it and download again")
    if len(raw) < 4 or raw[:3] != b"\0\0\x08" or len(raw) < 4 + 4 * raw[3]:
        raise DataError(f"{title} is damaged: {path} is not an IDX file of bytes")
    shape = struct.unpack(f">{raw[3]}I", raw[4 : 4 + 4 * raw[3]])
    body = np.frombuffer(bytearray(raw), np.uint8, offset=4 + 4 * raw[3])  # writable, as torch wants it
    if len(body) != math.prod(shape):
        raise DataError(f"{title} is damaged: {path} is {len(raw)} bytes long, not what its header says")
    return body.reshape(shape)


# ---- download ----

_downloading = threading.Lock()


def download_dataset(name: str, root: str | Path | None = None, patience_s: float = 60.0) -> Iterator[DownloadProgress]:
    """Download a data set through torchvision, several times a second yielding the bytes received.

    The files are fetched into a folder of their own, verified, and only then moved into place, so that a download
    that was cut off leaves nothing behind. DataError says why it failed; it can be called again.

    Arguments:
        name: A name of `DATASETS` other than "digits".
        root: Data root; None means `data_root()`.
        patience_s: Give up when no byte has come for so long.
    """
    if name not in DATASETS or name == "digits":
        raise DataError(f"{name!r} cannot be downloaded")
    if not _downloading.acquire(blocking=False):
        raise DataError("a download is already running on this server; try again when it is done")
    try:
        root = Path(root) if root is not None else data_root()
        try:
            root.mkdir(parents=True, exist_ok=True)
            _sweep(root)
            work = Path(tempfile.mkdtemp(prefix=".download-", dir=root))
        except OSError as error:
            raise DataError(f"cannot write to the data folder {root}: {error.strerror}") from None
        try:
            yield from _fetch(name, work, patience_s)
            received = _archive_bytes(work)
            try:
                _install(name, work, root)
            except OSError as error:
                raise DataError(f"cannot write to the data folder {root}: {error.strerror}") from None
            yield DownloadProgress(received, done=True)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    finally:
        _downloading.release()


def _fetch(name: str, work: Path, patience_s: float) -> Iterator[DownloadProgress]:
    """Run torchvision's download in a thread and watch the folder grow."""
    failure: list[BaseException] = []

    def fetch() -> None:
        try:
            from torchvision import datasets  # here only: it needs a torchvision that fits the torch installed

            kind, arguments = _torchvision_class(name)
            getattr(datasets, kind)(str(work), download=True, **arguments)
        except Exception as error:
            failure.append(error)
        finally:
            if abandoned.is_set():  # it may have gone on, to the next mirror, after nobody waited any more
                shutil.rmtree(work, ignore_errors=True)

    abandoned = threading.Event()
    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    size, last_change = -1, time.monotonic()
    try:
        while thread.is_alive():
            received, before, size = _archive_bytes(work), size, _folder_bytes(work)
            if size != before:
                last_change = time.monotonic()
            elif time.monotonic() - last_change > patience_s:
                raise DataError(f"the download of {DATASETS[name].title} stopped coming; try again later")
            yield DownloadProgress(received, done=False)
            thread.join(0.2)
    finally:
        abandoned.set()
    if failure:
        reason = " ".join(str(failure[0]).split())[:200]
        raise DataError(f"{DATASETS[name].title} could not be downloaded: {reason}")


def _sweep(root: Path) -> None:
    """Remove what a download left behind whose process was killed more than a day ago."""
    for stale in root.glob(".download-*"):
        if time.time() - stale.stat().st_mtime > STALE_S:
            shutil.rmtree(stale, ignore_errors=True)


def _archive_bytes(folder: Path) -> int:
    """Bytes of the archives that are coming in, without what is unpacked from them."""
    return _folder_bytes(folder, (".gz", ".zip"))


def _folder_bytes(folder: Path, suffixes: tuple[str, ...] = ()) -> int:
    size = 0
    for path in folder.rglob("*"):
        try:
            size += path.stat().st_size if not suffixes or path.suffix in suffixes else 0
        except OSError:  # it went while we looked
            continue
    return size


def _install(name: str, work: Path, root: Path) -> None:
    """Verify a finished download by reading it, record its sums, move it into place."""
    for split in SPLITS:
        load_dataset(name, work, split)
    kind = _torchvision_class(name)[0]
    target = root / kind / "raw"
    target.mkdir(parents=True, exist_ok=True)
    files = [file for split in SPLITS for file in _files(name, split)]
    sums = {
        file: hashlib.md5((work / kind / "raw" / file).read_bytes(), usedforsecurity=False).hexdigest()
        for file in files
    }
    (work / kind / "raw" / CHECKSUMS).write_text(canonical_json(sums))
    for file in (*files, CHECKSUMS):
        os.replace(work / kind / "raw" / file, target / file)
