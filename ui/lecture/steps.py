"""The words of the steps, read from words.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["STEPS", "Step", "Task"]


@dataclass(frozen=True)
class Task:
    """A task of the last step: what to do, a link's label, page and parameters, and what there is to find."""

    text: str
    label: str
    page: str
    query: dict[str, str]
    find: str


@dataclass(frozen=True)
class Step:
    """One step.

    Arguments:
        key: Its name in keys and in the table of live parts.
        title, idea: Over the step.
        question, choices, right: What to predict, and which choice it is, counted from 0.
        answer: Said when it is revealed.
        notes: For the speaker.
        code: Names of what does it in `vae_core`.
        task: Of the last step.
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


def _step(words: dict) -> Step:
    lists = {name: tuple(words[name]) for name in ("choices", "notes", "code")}
    return Step(**(words | lists | {"task": tuple(Task(**task) for task in words.get("task", ()))}))


_WORDS = Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
STEPS = tuple(_step(words) for words in tomllib.loads(_WORDS)["step"])
