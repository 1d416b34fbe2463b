"""The row of controls for beta on the page "KLD weight": slider, previous and next, a field, more settings."""

import streamlit as st

from ui.jobs import client
from ui.kld_weight import replay
from ui.kld_weight.choice import DEFAULT_BETA, MAX_BETA, TrainingChoice, stops_with
from ui.kld_weight.form import BETA, settings_form
from ui.shell import choose
from vae_core.runs import Catalogue

ON_RELEASE, FIELD = "train_on_release", "beta_field"  # session keys


def controls(infos: Catalogue) -> tuple[TrainingChoice, bool]:
    """Draw the controls; return the settings that are chosen, and whether plots show sampled z."""
    beta = _beta()
    with st.container(horizontal=True, vertical_alignment="bottom", key="beta-row"):
        previous_button, slider, next_button, field, more = (
            st.container(width=width) for width in ("content", "stretch", "content", 110, "content")
        )
    with more, st.popover("More settings", icon=":material/tune:"):
        sampled = choose.sampled()
        choice = settings_form(beta)
    betas = choice.trained_betas(infos)
    replay.advance_beta(betas)
    with slider:
        beta = st.select_slider(
            "KLD weight β", stops_with(st.session_state[BETA], *betas), format_func=lambda value: f"{value:g}",
            key=BETA, bind="query-params", value=DEFAULT_BETA, on_change=_released, args=(choice, infos),
        )  # fmt: skip
    choice = choice.at(beta=beta)
    lower = max((beta for beta in betas if beta < choice.beta), default=None)
    higher = min((beta for beta in betas if beta > choice.beta), default=None)
    with previous_button:
        _step("Previous", "left", lower)
    with next_button:
        _step("Next", "right", higher)
    with field:
        st.session_state[FIELD] = choice.beta
        st.number_input(
            "or any β", 0.0, MAX_BETA, key=FIELD, format="%.6g", step=None, on_change=_entered, args=(choice, infos)
        )
    return choice, sampled


def _beta() -> float:
    """Return the slider's value before there is a slider, whose stops depend on it: the session's, or the link's."""
    beta = st.session_state.get(BETA, float(st.query_params.get(BETA, DEFAULT_BETA)))
    if BETA not in st.session_state or beta > MAX_BETA:  # a run may have a larger one
        st.session_state[BETA] = min(beta, MAX_BETA)
    return float(st.session_state[BETA])


def _step(label: str, direction: str, beta: float | None) -> None:
    """Draw the button to a neighbouring trained beta; it is disabled if there is none."""
    st.button(
        label, icon=f":material/chevron_{direction}:", key=f"beta-{direction}", disabled=beta is None,
        on_click=replay.set_beta, args=(beta,),
    )  # fmt: skip


def _entered(choice: TrainingChoice, infos: Catalogue) -> None:
    replay.set_beta(st.session_state[FIELD])
    _released(choice, infos)


def _released(choice: TrainingChoice, infos: Catalogue) -> None:
    """Show the new beta, and train there if the visitor has switched that on."""
    replay.halt()
    choice = choice.at(beta=st.session_state[BETA])
    if st.session_state.get(ON_RELEASE) and choice.beta not in choice.trained_betas(infos):
        client.submit(choice.request(infos))


def release_switch() -> None:
    """Draw the switch that makes every release of the slider a training, where there is no run."""
    st.toggle(
        "Train on release", key=ON_RELEASE, persist_state="session",
        help="Releasing the slider at a β without a run trains it.",
    )  # fmt: skip
