"""Run files that are sealed as they should be, each with one field that is odd."""

import copy
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tests.support.helpers import assembled, parts, sealed

IMAGES = 24  # of the test split that are left: small files are read fast
VALUES = (
    None, True, False, 0, 1, -1, 3, 300, 0.5, -0.5, 1e-300, 1e12, 1e300, 10**30, 10**400, "", " ", "x", " x ", "0",
    "é\n", "a\u202eb", "x" * 41, "x" * 10_000, "<b>$x$</b> `y` [z](//w)", "日本語", "f" * 64, [], [0], ["x"], [[]], {},
    {"x": 1}, "2026-05-01", "2026-05-01T10:00:00", "2026-05-01T10:00:00Z", "1677-01-01T00:00:00+00:00",
    "2262-05-01T00:00:00+00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "NaN",
)  # fmt: skip
HUGE, TINY = 65504.0, 6e-8  # the largest and the smallest number of 16 bits


class Odd(NamedTuple):
    """The field that is odd in a run file, how it is odd, and what makes the file's content."""

    field: str
    oddity: str
    content: Callable[[], bytes]


def odd_files(raw: bytes) -> Iterator[Odd]:
    """Every field of a run file's header and tensors in turn, each made odd in every way that there is."""
    header, tensors = _shortened(*parts(raw))
    for path in _paths(header):
        for oddity, change in _header_changes(_at(header, path)).items():
            yield Odd("/".join(map(str, path)), oddity, partial(_with_header, header, tensors, path, change))
    for name, tensor in tensors.items():
        for oddity, value in _tensor_changes(tensor):
            yield Odd(name, oddity, partial(_with_tensor, header, tensors, name, value))


def _with_header(
    header: dict[str, Any], tensors: dict[str, np.ndarray], path: tuple[Any, ...], change: Callable[[Any, Any], None]
) -> bytes:
    header = copy.deepcopy(header)
    change(_at(header, path[:-1]), path[-1])
    return assembled(sealed(header, tensors), tensors)


def _with_tensor(header: dict[str, Any], tensors: dict[str, np.ndarray], name: str, value: np.ndarray | None) -> bytes:
    tensors = {key: array for key, array in tensors.items() if key != name} | ({} if value is None else {name: value})
    return assembled(sealed(header, tensors), tensors)


def _shortened(header: dict[str, Any], tensors: dict[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    short = {name: value[:IMAGES] for name, value in tensors.items() if name.startswith("test.")}
    short |= {name: value[:, :IMAGES] for name, value in tensors.items() if name in ("snapshot.mu", "snapshot.logvar")}
    return header, tensors | short | {"snapshot.index": np.arange(IMAGES, dtype=np.int32)}


def _paths(header: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The paths of every field; of a list the first and the last entry stand for all."""

    def walk(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        if path and path != ("sha256",):
            yield path
        keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        for key in keys if isinstance(value, dict) else {*keys[:1], *keys[-1:]}:
            yield from walk(value[key], (*path, key))

    yield from walk({key: value for key, value in header.items() if key != "sha256"}, ())


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _header_changes(value: Any) -> dict[str, Callable[[Any, Any], None]]:
    def put(new: Any) -> Callable[[Any, Any], None]:
        return lambda parent, key: parent.__setitem__(key, new)

    changes = {f"is {json.dumps(new)[:40]}": put(new) for new in VALUES if json.dumps(new) != json.dumps(value)}
    changes |= {"is missing": lambda parent, key: parent.pop(key), "is a list of it": put([value])}
    changes |= {"stands beside another": lambda parent, key: _add(parent)}
    if isinstance(value, list):
        changes |= {
            "is longer": put([*value, *value[-1:]]),
            "is shorter": put(value[1:]),
            "is reversed": put(value[::-1]),
        }
    if isinstance(value, int | float) and not isinstance(value, bool):
        changes |= {"is text": put(str(value)), "is negative": put(-value), "is larger": put(value * 1000 + 1)}
    return changes


def _add(parent: Any) -> None:
    if isinstance(parent, dict):
        parent["another\nfield"] = 1
    else:
        parent.append("another")


def _tensor_changes(tensor: np.ndarray) -> Iterator[tuple[str, np.ndarray | None]]:
    numbers = [0, 1, -1, 7, 127]
    numbers += [np.nan, np.inf, -np.inf, HUGE, -HUGE, TINY, 19.9, 30.0, -40.0] if tensor.dtype.kind == "f" else [255]
    for number in numbers:
        if not np.can_cast(type(number), tensor.dtype, "same_kind") and number != int(number):
            continue
        with np.errstate(over="ignore"):
            yield f"is {number} everywhere", np.full(tensor.shape, number).astype(tensor.dtype)
            for place in (0, -1):
                one = tensor.copy()
                one.flat[place] = np.asarray(number).astype(tensor.dtype)
                yield f"is {number} at {place}", one
    if tensor.dtype.itemsize == 4 and tensor.dtype.kind == "f":
        yield "is beyond all numbers", np.full_like(tensor, 3e38)
    yield "is missing", None
    yield "is upside down", tensor[::-1]
    yield "is negative", -tensor
    yield "is alternating", np.where(np.arange(tensor.size) % 2, tensor.max(), tensor.min()).reshape(tensor.shape)
    for dtype in (np.float64, np.float32, np.float16, np.int64, np.uint8, np.bool_):
        if dtype != tensor.dtype:
            with np.errstate(invalid="ignore", over="ignore"):
                yield f"has dtype {np.dtype(dtype)}", tensor.astype(dtype)
    yield "is empty", tensor[:0]
    yield "is shorter", tensor[1:]
    yield "is longer", np.concatenate([tensor, tensor[:1]])
    yield "is flat", tensor.reshape(-1) if tensor.ndim > 1 else tensor.reshape(1, -1)
    yield "has an axis more", tensor[None]
