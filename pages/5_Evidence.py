"""Evidence: a number, a yardstick and a verdict for every claim of the lecture."""

import streamlit as st

from ui import evidence, panels

actions = panels.page(
    "Evidence",
    "What the lecture says of the three latent spaces, as sentences that can be false: each with its number, "
    "the same number for a model that is exactly Gaussian, and a verdict.",
)
with actions, st.popover("Runs shown", icon=":material/tune:", type="tertiary"):
    shown = panels.choose_runs()
evidence.exhibit(shown)
