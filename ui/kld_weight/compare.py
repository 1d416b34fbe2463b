"""The view "Compare": up to three betas side by side, with reconstructions and draws from the prior."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.charts import raster
from ui.kld_weight.choice import MAX_BETA, VARIATIONAL, TrainingChoice
from ui.shell import choose, messages, params, words
from ui.shell.params import Rule
from ui.spaces import frames
from ui.spaces.claim import claim
from ui.spaces.plot import followed_plot
from vae_core.errors import RunError
from vae_core.runs import Catalogue, RunInfo
from vae_core.sheets import pixels

COMPARED, PINS = "compared", "pins"  # session keys and URL parameters: a model kind, and betas
MAX_PINS, DEFAULT_PINS = 3, (0.1, 1.0, 8.0)
DRAWS = 10


def link_rules() -> dict[str, Rule]:
    """Return what a link may ask of this view."""
    return {COMPARED: params.one_of(map(words.short, VARIATIONAL)), PINS: params.number(0, MAX_BETA)}


def compare(choice: TrainingChoice, infos: Catalogue) -> None:
    """Draw the choice of a model and of betas, and a column for each beta."""
    kind = st.segmented_control(
        "Model", VARIATIONAL, default="vae", required=True, format_func=words.short, key=COMPARED, bind="query-params"
    )
    runs = choice.along_beta(kind, infos)
    betas = st.multiselect(
        "Up to three β side by side", list(runs), max_selections=MAX_PINS, format_func=lambda beta: f"{beta:g}",
        default=[beta for beta in DEFAULT_PINS if beta in runs], key=PINS, bind="query-params",
    )  # fmt: skip
    if not betas:
        st.info("Choose one to three trained β above.")
    for column, beta in zip(st.columns(MAX_PINS, gap="medium"), betas, strict=False):
        with column:
            _column(runs[beta])


def _column(info: RunInfo) -> None:
    """Draw a run's latent space, ten reconstructions, ten draws, and the claim that its numbers support."""
    try:
        frame = frames.frame_of(info)
        plane = frames.plane_of(frame, frames.reference_run(info.model, info.train))
        draws = _draws(info)
    except RunError as error:
        messages.broken(error)
        return
    title = f"{words.short(info.model.kind)}, β = {info.train.beta:g}"
    with st.container(key=f"space-pinned-{info.id}"):
        followed_plot(f"pinned-{info.id}", title, choose.SAMPLED, frame, plane)
    st.caption("The same ten test images, reconstructed")
    st.image(raster.strip(frame.x_hat), width="stretch", alt="Reconstructions of ten test images")
    st.caption("The same ten z ~ N(0, I), decoded" + (" as 0, 1, 2 …" if info.model.kind == "cvae" else ""))
    st.image(raster.strip(draws), width="stretch", alt="Ten draws from the prior, decoded")
    found = claim(info, store.metrics(info))
    st.markdown(f"**{found.finding}.** {found.numbers}")


def _draws(info: RunInfo) -> NDArray[np.uint8]:
    """Return ten decoded draws from the prior, (10, H, W): the same z for every run with as many dimensions."""
    import torch

    from vae_core.latents import sample_prior

    y = torch.arange(DRAWS) % info.model.num_classes if info.model.kind == "cvae" else None
    x_hat, _ = sample_prior(store.model(info), DRAWS, y, torch.Generator().manual_seed(0))
    return pixels(x_hat.numpy())
