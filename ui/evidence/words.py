"""Every number in plain words: its name on screen, what it means, and its formula."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

__all__ = ["DIRECTIONS", "WORDS", "Words"]

DIRECTIONS = {  # of a metric, as it is called there
    "lower": "lower is better",
    "higher": "higher is better",
    "one": "1 is as the prior",
    "zero": "0 is as the prior",
    "": "",
}


class Words(NamedTuple):
    """A number's group, its name, what it means in a sentence, and its formula in LaTeX."""

    group: str
    name: str
    meaning: str
    formula: str


WORDS = {
    name: Words(**words)
    for name, words in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")).items()
}
