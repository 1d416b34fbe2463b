"""Each class by itself: whether it fills the prior, as the condition allows, or has a place of its own."""

import math

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.charts.raster import class_panels
from ui.evidence.measured import MeasuredRun, MeasuredRuns
from ui.shell.theme import current_theme
from ui.shell.words import metric_in_words, three, title
from ui.store import BY_RUN
from vae_core.runs import RunInfo


def classes(runs: MeasuredRuns) -> None:
    """Show the panels of the models that have a prior, side by side."""
    shown = [run for kind, run in runs.items() if kind != "ae"]
    if not shown:
        st.info("An autoencoder has no prior that a class could fill.")
    elif any(run.info.model.latent_dim != 2 for run in shown):
        st.info("The classes can be drawn one by one in two latent dimensions.")
    else:
        for run, column in zip(shown, st.columns(len(shown), gap="medium"), strict=True):
            with column:
                _panels(run)
        st.caption(
            "Sampled z of the test images, each class in its colour over all others in grey; circle: 2 σ of the prior. "
            "Without a condition the classes share the prior between them; with it each can have all of it."
        )


def _panels(run: MeasuredRun) -> None:
    information = run.metrics.get("class_information")
    st.markdown(f"**{title(run.kind)}**")
    with st.container(key=f"class-panels-{run.kind}"):
        st.image(_picture(run.info, current_theme()), width="stretch", alt=f"{title(run.kind)}: each class by itself")
    if information is None or information.value is None:
        st.caption(f"I(c;z): {metric_in_words(information)}.")
    else:
        whole = math.log(run.info.class_count)
        st.caption(f"z says {three(information.value)} of {three(whole)} nats of the class: I(c;z).")


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_RUN)
def _picture(info: RunInfo, theme: str) -> NDArray[np.uint8]:
    latents = store.run(info).latents.standardized()
    return class_panels(latents.sample(info.latent_seed), latents.y, info.class_names, theme)
