"""Streamlit components of our own; their JavaScript lies beside this file."""

import struct
from pathlib import Path

import streamlit as st

from ui.components.canvas import draw
from ui.components.decoder import PinnedPoint, decode_plane
from vae_core.config import KINDS

__all__ = ["PinnedPoint", "decode_plane", "draw", "hover_images", "let_fingers_pick"]

_HOVER, _TOUCH = ((Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("hover.js", "touch.js"))


def hover_images(name: str, sheet: bytes, columns: int, tile: tuple[int, int]) -> None:
    """Show the image of a hovered point in the tooltips of latent charts.

    Arguments:
        name: "images" for all models, or the model kind whose chart it is for.
        sheet: A WebP sheet of all test images.
        columns: Images in a row of the sheet.
        tile: Height and width of one image in pixels.
    """
    models = 1 + KINDS.index(name) if name in KINDS else 0
    mount = st.components.v2.component("latent_explorer.hover_images", js=_HOVER)
    mount(data=struct.pack("<4H", models, columns, *tile) + sheet, key=f"hover-{name}", height=1)


def let_fingers_pick() -> None:
    """Let a finger pick what a click would on the charts of latent spaces, from now on."""
    st.components.v2.component("latent_explorer.touch", js=_TOUCH)(key="touch", height=1)
