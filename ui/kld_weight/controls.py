"""The controls below the plots of the page "KLD weight": any β, more settings, training on release."""

import streamlit as st

from ui.kld_weight.choice import MAX_BETA, TrainingChoice
from ui.kld_weight.form import BETA, ON_RELEASE, current_beta, set_beta, settings_form
from ui.kld_weight.plots import train_on_release
from ui.shell import choose
from ui.spaces.sum_or_mean import sum_or_mean
from vae_core.runs import Catalogue

FIELD = "beta_field"  # session key


def controls(infos: Catalogue) -> tuple[TrainingChoice, bool]:
    """Draw the field for β and the settings; return what is chosen, and whether plots show sampled z."""
    beta = current_beta()
    field = st.container(width=110)
    more = st.container(width="content", horizontal=True)
    with more, st.popover("More settings", icon=":material/tune:"):
        sampled = choose.sampled()
        choice = settings_form(beta)
    with more:
        sum_or_mean(*choice.settings("vae"))
    with field:
        st.session_state[FIELD] = beta
        st.number_input(
            "or any β", 0.0, MAX_BETA, key=FIELD, format="%.6g", step=None, on_change=_entered, args=(choice, infos)
        )
    return choice, sampled


def _entered(choice: TrainingChoice, infos: Catalogue) -> None:
    set_beta(st.session_state[FIELD])
    train_on_release(choice.at(beta=st.session_state[BETA]), infos)


def release_switch() -> None:
    """Draw the switch that makes every release of the slider a training, where there is no run."""
    st.toggle(
        "Train on release", key=ON_RELEASE, persist_state="session",
        help="Releasing the slider at a β without a run trains it.",
    )  # fmt: skip
