"""The data sets by name, and what can be said of them before anything is loaded. Imports no torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .places import place

SPLITS = ("train", "test")
MAX_LISTED = 4  # files that a sentence names


class DatasetInfo(NamedTuple):
    """What the settings need to know of a data set.

    Arguments:
        title: Its name on screen.
        epochs: How long a model trains on it unless somebody says otherwise.
        image_shape: Height and width of an image in pixels.
        class_names: A name per label.
        images: How many there are, for training and for the test.
        download_mb: Megabytes to fetch; 0 for a data set that comes with a library.
    """

    title: str
    epochs: int
    image_shape: tuple[int, int]
    class_names: tuple[str, ...]
    images: tuple[int, int]
    download_mb: float

    @property
    def num_classes(self) -> int:
        """Count the labels."""
        return len(self.class_names)


DIGITS = tuple("0123456789")
CLOTHES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
SYLLABLES = tuple("おきすつなはまやれを")
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")

# digits has 1,437 training images, 6 steps an epoch: ten epochs would leave it untrained.
DATASETS: Mapping[str, DatasetInfo] = {
    "mnist": DatasetInfo("MNIST", 10, (28, 28), DIGITS, (60_000, 10_000), 11.6),
    "fashion_mnist": DatasetInfo("Fashion-MNIST", 10, (28, 28), CLOTHES, (60_000, 10_000), 30.9),
    "kmnist": DatasetInfo("KMNIST", 10, (28, 28), SYLLABLES, (60_000, 10_000), 21.0),
    "emnist_letters": DatasetInfo("EMNIST letters", 10, (28, 28), LETTERS, (124_800, 20_800), 562),
    "digits": DatasetInfo("Digits", 200, (8, 8), DIGITS, (1_437, 360), 0),
}


class IdxFiles(NamedTuple):
    """Where the IDX files of a data set lie, as torchvision lays them out.

    Arguments:
        folder: The name of torchvision's class, and of the folder.
        prefixes: How the files of each split begin.
        arguments: What else torchvision's class needs.
        transposed: Whether images are stored column by column and labels counted from 1.
        sums: MD5 of the files; without them, those that were recorded when torchvision had verified its download.
        balanced: Whether each class has equally many images, in each split.
        archives: MD5 of the packed files, which torchvision leaves beside them, in the order of `SPLITS` and `files`.
    """

    folder: str
    prefixes: Mapping[str, str] = {"train": "train", "test": "t10k"}
    arguments: Mapping[str, Any] = {}
    transposed: bool = False
    sums: Mapping[str, str] = {}
    balanced: bool = True
    archives: tuple[str, ...] = ()

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
        balanced=False,
    ),
    "fashion_mnist": IdxFiles(  # archives: torchvision.datasets.FashionMNIST.resources
        "FashionMNIST",
        archives=(
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310",
        ),
    ),
    "kmnist": IdxFiles(  # archives: torchvision.datasets.KMNIST.resources
        "KMNIST",
        archives=(
            "bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7", "7320c461ea6c1c855c0b718fb2a4b134",
        ),
    ),
    "emnist_letters": IdxFiles(
        "EMNIST",
        {split: f"emnist-letters-{split}" for split in SPLITS},
        arguments={"split": "letters"},
        transposed=True,
    ),
}  # fmt: skip


def data_root() -> Path:
    """Return the folder of the data sets: the environment's VAE_DATA, or `data` beside the app."""
    return place("VAE_DATA", "data")


def files_changed(name: str) -> tuple[int, ...]:
    """Return when the files of a data set last changed, in nanoseconds, 0 for a missing one; nothing without files."""
    if name not in IDX:
        return ()
    folder = data_root() / IDX[name].folder / "raw"
    return tuple(_changed(folder / file) for split in SPLITS for file in IDX[name].files(split))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def files_there(name: str, root: Path | None = None) -> str:
    """Say what is in place of a data set's files where something is, such as packed ones; nothing otherwise.

    >>> files_there("mnist", Path("nowhere"))
    ''
    """
    root, source = root or data_root(), IDX[name]
    needed = [file for split in SPLITS for file in source.files(split)]
    for folder in (root / source.folder / "raw", root / source.folder, root):
        found = sorted(path.name for path in folder.glob("*ubyte*") if path.is_file()) if folder.is_dir() else []
        if folder == root / source.folder / "raw" and set(needed) <= set(found):
            return ""
        if found:
            listed = ", ".join(found[:MAX_LISTED]) + (" …" if len(found) > MAX_LISTED else "")
            packed = " (to be unpacked)" if all(file.endswith((".gz", ".zip")) for file in found) else ""
            return f"{folder} has {listed}{packed}; needed in {source.folder}/raw: {', '.join(needed)}"
    return ""
