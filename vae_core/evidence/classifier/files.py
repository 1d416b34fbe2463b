"""Files of judges: `judge-DATASET.safetensors`, sealed under the key `judge`, verified before a tensor is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...config import DATASETS
from ...errors import ClassifierError
from ...runs import sealed
from ...runs.atomic import write_atomically
from ...runs.sealed import Flaw, SealedError
from .classifier import Judge, JudgeInfo, blank_network

__all__ = ["judge_path", "load_judge", "save_judge"]

FORMAT = 1
KEY = "judge"
MAX_BYTES = 64 * 2**20
REFUSALS = {
    Flaw.CUT_OFF: "it is not a judge's file, or it was cut off",
    Flaw.FOREIGN: "it is not a judge's file of this app",
    Flaw.DAMAGED: "its content does not match its hash: it is damaged or was edited",
}


def judge_path(dataset: str, folder: str | Path) -> Path:
    """Where the judge of a data set lies in a folder. ClassifierError if there is no such data set.

    >>> judge_path("mnist", "checkpoints").name
    'judge-mnist.safetensors'
    """
    if dataset not in DATASETS:
        raise ClassifierError(f"there is no data set {dataset!r}; choose one of {', '.join(DATASETS)}")
    return Path(folder) / f"judge-{dataset}.safetensors"


def save_judge(judge: Judge, folder: str | Path) -> Path:
    """Write a judge's file: the whole of it, or nothing; its path. ClassifierError if it cannot be written."""
    path = judge_path(judge.info.dataset, folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _to_bytes(judge))
    except OSError as error:
        raise ClassifierError(f"cannot write {path}: {error.strerror}") from None
    return path


def load_judge(dataset: str, folder: str | Path) -> Judge | None:
    """Read and verify the judge of a data set; None if there is no file. ClassifierError says what is wrong with it."""
    path = judge_path(dataset, folder)
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > MAX_BYTES:
            raise ClassifierError(f"it is larger than {MAX_BYTES // 2**20} MB")
        judge = _from_bytes(path.read_bytes())
        if judge.info.dataset != dataset:
            raise ClassifierError(f"it is the judge of {judge.info.dataset}")
    except ClassifierError as error:
        raise ClassifierError(f"{path.name}: {error}") from None
    except OSError as error:
        raise ClassifierError(f"{path.name}: {error.strerror}") from None
    return judge


def _to_bytes(judge: Judge) -> bytes:
    weights = {name: value.cpu().numpy().astype(np.float16) for name, value in judge.network.state_dict().items()}
    header = _to_json(judge.info)
    return sealed.to_bytes(KEY, header | {"sha256": sealed.digest(header, weights)}, weights)


def _from_bytes(raw: bytes) -> Judge:
    """A judge from the content of its file, verified. ClassifierError says what is wrong with it."""
    try:
        header = sealed.parse_header(raw, KEY, len(raw) - 8)
        weights = sealed.verified_tensors(raw, header)
    except SealedError as error:
        raise ClassifierError(REFUSALS.get(error.flaw, str(error))) from None
    info = _from_json(header)
    network = blank_network(info.image_shape, len(info.class_names))
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    if shapes != {name: value.shape for name, value in weights.items()}:
        raise ClassifierError("its weights do not fit its settings")
    if not all(value.dtype == np.float16 and np.isfinite(value).all() for value in weights.values()):
        raise ClassifierError("its weights are not finite float16 numbers")
    network = network.to_empty(device="cpu").to(memory_format=torch.channels_last)
    network.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in weights.items()})
    return Judge(info, network.eval().requires_grad_(False))


def _to_json(info: JudgeInfo) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "dataset": info.dataset,
        "image_shape": list(info.image_shape),
        "class_names": list(info.class_names),
        "accuracy": info.accuracy,
        "fingerprint": info.fingerprint,
        "seed": info.seed,
    }


def _from_json(values: dict[str, Any]) -> JudgeInfo:
    """The header's JSON, checked field by field. ClassifierError names the first thing that is wrong."""
    try:
        if values["format"] != FORMAT:
            raise ClassifierError(f"its format is {values['format']!r}, this version reads {FORMAT}")
        height, width = (int(side) for side in values["image_shape"])
        info = JudgeInfo(
            dataset=str(values["dataset"]),
            image_shape=(height, width),
            class_names=tuple(str(name) for name in values["class_names"]),
            accuracy=float(values["accuracy"]),
            fingerprint=str(values["fingerprint"]),
            seed=int(values["seed"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ClassifierError(f"its settings are wrong: {reason}") from None
    if not (1 <= height <= 512 and 1 <= width <= 512 and 1 <= len(info.class_names) <= 1000):
        raise ClassifierError(f"its settings are wrong: images of {info.image_shape}, {len(info.class_names)} classes")
    if not 0 <= info.accuracy <= 1:
        raise ClassifierError(f"its settings are wrong: an accuracy of {info.accuracy}")
    return info
