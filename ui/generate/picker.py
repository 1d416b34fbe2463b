"""The class picker: its widgets, and the gallery of the images drawn with them."""

from collections.abc import Mapping

import streamlit as st

from ui.generate.controls import draw_settings
from ui.generated import draws, files, gallery
from ui.generated.draws import Draw, DrawSettings, Source
from ui.shell import words


def picker(sources: Mapping[str, Source]) -> DrawSettings:
    """Draw widgets and gallery, or a sentence in its place if there is no cVAE; return the widgets' values."""
    names = next(iter(sources.values())).info.class_names
    settings, row = draw_settings(names)
    with st.container(key="gallery"):
        source = sources.get("cvae")
        if source is None:
            st.info(
                "No conditional VAE has these settings: choose others under *Runs shown*. "
                "Only a conditional model can draw a particular class."
            )
        elif not settings.classes:
            st.info("Select at least one class.")
        else:
            draw = draws.sample_classes(source, settings)
            st.html(gallery.class_blocks(draw, settings.count, names))
            st.markdown(f"{_summary(draw, settings.count)} {words.title('cvae')}, {words.subtitle(source.info)}.")
            with row:
                files.downloads("classes", {"Classes": files.Files(draw, settings.count)}, names)
    return settings


def _summary(draw: Draw, count: int) -> str:
    n = len(draw.x)
    if draw.correct is None:
        return f"**{n:,} images.** This data set has no classifier."
    frames = gallery.FRAMES if gallery.tiled(n, count) else "Red frame: another class than requested."
    return f"The classifier sees the requested class in **{gallery.share(draw.correct)}** of {n:,} images. {frames}"
