"""Data sets as they are read: the digits, MNIST itself, IDX files whole and damaged."""

import math
import struct

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from tests.support.helpers import idx, idx_files, md5, one_sentence, packed, shipped, smaller, write_files
from vae_core import data
from vae_core.config import DATASETS, TrainConfig
from vae_core.data import ImageSet, load_dataset, part_of, shipped_test
from vae_core.datasets import IDX
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


def test_idx_files_are_read_as_they_were_written(tmp_path, monkeypatch):
    smaller(monkeypatch)
    files = idx_files()
    write_files(tmp_path / "KMNIST" / "raw", files)
    data = load_dataset("kmnist", tmp_path, "test")
    assert data.x.numpy().tobytes() == files["t10k-images-idx3-ubyte"][16:]
    assert data.y.numpy().astype(np.uint8).tobytes() == files["t10k-labels-idx1-ubyte"][8:]
    assert len(data.class_names) == 10


def test_the_test_images_that_come_with_the_app_are_mnist_s(tmp_path, monkeypatch):
    assert shipped_test("mnist").fingerprint == shipped("vae").fingerprints[1]
    assert shipped_test("kmnist") is None
    whole = data.SHIPPED_TEST.read_bytes()
    monkeypatch.setattr(data, "SHIPPED_TEST", tmp_path / "file.npz")
    assert shipped_test("mnist") is None
    for damaged in (b"", whole[:1000], whole[:5000] + bytes(100) + whole[5100:]):
        data.SHIPPED_TEST.write_bytes(damaged)
        assert shipped_test("mnist") is None


def test_the_data_root_comes_from_the_environment(tmp_path, monkeypatch):
    smaller(monkeypatch)
    write_files(tmp_path / "KMNIST" / "raw", idx_files())
    monkeypatch.setenv("VAE_DATA", str(tmp_path))
    assert len(load_dataset("kmnist")) == 30


def test_emnist_letters_are_turned_upright_and_counted_from_zero(tmp_path, monkeypatch):
    smaller(monkeypatch, 26, 26)
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
def test_damaged_files_are_refused(damage, tmp_path, monkeypatch):
    smaller(monkeypatch)
    write_files(tmp_path / "FashionMNIST" / "raw", idx_files() | damage)
    with pytest.raises(DataError, match="Fashion-MNIST") as caught:
        load_dataset("fashion_mnist", tmp_path)
    assert one_sentence(caught.value)
    assert len(load_dataset("fashion_mnist", tmp_path, "test")) == 20  # the other split is whole


def test_mnist_under_another_name_and_swapped_splits_are_refused(tmp_path, monkeypatch):
    """Fashion-MNIST and KMNIST have equally many images of every class, MNIST has not."""
    original = idx_files()
    foreign = dict(IDX["mnist"].sums) | {TRAIN_LABELS: md5(original[TRAIN_LABELS])}
    monkeypatch.setattr(data, "IDX", IDX | {"mnist": IDX["mnist"]._replace(sums=foreign)})
    smaller(monkeypatch)
    raw = tmp_path / "FashionMNIST" / "raw"
    write_files(raw, original)
    with pytest.raises(DataError, match=r"Fashion-MNIST is not what .* but MNIST") as caught:
        load_dataset("fashion_mnist", tmp_path)
    assert one_sentence(caught.value)
    monkeypatch.setattr(data, "IDX", IDX)
    load_dataset("fashion_mnist", tmp_path)
    write_files(raw, {TRAIN_LABELS: idx(np.r_[np.arange(29) % 10, 8].astype(np.uint8))})
    with pytest.raises(DataError, match="of another data set"):
        load_dataset("fashion_mnist", tmp_path)
    other = {"train": "t10k", "t10k": "train"}
    swapped = {other[name.split("-")[0]] + name[name.index("-") :]: content for name, content in original.items()}
    write_files(raw, swapped)
    with pytest.raises(DataError, match="train split must have 30 images"):
        load_dataset("fashion_mnist", tmp_path)


def test_files_are_compared_with_the_archives_that_torchvision_leaves_beside_them(tmp_path, monkeypatch):
    smaller(monkeypatch)
    files = idx_files()
    archives = packed(files)
    sums = tuple(map(md5, archives.values()))
    monkeypatch.setattr(data, "IDX", IDX | {"kmnist": IDX["kmnist"]._replace(archives=sums)})
    raw = tmp_path / "KMNIST" / "raw"
    write_files(raw, files | archives)
    assert len(load_dataset("kmnist", tmp_path)) == 30
    for exchanged in ({TRAIN_IMAGES: idx(np.ones((30, 28, 28), np.uint8))}, packed({TRAIN_LABELS: b"other"})):
        write_files(raw, files | archives | exchanged)
        with pytest.raises(DataError, match="not the original files") as caught:
            load_dataset("kmnist", tmp_path)
        assert one_sentence(caught.value)
        assert len(load_dataset("kmnist", tmp_path, "test")) == 20


@pytest.mark.parametrize(("names", "said"), [
    ([TRAIN_IMAGES + ".gz"], "train-images-idx3-ubyte.gz .to be unpacked.; needed in MNIST/raw"),
    (["train-images.idx3-ubyte", "other.txt"], "has train-images.idx3-ubyte; needed in MNIST/raw"),
])  # fmt: skip
@pytest.mark.parametrize("folder", [".", "MNIST", "MNIST/raw"])
def test_what_is_there_instead_is_said_in_one_sentence(folder, names, said, tmp_path):
    write_files(tmp_path / folder, dict.fromkeys(names, b"x"))
    with pytest.raises(DataError, match=said) as caught:
        load_dataset("mnist", tmp_path)
    assert one_sentence(caught.value)


@pytest.mark.parametrize(("x", "y"), [
    (torch.zeros(3, 4, 4), torch.zeros(3, dtype=torch.int64)),
    (torch.zeros(3, 4, 4, dtype=torch.int64), torch.zeros(3, dtype=torch.int64)),
    (torch.zeros(3, 4, 4, dtype=torch.int8), torch.zeros(3, dtype=torch.int64)),
    (torch.zeros(3, 16, dtype=torch.uint8), torch.zeros(3, dtype=torch.int64)),
    (torch.zeros(3, 1, 4, 4, dtype=torch.uint8), torch.zeros(3, dtype=torch.int64)),
    (torch.zeros(0, 4, 4, dtype=torch.uint8), torch.zeros(0, dtype=torch.int64)),
    (torch.zeros(3, 4, 4, dtype=torch.uint8), torch.zeros(3, dtype=torch.int32)),
    (torch.zeros(3, 4, 4, dtype=torch.uint8), torch.zeros(2, dtype=torch.int64)),
    (torch.zeros(3, 4, 4, dtype=torch.uint8), torch.tensor([0, 1, 10])),
    (torch.zeros(3, 4, 4, dtype=torch.uint8), torch.tensor([-1, 0, 1])),
], ids=lambda tensor: f"{tensor.dtype}-{tuple(tensor.shape)}")  # fmt: skip
def test_images_and_labels_of_another_form_are_refused(x, y):
    with pytest.raises(DataError) as caught:
        ImageSet(x, y, tuple("0123456789"), "digits")
    assert one_sentence(caught.value)


def test_a_part_has_the_asked_classes_in_their_order_and_a_fingerprint_of_its_own(digits):
    part = digits.train.part((7, 1), 50)
    index = [i for i, label in enumerate(digits.train.y.tolist()) if label in (1, 7)][:50]
    assert torch.equal(part.x, digits.train.x[index])
    assert part.y.tolist() == digits.train.y[index].tolist()
    assert len({part.fingerprint, digits.train.fingerprint, digits.train.part((7, 1)).fingerprint}) == 3
    assert part.fingerprint == digits.train.at(torch.tensor(index)).fingerprint
    assert digits.train.part().fingerprint == digits.train.fingerprint
    with pytest.raises(DataError, match="such images"):
        digits.train.part((7,), 1000)


def test_binarized_images_are_the_same_each_time_and_white_as_often_as_they_are_bright(digits):
    once, again = digits.train.binarized(), digits.train.binarized()
    assert once.fingerprint == again.fingerprint == once.binarized().fingerprint != digits.train.fingerprint
    assert once.x.unique().tolist() == [0, 255]
    grey, white = digits.train.images().mean(dim=(1, 2)), once.images().mean(dim=(1, 2))
    assert (white - grey).mean().abs() < 4 * 0.5 / math.sqrt(digits.train.x.numel())
    train, test = part_of(TrainConfig("digits", binarize="fixed", classes=(3,)), *digits)
    assert torch.equal(train.x, once.x[once.y == 3])
    assert set(test.x.unique().tolist()) == {0, 255}


def test_other_files_under_the_names_of_mnist_are_refused(tmp_path):
    write_files(tmp_path / "MNIST" / "raw", idx_files())
    with pytest.raises(DataError, match="MNIST is damaged") as caught:
        load_dataset("mnist", tmp_path)
    assert one_sentence(caught.value)
