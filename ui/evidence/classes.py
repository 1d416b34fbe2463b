"""Each class by itself: whether it fills the prior, as the condition allows, or has a place of its own."""

import math

import streamlit as st

from ui.evidence.measured import MeasuredRun, MeasuredRuns
from ui.shell.words import metric_in_words, three, title
from ui.spaces.class_panels import class_panels


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
    class_panels(run.info)
    if information is None or information.value is None:
        st.caption(f"I(c;z): {metric_in_words(information)}.")
    else:
        whole = math.log(run.info.class_count)
        st.caption(f"z says {three(information.value)} of {three(whole)} nats of the class: I(c;z).")
