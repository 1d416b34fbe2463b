"""Sealed files: `.safetensors` with one metadata key that holds canonical JSON, and in it a hash over everything.

The hash detects damage; it does not authenticate. Nothing is ever pickled. What the JSON means, and in which words a
file is refused, is up to those who keep such files: `content` and the classifier's. Imports no torch.
"""

import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..config import canonical_json
from ..errors import VaeError

HASH = "sha256"  # its key in the header


class Flaw(Enum):
    """What can be wrong with a sealed file."""

    CUT_OFF = "it is not a sealed file, or it was cut off"
    FOREIGN = "it is not a sealed file of this kind"
    UNREADABLE = "its tensors cannot be read"
    DAMAGED = "its content does not match its hash"


class SealedError(VaeError):
    """A sealed file with a flaw, in one plain sentence."""

    def __init__(self, flaw: Flaw, detail: object = None) -> None:
        super().__init__(flaw.value if detail is None else f"{flaw.value}: {detail}")
        self.flaw = flaw


def digest(header: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 over the header without its hash and every tensor with its name, dtype and shape."""
    content = {key: value for key, value in header.items() if key != HASH}
    sha256 = hashlib.sha256(canonical_json(content).encode())
    for name, tensor in sorted(tensors.items()):
        sha256.update(canonical_json([name, tensor.dtype.str, list(tensor.shape)]).encode())
        sha256.update(tensor.tobytes())
    return sha256.hexdigest()


def to_bytes(key: str, header: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """Return a header, which has its hash already, and tensors as a file's content. ValueError for NaN in it."""
    # safetensors writes memory as it lies: the transpose of a matrix would come back as something else.
    dense = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
    return save_tensors(dense, metadata={key: canonical_json(header)})


def parse_header(raw: bytes, key: str, limit: int) -> dict[str, Any]:
    """Read the JSON under a file's one metadata key, not verified against its hash; SealedError if there is none.

    Arguments:
        raw: The file's first bytes, as many as its header has, or more.
        limit: Bytes that the header may take: those of the file without the first 8, or fewer.
    """
    length = int.from_bytes(raw[:8], "little") if len(raw) >= 8 else 0
    if not 2 <= length <= limit:
        raise SealedError(Flaw.CUT_OFF)
    try:
        metadata = json.loads(raw[8 : 8 + length])["__metadata__"]
        header = json.loads(metadata[key])
        if set(metadata) != {key} or metadata[key] != canonical_json(header) or not isinstance(header, dict):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SealedError(Flaw.FOREIGN) from None
    return header


def verified_tensors(raw: bytes, header: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Read the tensors of a whole file by name; SealedError if the header's hash is not that of its content."""
    try:
        tensors = load_tensors(raw)
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise SealedError(Flaw.UNREADABLE, error) from None
    if digest(header, tensors) != header.get(HASH):
        raise SealedError(Flaw.DAMAGED)
    return tensors
