"""The page from top to bottom: the step's idea, navigation, live part, question and code."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from ui import store
from ui.lecture import autoencoder, control, distributions, encoding, kld, tasks, variational, weight
from ui.lecture.material import Layout, MissingRunError
from ui.lecture.source import Excerpt, excerpt
from ui.lecture.steps import STEPS, Step
from ui.shell import messages, page, params
from vae_core.errors import RunError

STEP, SPEAKER = "step", "speaker"  # session keys and URL parameters
REVEALED = "lecture_revealed"  # session key: keys of the steps whose answers are revealed
STYLE = Path(__file__).with_name("lecture.css").read_text(encoding="utf-8")
SPEAKING = Path(__file__).with_name("speaker.css").read_text(encoding="utf-8")
COLUMNS, WIDE_COLUMNS = (12, 8, 10), (10, 1, 14)


class LivePart(NamedTuple):
    """The function that draws a step, reveal included, and whether it takes the width, with the question below."""

    draw: Callable[[Step, Layout, bool], None]
    wide: bool = False


LIVE_PARTS: Mapping[str, LivePart] = {
    "autoencoder": LivePart(autoencoder.encode),
    "generating": LivePart(autoencoder.generate),
    "vae": LivePart(variational.sample),
    "kld": LivePart(kld.one_posterior),
    "beta": LivePart(weight.along_beta, wide=True),
    "cvae": LivePart(control.conditional),
    "encoding": LivePart(encoding.encodings),
    "distributions": LivePart(distributions.three, wide=True),
    "tasks": LivePart(tasks.tasks, wide=True),
}


def lecture() -> None:
    """Show the page."""
    params.begin("lecture")
    params.check({STEP: params.one_of(range(1, len(STEPS) + 1)), SPEAKER: params.one_of(("true", "false"))})
    is_complete = store.vega().done()  # when the plots are drawn; at the end of the page it may be
    number = int(st.session_state.get(STEP, st.query_params.get(STEP, 1)))
    step = STEPS[number - 1]
    page.page("lecture", step.idea, title=f"{number} {step.title}")
    st.html(f"<style>{STYLE}</style>")
    _navigation(number, step)
    revealed = step.key in st.session_state.get(REVEALED, ())
    live = LIVE_PARTS[step.key]
    with st.container(key=f"step-{step.key}"):
        top = st.container(key="top")
        columns = st.columns(WIDE_COLUMNS if live.wide else COLUMNS, gap="medium")
        left, middle, right = (columns[2], columns[0], columns[2]) if live.wide else columns
        with middle:
            _question(step, revealed)
        _live(live, step, Layout(top, left, right), revealed)
    _code(step)
    if not is_complete:
        page.rerun_when(lambda: store.vega().done())


def _live(live: LivePart, step: Step, layout: Layout, revealed: bool) -> None:
    """Draw the live part, or say what it lacks."""
    try:
        live.draw(step, layout, revealed)
    except MissingRunError as missing:
        with layout.top:
            st.info(
                f"This step needs a run that is not here: {missing}. `python -m benchmarks.shipped_runs` trains it."
            )
    except RunError as error:
        with layout.top:
            messages.broken(error)


def _navigation(number: int, step: Step) -> None:
    """Show Back, the steps and Next, which the arrow keys press too, and the speaker mode."""
    with st.container(horizontal=True, vertical_alignment="center", key="navigation"):
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
    """Show the switch of the speaker mode, and the notes when it is on."""
    speaking = st.session_state.get(SPEAKER, st.query_params.get(SPEAKER) == "true")
    if speaking:
        st.html(f"<style>{SPEAKING}</style>")
        with st.popover("Notes", icon=":material/sticky_note_2:", type="tertiary"):
            st.markdown("\n".join(f"- {note}" for note in step.notes))
    st.toggle("Speaker mode", key=SPEAKER, bind="query-params")


def _question(step: Step, revealed: bool) -> None:
    """Ask for a prediction; once revealed, compare it with the answer."""
    st.markdown(f"**Predict.** {step.question}")
    prediction = st.radio(
        step.question, step.choices, index=None, key=f"predict-{step.key}", label_visibility="collapsed",
        disabled=revealed, persist_state="session",
    )  # fmt: skip
    if not revealed:
        st.button("Reveal", type="primary", key="reveal", shortcut="A", on_click=_reveal, args=(step.key, True))
        return
    right = step.choices[step.right]
    verdict = f"You predicted “{prediction}”. The answer is" if prediction else "The answer is"
    st.markdown(f"{'As you predicted' if prediction == right else verdict}: **{right}.** {step.answer}")
    st.button("Hide", type="tertiary", key="hide", on_click=_reveal, args=(step.key, False))


def _reveal(key: str, show: bool) -> None:
    revealed = set(st.session_state.get(REVEALED, ()))
    st.session_state[REVEALED] = revealed | {key} if show else revealed - {key}


def _code(step: Step) -> None:
    """Show the code of the step, folded."""
    with st.expander("The code behind this step", icon=":material/code:"):
        for name in step.code:
            code = excerpt(name)
            st.code(code.code, language="python")
            st.button(
                f"{code.file}, line {code.line}", icon=":material/description:", type="tertiary", key=f"file-{name}",
                on_click=st.dialog(code.file, width="large")(_file), args=(code,),
            )  # fmt: skip


def _file(code: Excerpt) -> None:
    st.caption(f"The excerpt begins at line {code.line}.")
    st.code(code.file_text, language="python", line_numbers=True, height=560)
