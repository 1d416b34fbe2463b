"""What a visitor has chosen on Home: kept for the session, and in the URL."""

import base64
import zlib
from itertools import accumulate
from typing import Any, NamedTuple

import streamlit as st

from ui.components.latent_spaces import PLAIN, PLAIN_VALUE
from ui.shell import choose, params
from ui.shell.params import Rule

VIEW, TURN = "home_view", "home_turn"  # session keys: the view, and how often it came from the browser's history
CLASSES, AXES, IMAGES, TILES, CONTOURS = "classes", "axes", "images", "tiles", "contours"  # URL parameters
ON = "true"
OWN_AXES, EQUAL_AXES = ALL_AXES = ("each its own", "same for all")
MAX_NAMED = 30  # images that a link names by their numbers; more are packed
PACKED = "~"  # what packed numbers begin with


class HomeView(NamedTuple):
    """What is chosen.

    Arguments:
        classes: Labels that are on; none means all.
        latents, axes: What the switches are set to, in words.
        tiles, contours: Whether test images are drawn in place of dots, and lines around the classes.
        images: The selected test images; None without a selection.
    """

    classes: tuple[int, ...] = ()
    latents: str = choose.SAMPLED
    axes: str = OWN_AXES
    tiles: bool = False
    contours: bool = False
    images: tuple[int, ...] | None = None

    def to_browser(self) -> dict[str, Any]:
        """Return it as spaces.js takes it."""
        return {
            "classes": self.classes, "latents": self.latents, "axes": self.axes, "images": self.tiles,
            "contours": self.contours, "rows": self.images,
        }  # fmt: skip


def to_browser(view: HomeView) -> dict[str, Any]:
    """Return a view as spaces.js takes it, with a number that changes when the browser shall show it anew."""
    return view.to_browser() | {"turn": st.session_state.get(TURN, 0)}


def from_browser(value: Any, names: tuple[str, ...], count: int) -> HomeView:
    """Return what spaces.js has sent, without anything that is not among the class names and the `count` images."""
    sent = value if isinstance(value, dict) else {}
    latents, axes, images = sent.get("latents"), sent.get("axes"), sent.get("rows")
    return HomeView(
        tuple(_whole(sent.get("classes"), len(names))),
        latents if latents in choose.POINTS else choose.SAMPLED,
        axes if axes in ALL_AXES else OWN_AXES,
        sent.get("images") is True,
        sent.get("contours") is True,
        tuple(_whole(images, count)) if isinstance(images, list) and images else None,
    )


def _whole(values: Any, limit: int) -> list[int]:
    """Return the whole numbers from 0 to below a limit in a list, each once; nothing if it is no list."""
    found = {value for value in values if type(value) is int} if isinstance(values, list) else set()
    return sorted(value for value in found if 0 <= value < limit)


def link_rules(names: tuple[str, ...], count: int) -> dict[str, Rule]:
    """Return what a link may ask for."""
    return {
        CLASSES: params.one_of(names),
        choose.LATENTS: params.one_of(choose.POINTS),
        AXES: params.one_of(ALL_AXES),
        IMAGES: Rule(lambda text: _numbers(text, count) is not None, "numbers of test images, with commas between"),
        TILES: params.one_of((ON,)),
        CONTOURS: params.one_of((ON,)),
        PLAIN: params.one_of((PLAIN_VALUE,)),
    }


def _numbers(text: str, count: int) -> list[int] | None:
    """Return the numbers of test images that a text names, each below `count`; None if it names something else."""
    if text.startswith(PACKED):
        return _unpacked(text.removeprefix(PACKED), count)
    parts, number = text.split(","), params.count(0, count - 1)
    return [int(part) for part in parts] if all(map(number.fits, parts)) else None


def _packed(images: tuple[int, ...]) -> str:
    """Return ascending numbers as short text: the steps from one to the next, one of 255 and more in several bytes."""
    steps = b"".join(
        b"\xff" * ((number - before) // 255) + bytes([(number - before) % 255])
        for before, number in zip((0, *images), images, strict=False)
    )
    return PACKED + base64.urlsafe_b64encode(zlib.compress(steps, 9)).decode().rstrip("=")


def _unpacked(text: str, count: int) -> list[int] | None:
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        steps = zlib.decompressobj().decompress(content, 2 * count)
    except (ValueError, zlib.error):
        return None
    numbers = [number for step, number in zip(steps, accumulate(steps), strict=True) if step < 255]
    return numbers if 0 < len(set(numbers)) == len(numbers) and numbers[-1] < count else None


def current(names: tuple[str, ...], count: int) -> HomeView:
    """Return what is chosen: what the URL asks for, else what was chosen before."""
    if params.returned():
        st.session_state[VIEW], st.session_state[TURN] = HomeView(), st.session_state.get(TURN, 0) + 1
    kept: HomeView = st.session_state.get(VIEW, HomeView())
    link = st.query_params
    images = _numbers(link[IMAGES], count) if IMAGES in link else None
    kept = kept._replace(
        classes=tuple(names.index(name) for name in link.get_all(CLASSES)) if CLASSES in link else kept.classes,
        latents=link.get(choose.LATENTS, kept.latents), axes=link.get(AXES, kept.axes),
        images=tuple(images) if images else kept.images, tiles=TILES in link or kept.tiles,
        contours=CONTOURS in link or kept.contours,
    )  # fmt: skip
    view = from_browser(
        kept.to_browser() | {"classes": list(kept.classes), "rows": list(kept.images or ())}, names, count
    )
    _link(view, names)
    return view


def keep(value: Any, names: tuple[str, ...], count: int) -> None:
    """Keep what spaces.js has sent, in the session and in the URL."""
    view = st.session_state[VIEW] = from_browser(value, names, count)
    _link(view, names)


def _link(view: HomeView, names: tuple[str, ...]) -> None:
    """Put a view into the URL, as far as it is not the default."""
    images = view.images or ()
    values = {
        CLASSES: [names[label] for label in view.classes],
        choose.LATENTS: [view.latents] if view.latents != choose.SAMPLED else [],
        AXES: [view.axes] if view.axes != OWN_AXES else [],
        IMAGES: [",".join(map(str, images)) if len(images) <= MAX_NAMED else _packed(images)] if images else [],
        TILES: [ON] * view.tiles,
        CONTOURS: [ON] * view.contours,
    }
    for name, texts in values.items():
        if texts and texts != st.query_params.get_all(name):
            st.query_params[name] = texts
        elif not texts:
            st.query_params.pop(name, None)
