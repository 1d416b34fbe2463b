"""Where a training stands, in a file, so that it can go on after an interruption."""

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from .atomic import write_atomically
from .errors import TrainingError


def write_state(path: Path, key: str, state: dict[str, Any]) -> None:
    """Write tensors, numbers and texts to a file, in one piece. OSError if that fails.

    Arguments:
        key: What tells the training from all others.
    """
    file = io.BytesIO()
    torch.save(state | {"key": key}, file)
    write_atomically(path, file.getvalue())


def read_state(path: Path, key: str) -> dict[str, Any]:
    """Read what `write_state` wrote, without running any code in it, onto the CPU.

    TrainingError if the file is damaged, or of another training.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        found = state.pop("key")
    except (OSError, EOFError, RuntimeError, KeyError, AttributeError, pickle.UnpicklingError) as error:
        raise TrainingError(f"{path} does not keep where a training stands, or is damaged") from error
    if found != key:
        raise TrainingError(
            f"{path} is of a training with other settings or images, or on another device; name another file"
        )
    return state
