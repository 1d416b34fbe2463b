"""What the visitor has predicted and revealed, as one text in the URL, so that a reload and Back bring it back."""

import re
from typing import NamedTuple

from ui.lecture.steps import STEPS, Step
from ui.shell import params
from ui.shell.params import Rule

ANSWERS = "answers"  # session key and URL parameter
PATTERN = re.compile(r"([1-9])([a-h]?)(r?)")  # of a step: its number, the predicted choice, "r" if it is revealed


class Answer(NamedTuple):
    """The index of the predicted choice, if there is one, and whether the answer is revealed."""

    prediction: int | None = None
    revealed: bool = False


def read(text: str) -> dict[str, Answer] | None:
    """Return the answer to each step by its key; None if the text is none of `write`.

    >>> read("1b.4ar")["kld"]
    Answer(prediction=0, revealed=True)
    """
    found = [PATTERN.fullmatch(part) for part in text.split(".")] if text else []
    answers = {}
    for match in found:
        if match is None or int(match[1]) > len(STEPS):
            return None
        step = STEPS[int(match[1]) - 1]
        prediction = "abcdefgh".index(match[2]) if match[2] else None
        if prediction is not None and prediction >= len(step.choices):
            return None
        answers[step.key] = Answer(prediction, bool(match[3]))
    return answers


def write(answers: dict[str, Answer]) -> str:
    """Return the answers as a text that `read` understands."""
    steps = ((number, answers.get(step.key, Answer())) for number, step in enumerate(STEPS, start=1))
    return ".".join(
        f"{number}{'' if prediction is None else 'abcdefgh'[prediction]}{'r' * revealed}"
        for number, (prediction, revealed) in steps
        if prediction is not None or revealed
    )


def rule() -> Rule:
    """Return what a link may ask for."""
    return Rule(lambda text: read(text) is not None, "a list of steps with their answers, such as 1b.2ar")


def answer_to(step: Step) -> Answer:
    """Return the visitor's answer to a step."""
    return (read(params.kept(ANSWERS, "")) or {}).get(step.key, Answer())


def keep(step: Step, answer: Answer) -> None:
    """Keep the visitor's answer to a step."""
    params.keep(ANSWERS, write((read(params.kept(ANSWERS, "")) or {}) | {step.key: answer}), "")
