"""Named data sets as tensors that live on the device: one uint8 tensor per split, no loading per image."""

import hashlib
import json
import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from .config import DATASETS, canonical_json
from .errors import DataError

SPLITS = ("train", "test")
Arrays = tuple[np.ndarray, np.ndarray]  # images uint8 (N, H, W) and labels (N,)


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
        """Return images as float32 in [0, 1], shape (n, H, W)."""
        return self.x[index].float() / 255

    def at(self, index: Tensor) -> Self:
        """Return the images of an index, in its order; the fingerprint stays that of the whole split."""
        return replace(self, x=self.x[index], y=self.y[index])

    def to(self, device: str | torch.device) -> Self:
        """Return the same images and labels on another device."""
        return replace(self, x=self.x.to(device), y=self.y.to(device))


class IdxFiles(NamedTuple):
    """Where the IDX files of a data set lie, as torchvision lays them out.

    Arguments:
        folder: The name of torchvision's class, and of the folder.
        prefixes: How the files of each split begin.
        arguments: What else torchvision's class needs.
        transposed: Whether images are stored column by column and labels counted from 1.
        sums: MD5 of the files; without them, those that were recorded when torchvision had verified its download.
    """

    folder: str
    prefixes: Mapping[str, str] = {"train": "train", "test": "t10k"}
    arguments: Mapping[str, Any] = {}
    transposed: bool = False
    sums: Mapping[str, str] = {}

    def files(self, split: str) -> tuple[str, str]:
        """Return the names of the image and the label file of a split."""
        return f"{self.prefixes[split]}-images-idx3-ubyte", f"{self.prefixes[split]}-labels-idx1-ubyte"


CHECKSUMS = "checksums.json"
IDX: Mapping[str, IdxFiles] = {
    "mnist": IdxFiles(
        "MNIST",
        sums={
            "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
            "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
            "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
            "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
        },
    ),
    "fashion_mnist": IdxFiles("FashionMNIST"),
    "kmnist": IdxFiles("KMNIST"),
    "emnist_letters": IdxFiles(
        "EMNIST",
        {split: f"emnist-letters-{split}" for split in SPLITS},
        arguments={"split": "letters"},
        transposed=True,
    ),
}


def data_root() -> Path:
    """Return the folder of the data sets: the environment's VAE_DATA, or `data`."""
    return Path(os.environ.get("VAE_DATA") or "data")


def load_dataset(
    name: str, root: str | Path | None = None, split: str = "train", device: str | torch.device = "cpu"
) -> ImageSet:
    """Read one split of a data set that is on this machine, "train" or "test", onto a device.

    Arguments:
        name: A name of `DATASETS`; "digits" comes with scikit-learn and is always there.
        root: Folder laid out as torchvision does; None means `data_root()`.

    Raises:
        DataError: It is missing or damaged.
    """
    if name not in DATASETS:
        raise DataError(f"there is no data set {name!r}; choose one of {', '.join(DATASETS)}")
    if split not in SPLITS:
        raise DataError(f"split must be train or test, got {split!r}")
    root = Path(root) if root is not None else data_root()
    x, y = _read_idx_split(name, root, split) if name in IDX else _read_digits(split)
    _check(name, x, y)
    data = ImageSet(torch.from_numpy(x), torch.from_numpy(y), DATASETS[name].class_names, name, _fingerprint(x, y))
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


def _read_digits(split: str) -> Arrays:
    """Read scikit-learn's 1,797 handwritten 8×8 digits (values 0 … 16), split 1,437 / 360 by a fixed seed."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.images))
    index = order[:1437] if split == "train" else order[1437:]
    x = np.round(digits.images[index] * (255 / 16)).astype(np.uint8)
    return x, digits.target[index].astype(np.int64)


def _read_idx_split(name: str, root: Path, split: str) -> Arrays:
    source = IDX[name]
    folder = root / source.folder / "raw"
    sums = source.sums or _recorded_sums(folder)
    x, y = (_read_idx(folder / file, DATASETS[name].title, sums.get(file)) for file in source.files(split))
    if source.transposed:
        x, y = x.transpose(0, 2, 1), y - 1
    return np.ascontiguousarray(x), y.astype(np.int64)


def _recorded_sums(folder: Path) -> dict[str, str]:
    try:
        sums = json.loads((folder / CHECKSUMS).read_text())
    except (OSError, ValueError):
        return {}
    return sums if isinstance(sums, dict) else {}


def _read_idx(path: Path, title: str, md5: str | None) -> np.ndarray:
    """Read the array of an IDX file of unsigned bytes, checked against its header and, if there is one, its MD5."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise DataError(f"{title} is not on this machine: {path} cannot be read") from None
    if md5 is not None and md5_of(raw) != md5:
        raise DataError(f"{title} is damaged: {path} is not the original file; delete it and download again")
    if len(raw) < 4 or raw[:3] != b"\0\0\x08" or len(raw) < 4 + 4 * raw[3]:
        raise DataError(f"{title} is damaged: {path} is not an IDX file of bytes")
    shape = struct.unpack(f">{raw[3]}I", raw[4 : 4 + 4 * raw[3]])
    body = np.frombuffer(bytearray(raw), np.uint8, offset=4 + 4 * raw[3])  # writable, as torch wants it
    if len(body) != math.prod(shape):
        raise DataError(f"{title} is damaged: {path} is {len(raw)} bytes long, not what its header says")
    return body.reshape(shape)


def md5_of(content: bytes) -> str:
    """Return the MD5 of a file's content, which tells damage and is no security, in hexadecimal."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
