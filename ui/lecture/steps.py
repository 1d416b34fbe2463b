"""The steps' texts, read from words.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Task:
    """A task of the last step: its text, a link's label, page and parameters, and the finding."""

    text: str
    label: str
    page: str
    query: dict[str, str]
    find: str


@dataclass(frozen=True)
class Step:
    """One step."""

    key: str  # in widget keys and in the table of live parts
    title: str
    idea: str
    question: str  # what to predict
    choices: tuple[str, ...]
    right: int  # index of the correct choice
    answer: str
    notes: tuple[str, ...]  # for the speaker
    code: tuple[str, ...]  # names in `vae_core` whose source is shown
    derivation: tuple[list[str], ...] = ()  # explanation and formula of each line, of the KLD
    task: tuple[Task, ...] = ()  # of the last step


def _step(entry: dict) -> Step:
    lists = {name: tuple(entry.get(name, ())) for name in ("choices", "notes", "code", "derivation")}
    return Step(**(entry | lists | {"task": tuple(Task(**task) for task in entry.get("task", ()))}))


_TEXT = Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
STEPS = tuple(_step(entry) for entry in tomllib.loads(_TEXT)["step"])
