import json
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from tests.support.helpers import idx, idx_files, md5, one_sentence, packed, write_files
from vae_core.config import DATASETS
from vae_core.data import download_dataset, load_dataset
from vae_core.errors import DataError

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"

# ---- digits ----


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


# ---- MNIST itself ----


def test_mnist_is_the_published_one(mnist):
    if mnist.train.name != "mnist":
        pytest.skip("MNIST is not on this machine")
    assert (len(mnist.train), len(mnist.test)) == (60_000, 10_000)
    assert mnist.train.y.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert mnist.test.y.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.train.images().mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert mnist.train.images().std().item() == pytest.approx(0.3081, abs=5e-5)


# ---- IDX files ----


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


# ---- download, from a server on this machine ----


class Mirror:
    """A web server for files by path; `faults` says which paths go wrong: "404", "cut" or "stall"."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, str] = {}
        self.go_on = threading.Event()  # ends a stall
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with suppress(OSError):  # the client went away
                    mirror.answer(self)

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        fault, content = self.faults.get(request.path), self.files.get(request.path)
        if content is None or fault == "404":
            return request.send_error(404)
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        half = len(content) // 2 if fault else len(content)
        request.wfile.write(content[:half])
        request.wfile.flush()
        if fault == "stall":
            self.go_on.wait(30)
            request.wfile.write(content[half:])
        return None


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror of a small Fashion-MNIST, which torchvision takes for the real one."""
    try:
        from torchvision.datasets import FashionMNIST
    except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision made for another torch
        pytest.skip(f"torchvision cannot be imported: {error}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    mirror, files = Mirror(), packed(idx_files())
    mirror.files = {f"/{name}": content for name, content in files.items()}
    monkeypatch.setattr(FashionMNIST, "mirrors", [mirror.url])
    monkeypatch.setattr(FashionMNIST, "resources", [(name, md5(content)) for name, content in files.items()])
    yield mirror
    mirror.go_on.set()
    mirror.server.shutdown()
    mirror.server.server_close()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_download_puts_verified_files_in_place(mirror, tmp_path):
    root = tmp_path / "new" / "data"
    progress = list(download_dataset("fashion_mnist", root))
    assert [p.done for p in progress] == [False] * (len(progress) - 1) + [True]
    assert sorted(p.received for p in progress) == [p.received for p in progress]
    assert progress[-1].received == sum(map(len, mirror.files.values()))
    raw, files = root / "FashionMNIST" / "raw", idx_files()
    assert names(root) == {"FashionMNIST"}
    assert names(raw) == {*files, "checksums.json"}
    assert all((raw / name).read_bytes() == content for name, content in files.items())
    assert json.loads((raw / "checksums.json").read_text()) == {name: md5(files[name]) for name in files}
    assert len(load_dataset("fashion_mnist", root)) == 30


def test_files_that_change_after_their_download_are_refused(mirror, tmp_path):
    list(download_dataset("fashion_mnist", tmp_path))
    path = tmp_path / "FashionMNIST" / "raw" / TRAIN_IMAGES
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        load_dataset("fashion_mnist", tmp_path)


@pytest.mark.parametrize("fault", ["404", "cut", "other content"])
def test_a_failed_download_leaves_nothing_and_can_be_repeated(fault, mirror, tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    path = "/t10k-images-idx3-ubyte.gz"
    right = mirror.files[path]
    mirror.faults[path] = fault if fault in ("404", "cut") else ""
    if fault == "other content":
        mirror.files[path] = packed({"x": idx(np.zeros((20, 28, 28), np.uint8))})["x.gz"]
    with pytest.raises(DataError, match="Fashion-MNIST could not be downloaded") as caught:
        list(download_dataset("fashion_mnist", tmp_path))
    assert one_sentence(caught.value)
    assert names(tmp_path) == {"note.txt"}

    mirror.files[path], mirror.faults = right, {}
    *_, last = download_dataset("fashion_mnist", tmp_path)
    assert last.done
    assert names(tmp_path) == {"note.txt", "FashionMNIST"}


def test_a_download_of_the_wrong_images_is_not_installed(mirror, monkeypatch, tmp_path):
    """Sums that fit do not make images of another size right."""
    from torchvision.datasets import FashionMNIST

    files = packed(idx_files() | {TRAIN_IMAGES: idx(np.zeros((30, 8, 8), np.uint8))})
    mirror.files = {f"/{name}": content for name, content in files.items()}
    monkeypatch.setattr(FashionMNIST, "resources", [(name, md5(content)) for name, content in files.items()])
    with pytest.raises(DataError, match="shape"):
        list(download_dataset("fashion_mnist", tmp_path))
    assert names(tmp_path) == set()


def test_one_download_at_a_time(mirror, tmp_path):
    mirror.faults["/train-images-idx3-ubyte.gz"] = "stall"
    first = download_dataset("fashion_mnist", tmp_path)
    assert not next(first).done
    with pytest.raises(DataError, match="already running"):
        list(download_dataset("fashion_mnist", tmp_path))
    mirror.go_on.set()
    assert [progress.done for progress in first][-1]


def test_a_download_that_is_given_up_leaves_nothing(mirror, monkeypatch, tmp_path):
    from torchvision.datasets import FashionMNIST

    mirror.files |= {f"/second{path}": content for path, content in mirror.files.items()}
    mirror.faults["/train-images-idx3-ubyte.gz"] = "stall"
    monkeypatch.setattr(FashionMNIST, "mirrors", [mirror.url, f"{mirror.url}second/"])
    before = set(threading.enumerate())
    with pytest.raises(DataError, match="stopped coming") as caught:
        list(download_dataset("fashion_mnist", tmp_path, patience_s=0.3))
    assert one_sentence(caught.value)

    mirror.go_on.set()  # what was given up may go on in its thread, and turn to the second mirror
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert names(tmp_path) == set()


@pytest.mark.parametrize("name", ["digits", "imagenet"])
def test_what_has_no_download_is_refused(name, tmp_path):
    with pytest.raises(DataError, match="cannot be downloaded"):
        list(download_dataset(name, tmp_path))


def test_a_data_root_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write") as caught:
        list(download_dataset("fashion_mnist", tmp_path / "file" / "data"))
    assert one_sentence(caught.value)


def test_a_place_that_is_taken_is_an_error_of_the_data(mirror, tmp_path):
    (tmp_path / "FashionMNIST").write_text("in the way")
    with pytest.raises(DataError) as caught:
        list(download_dataset("fashion_mnist", tmp_path))
    assert one_sentence(caught.value)
    assert names(tmp_path) == {"FashionMNIST"}
