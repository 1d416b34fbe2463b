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
    """One step.

    Arguments:
        key: Name in widget keys and in the table of live parts.
        title, idea: Heading and the one idea.
        question, choices, right: What to predict, and the index of the correct choice.
        answer: Shown when it is revealed.
        notes: For the speaker.
        code: Names in `vae_core` whose source is shown.
        task: Tasks of the last step.
    """

    key: str
    title: str
    idea: str
    question: str
    choices: tuple[str, ...]
    right: int
    answer: str
    notes: tuple[str, ...]
    code: tuple[str, ...]
    task: tuple[Task, ...] = ()


def _step(entry: dict) -> Step:
    lists = {name: tuple(entry[name]) for name in ("choices", "notes", "code")}
    return Step(**(entry | lists | {"task": tuple(Task(**task) for task in entry.get("task", ()))}))


_TEXT = Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
STEPS = tuple(_step(entry) for entry in tomllib.loads(_TEXT)["step"])
