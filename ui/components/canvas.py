"""A canvas to draw a digit on; what comes from the browser is checked, never trusted."""

import base64
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

SIDE = 280  # pixels a side, as in canvas.js
MAX_CHARACTERS = 2 * SIDE * SIDE  # of a message: noise that does not compress stays below
STATE = "drawing"
_JS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def draw(key: str, theme: str) -> NDArray[np.uint8] | None:
    """Show a square to draw on, and return the drawing; None while it is empty.

    The picture arrives once, about 300 ms after the last stroke has ended.

    Arguments:
        key: Distinguishes canvases on the page; equal ones share a drawing.
        theme: "light" or "dark".

    Returns:
        Grey values, white ink on black, shape (280, 280).
    """
    mount = st.components.v2.component("latent_explorer.canvas", js=_JS)
    has_drawing = unpacked(_stored(key)) is not None
    result = mount(
        data={"name": key, "theme": theme, "drawn": has_drawing}, key=key, default={STATE: None},
        on_drawing_change=lambda: None, height="content",
    )  # fmt: skip
    return unpacked(result.get(STATE))


def _stored(key: str) -> Any:
    """Return the last message of the browser, if any."""
    state = st.session_state.get(key)
    return None if state is None else state.get(STATE)


def unpacked(content: Any) -> NDArray[np.uint8] | None:
    """Return a message from the browser as grey values (280, 280); None if it is no such picture, or an empty one."""
    if not isinstance(content, str) or len(content) > MAX_CHARACTERS:
        return None
    try:
        inflater = zlib.decompressobj()
        raw = inflater.decompress(base64.b64decode(content, validate=True), SIDE * SIDE + 1)
    except (ValueError, zlib.error):
        return None
    if len(raw) != SIDE * SIDE or not inflater.eof:
        return None
    grey = np.frombuffer(raw, dtype=np.uint8).reshape(SIDE, SIDE)
    return grey if grey.any() else None
