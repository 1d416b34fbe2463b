"""One z under every condition: the same style as every class."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.generated import draws, files, gallery
from ui.generated.draws import DrawSettings, Source

ROWS = 6
SHOWN_NUMBERS = 2  # of a z


def conditions(sources: Mapping[str, Source], settings: DrawSettings) -> None:
    """Draw a row for each z and a column for each class."""
    source = cvae_source(sources)
    if source is None:
        return
    names, model = source.info.class_names, source.info.model
    z = draws.noise(ROWS, model.latent_dim, settings)
    draw = draws.decode(source, z.repeat(len(names), axis=0), np.tile(np.arange(len(names)), ROWS))
    pictures = draw.pictures.reshape(ROWS, len(names), *model.image_shape)
    st.markdown(
        "Each row is one z, decoded under every condition: slant, width and weight stay, the class changes."
        + (
            ""
            if draw.correct is None
            else f" The classifier agrees with the condition in **{gallery.share(draw.correct)}**."
        )
    )
    st.html(gallery.rows([(z_text(code), row) for code, row in zip(z, pictures, strict=True)], "one z", names))
    files.downloads("conditions", {"One z all conditions": files.Files(draw, len(names))}, names)


def cvae_source(sources: Mapping[str, Source]) -> Source | None:
    """Return the conditional VAE; show a sentence and return None if there is none."""
    if "cvae" not in sources:
        st.info("This needs a conditional VAE, and none has these settings: choose others under *Runs shown*.")
    return sources.get("cvae")


def z_text(z: NDArray[np.floating]) -> str:
    """Return the first numbers of a z (d,) as a text.

    >>> z_text(np.array([0.5, -1.25, 3]))
    'z = (0.50, −1.25, …)'
    """
    numbers = [f"{value:.2f}".replace("-", "−") for value in z[:SHOWN_NUMBERS]]
    return f"z = ({', '.join(numbers + ['…'] * (len(z) > SHOWN_NUMBERS))})"
