"""Generate: pick classes, draw from the prior, and see what the condition does."""

import streamlit as st

from ui import generate, panels

actions = panels.page(
    "Generate",
    "The conditional VAE draws the digits that it is asked for: z, drawn at random, is the style, the condition is "
    "the digit. Each image has the verdict of a judge that was trained on real ones.",
)
with actions, st.popover("Runs shown", icon=":material/tune:", type="tertiary"):
    shown = panels.choose_runs()
generate.exhibit(shown)
