"""Latent traversals: the same class while z moves on a circle or a line."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.generate.conditions import agreement
from ui.generate.controls import CIRCLE, LINE, MAX_RADIUS, MIN_RADIUS, PATH, RADIUS
from ui.generated import draws, files, gallery
from ui.generated.draws import DrawSettings, Source

STEPS = 12
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def traversals(source: Source, settings: DrawSettings) -> None:
    """Draw a row for each selected class, all along the same path."""
    names, model = source.info.class_names, source.info.model
    classes = settings.classes or tuple(range(len(names)))
    axes = widest_dimensions(store.run(source.info).latents.mu)
    shape, radius = _path_controls(len(axes))
    z = path(shape, radius, axes, model.latent_dim)
    draw = draws.decode(source, np.tile(z, (len(classes), 1)), np.repeat(classes, STEPS))
    pictures = draw.pictures.reshape(len(classes), STEPS, *model.image_shape)
    st.markdown(
        f"{_description(shape, radius, axes, model.latent_dim)} The class stays, the handwriting changes smoothly."
        + agreement(draw)
    )
    strips = [(names[y], row) for y, row in zip(classes, pictures, strict=True)]
    st.html(gallery.rows(strips, "latent traversal as"))
    files.downloads("traversal", {f"Traversal on a {shape}": files.Files(draw, STEPS)}, names)


def _path_controls(dimensions: int) -> tuple[str, float]:
    """Draw widgets for the path's shape and radius; one dimension has no circles."""
    shapes = (CIRCLE, LINE) if dimensions > 1 else (LINE,)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shape = st.segmented_control(
            "z moves on a", shapes, default=shapes[0], required=True, key=PATH, bind="query-params"
        )
        radius = st.slider(
            "Radius, σ of the prior", MIN_RADIUS, MAX_RADIUS, 1.5, 0.1, key=RADIUS, bind="query-params", width=220
        )
    return shape, radius


def widest_dimensions(mu: NDArray[np.floating]) -> tuple[int, ...]:
    """Return the two latent dimensions, in order, in which codes mu (N, d) vary most; others may be inactive."""
    return tuple(sorted(np.argsort(-mu.var(axis=0), kind="stable")[:2].tolist()))


def path(shape: str, radius: float, axes: tuple[int, ...], d: int) -> NDArray[np.float32]:
    """Return points (STEPS, d): once around a circle, or along the first axis from −radius to radius."""
    z = np.zeros((STEPS, d), dtype=np.float32)
    if shape == LINE:
        z[:, axes[0]] = np.linspace(-radius, radius, STEPS)
        return z
    angle = 2 * np.pi * np.arange(STEPS) / STEPS
    z[:, axes[0]], z[:, axes[1]] = radius * np.cos(angle), radius * np.sin(angle)
    return z


def _description(shape: str, radius: float, axes: tuple[int, ...], d: int) -> str:
    first, *second = (f"z{str(axis + 1).translate(SUBSCRIPTS)}" for axis in axes)
    rest = "; all other dimensions are 0" if d > len(axes) else ""
    if shape == LINE:
        return f"From {first} = −{radius:g} to {radius:g}{rest or ('; ' + second[0] + ' is 0' if second else '')}."
    return f"Once around 0 at {radius:g} σ in the plane of {first} and {second[0]}{rest}."
