"""Streamlit components of our own; their JavaScript lies beside this file."""

from pathlib import Path

import streamlit as st

from ui.components.canvas import draw
from ui.components.decoder import PinnedPoint, decode_plane

__all__ = ["PinnedPoint", "decode_plane", "draw", "let_fingers_pick"]

_TOUCH = Path(__file__).with_name("touch.js").read_text(encoding="utf-8")


def let_fingers_pick() -> None:
    """Let a finger pick what a click would on the charts of latent spaces, from now on."""
    st.components.v2.component("latent_explorer.touch", js=_TOUCH)(key="touch", height=1)
