"""Files of classifiers, `classifier-DATASET.safetensors`: sealed, and verified before a tensor is used."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...atomic import write_atomically
from ...config import DATASETS
from ...errors import ClassifierError
from ...runs import sealed
from ...runs.sealed import Flaw, SealedError
from .classifier import Classifier, ClassifierInfo, blank_network

FORMAT = 1
KEY = "classifier"
MAX_BYTES = 64 * 2**20
REFUSALS = {
    Flaw.CUT_OFF: "it is not a classifier's file, or it was cut off",
    Flaw.FOREIGN: "it is not a classifier's file of this app",
    Flaw.DAMAGED: "its content does not match its hash: it is damaged or was edited",
}


def classifier_path(dataset: str, folder: str | Path) -> Path:
    """Return where the classifier of a data set lies in a folder. ClassifierError if there is no such data set."""
    if dataset not in DATASETS:
        raise ClassifierError(f"there is no data set {dataset!r}; choose one of {', '.join(DATASETS)}")
    return Path(folder) / f"classifier-{dataset}.safetensors"


def save_classifier(classifier: Classifier, folder: str | Path) -> Path:
    """Write a classifier's file, the whole of it or nothing, and return its path; ClassifierError if it cannot be."""
    path = classifier_path(classifier.info.dataset, folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _to_bytes(classifier))
    except OSError as error:
        raise ClassifierError(f"cannot write {path}: {error.strerror}") from None
    return path


def load_classifier(dataset: str, folder: str | Path) -> Classifier | None:
    """Read and verify the classifier of a data set; None if there is no file, ClassifierError if it is a wrong one."""
    path = classifier_path(dataset, folder)
    return read_classifier(path) if path.is_file() else None


def read_classifier(path: Path) -> Classifier:
    """Read and verify a classifier's file, whose name says of which data set. ClassifierError if it is a wrong one."""
    dataset = path.stem.removeprefix("classifier-")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ClassifierError(f"it is larger than {MAX_BYTES // 2**20} MB")
        classifier = _from_bytes(path.read_bytes())
        if classifier.info.dataset != dataset:
            raise ClassifierError(f"it is the classifier of {classifier.info.dataset}")
    except ClassifierError as error:
        raise ClassifierError(f"{path.name}: {error}") from None
    except OSError as error:
        raise ClassifierError(f"{path.name}: {error.strerror}") from None
    return classifier


def _to_bytes(classifier: Classifier) -> bytes:
    weights = {name: value.cpu().numpy().astype(np.float16) for name, value in classifier.network.state_dict().items()}
    header = {"format": FORMAT, **asdict(classifier.info)}
    return sealed.to_bytes(KEY, header | {"sha256": sealed.digest(header, weights)}, weights)


def _from_bytes(raw: bytes) -> Classifier:
    """Read a classifier from the content of its file, verified. ClassifierError says what is wrong with it."""
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
    tensors = {name: torch.from_numpy(value.astype(np.float32)) for name, value in weights.items()}
    network.load_state_dict(tensors, assign=True)
    return Classifier(info, network.to(memory_format=torch.channels_last).eval().requires_grad_(False))


def _from_json(values: dict[str, Any]) -> ClassifierInfo:
    """Check the header's JSON field by field. ClassifierError names the first thing that is wrong."""
    try:
        if values["format"] != FORMAT:
            raise ClassifierError(f"its format is {values['format']!r}, this version reads {FORMAT}")
        height, width = (int(side) for side in values["image_shape"])
        info = ClassifierInfo(
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
