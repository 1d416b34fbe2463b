"""Values of a run file's header: each function returns a value that every page can show, or says what it must be."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

MAX_NUMBER = 1e12  # of losses, seconds and speeds: far beyond what can be trained, and every page can show it
MAX_NAME, MAX_TEXT = 40, 200  # characters of a class's name, and of a device's and such
YEARS = range(2000, 2200)


def number(name: str, value: Any, lowest: float = 0.0) -> float:
    """Return a number that is neither NaN, infinite, below `lowest` nor absurdly large."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= MAX_NUMBER:
        raise ValueError(f"{name} must be a number from {lowest:g} to {MAX_NUMBER:g}, got {value!r}")
    return float(value)


def text(name: str, value: Any, longest: int = MAX_TEXT) -> str:
    """Return a text of one line that is neither empty nor too long, without space around it."""
    if not isinstance(value, str) or not value.isprintable() or value != value.strip() or not value:
        raise ValueError(f"{name} must be a line of text, got {value!r}")
    if len(value) > longest:
        raise ValueError(f"{name} must have at most {longest} characters, got {len(value):,}")
    return value


def names(name: str, values: Any, count: int) -> tuple[str, ...]:
    """Return as many different names as there must be."""
    if not isinstance(values, list) or len(values) != count:
        raise ValueError(f"{name} must be {count} names, got {values!r}")
    found = tuple(text(f"each of {name}", value, MAX_NAME) for value in values)
    if len(set(found)) < count:
        raise ValueError(f"{name} must be different, got {values!r}")
    return found


def epochs(name: str, values: Any, last: int) -> tuple[int, ...]:
    """Return whole numbers that rise from 0 or more to `last`."""
    whole = isinstance(values, list) and all(type(value) is int for value in values)
    if not whole or not values or values[0] < 0 or values[-1] != last or any(a >= b for a, b in pairwise(values)):
        raise ValueError(f"{name} must rise from 0 or more to {last}, got {values!r}")
    return tuple(values)


def digest(name: str, value: Any) -> str:
    """Return a SHA-256 in hexadecimal."""
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise ValueError(f"{name} must be a SHA-256, got {value!r}")
    return value


def time(name: str, value: Any) -> str:
    """Return a moment with its time zone, in UTC, as ISO 8601."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None or moment.year not in YEARS:
        need = f"a date with a time zone in the years {YEARS.start} to {YEARS.stop - 1}"
        raise ValueError(f"{name} must be {need}, got {value!r}")
    return moment.astimezone(UTC).isoformat()


def versions(name: str, values: Any, most: int = 20) -> tuple[tuple[str, str], ...]:
    """Return versions by what they are of, in order."""
    if not isinstance(values, dict) or len(values) > most:
        raise ValueError(f"{name} must be at most {most} versions, got {values!r}")
    return tuple(sorted((text(name, key, MAX_NAME), text(name, value, MAX_NAME)) for key, value in values.items()))


def unknown(values: dict[str, Any], known: Sequence[str]) -> None:
    """Raise a ValueError that names the fields that are not known."""
    if strange := sorted(set(values) - set(known)):
        raise ValueError(f"the fields {', '.join(strange)} are not known")
