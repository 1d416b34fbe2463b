"""The view "β strip": a small picture of the latent space at every trained beta."""

import streamlit as st

from ui.kld_weight.choice import MAX_BETA, VARIATIONAL, TrainingChoice
from ui.kld_weight.form import set_beta
from ui.spaces import plot
from vae_core.runs import Catalogue

THUMBNAIL_WIDTH = 86


def strip(choice: TrainingChoice, infos: Catalogue) -> None:
    """Draw VAE and cVAE at every trained beta; a click on a beta moves the slider there."""
    st.caption(
        "The latent space at every trained β, with the same images and the same noise; circles at 1, 2 and 3 σ of the "
        "prior. Each plane is rotated or mirrored to match β = 1 (display only)."
    )
    runs = {kind: choice.along_beta(kind, infos) for kind in VARIATIONAL}
    betas = sorted({beta for runs_of_kind in runs.values() for beta in runs_of_kind})
    if not betas:
        st.info("There are no runs with these settings yet.")
        return
    with st.container(horizontal=True, gap="small", key="strip-beta"):
        for beta in betas:
            with st.container(width=THUMBNAIL_WIDTH, gap="xsmall"):
                for kind in VARIATIONAL:
                    if beta in runs[kind]:
                        plot.small(runs[kind][beta], THUMBNAIL_WIDTH)
                st.button(
                    f"β = {beta:g}", key=f"strip-{beta:g}", on_click=set_beta, args=(beta,), type="tertiary",
                    disabled=beta == choice.beta or beta > MAX_BETA, width="stretch",
                )  # fmt: skip
    st.caption("Top row: VAE. Bottom row: cVAE.")
