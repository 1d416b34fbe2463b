"""Small pictures of many latent spaces, drawn in the browser."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ui import charts
from ui.components.latent_spaces import FOLDER

SCRIPTS = ("network.js", "spaces/points.js", "spaces/images.js", "spaces/gallery.js")
CSS = (FOLDER / "spaces" / "gallery.css").read_text(encoding="utf-8")
SCRIPT = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
PICKED = "picked"


def latent_gallery(key: str, groups: Sequence[dict[str, Any]], on_pick: Callable[[], None] | None = None) -> None:
    """Draw groups of small pictures; an image that is pointed at in one is ringed in all.

    Arguments:
        key: Key of the element.
        groups: As gallery.js describes them.
        on_pick: Called when a visitor has picked a column; the session's `key` then holds its value as "picked".
    """
    mount = st.components.v2.component("latent_explorer.latent_gallery", html="<div></div>", css=CSS, js=SCRIPT)
    data = {"colors": list(charts.CLASS_COLORS), "groups": list(groups)}
    mount(data=data, key=key, on_picked_change=on_pick or _ignore, height="content")


def _ignore() -> None:
    """Let nothing follow."""
