"""One z under every condition: the same style as every class."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.generated import draws, files, gallery
from ui.generated.draws import Draw, DrawSettings, Source

ROWS = 6
SHOWN_NUMBERS = 2  # of a z


def conditions(source: Source, settings: DrawSettings) -> None:
    """Draw a row for each z and a column for each class."""
    names, model = source.info.class_names, source.info.model
    z = draws.noise(ROWS, model.latent_dim, settings)
    draw = draws.decode(source, z.repeat(len(names), axis=0), np.tile(np.arange(len(names)), ROWS))
    pictures = draw.pictures.reshape(ROWS, len(names), *model.image_shape)
    st.markdown(
        "Each row is one z, decoded under every condition: slant, width and weight stay, the class changes."
        + agreement(draw)
    )
    st.html(gallery.rows([(z_text(code), row) for code, row in zip(z, pictures, strict=True)], "one z", names))
    files.downloads("conditions", {"One z all conditions": files.Files(draw, len(names))}, names)


def agreement(draw: Draw) -> str:
    """Say how often the classifier sees the condition; nothing without a classifier."""
    correct = draw.correct
    return "" if correct is None else f" The classifier agrees with the condition in **{gallery.share(correct)}**."


def z_text(z: NDArray[np.floating]) -> str:
    """Return the first numbers of a z (d,) as a text.

    >>> z_text(np.array([0.5, -1.25, 3]))
    'z = (0.50, −1.25, …)'
    """
    numbers = [f"{value:.2f}".replace("-", "−") for value in z[:SHOWN_NUMBERS]]
    return f"z = ({', '.join(numbers + ['…'] * (len(z) > SHOWN_NUMBERS))})"
