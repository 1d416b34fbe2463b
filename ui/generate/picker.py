"""The class picker: classes, how many of each, seed and temperature, and the gallery that they give."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.generate import choice, files, gallery
from ui.generate.choice import Asked
from ui.generate.draws import Source, picked
from ui.shell import panels

__all__ = ["picker"]


def picker(sources: Mapping[str, Source]) -> Asked:
    """Widgets and gallery; what is asked for. Without a cVAE a sentence stands in the gallery's place."""
    names = next(iter(sources.values())).info.class_names
    asked, row = choice.choose(names)
    with st.container(key="gallery"):
        source = sources.get("cvae")
        if source is None:
            st.info(
                "No conditional VAE has these settings: choose others under *Runs shown*. "
                "Only a model that was told the class can be asked for one."
            )
        elif not asked.classes:
            st.info("Pick at least one class.")
        else:
            draw = picked(source, asked)
            st.html(gallery.classes(draw, asked.count, names))
            st.markdown(f"{_summary(draw.right, len(draw.x))} {panels.title('cvae')}, {panels.subtitle(source.info)}.")
            with row:
                files.downloads("classes", {"Classes": files.Files(draw, asked.count)}, names)
    return asked


def _summary(right: NDArray[np.bool_] | None, n: int) -> str:
    if right is None:
        return f"**{n:,} images.** There is no judge for this data set."
    framed = "" if right.all() else " The others have a red frame."
    return f"The judge sees the class asked for in **{gallery.share(right)}** of {n:,} images.{framed}"
