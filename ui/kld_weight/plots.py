"""The three latent spaces of the page "KLD weight", with sliders for β and for the epoch."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from ui import store
from ui.components.latent_spaces import TRACKS, latent_spaces
from ui.jobs import client
from ui.kld_weight.choice import TrainingChoice, stops_with
from ui.kld_weight.form import ON_RELEASE, set_beta
from ui.kld_weight.spaces import BETA, EPOCH, Scene, space
from vae_core.config import KINDS
from vae_core.runs import Catalogue

SPACES = "kld-spaces"  # key of the element
STEP_MS = {BETA: 900, EPOCH: 350}  # of a replay
MOVED = "beta_moved"  # session key: there is another β than the fragment knows
PLANES = (
    "The same test images in every plot and at every β. "
    "The VAE and cVAE planes are rotated or mirrored to match β = 1 (display only)."
)


def plots(scene: Scene, live: bool) -> None:
    """Draw the three plots side by side; the whole page runs again at another β, or when a training has ended.

    Arguments:
        scene: What they are of.
        live: Whether the settings were being trained when the page was drawn.
    """
    if st.session_state.pop(MOVED, False) or (live and not scene.live):
        st.rerun()
    choice, infos = scene.choice, scene.infos
    betas = stops_with(choice.beta, *choice.trained_betas(infos))
    latent_spaces(
        SPACES, [space(kind, scene, betas) for kind in KINDS], scene.class_names(),
        on_tracks=partial(_moved, choice, infos, {f"{beta:g}": beta for beta in betas}), vega=store.vega_if_ready(),
        images=store.sheet_if_ready(scene.anchor() or choice.train),
        tracks=[_along_beta(scene, betas), _along_epochs(scene)],
    )  # fmt: skip
    st.caption(PLANES)


def _along_beta(scene: Scene, betas: Sequence[float]) -> dict[str, Any]:
    """Return the slider for β as tracks.js takes it."""
    trained, here = scene.choice.trained_betas(scene.infos), f"{scene.choice.beta:g}"
    return {
        "name": BETA, "title": "KLD weight β", "stops": [f"{beta:g}" for beta in betas],
        "marked": [number for number, beta in enumerate(betas) if beta in trained], "unmarked": "not trained",
        "at": here, "home": here, "step_ms": STEP_MS[BETA], "play": "Play along β", "tells": True,
    }  # fmt: skip


def _along_epochs(scene: Scene) -> dict[str, Any]:
    """Return the slider for the epoch, without stops where nothing is trained."""
    info = None if scene.live else scene.choice.run("vae", scene.infos)
    epochs = () if info is None else info.snapshot_epochs
    last = str(epochs[-1]) if epochs else ""
    return {
        "name": EPOCH, "title": "Epoch", "stops": [str(epoch) for epoch in epochs], "marked": list(range(len(epochs))),
        "at": last, "home": last, "step_ms": STEP_MS[EPOCH], "play": "Replay the training",
    }  # fmt: skip


def _moved(choice: TrainingChoice, infos: Catalogue, betas: dict[str, float]) -> None:
    """Follow the slider for β; `betas` are its stops by their labels."""
    sent = st.session_state[SPACES].get(TRACKS)
    label = sent.get(BETA) if isinstance(sent, dict) else None
    beta = betas.get(label) if isinstance(label, str) else None
    if beta is not None and beta != choice.beta:
        set_beta(beta)
        st.session_state[MOVED] = True
        train_on_release(choice.at(beta=beta), infos)


def train_on_release(choice: TrainingChoice, infos: Catalogue) -> None:
    """Train where there is no run, if the visitor has switched that on."""
    if st.session_state.get(ON_RELEASE) and choice.beta not in choice.trained_betas(infos):
        client.submit(choice.request(infos))
