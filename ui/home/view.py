"""What a visitor has chosen on Home: kept for the session, and in the URL as far as a link can hold it."""

from typing import Any, NamedTuple

import streamlit as st

from ui.shell import choose, params
from ui.shell.params import Rule

VIEW = "home_view"  # session key
CLASSES, AXES, IMAGES = "classes", "axes", "images"  # URL parameters
OWN_AXES, EQUAL_AXES = ALL_AXES = ("each its own", "same for all")
MAX_LINKED = 30  # images that a link names; a larger selection lasts for the session


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
    }


def _numbers(text: str, count: int) -> list[int] | None:
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and int(part) < count for part in parts):
        return None
    return [int(part) for part in parts]


def current(names: tuple[str, ...], count: int) -> HomeView:
    """Return what is chosen: what a link asks for, else what was chosen before."""
    kept: HomeView = st.session_state.get(VIEW, HomeView())
    link = st.query_params
    images = _numbers(link[IMAGES], count) if IMAGES in link else None
    kept = kept._replace(
        classes=tuple(names.index(name) for name in link.get_all(CLASSES)) if CLASSES in link else kept.classes,
        latents=link.get(choose.LATENTS, kept.latents), axes=link.get(AXES, kept.axes),
        images=tuple(images) if images else kept.images,
    )  # fmt: skip
    return from_browser(
        kept.to_browser() | {"classes": list(kept.classes), "rows": list(kept.images or ())}, names, count
    )


def keep(value: Any, names: tuple[str, ...], count: int) -> None:
    """Keep what spaces.js has sent, in the session and in the URL."""
    view = st.session_state[VIEW] = from_browser(value, names, count)
    few = view.images is not None and len(view.images) <= MAX_LINKED
    values = {
        CLASSES: [names[label] for label in view.classes],
        choose.LATENTS: [view.latents] if view.latents != choose.SAMPLED else [],
        AXES: [view.axes] if view.axes != OWN_AXES else [],
        IMAGES: [",".join(map(str, view.images or ()))] if few else [],
    }
    for name, texts in values.items():
        if texts:
            st.query_params[name] = texts
        else:
            st.query_params.pop(name, None)
