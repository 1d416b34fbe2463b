"""The data sets by name, and what can be said of them before anything is loaded. Imports no torch."""

from collections.abc import Mapping
from typing import NamedTuple


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
