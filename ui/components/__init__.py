"""Streamlit components of our own; their JavaScript lies beside this file."""

from ui.components.canvas import draw
from ui.components.decoder import PinnedPoint, decode_plane

__all__ = ["PinnedPoint", "decode_plane", "draw"]
