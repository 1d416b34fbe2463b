"""Under the plots of the page "KLD weight": the losses over the epochs."""

from typing import Any

import streamlit as st

from ui import charts
from ui.charts.history import CURVES, TERMS, Curve, curve_of, history_chart, history_table
from ui.kld_weight.choice import TrainingChoice
from ui.shell import words
from ui.shell.theme import current_theme
from vae_core.config import KINDS
from vae_core.jobs import Job
from vae_core.runs import Catalogue


def curves(choice: TrainingChoice, infos: Catalogue, job: Job | None) -> None:
    """Draw the curves of what the plots show, a panel for each loss that something has."""
    table = history_table(_curves(choice, infos, job))
    terms = tuple(term for term in TERMS if term in set(table["term"])) or TERMS
    st.vega_lite_chart(
        spec=charts.filled(_spec(current_theme(), float(choice.train.epochs), terms), {CURVES: charts.arrow(table)}),
        key="history", width="stretch", height=300,
        alt=f"{' and '.join(terms)} over the epochs, train dashed and test solid",
    )  # fmt: skip


@st.cache_resource(max_entries=64, show_spinner=False)
def _spec(theme: str, epochs: float, terms: tuple[str, ...]) -> dict[str, Any]:
    names = tuple(words.short(kind) for kind in KINDS)
    return history_chart(theme, names, charts.MODEL_COLORS[theme], epochs, terms)


def _curves(choice: TrainingChoice, infos: Catalogue, job: Job | None) -> dict[str, Curve]:
    """Return the losses of each model: those of a live training, else those of the run with these settings."""
    found: dict[str, Curve] = {}
    live_curves = {task.model.kind: task.curve for task in job.tasks} if job is not None and job.live else {}
    for kind in KINDS:
        info = choice.run(kind, infos)
        if live_curves.get(kind):
            found[words.short(kind)] = live_curves[kind]
        elif info is not None:
            found[words.short(kind)] = curve_of(info)
    return found
