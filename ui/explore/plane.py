"""The plane under the cursor, and the same without JavaScript."""

import numpy as np
import streamlit as st

from ui import store
from ui.components import decode_plane
from ui.explore.controls import choose_class
from ui.explore.scene import PlaneChoice, Scene, view_of
from ui.explore.space import draw_plain, explored_space
from ui.explore.traversal import traversals
from ui.shell import params, words
from ui.store.images import Prepared
from vae_core.runs import RunInfo

# Session keys and URL parameters.
POINT_ACROSS, POINT_UP, POINT_CLASS = "point_across", "point_up", "point_class"
PICTURE_PX = 168


def plane(runs: dict[str, RunInfo], kind: str, choice: PlaneChoice, prepared: Prepared | None) -> Scene:
    """Draw the plane of one kind's run, decoded as soon as that is prepared; return what the closer looks are about."""
    info = runs[kind]
    view = view_of(info, choice)
    if draw_plain(info, view, words.title(kind), words.subtitle(info)):
        return Scene(info, view, [], choice, runs)
    decoder, images = (None, None) if prepared is None else (prepared.decoders.get(info.id), prepared.images)
    space = explored_space(info, view, decoder)
    pinned = decode_plane("cursor", info, space, vega=store.vega_if_ready(), images=images)
    return Scene(info, view, pinned, choice, runs)


def more(scene: Scene) -> None:
    """Draw below the plane what it does not show: each dimension by itself, and sliders for it."""
    if scene.info.model.latent_dim != 2:
        with st.expander("Each dimension by itself", expanded=True):
            st.fragment(traversals)(scene)
    with st.expander("Use sliders instead"):
        st.fragment(_sliders)(scene)


def _sliders(scene: Scene) -> None:
    """Draw sliders and the image they decode to, for browsers without JavaScript and for exact numbers."""
    left, right = st.columns((2, 1), gap="large", vertical_alignment="center")
    with left:
        label = choose_class(scene, POINT_CLASS)
        point = [_slider(scene, axis, key) for axis, key in enumerate((POINT_ACROSS, POINT_UP))]
    z = scene.view.lift(np.array([point], np.float32))
    picture = store.decode(scene.info, z, np.array([label]))[0]
    coordinates = "z = (" + ", ".join(f"{value:.2f}" for value in z[0]) + ")"
    with right, st.container(key="strip-sliders"):
        st.image(picture, width=PICTURE_PX, alt=f"Decoded image at {coordinates}")
        st.caption(coordinates)


def _slider(scene: Scene, axis: int, key: str) -> float:
    low, high = scene.view.ends(axis)
    params.forget_unless(key, lambda value: low <= value <= high)
    return float(st.slider(scene.view.title(axis), low, high, 0.0, 0.1, key=key, bind="query-params"))
