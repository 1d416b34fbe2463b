"""The view "Compare": up to three betas side by side, with reconstructions and draws from the prior."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.components.latent_spaces import latent_spaces
from ui.kld_weight.choice import MAX_BETA, VARIATIONAL, TrainingChoice
from ui.shell import params, words
from ui.shell.params import Rule
from ui.spaces import frames, states
from ui.spaces.claim import claim
from ui.spaces.comparable import OTHER_IMAGES, comparable
from ui.spaces.followed import followed_space
from vae_core.errors import RunError
from vae_core.runs import Catalogue, RunInfo
from vae_core.sheets import pixels

COMPARED, PINS = "compared", "pins"  # session keys and URL parameters: a model kind, and betas
MAX_PINS, DEFAULT_PINS = 3, (0.1, 1.0, 8.0)
DRAWS = 10
SPACES = "compared-spaces"  # key of the element


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
        return
    spaces = [_space(runs[beta]) for beta in betas]
    beside = comparable({beta: runs[beta] for beta in betas if "message" not in spaces[betas.index(beta)]})
    for number, beta in enumerate(betas):
        if beta not in beside and "message" not in spaces[number]:
            spaces[number] = {"title": spaces[number]["title"], "message": OTHER_IMAGES}
    latent_spaces(
        SPACES, spaces, runs[betas[0]].class_names, vega=store.vega_if_ready(),
        images=store.sheet_if_ready(next(iter(beside.values()), choice.train)), bare=True,
    )  # fmt: skip


def _space(info: RunInfo) -> dict[str, Any]:
    """Return a run's latent space with ten reconstructions, ten draws, and the claim that its numbers support."""
    title = f"{words.short(info.model.kind)}, β = {info.train.beta:g}"
    try:
        found = claim(info, store.metrics(info))
        reconstructions, draws = (states.pictures(x[None]) for x in (frames.frame_of(info).x_hat, _draws(info)))
        space = followed_space([info], title)
    except RunError as error:
        return {"title": title, "message": f"The run file {error}"}
    labels = " as 0, 1, 2 …" if info.model.kind == "cvae" else ""
    return space | {
        "claim": {"finding": f"{found.finding}.", "numbers": found.numbers},
        "pictures": [
            reconstructions | {"title": "The same ten test images, reconstructed"},
            draws | {"title": f"The same ten z ~ N(0, I), decoded{labels}"},
        ],
    }


def _draws(info: RunInfo) -> NDArray[np.uint8]:
    """Return ten decoded draws from the prior, (10, H, W): the same z for every run with as many dimensions."""
    import torch

    from vae_core.latents import sample_prior

    y = torch.arange(DRAWS) % info.model.num_classes if info.model.kind == "cvae" else None
    x_hat, _ = sample_prior(store.model(info), DRAWS, y, torch.Generator().manual_seed(0))
    return pixels(x_hat.numpy())
