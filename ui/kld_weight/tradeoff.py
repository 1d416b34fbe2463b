"""The view "Rate–distortion": what the code of every run costs, and what it loses."""

import math
from functools import partial
from typing import Any

import streamlit as st

from ui import charts
from ui.charts.tradeoff import OPEN, TradeoffPoint, tradeoff_chart, tradeoff_tables
from ui.kld_weight import form
from ui.kld_weight.choice import VARIATIONAL, TrainingChoice
from ui.shell import words
from ui.shell.theme import current_theme
from vae_core.runs import Catalogue, RunInfo

CHART = "tradeoff"  # key of the chart
EXPLANATION = (
    "The rate is what the code costs (kld), the distortion is what it loses (recon), both in nats per image. "
    "β is the price of the rate: a small β buys detail, a large β saves rate. Runs on the same dashed line have "
    "the same −elbo, which is the sum of the two; the lowest line is the best bound on −log p(x), or for the cVAE on "
    "−log p(x|class), which is another number. {gap}{no_likelihood} Compare runs "
    "here with each other, not with papers' figures for black-and-white pixels. "
    "After Alemi et al. 2018, *Fixing a broken ELBO*."
)


def tradeoff(choice: TrainingChoice, infos: Catalogue) -> None:
    """Draw every run of the data set; a click opens it."""
    current = [choice.run(kind, infos) for kind in VARIATIONAL]
    points = [
        _point(info, info in current)
        for info in infos
        if info.train.dataset == choice.train.dataset and info.model.kind in VARIATIONAL
    ]
    if not points:
        st.info("There are no runs of this data set yet.")
        return
    tables = {name: charts.arrow(table) for name, table in tradeoff_tables(points).items()}
    st.vega_lite_chart(
        spec=charts.filled(_spec(current_theme()), tables), key=CHART, width="stretch", on_select=partial(_open, infos),
        selection_mode=OPEN, alt="Rate (kld) against distortion (recon) of every run, with lines of equal −elbo",
    )  # fmt: skip
    with st.expander("How to read this"):
        st.markdown(EXPLANATION.format(gap=_gap(*current), no_likelihood=words.NO_LIKELIHOOD))


def _gap(vae: RunInfo | None, cvae: RunInfo | None) -> str:
    """Say how far a cVAE lies below a VAE and what of that the class can be worth; nothing where it does not."""
    if vae is None or cvae is None or vae.test.elbo is None or cvae.test.elbo is None:
        return ""
    gap, worth = cvae.test.elbo - vae.test.elbo, math.log(cvae.class_count)
    if gap <= worth:
        return ""
    return (
        f"The cVAE lies {words.three(gap)} nats lower. Being told the class is worth at most ln {cvae.class_count} = "
        f"{words.three(worth)} of them; the rest is because z need not hold the class and is free for the style. "
    )


def _point(info: RunInfo, current: bool) -> TradeoffPoint:
    settings = f"{words.subtitle(info)}, {info.train.epochs} epochs, {info.model.latent_dim} dimensions"
    beta, kld = info.train.beta or 0.0, info.test.kld or 0.0
    return TradeoffPoint(info.id, words.short(info.model.kind), beta, kld, info.test.recon, settings, current)


@st.cache_resource(max_entries=2, show_spinner=False)
def _spec(theme: str) -> dict[str, Any]:
    return tradeoff_chart(theme, (words.short("vae"), words.short("cvae")))


def _open(infos: Catalogue) -> None:
    """Show the run that was clicked."""
    clicked = {point.get("run") for point in st.session_state[CHART].selection.get(OPEN, [])}
    info = next((info for info in infos if info.id in clicked), None)
    if info is not None:
        form.open_run(info)
