"""The view "β strip": a small picture of the latent space at every trained beta."""

from typing import Any

import streamlit as st

from ui.components.latent_gallery import PICKED, latent_gallery
from ui.kld_weight.choice import MAX_BETA, VARIATIONAL, TrainingChoice
from ui.kld_weight.form import set_beta
from ui.spaces.followed import tiles
from vae_core.runs import Catalogue

STRIP = "strip-beta"  # key of the element


def strip(choice: TrainingChoice, infos: Catalogue) -> None:
    """Draw VAE and cVAE at every trained beta; a click on a beta moves the slider there."""
    st.caption(
        "The latent space at every trained β, with the same images and the same noise; circles at 1, 2 and 3 σ of the "
        "prior. Each plane is rotated or mirrored to match β = 1 (display only). Top row: VAE. Bottom row: cVAE."
    )
    runs = {kind: choice.along_beta(kind, infos) for kind in VARIATIONAL}
    betas = sorted({beta for runs_of_kind in runs.values() for beta in runs_of_kind})
    if not betas:
        st.info("There are no runs with these settings yet.")
        return
    columns: list[dict[str, Any]] = [
        {
            "caption": f"β = {beta:g}", "value": beta, "off": beta == choice.beta or beta > MAX_BETA,
            "tiles": tiles([runs[kind][beta] for kind in VARIATIONAL if beta in runs[kind]]),
        }
        for beta in betas
    ]  # fmt: skip
    latent_gallery(STRIP, [{"columns": columns}], _picked)


def _picked() -> None:
    """Move the slider to the column that was clicked."""
    beta = st.session_state[STRIP].get(PICKED)
    if isinstance(beta, int | float) and 0 <= beta <= MAX_BETA:
        set_beta(float(beta))
