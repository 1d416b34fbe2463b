"""Step 5: real runs along the KLD weight."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.generated import draws
from ui.generated.draws import Source
from ui.lecture.material import SAME_NOISE, Layout, figure, image_row, run_of, table
from ui.lecture.steps import Step
from ui.shell import words
from ui.shell.navigation import page_link
from ui.spaces import plot
from vae_core.runs import RunInfo

BETAS = (0.1, 0.5, 1.0, 4.0, 32.0)
WIDTH_PX, SAMPLES = 176, 6


def strip(step: Step, layout: Layout, revealed: bool) -> None:
    """Latent space and samples of the VAE at five β; revealed: their numbers."""
    del step
    runs = {beta: run_of("vae", beta) for beta in BETAS}
    with layout.top:
        for (beta, info), column in zip(runs.items(), st.columns(len(BETAS), gap="medium"), strict=True):
            with column, st.container(key=f"strip-weight-{beta:g}", gap="xsmall"):
                st.markdown(f"**β = {beta:g}**")
                plot.small(info, WIDTH_PX)
                image_row(_samples(info), f"Six draws of the VAE at β = {beta:g}", f"draws-{beta:g}")
                page_link("kld_weight", f"Slider at {beta:g}", {"beta": f"{beta:g}"})
        st.caption(
            "The VAE's latent space with circles at 1, 2, 3 σ of the prior (axes differ), and the same six z ~ N(0, I) "
            "decoded."
        )
    if revealed:
        with layout.right:
            table(("β", "recon", "kld", "I(x;z)", "distance to N(0, I)"), beta_rows())
            st.caption("Nats per image; the distance in σ. Not determined: the posteriors are too narrow to tell.")


def _samples(info: RunInfo) -> NDArray[np.uint8]:
    return draws.sample(Source(info, None), (0,) * SAMPLES, SAME_NOISE).pictures


def beta_rows() -> list[tuple[str, ...]]:
    """Return the table's rows: the losses and metrics at each β."""
    return [_row(beta, run_of("vae", beta)) for beta in BETAS]


def _row(beta: float, info: RunInfo) -> tuple[str, ...]:
    metrics = store.metrics(info)
    terms = (_short(info.test.recon), _short(info.test.kld or 0.0))
    return (f"{beta:g}", *terms, figure(metrics, "mutual_information", _short), figure(metrics, "sliced_wasserstein"))


def _short(value: float) -> str:
    return "< 0.001" if 0 < value < 0.001 else words.three(value)
