"""The page from top to bottom: the step's idea, the way on and back, its live part, question and code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from ui.lecture import autoencoder, control, distributions, encoding, pointwise, tasks, variational, weight
from ui.lecture.material import MissingRunError, Places
from ui.lecture.source import Excerpt, excerpt
from ui.lecture.steps import STEPS, Step
from ui.shell import links, panels, settings
from vae_core.runs import RunError

__all__ = ["lecture"]

STEP, SPEAKER = "step", "speaker"  # session keys and URL parameters
REVEALED = "lecture_revealed"  # session key: keys of the steps whose answer is shown
STYLE = Path(__file__).with_name("lecture.css").read_text(encoding="utf-8")
SPEAKING = Path(__file__).with_name("speaker.css").read_text(encoding="utf-8")
COLUMNS, WIDE_COLUMNS = (12, 8, 10), (10, 1, 14)


class Part(NamedTuple):
    """What draws a step, its reveal included, and whether that stands across the page, with the question below."""

    live: Callable[[Step, Places, bool], None]
    wide: bool = False


PARTS: Mapping[str, Part] = {
    "autoencoder": Part(autoencoder.encode),
    "generating": Part(autoencoder.generate),
    "vae": Part(variational.sample),
    "kld": Part(pointwise.pointwise),
    "beta": Part(weight.strip, wide=True),
    "cvae": Part(control.conditional),
    "encoding": Part(encoding.encodings),
    "distributions": Part(distributions.three, wide=True),
    "tasks": Part(tasks.tasks, wide=True),
}


def lecture() -> None:
    """The whole page."""
    links.check({STEP: links.one_of(range(1, len(STEPS) + 1)), SPEAKER: links.one_of(("true", "false"))})
    number = int(st.session_state.get(STEP, st.query_params.get(STEP, 1)))
    step = STEPS[number - 1]
    panels.page(f"{number} {step.title}", step.idea)
    st.html(f"<style>{STYLE}</style>")
    _way(number, step)
    revealed = step.key in st.session_state.get(REVEALED, ())
    part = PARTS[step.key]
    with st.container(key=f"step-{step.key}"):
        top = st.container(key="top")
        columns = st.columns(WIDE_COLUMNS if part.wide else COLUMNS, gap="medium")
        left, ask, right = (columns[2], columns[0], columns[2]) if part.wide else columns
        with ask:
            _question(step, revealed)
        _live(part, step, Places(top, left, right), revealed)
    _code(step)
    panels.about(None)


def _live(part: Part, step: Step, places: Places, revealed: bool) -> None:
    """The live part; what it lacks is said in its place."""
    try:
        part.live(step, places, revealed)
    except MissingRunError as missing:
        with places.top:
            st.info(
                f"This step needs a run that is not here: {missing}. `python -m benchmarks.shipped_runs` trains it."
            )
    except RunError as error:
        with places.top:
            st.error(settings.plain(f"The run file {error}"), icon=":material/error:")


# ---- the way ----


def _way(number: int, step: Step) -> None:
    """Back, the steps, and Next, also with the arrow keys; at the end what a speaker needs."""
    with st.container(horizontal=True, vertical_alignment="center", key="way"):
        st.button("Back", shortcut="Left", key="back", on_click=_go, args=(-1,), disabled=number == 1)
        st.segmented_control(
            "Step", range(1, len(STEPS) + 1), default=1, required=True, key=STEP, bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        st.button(
            "Next", shortcut="Right", key="next", type="primary", on_click=_go, args=(1,), disabled=number == len(STEPS)
        )
        st.space("stretch")
        _speaker(step)


def _go(by: int) -> None:
    st.session_state[STEP] = min(max(st.session_state[STEP] + by, 1), len(STEPS))


def _speaker(step: Step) -> None:
    """The switch of the speaker mode, and the notes when it is on."""
    speaking = st.session_state.get(SPEAKER, st.query_params.get(SPEAKER) == "true")
    if speaking:
        st.html(f"<style>{SPEAKING}</style>")
        with st.popover("Notes", icon=":material/sticky_note_2:", type="tertiary"):
            st.markdown("\n".join(f"- {note}" for note in step.notes))
    st.toggle("Speaker mode", key=SPEAKER, bind="query-params")


# ---- the question ----


def _question(step: Step, revealed: bool) -> None:
    """What to predict, and once it is revealed, what it is."""
    st.markdown(f"**Predict.** {step.question}")
    said = st.radio(
        step.question, step.choices, index=None, key=f"predict-{step.key}", label_visibility="collapsed",
        disabled=revealed, persist_state="session",
    )  # fmt: skip
    if not revealed:
        st.button("Reveal", type="primary", key="reveal", shortcut="A", on_click=_reveal, args=(step.key, True))
        return
    right = step.choices[step.right]
    told = "As you predicted" if said == right else f"You predicted “{said}”. It is" if said else "It is"
    st.markdown(f"{told}: **{right}.** {step.answer}")
    st.button("Hide", type="tertiary", key="hide", on_click=_reveal, args=(step.key, False))


def _reveal(key: str, show: bool) -> None:
    revealed = set(st.session_state.get(REVEALED, ()))
    st.session_state[REVEALED] = revealed | {key} if show else revealed - {key}


# ---- the code ----


def _code(step: Step) -> None:
    """The lines that do it, folded away."""
    with st.expander("The lines of vae_core that do it", icon=":material/code:"):
        for name in step.code:
            found = excerpt(name)
            st.code(found.code, language="python")
            st.button(
                f"{found.file}, line {found.line}", icon=":material/description:", type="tertiary", key=f"file-{name}",
                on_click=_file, args=(found,),
            )  # fmt: skip


def _file(found: Excerpt) -> None:
    st.dialog(found.file, width="large")(_whole)(found)


def _whole(found: Excerpt) -> None:
    st.caption(f"The lines shown begin at line {found.line}.")
    st.code(found.whole, language="python", line_numbers=True, height=560)
