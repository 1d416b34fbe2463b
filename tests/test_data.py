"""Data sets as they are read: the digits, MNIST itself, IDX files whole and damaged."""

import struct

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from tests.support.helpers import idx, idx_files, one_sentence, packed, write_files
from vae_core.config import DATASETS
from vae_core.data import load_dataset
from vae_core.errors import DataError

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def test_digits_are_all_of_scikit_learns_each_in_one_split(digits):
    assert (len(digits.train), len(digits.test)) == (1437, 360)
    source = load_digits()
    expected = sorted(
        (*image.ravel().astype(int), label) for image, label in zip(source.images, source.target, strict=True)
    )
    found = sorted(
        (*np.round(image.numpy().ravel() / 255 * 16).astype(int), int(label))
        for part in digits
        for image, label in zip(part.x, part.y, strict=True)
    )
    assert found == expected


def test_images_are_numbers_from_0_to_1(digits):
    images = digits.test.images()
    assert images.dtype == torch.float32
    assert images.shape == (360, 8, 8)
    assert (images.min(), images.max()) == (0, 1)
    assert torch.equal(digits.test.images(torch.tensor([7, 3])), images[[7, 3]])


def test_a_fingerprint_tells_data_apart_and_equal_data_not(digits):
    assert load_dataset("digits", split="test").fingerprint == digits.test.fingerprint
    assert digits.train.fingerprint != digits.test.fingerprint


def test_every_class_has_a_name(digits):
    assert digits.test.class_names == tuple("0123456789")


@pytest.mark.parametrize(("name", "split"), [("imagenet", "train"), ("../digits", "train"), ("digits", "validation")])
def test_unknown_data_is_refused(name, split):
    with pytest.raises(DataError) as caught:
        load_dataset(name, split=split)
    assert one_sentence(caught.value)


def test_mnist_is_the_published_one(mnist):
    if mnist.train.name != "mnist":
        pytest.skip("MNIST is not on this machine")
    assert (len(mnist.train), len(mnist.test)) == (60_000, 10_000)
    assert mnist.train.y.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert mnist.test.y.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.train.images().mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert mnist.train.images().std().item() == pytest.approx(0.3081, abs=5e-5)


def test_idx_files_are_read_as_they_were_written(tmp_path):
    files = idx_files()
    write_files(tmp_path / "KMNIST" / "raw", files)
    data = load_dataset("kmnist", tmp_path, "test")
    assert data.x.numpy().tobytes() == files["t10k-images-idx3-ubyte"][16:]
    assert data.y.numpy().astype(np.uint8).tobytes() == files["t10k-labels-idx1-ubyte"][8:]
    assert len(data.class_names) == 10


def test_the_data_root_comes_from_the_environment(tmp_path, monkeypatch):
    write_files(tmp_path / "KMNIST" / "raw", idx_files())
    monkeypatch.setenv("VAE_DATA", str(tmp_path))
    assert len(load_dataset("kmnist")) == 30


def test_emnist_letters_are_turned_upright_and_counted_from_zero(tmp_path):
    image = np.zeros((28, 28), np.uint8)
    image[2, 20:] = 200  # a bar at the top right
    for split in ("train", "test"):
        stored = {"images-idx3": idx(np.stack([image.T] * 26)), "labels-idx1": idx(np.arange(1, 27, dtype=np.uint8))}
        files = {f"emnist-letters-{split}-{kind}-ubyte": content for kind, content in stored.items()}
        write_files(tmp_path / "EMNIST" / "raw", files)
    data = load_dataset("emnist_letters", tmp_path)
    assert np.array_equal(data.x[0].numpy(), image)
    assert data.y.tolist() == list(range(26))
    assert data.class_names[0] == "a"
    assert data.class_names[25] == "z"


@pytest.mark.parametrize("name", [name for name in DATASETS if name != "digits"])
def test_data_that_is_not_there_is_named(name, tmp_path):
    with pytest.raises(DataError, match=f"{DATASETS[name].title} is not on this machine") as caught:
        load_dataset(name, tmp_path / "nowhere")
    assert one_sentence(caught.value)


IMAGES, LABELS = idx_files()[TRAIN_IMAGES], idx_files()[TRAIN_LABELS]
DAMAGED = {
    "empty": {TRAIN_IMAGES: b""},
    **{f"cut-off-after-{n}-bytes": {TRAIN_IMAGES: IMAGES[:n]} for n in (1, 3, 4, 7, 15, 16, 17, len(IMAGES) - 1)},
    "too-long": {TRAIN_IMAGES: IMAGES + b"\0"},
    "labels-cut-off": {TRAIN_LABELS: LABELS[:-1]},
    "still-packed": {TRAIN_IMAGES: packed({"x": IMAGES})["x.gz"]},
    "not-bytes-but-floats": {TRAIN_IMAGES: IMAGES[:2] + b"\x0d" + IMAGES[3:]},
    "wrong-magic": {TRAIN_IMAGES: b"\x01" + IMAGES[1:]},
    "labels-for-images": {TRAIN_IMAGES: LABELS},
    "images-for-labels": {TRAIN_LABELS: IMAGES},
    "a-label-too-few": {TRAIN_LABELS: idx(np.zeros(29, np.uint8))},
    "a-label-out-of-range": {TRAIN_LABELS: idx(np.full(30, 10, np.uint8))},
    "no-images": {TRAIN_IMAGES: idx(np.zeros((0, 28, 28), np.uint8)), TRAIN_LABELS: idx(np.zeros(0, np.uint8))},
    "images-of-another-size": {TRAIN_IMAGES: idx(np.zeros((30, 8, 8), np.uint8))},
    "sizes-whose-product-overflows": {TRAIN_IMAGES: struct.pack(">HBB4I", 0, 8, 4, *(2**16,) * 4)},
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_damaged_files_are_refused(damage, tmp_path):
    write_files(tmp_path / "FashionMNIST" / "raw", idx_files() | damage)
    with pytest.raises(DataError, match="Fashion-MNIST") as caught:
        load_dataset("fashion_mnist", tmp_path)
    assert one_sentence(caught.value)
    assert len(load_dataset("fashion_mnist", tmp_path, "test")) == 20  # the other split is whole


def test_other_files_under_the_names_of_mnist_are_refused(tmp_path):
    write_files(tmp_path / "MNIST" / "raw", idx_files())
    with pytest.raises(DataError, match="MNIST is damaged") as caught:
        load_dataset("mnist", tmp_path)
    assert one_sentence(caught.value)
