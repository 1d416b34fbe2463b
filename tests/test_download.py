"""Downloads, from a server on this machine: verified, interrupted, refused."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.support.helpers import idx, idx_files, md5, one_sentence, packed, smaller
from vae_core.data import load_dataset
from vae_core.download import download_dataset
from vae_core.errors import DataError

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


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
    smaller(monkeypatch)
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
    with pytest.raises(DataError, match=r"of .8, 8."):
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
