"""Latent spaces side by side, drawn and linked in the browser."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ui import charts

FOLDER = Path(__file__).parent
SCRIPTS = (
    *("network.js", "spaces/points.js", "spaces/images.js", "spaces/plot.js", "spaces/card.js", "spaces/cursor.js"),
    *("spaces/decoding.js", "spaces/spaces.js", "spaces/tracks.js", "spaces/explorer.js"),
)
STYLES = ("spaces/spaces.css", "spaces/explorer.css")
CSS, SCRIPT = ("\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names) for names in (STYLES, SCRIPTS))
STATE, TRACKS = "view", "tracks"
PLAIN, PLAIN_VALUE = "plots", "plain"  # URL parameter: charts by Streamlit, for browsers that do not run the script
# What stands there until the script runs; where it does not, a way out appears after some seconds.
HTML = f"""<p class="waiting">The plots are not drawn in this browser.
<a href="?{PLAIN}={PLAIN_VALUE}" target="_self">Show plain charts</a></p>
"""


def latent_spaces(
    key: str,
    spaces: Sequence[dict[str, Any]],
    names: Sequence[str] | None,
    on_view: Callable[[], None] | None = None,
    on_tracks: Callable[[], None] | None = None,
    **more: Any,
) -> Any:
    """Draw latent spaces; a gesture in one shows the same images in all of them.

    Arguments:
        key: Key of the element.
        spaces: As spaces.js describes them.
        names: A name per class; None hides the classes.
        on_view: Called when a visitor has selected images or set a switch; the session's `key` then holds the state
            "view". None: the page need not know.
        on_tracks: Called when a visitor has moved a slider; the session's `key` then holds the state "tracks".
        more: Further fields of spaces.js's data.

    Returns:
        What the visitor has chosen, as spaces.js describes "view"; None before the first choice.
    """
    data = {"tells": on_view is not None} | more
    return mount(key, spaces, names, data, {STATE: on_view, TRACKS: on_tracks}).get(STATE)


def mount(
    key: str,
    spaces: Sequence[dict[str, Any]],
    names: Sequence[str] | None,
    data: dict[str, Any],
    states: dict[str, Callable[[], None] | None],
) -> Any:
    """Draw latent spaces with further `data`; return the `states` they send, each with what hears of it, if any."""
    draw = st.components.v2.component("latent_explorer.latent_spaces", html=HTML, css=CSS, js=SCRIPT)
    with_frames = [framed(space) for space in spaces] if data.get("vega") else list(spaces)
    data = {"classes": classes(names), "spaces": with_frames, "controls": [], "images": None} | data
    callbacks: dict[str, Any] = {f"on_{name}_change": callback or _ignore for name, callback in states.items()}
    return draw(data=data, key=key, default=dict.fromkeys(states), height="content", **callbacks)


def _ignore() -> None:
    """Let a state change without consequence."""


def framed(space: dict[str, Any]) -> dict[str, Any]:
    """Return a space with its specification compiled for the browser."""
    return space | {"spec": charts.compiled(space["spec"])} if "spec" in space else space


def classes(names: Sequence[str] | None) -> dict[str, Any]:
    """Return class names and colours as spaces.js takes them; without names, one colour for all."""
    if names is None:
        return {"names": None, "colors": [charts.GREY]}
    return {"names": list(names), "colors": list(charts.CLASS_COLORS)}
