"""What several test files share: small settings, the shipped runs, IDX files, and run files by their specification."""

import functools
import gzip
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from vae_core import data
from vae_core.config import CONDITION_PLACES, CONDITIONS, KINDS, SETTINGS, ModelConfig, TrainConfig
from vae_core.evidence import Verdict, read_metrics, verdicts_of
from vae_core.runs import Catalogue, RunInfo, list_runs

ROOT = Path(__file__).resolve().parents[2]  # of the project
SHIPPED = ROOT / "checkpoints"
EPOCHS = 25  # of the trained runs in conftest.py

each_kind = pytest.mark.parametrize("kind", KINDS)


def small_model(kind: str, **settings: Any) -> ModelConfig:
    """A model for the 8×8 digits that trains in a second."""
    return ModelConfig(kind, **({"image_shape": (8, 8), "hidden": (64, 32)} | settings))


def small_training(**settings: Any) -> TrainConfig:
    return TrainConfig(**({"dataset": "digits", "epochs": 3, "batch_size": 64, "learning_rate": 1e-2} | settings))


CHOICES = [
    name for name in ModelConfig.__dataclass_fields__ if name != "kind" and name in SETTINGS and SETTINGS[name].choices
]
# Every choice that changes a model's form, each at least once.
MODELS = (
    *(small_model(kind, latent_dim=d) for kind in KINDS for d in (1, 2, 64)),
    *(small_model("cvae", condition=how, condition_in=place) for how in CONDITIONS for place in CONDITION_PLACES),
    *(
        small_model(kind, **{name: value})
        for kind in KINDS
        for name in CHOICES
        for value in SETTINGS[name].choices
        if SETTINGS[name].applies(ModelConfig(kind))
    ),
)
each_model = pytest.mark.parametrize(
    "config",
    dict.fromkeys(MODELS),  # each once
    ids=lambda c: f"{c.kind}-d{c.latent_dim}-{c.condition}-{c.condition_in}-{c.likelihood}",
)


def one_sentence(error: BaseException | str) -> bool:
    """Whether an error is a plain sentence for people: one line, not a representation of an exception."""
    text = str(error)
    return 10 < len(text) < 1000 and "\n" not in text and "Traceback" not in text and "Error(" not in text


def one_plain_line(error: str) -> bool:
    """Whether standard error holds one plain line."""
    return error.count("\n") == 1 and error.endswith("\n") and len(error) > 20 and "Error" not in error


# ---- what ships ----


@functools.cache
def every_shipped_run() -> tuple[RunInfo, ...]:
    return tuple(info for info in list_runs(SHIPPED) if info.shipped)


def judged(info: RunInfo) -> list[Verdict]:
    """The verdicts on a run by its kept numbers, with the shipped autoencoders to compare with."""
    return verdicts_of(info, Catalogue(every_shipped_run()), read_metrics)


def shipped(
    kind: str,
    beta: float = 1.0,
    dataset: str = "mnist",
    seed: int = 0,
    condition: str = "one_hot",
    condition_in: str = "both",
) -> RunInfo:
    """The one shipped run with these settings; an AE has no beta, and only a cVAE has a condition."""
    wanted = (kind, dataset, seed, None if kind == "ae" else beta)
    (found,) = [
        info
        for info in every_shipped_run()
        if (info.model.kind, info.train.dataset, info.train.seed, info.train.beta) == wanted
        and (kind != "cvae" or (info.model.condition, info.model.condition_in) == (condition, condition_in))
    ]
    return found


def linked(folder: Path) -> Path:
    """A new folder with links to the shipped files, in which a test may change what it likes."""
    folder.mkdir()
    for path in SHIPPED.iterdir():
        if path.is_file():
            (folder / path.name).symlink_to(path)
    return folder


def without_images(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let there be no images of MNIST at all, not even those that come with the app."""
    monkeypatch.setenv("VAE_DATA", str(folder))
    monkeypatch.setattr(data, "SHIPPED_TEST", folder / "none.npz")


def damage(path: Path) -> None:
    """Flip a bit of a run's tensors; a link is replaced, so that the file behind it stays whole."""
    raw = bytearray(path.read_bytes())
    raw[-100] ^= 1
    path.unlink()
    path.write_bytes(raw)


# ---- IDX files ----


def idx(array: np.ndarray) -> bytes:
    """An array of bytes as an IDX file: magic number, sizes (big-endian), values."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def idx_files(train: int = 30, test: int = 20, classes: int = 10) -> dict[str, bytes]:
    """The four files of a data set laid out as MNIST is, with random images."""
    rng = np.random.default_rng(0)
    files = {}
    for stem, n in (("train", train), ("t10k", test)):
        files[f"{stem}-images-idx3-ubyte"] = idx(rng.integers(0, 256, (n, 28, 28), dtype=np.uint8))
        files[f"{stem}-labels-idx1-ubyte"] = idx((np.arange(n) % classes).astype(np.uint8))
    return files


def smaller(monkeypatch: pytest.MonkeyPatch, train: int = 30, test: int = 20) -> None:
    """Let every data set be as small as `idx_files`."""
    few = {name: info._replace(images=(train, test)) for name, info in data.DATASETS.items()}
    monkeypatch.setattr(data, "DATASETS", few)
    monkeypatch.setattr(data, "IDX", {name: files._replace(archives=()) for name, files in data.IDX.items()})


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def packed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files as a mirror serves them."""
    return {f"{name}.gz": gzip.compress(content) for name, content in files.items()}


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


# ---- run files, written without the code under test ----


def plain_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def parts(raw: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and tensors of a run file."""
    length = int.from_bytes(raw[:8], "little")
    return json.loads(json.loads(raw[8 : 8 + length])["__metadata__"]["run"]), load(raw)


def sealed(header: dict[str, Any], tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """The header with the hash that belongs to it and the tensors."""
    header = {key: value for key, value in header.items() if key != "sha256"}
    digest = hashlib.sha256(plain_json(header).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(plain_json([name, tensor.dtype.str, list(tensor.shape)]).encode())
        digest.update(tensor.tobytes())
    return header | {"sha256": digest.hexdigest()}


def assembled(header: dict[str, Any], tensors: dict[str, np.ndarray]) -> bytes:
    """The content of a run file with this header and these tensors, whether they fit or not."""
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    return save(tensors, metadata={"run": plain_json(header)})


def unpacked(content: bytes, *arrays: tuple[str, int]) -> tuple[dict, *tuple[np.ndarray, ...]]:
    """Header and arrays of a message to the browser, given the dtype of each array and its numbers for each item."""
    size = int.from_bytes(content[:4], "little")
    header, offset, found = json.loads(content[4 : 4 + size]), 4 + size, []
    for dtype, width in arrays:
        array = np.frombuffer(content, dtype, header["count"] * width, offset)
        offset += array.nbytes
        found.append(array.reshape(header["count"], width))
    assert offset == len(content)
    return header, *found
