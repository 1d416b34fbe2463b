"""One condition, a walk: the same class while z moves on a circle or a line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.generate import files, gallery
from ui.generate.choice import CIRCLE, LINE, MAX_RADIUS, MIN_RADIUS, PATH, RADIUS, Asked
from ui.generate.conditions import needs_cvae
from ui.generate.draws import Source, decoded
from ui.store import cache

__all__ = ["busiest", "path", "walk"]

STEPS = 12
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def walk(sources: Mapping[str, Source], asked: Asked) -> None:
    """A row for each picked class; the same way for all."""
    source = needs_cvae(sources)
    if source is None:
        return
    names, model = source.info.class_names, source.info.model
    classes = asked.classes or tuple(range(len(names)))
    axes = busiest(cache.run(source.info).latents.mu)
    shape, radius = _way(len(axes))
    z = path(shape, radius, axes, model.latent_dim)
    draw = decoded(source, np.tile(z, (len(classes), 1)), np.repeat(classes, STEPS))
    pictures = draw.pictures.reshape(len(classes), STEPS, *model.image_shape)
    st.markdown(
        f"{_in_words(shape, radius, axes, model.latent_dim)} The class stays, the handwriting changes without a jump."
        + ("" if draw.right is None else f" The judge sees the class asked for in **{gallery.share(draw.right)}**.")
    )
    st.html(gallery.rows([(names[y], row) for y, row in zip(classes, pictures, strict=True)], "a walk as"))
    files.downloads("walk", {f"Walk on a {shape}": files.Files(draw, STEPS)}, names)


def _way(dimensions: int) -> tuple[str, float]:
    """Widgets for the path's shape and size; one dimension has no circles."""
    shapes = (CIRCLE, LINE) if dimensions > 1 else (LINE,)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shape = st.segmented_control(
            "z moves on a", shapes, default=shapes[0], required=True, key=PATH, bind="query-params"
        )
        radius = st.slider(
            "Radius, σ of the prior", MIN_RADIUS, MAX_RADIUS, 1.5, 0.1, key=RADIUS, bind="query-params", width=220
        )
    return shape, radius


def busiest(mu: NDArray[np.floating]) -> tuple[int, ...]:
    """The two latent dimensions in which codes mu (N, d) vary most, in their order: others may be out of use."""
    return tuple(sorted(np.argsort(-mu.var(axis=0), kind="stable")[:2].tolist()))


def path(shape: str, radius: float, axes: tuple[int, ...], d: int) -> NDArray[np.float32]:
    """Places on the way, shape (STEPS, d): once around a circle, or along the first axis from one end to the other."""
    z = np.zeros((STEPS, d), dtype=np.float32)
    if shape == LINE:
        z[:, axes[0]] = np.linspace(-radius, radius, STEPS)
        return z
    turn = 2 * np.pi * np.arange(STEPS) / STEPS
    z[:, axes[0]], z[:, axes[1]] = radius * np.cos(turn), radius * np.sin(turn)
    return z


def _in_words(shape: str, radius: float, axes: tuple[int, ...], d: int) -> str:
    first, *second = (f"z{str(axis + 1).translate(SUBSCRIPTS)}" for axis in axes)
    rest = "; all other dimensions are 0" if d > len(axes) else ""
    if shape == LINE:
        return f"From {first} = −{radius:g} to {radius:g}{rest or ('; ' + second[0] + ' is 0' if second else '')}."
    return f"Once around 0 at {radius:g} σ in the plane of {first} and {second[0]}{rest}."
