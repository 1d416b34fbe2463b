"""Explore: point anywhere in a latent space, and see what the decoder makes of that place."""

import streamlit as st

from ui import explore, panels

actions = panels.page(
    "Explore",
    "Every place of the plane is an image to the decoder, also where no test image lies. Point somewhere to see it.",
)
with actions, st.popover("Runs shown", icon=":material/tune:", type="tertiary"):
    shown = panels.choose_runs()
explore.exhibit(shown)
