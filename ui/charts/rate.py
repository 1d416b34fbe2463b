"""The rate and its parts, R = I(c;z) + I(x;z|c) + KL(q(z)‖p), as tables for stacked bars."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import pandas as pd

PARTS = {  # of the rate, as the metrics are called: their names on screen, long and short
    "class_information": ("class: I(c;z)", "I(c;z)"),
    "within_class_information": ("image within its class: I(x;z|c)", "I(x;z|c)"),
    "kl_aggregate": ("not Gaussian: KL(q(z)‖p)", "KL"),
}
HEADROOM = 1.1  # for the sums over the bars


class Split(NamedTuple):
    """The parts of a model's rate in nats; where they are None, `reason` says why in a few words."""

    class_information: float | None = None
    within_class_information: float | None = None
    kl_aggregate: float | None = None
    reason: str = ""

    @property
    def parts(self) -> list[float]:
        """Return the three parts; none where one is missing."""
        values = (self.class_information, self.within_class_information, self.kl_aggregate)
        numbers = [value for value in values if value is not None]
        return numbers if len(numbers) == len(values) else []


def rate_top(splits: Iterable[Split]) -> float:
    """Return where an axis ends that has room for the largest rate among the splits, and for 1 nat at least."""
    return HEADROOM * max((1.0, *(sum(split.parts) for split in splits)))


def rate_tables(splits: Mapping[str, Split], key: str) -> dict[str, pd.DataFrame]:
    """Return the named data sets: parts, a row per segment; totals; and missing, where there is no bar.

    The splits are by the names of the bars, which the tables have in the column `key`.
    """
    parts_of = {name: split.parts for name, split in splits.items() if split.parts}
    totals = [(name, sum(values), *values) for name, values in parts_of.items()]
    reasons = [(name, split.reason) for name, split in splits.items() if not split.parts]
    return {
        "parts": _segments(parts_of, key),
        "totals": _frame(totals, (key,), ("rate", *(f"part{number}" for number in range(len(PARTS))))),
        "missing": _frame(reasons, (key, "reason"), ()),
    }


def _segments(parts_of: Mapping[str, list[float]], key: str) -> pd.DataFrame:
    """Return a row per part: its value, and where in the stack it starts and ends (nats)."""
    rows = [
        (name, label, value, end - value, end, end - value / 2)
        for name, values in parts_of.items()
        for (label, _), value, end in zip(PARTS.values(), values, accumulate(values), strict=True)
    ]
    return _frame(rows, (key, "part"), ("value", "start", "end", "middle"))


def _frame(rows: Sequence[tuple[Any, ...]], texts: tuple[str, ...], numbers: tuple[str, ...]) -> pd.DataFrame:
    types = dict.fromkeys(texts, "str") | dict.fromkeys(numbers, "float32")
    return pd.DataFrame(rows, columns=[*texts, *numbers]).astype(types)
