"""Widgets that several views share: the plane of a latent space with many dimensions, and the class to decode as."""

import streamlit as st

from ui.explore.scene import PlaneChoice, Scene
from ui.shell import params

COMPONENTS, DIMENSIONS = "principal components", "two dimensions"
WHICH, ACROSS, UP = "plane", "across_dim", "up_dim"  # session keys and URL parameters
REACH = 3.0  # of the sliders of the other dimensions, in sigma of the prior


def choose_plane(latent_dim: int) -> PlaneChoice:
    """Draw widgets for the plane if there are more than two dimensions, and return the choice."""
    if latent_dim <= 2:
        return PlaneChoice(None, (0.0,) * latent_dim)
    with st.popover("Plane", icon=":material/grid_on:"):
        which = st.segmented_control(
            "The plane shows", (COMPONENTS, DIMENSIONS), default=COMPONENTS, required=True, key=WHICH,
            bind="query-params",
        )  # fmt: skip
        if which == COMPONENTS:
            st.caption("The two directions in which the codes of the test images vary most, through 0.")
            return PlaneChoice(None, (0.0,) * latent_dim)
        return _two_dimensions(latent_dim)


def _two_dimensions(latent_dim: int) -> PlaneChoice:
    numbers = range(1, latent_dim + 1)
    for key in (ACROSS, UP):
        params.forget_unless(key, lambda value: value in numbers)
    first = st.selectbox("Across", numbers, index=0, key=ACROSS, bind="query-params")
    second = st.selectbox("Up", numbers, index=1, key=UP, bind="query-params")
    if first == second:
        st.caption("Choose two different dimensions; until then the plane uses the next one.")
        second = first % latent_dim + 1
    values = [0.0] * latent_dim
    for number in numbers:
        if number not in (first, second):
            values[number - 1] = st.slider(
                f"Dimension {number}", -REACH, REACH, 0.0, 0.1, key=f"z{number}", bind="query-params"
            )
    return PlaneChoice((first - 1, second - 1), tuple(values))


def choose_class(scene: Scene, key: str) -> int:
    """Draw pills for the class to decode as, and return it; without a condition there are none, and it is 0."""
    names = scene.info.class_names
    if not scene.conditional:
        return 0
    params.forget_unless(key, lambda label: label in range(len(names)))
    label = st.pills(
        "Decode as", range(len(names)), format_func=names.__getitem__, default=0, required=True, key=key,
        bind="query-params",
    )  # fmt: skip
    return int(label)
