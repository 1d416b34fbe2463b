"""One z, all conditions: the same style as every class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.generate import files, gallery
from ui.generate.choice import Asked
from ui.generate.draws import Source, decoded, noise

__all__ = ["conditions", "needs_cvae", "z_in_words"]

ROWS = 6
WRITTEN = 2  # numbers of a z that are written out


def conditions(sources: Mapping[str, Source], asked: Asked) -> None:
    """A row for each z, a column for each class."""
    source = needs_cvae(sources)
    if source is None:
        return
    names, model = source.info.class_names, source.info.model
    z = noise(ROWS, model.latent_dim, asked)
    draw = decoded(source, z.repeat(len(names), axis=0), np.tile(np.arange(len(names)), ROWS))
    pictures = draw.pictures.reshape(ROWS, len(names), *model.image_shape)
    st.markdown(
        "Each row is one z, decoded under every condition: slant, width and weight stay, the class changes."
        + ("" if draw.right is None else f" The judge sees the class of its column in **{gallery.share(draw.right)}**.")
    )
    st.html(gallery.rows([(z_in_words(one), row) for one, row in zip(z, pictures, strict=True)], "one z", names))
    files.downloads("conditions", {"One z all conditions": files.Files(draw, len(names))}, names)


def needs_cvae(sources: Mapping[str, Source]) -> Source | None:
    """The conditional VAE; None, with a sentence, where there is none."""
    if "cvae" not in sources:
        st.info("This needs a conditional VAE, and none has these settings: choose others under *Runs shown*.")
    return sources.get("cvae")


def z_in_words(z: NDArray[np.floating]) -> str:
    """The first numbers of a z (d,).

    >>> z_in_words(np.array([0.5, -1.25, 3]))
    'z = (0.50, −1.25, …)'
    """
    numbers = [f"{value:.2f}".replace("-", "−") for value in z[:WRITTEN]]
    return f"z = ({', '.join(numbers + ['…'] * (len(z) > WRITTEN))})"
