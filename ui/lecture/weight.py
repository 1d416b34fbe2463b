"""Step 5: real runs along the KLD weight."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.generated import draws
from ui.generated.draws import Source
from ui.lecture.material import SAME_NOISE, Layout, component, figure, run_of, table
from ui.lecture.steps import Step
from ui.shell import words
from ui.shell.navigation import page_link
from ui.spaces import states
from ui.spaces.followed import followed_space
from ui.spaces.sum_or_mean import sum_or_mean
from vae_core.runs import RunInfo

BETAS = (0.1, 0.5, 1.0, 4.0, 32.0)
SAMPLES, STEP_MS = 6, 1200
BESIDE_REM = 38.5  # of the screen's height that the plot leaves
SAME_SAMPLES = "The same six z ~ N(0, I), decoded"


def along_beta(step: Step, layout: Layout, revealed: bool) -> None:
    """Latent space and samples of the VAE at the β up to 1, on a slider; revealed: all, and their numbers."""
    betas = BETAS if revealed else tuple(beta for beta in BETAS if beta <= 1)
    infos = [run_of("vae", beta) for beta in betas]
    samples = states.pictures(np.stack([_samples(info) for info in infos]))
    space = followed_space(infos)
    entries = [{"at": number, "window": window} for number, window in enumerate(space.pop("windows"))]
    files = {"points": space.pop("points"), "pictures": [samples | {"title": SAME_SAMPLES}]}
    space["tracks"] = {"beta": files | {"states": entries, "stops": list(range(len(betas)))}}
    stops = [f"{beta:g}" for beta in betas]
    track = {
        "name": "beta", "title": "KLD weight β", "stops": stops, "marked": list(range(len(stops))), "at": "1",
        "home": "1", "step_ms": STEP_MS, "play": "Play along β",
    }  # fmt: skip
    with layout.top:
        component(step.key, [space], infos[0].class_names, tracks=[track], beside=BESIDE_REM, beside_words=True)
        with st.container(horizontal=True, key="sliders"):
            for beta in BETAS:
                page_link("kld_weight", f"Slider at {beta:g}", {"beta": f"{beta:g}"})
            if revealed:  # it shows what a large β does
                sum_or_mean(infos[0].model, infos[0].train)
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
