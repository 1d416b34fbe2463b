"""Home: the three latent spaces."""

import streamlit as st

from ui import linked, panels

actions = panels.page(
    "Three latent spaces",
    "Each dot is one test image; its two coordinates are all that the decoder gets. "
    "Axes of different models are unrelated: compare only colours and linked images.",
)
with actions, st.popover("Runs shown", icon=":material/tune:", type="tertiary"):
    shown = panels.choose_runs()
linked.linked_spaces(shown)
