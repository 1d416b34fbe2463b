"""The plane under the cursor, which plane of many dimensions it is, and the same without JavaScript."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.components import decode_plane
from ui.explore.pictures import labelled
from ui.explore.scene import Choice, Scene, view_of
from ui.shell import params, words
from ui.shell.theme import current_theme
from vae_core.runs import RunInfo
from vae_core.sheets import pixels

__all__ = ["choose_class", "choose_plane", "plane", "traversal_rows"]

COMPONENTS, DIMENSIONS = "principal components", "two dimensions"
WHICH, ACROSS, UP = "plane", "across_dim", "up_dim"  # session keys and URL parameters
POINT_ACROSS, POINT_UP = "point_across", "point_up"
REACH = 3.0  # of the sliders of the other dimensions, in sigma of the prior
STEPS, WIDTHS = 11, 2.0  # images in a row of the traversals; from the mean to their ends, in standard deviations
PICTURE_PX = 168


def choose_plane(latent_dim: int) -> Choice:
    """Widgets for the plane where there are more than two dimensions."""
    if latent_dim <= 2:
        return Choice(None, (0.0,) * latent_dim)
    dimensions = params.whole(1, latent_dim)
    others = {f"z{number}": params.number(-REACH, REACH) for number in range(1, latent_dim + 1)}
    params.check({WHICH: params.one_of((COMPONENTS, DIMENSIONS)), ACROSS: dimensions, UP: dimensions} | others)
    with st.popover("Plane", icon=":material/grid_on:"):
        which = st.segmented_control(
            "The plane shows", (COMPONENTS, DIMENSIONS), default=COMPONENTS, required=True, key=WHICH,
            bind="query-params",
        )  # fmt: skip
        if which == COMPONENTS:
            st.caption("The two directions in which the codes of the test images vary most, through 0.")
            return Choice(None, (0.0,) * latent_dim)
        return _two_dimensions(latent_dim)


def _two_dimensions(latent_dim: int) -> Choice:
    numbers = range(1, latent_dim + 1)
    for key in (ACROSS, UP):
        params.forget_unless(key, lambda value: value in numbers)
    first = st.selectbox("Across", numbers, index=0, key=ACROSS, bind="query-params")
    second = st.selectbox("Up", numbers, index=1, key=UP, bind="query-params")
    if first == second:
        st.caption("Choose two different dimensions; the next one is taken.")
        second = first % latent_dim + 1
    values = [0.0] * latent_dim
    for number in numbers:
        if number not in (first, second):
            values[number - 1] = st.slider(
                f"Dimension {number}", -REACH, REACH, 0.0, 0.1, key=f"z{number}", bind="query-params"
            )
    return Choice((first - 1, second - 1), tuple(values))


def plane(present: dict[str, RunInfo], kind: str, choice: Choice) -> Scene:
    """Draw the plane of one kind's run; what is explored from now on."""
    info = present[kind]
    view = view_of(info, choice)
    kept = decode_plane("cursor", store.run(info), view.plane, view.window, view.base, view.directions)
    scene = Scene(info, view, kept, choice, present)
    note = f" {view.plane.note}" if view.plane.note else ""
    st.caption(f"{words.title(kind)}, {words.subtitle(info)}. Dots: sampled z of test images.{note}")
    if info.model.latent_dim != 2:
        with st.expander("Each dimension by itself", expanded=True):
            st.fragment(traversals)(scene)
    with st.expander("Without the plane: two sliders"):
        st.fragment(_sliders)(scene)
    return scene


def _sliders(scene: Scene) -> None:
    """Where there is no JavaScript for the plane, and for whoever likes to set numbers."""
    left, right = st.columns((2, 1), gap="large", vertical_alignment="center")
    with left:
        label = choose_class(scene, "point_class")
        place = [_slider(scene, axis, key) for axis, key in enumerate((POINT_ACROSS, POINT_UP))]
    z = scene.view.lift(np.array([place], np.float32))
    picture = store.decode(scene.info, z, np.array([label]))[0]
    coordinates = "z = (" + ", ".join(f"{value:.2f}" for value in z[0]) + ")"
    with right, st.container(key="strip-sliders"):
        st.image(picture, width=PICTURE_PX, alt=f"Decoded image at {coordinates}")
        st.caption(coordinates)


def _slider(scene: Scene, axis: int, key: str) -> float:
    low, high = scene.view.ends(axis)
    params.check({key: params.number(low, high)})
    params.forget_unless(key, lambda value: low <= value <= high)
    return float(st.slider(scene.view.title(axis), low, high, 0.0, 0.1, key=key, bind="query-params"))


def choose_class(scene: Scene, key: str) -> int:
    """Pills for the class that a cVAE's decoder is told; 0 for the others, whose decoders ignore it."""
    names = scene.info.class_names
    if not scene.conditional:
        return 0
    params.check({key: params.one_of(names)})
    params.forget_unless(key, lambda label: label in range(len(names)))
    label = st.pills(
        "Decode as", range(len(names)), format_func=names.__getitem__, default=0, required=True, key=key,
        bind="query-params",
    )  # fmt: skip
    return int(label)


def traversals(scene: Scene) -> None:
    """A row per latent dimension: it moves while the others stay."""
    label = choose_class(scene, "walk_class")
    pictures = traversal_rows(scene, label)
    names = tuple(f"z{number}" for number in range(1, len(pictures) + 1))
    picture = labelled(pictures.reshape(-1, *pictures.shape[2:]), names, ("",) * STEPS, current_theme())
    with st.container(key="strip-traversals"):
        st.image(picture, width="stretch", alt="A row of decoded images for each latent dimension")
    st.caption(
        f"Each row moves one dimension from {WIDTHS:g} standard deviations of the codes below their mean to as many "
        "above; the others stay. A row that does not change is a dimension that is not in use."
    )


def traversal_rows(scene: Scene, label: int) -> NDArray[np.uint8]:
    """The images of all rows, shape (d, STEPS, H, W)."""
    import torch

    from vae_core.latents import traversal

    model, z, base = store.model(scene.info), scene.run.z(), torch.from_numpy(scene.view.base)
    rows = []
    for dimension, codes in enumerate(z.T):
        ends = codes.mean() + WIDTHS * codes.std() * np.array([-1, 1])
        values = torch.linspace(float(ends[0]), float(ends[1]), STEPS)
        rows.append(traversal(model, base, dimension, values, label if scene.conditional else None))
    return pixels(torch.stack(rows).numpy())
