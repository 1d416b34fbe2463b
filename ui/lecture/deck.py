"""The page from top to bottom: the step's idea, navigation, live part, question and code."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from ui import store
from ui.jobs.notice import notice
from ui.lecture import answers, autoencoder, control, distributions, encoding, kld, material, tasks, variational, weight
from ui.lecture.answers import Answer
from ui.lecture.material import Layout, MissingRunError
from ui.lecture.source import Excerpt, excerpt
from ui.lecture.steps import STEPS, Step
from ui.shell import messages, page, params
from ui.shell.params import Rule
from vae_core.config import DATASETS
from vae_core.errors import RunError

STEP, SPEAKER = "step", "speaker"  # session keys and URL parameters
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


def link_rules() -> dict[str, Rule]:
    """Return what a link to the page may ask for."""
    switches = dict.fromkeys((SPEAKER, control.ENCODER, control.DECODER), params.one_of(("true", "false")))
    digits = params.one_of(range(DATASETS[material.DATASET].num_classes))
    return switches | {
        STEP: params.one_of(range(1, len(STEPS) + 1)),
        answers.ANSWERS: answers.rule(),
        material.DIGIT: digits,
        material.FURTHER: params.count(0, material.MAX_FURTHER),
        autoencoder.SOURCE: params.one_of((autoencoder.PRIOR, autoencoder.FITTED)),
        autoencoder.DRAWN: params.count(1, autoencoder.MAX_DRAWS),
        autoencoder.DRAWN_FITTED: params.count(1, autoencoder.MAX_DRAWS),
        variational.DRAWS: params.count(1, variational.ALL),
        kld.DIMENSIONS: params.one_of((kld.ONE, kld.TWO)),
        kld.MU: params.number(-kld.MAX_MU, kld.MAX_MU),
        kld.SIGMA: params.number(kld.MIN_SIGMA, kld.MAX_SIGMA),
        kld.DIRECTION: params.one_of((kld.QP, kld.PQ)),
        control.LABEL: digits,
        encoding.LABELS: params.one_of(("", *range(DATASETS[material.DATASET].num_classes))),
    }


def lecture() -> None:
    """Show the page."""
    params.begin("lecture")
    params.check(link_rules())
    is_complete = store.vega().done()  # when the plots are drawn; at the end of the page it may be
    number = int(params.upcoming(STEP, 1))
    step = STEPS[number - 1]
    speaking = params.upcoming(SPEAKER, False) in (True, "true")
    style = STYLE + (SPEAKING if speaking else "")
    with page.page("lecture", step.idea, notice, f"{number} {step.title}", style):
        _navigation(number, step, speaking)
        _step(step)
        _code(step)
        if not is_complete:
            page.rerun_when(lambda: store.vega().done())


def _step(step: Step) -> None:
    """Show the question and the live part."""
    answer = answers.answer_to(step)
    live = LIVE_PARTS[step.key]
    with st.container(key=f"step-{step.key}"):
        top = st.container(key="top")
        columns = st.columns(WIDE_COLUMNS if live.wide else COLUMNS, gap="medium")
        left, middle, right = (columns[2], columns[0], columns[2]) if live.wide else columns
        with middle:
            _question(step, answer)
        _live(live, step, Layout(top, left, right), answer.revealed)


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


def _navigation(number: int, step: Step, speaking: bool) -> None:
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
        _speaker(step, speaking)


def _go(by: int) -> None:
    st.session_state[STEP] = min(max(st.session_state[STEP] + by, 1), len(STEPS))


def _speaker(step: Step, speaking: bool) -> None:
    """Show the switch of the speaker mode, and the notes when it is on."""
    if speaking:
        with st.popover("Notes", icon=":material/sticky_note_2:", type="tertiary"):
            st.markdown("\n".join(f"- {note}" for note in step.notes))
    st.toggle("Speaker mode", key=SPEAKER, bind="query-params")


def _question(step: Step, answer: Answer) -> None:
    """Ask for a prediction; once revealed, compare it with the answer."""
    st.markdown(f"**Predict.** {step.question}")
    key = f"predict-{step.key}"
    if params.returned() or key not in st.session_state:
        st.session_state[key] = None if answer.prediction is None else step.choices[answer.prediction]
    right = step.choices[step.right]
    prediction = st.radio(
        step.question, step.choices, index=None, key=key, label_visibility="collapsed", disabled=answer.revealed,
        persist_state="session",
        format_func=lambda choice: f"**{choice}** :material/check:" if answer.revealed and choice == right else choice,
    )  # fmt: skip
    number = None if prediction is None else step.choices.index(prediction)
    if number != answer.prediction:
        answer = answer._replace(prediction=number)
        answers.keep(step, answer)
    if not answer.revealed:
        st.button("Reveal", type="primary", key="reveal", shortcut="A", on_click=_reveal, args=(step, answer, True))
        return
    verdict = f"You predicted “{prediction}”. The answer is" if prediction else "The answer is"
    st.markdown(f"{'As you predicted' if prediction == right else verdict}: **{right}.** {step.answer}")
    st.button("Hide the answer", type="tertiary", key="hide", on_click=_reveal, args=(step, answer, False))


def _reveal(step: Step, answer: Answer, show: bool) -> None:
    answers.keep(step, answer._replace(revealed=show))


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
