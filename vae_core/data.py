"""Named data sets as tensors that live on the device: one uint8 tensor per split, no loading per image."""

import hashlib
import json
import math
import struct
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from .config import DATASETS, TrainConfig, canonical_json
from .datasets import CHECKSUMS, IDX, SPLITS, data_root, files_there
from .errors import DataError
from .places import ROOT

SHIPPED_TEST = ROOT / "checkpoints" / "mnist-test.npz"
Arrays = tuple[np.ndarray, np.ndarray]  # images uint8 (N, H, W) and labels (N,)


@dataclass(frozen=True)
class ImageSet:
    """One split of a data set.

    Arguments:
        x: Images, uint8, shape (N, H, W); `images` gives them in [0, 1].
        y: Labels, int64, shape (N,).
        class_names: A name per label.
        name: The data set's name in `DATASETS`.
        fingerprint: SHA-256 over shapes, images and labels, in hexadecimal; computed where it is left out.

    Raises:
        DataError: It is something else.

    >>> ImageSet(torch.rand(3, 28, 28), torch.arange(3), tuple("0123456789"), "mnist")
    Traceback (most recent call last):
    vae_core.errors.DataError: images must be uint8 of shape (N, H, W), got float32 of shape (3, 28, 28)
    """

    x: Tensor
    y: Tensor
    class_names: tuple[str, ...]
    name: str
    fingerprint: str = ""

    def __post_init__(self) -> None:
        if self.x.dtype != torch.uint8 or self.x.ndim != 3 or 0 in self.x.shape:
            raise DataError(f"images must be uint8 of shape (N, H, W), got {_described(self.x)}")
        if self.y.dtype != torch.int64 or self.y.shape != self.x.shape[:1]:
            raise DataError(f"labels must be int64 of shape ({len(self.x)},), got {_described(self.y)}")
        low, high = int(self.y.min()), int(self.y.max())
        if low < 0 or high >= len(self.class_names):
            raise DataError(f"labels must be from 0 to {len(self.class_names) - 1}, got {low} to {high}")
        if not self.fingerprint:
            object.__setattr__(self, "fingerprint", _fingerprint(self.x.cpu().numpy(), self.y.cpu().numpy()))

    def __len__(self) -> int:
        return len(self.x)

    def images(self, index: Tensor | slice = slice(None)) -> Tensor:
        """Return images as float32 in [0, 1], shape (n, H, W)."""
        return self.x[index].float() / 255

    def mean_image(self) -> Tensor:
        """Return the mean of all images as float32 in [0, 1], shape (H, W)."""
        return self.x.sum(dim=0, dtype=torch.int32) / (255.0 * len(self))

    def at(self, index: Tensor) -> Self:
        """Return the images of an index, in its order."""
        return replace(self, x=self.x[index], y=self.y[index], fingerprint="")

    def part(self, classes: Collection[int] = (), images: int = 0) -> Self:
        """Return the images of some classes (none: of all), the first ones of them (0: all), in their order.

        DataError if there are not as many, or none of a class.
        """
        if not classes and not images:
            return self
        index = torch.arange(len(self), device=self.y.device)
        if classes:
            index = index[torch.isin(self.y, torch.tensor(sorted(classes), device=self.y.device))]
        if len(index) < max(images, 1):
            raise DataError(f"there are {len(index):,} such images in {DATASETS[self.name].title}, not {images:,}")
        return self.at(index[: images or None])

    def binarized(self) -> Self:
        """Return black and white images, each pixel white with its grey value as the probability.

        Equal sets always give equal images, which stay as they are when this is done again.
        """
        generator = torch.Generator().manual_seed(int(self.fingerprint[:12], 16))
        white = torch.bernoulli(self.images().cpu(), generator=generator).to(self.x)
        return replace(self, x=255 * white, fingerprint="")

    def to(self, device: str | torch.device) -> Self:
        """Return the same images and labels on another device."""
        return replace(self, x=self.x.to(device), y=self.y.to(device))


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
    try:
        data = ImageSet(torch.from_numpy(x), torch.from_numpy(y), DATASETS[name].class_names, name)
    except DataError as error:
        raise DataError(f"{DATASETS[name].title}: {error}") from None
    _check(data, split)
    return data.to(device)


def shipped_test(name: str) -> ImageSet | None:
    """Read the test split that comes with the app, for where the data set is not on this machine.

    Only MNIST's does; None for any other data set, and where the file is missing or damaged.
    """
    if name != "mnist":
        return None
    try:
        with np.load(SHIPPED_TEST) as arrays:
            x, y = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"].astype(np.int64))
        data = ImageSet(x, y, DATASETS[name].class_names, name)
        _check(data, "test")
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error, DataError):
        return None
    return data


def load_splits(
    config: TrainConfig, root: str | Path | None = None, device: str | torch.device = "cpu"
) -> tuple[ImageSet, ImageSet]:
    """Read what a training uses of both splits of its data set, as `load_dataset` does. DataError as there."""
    train, test = (load_dataset(config.dataset, root, split, device) for split in SPLITS)
    return part_of(config, train, test)


def part_of(config: TrainConfig, train: ImageSet, test: ImageSet) -> tuple[ImageSet, ImageSet]:
    """Return what a training uses of both splits: some classes of both, some images of the first, binarized or not."""
    if config.binarize == "fixed":
        train, test = train.binarized(), test.binarized()
    return train.part(config.classes, config.images), test.part(config.classes)


def _check(data: ImageSet, split: str) -> None:
    """Refuse what is not the whole split of a data set: files of another one, or of the other split."""
    info, balanced = DATASETS[data.name], data.name in IDX and IDX[data.name].balanced
    if (len(data), *data.x.shape[1:]) != (info.images[SPLITS.index(split)], *info.image_shape):
        need = f"{info.images[SPLITS.index(split)]:,} images of {info.image_shape}"
        raise DataError(
            f"{info.title}: the {split} split must have {need}, got {len(data):,} of {tuple(data.x.shape[1:])}"
        )
    if balanced and len(data.y.unique(return_counts=True)[1].unique()) > 1:
        raise DataError(f"{info.title}: every class must have equally many images, so these are of another data set")


def _described(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} of shape {tuple(tensor.shape)}"


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
    sums, first = source.sums or _recorded_sums(folder), 2 * SPLITS.index(split)
    x, y = (_read_idx(folder / file, name, sums.get(file)) for file in source.files(split))
    for file, md5 in zip(source.files(split), source.archives[first : first + 2], strict=False):
        _check_archive(folder / file, name, md5)
    if source.transposed:
        x, y = x.transpose(0, 2, 1), y - 1
    return np.ascontiguousarray(x), y.astype(np.int64)


def _recorded_sums(folder: Path) -> dict[str, str]:
    try:
        sums = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return sums if isinstance(sums, dict) else {}


def _read_idx(path: Path, name: str, md5: str | None) -> np.ndarray:
    """Read the array of an IDX file of unsigned bytes, checked against its header and, if there is one, its MD5."""
    title = DATASETS[name].title
    try:
        raw = path.read_bytes()
    except OSError:
        there = files_there(name, path.parents[2])
        raise DataError(f"{title} is not on this machine: {path} cannot be read{there and f'; {there}'}") from None
    found = md5_of(raw)
    for other, files in IDX.items():
        if other != name and found in files.sums.values():
            raise DataError(f"{title} is not what {path} holds, but {DATASETS[other].title}; download it again")
    if md5 is not None and found != md5:
        raise DataError(f"{title} is damaged: {path} is not the original file; delete it and download again")
    if len(raw) < 4 or raw[:3] != b"\0\0\x08" or len(raw) < 4 + 4 * raw[3]:
        raise DataError(f"{title} is damaged: {path} is not an IDX file of bytes")
    shape = struct.unpack(f">{raw[3]}I", raw[4 : 4 + 4 * raw[3]])
    body = np.frombuffer(bytearray(raw), np.uint8, offset=4 + 4 * raw[3])  # writable, as torch wants it
    if len(body) != math.prod(shape):
        raise DataError(f"{title} is damaged: {path} is {len(raw)} bytes long, not what its header says")
    return body.reshape(shape)


def _check_archive(path: Path, name: str, md5: str) -> None:
    """Refuse a file beside which there is an archive that is not the original one, or not its own."""
    packed = path.with_name(f"{path.name}.gz")
    if packed.is_file():
        content = packed.read_bytes()
        crc = int.from_bytes(content[-8:-4], "little")  # of what is packed in it
        if md5_of(content) != md5 or zlib.crc32(path.read_bytes()) != crc:
            raise DataError(
                f"{DATASETS[name].title} is damaged: {path} and {packed.name} are not the original files; "
                "delete them and download again"
            )


def md5_of(content: bytes) -> str:
    """Return the MD5 of a file's content, which tells damage and is no security, in hexadecimal."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
