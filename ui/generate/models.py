"""The same draw from all three models: what N(0, I) is worth to a decoder that was not trained for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from ui.generate import files, gallery
from ui.generate.choice import Asked
from ui.generate.draws import Draw, Source, drawn
from ui.shell import panels
from ui.store import cache

__all__ = ["labels_for", "models"]

ROWS, COLUMNS = 8, 10  # of images at most


class Way(NamedTuple):
    """A way to draw images: the kind of model, its name, whether z is fitted to the codes, and what to see there."""

    kind: str
    name: str
    fitted: bool
    words: str


WAYS = (
    Way("ae", "AE, z ~ N(0, I)", False,
        "An autoencoder has no prior. Its codes spread {spread} σ: the draw hits their middle, where classes meet."),
    Way("ae", "AE, z fitted to its codes", True,
        "The fair way: z from a Gaussian fitted to the codes. The width is right; it still falls between the classes."),
    Way("vae", "VAE, z ~ N(0, I)", False,
        "The KLD has brought the codes to the prior ({spread} σ). Which digit it is, z decides: random ones."),
    Way("cvae", "cVAE, z ~ N(0, I)", False,
        "The condition says which digit, z only how it is written ({spread} σ): the digits asked for, a column each."),
)  # fmt: skip


def models(sources: Mapping[str, Source], asked: Asked) -> None:
    """Four sheets of the same noise, in the fixed order."""
    names = next(iter(sources.values())).info.class_names
    y = labels_for(asked.classes or tuple(range(len(names))))
    columns = len(y) // ROWS
    st.caption(
        f"The same {len(y)} z for all: drawn once from N(0, I), with the seed and the temperature above; "
        "for the fitted Gaussian turned and stretched."
    )
    shown = {}
    for way, place in zip(WAYS, st.columns(len(WAYS), gap="medium"), strict=True):
        with place, st.container(key=f"way-{way.kind}-{way.fitted}", gap="xsmall"):
            st.markdown(f"**{way.name}**")
            if way.kind not in sources:
                st.info(f"No run of the {panels.title(way.kind)} has these settings.")
                continue
            source = sources[way.kind]
            draw = drawn(source, y, asked, way.fitted)
            shown[way.name] = files.Files(draw, columns)
            st.html(gallery.sheet_of(draw, columns, f"{len(y)} images, {way.name}"))
            st.markdown(_told(draw))
            st.caption(way.words.format(spread=_spread(source)))
    files.downloads("models", shown, names)


def labels_for(classes: Sequence[int]) -> tuple[int, ...]:
    """Labels of a sheet with `ROWS` rows: the classes in turn, of few classes each with as many columns."""
    row = tuple(classes) * max(1, COLUMNS // len(classes))
    return row * ROWS


def _told(draw: Draw) -> str:
    """The judge's word on a sheet."""
    if draw.recognised is None:
        return "There is no judge for this data set."
    asked = "" if draw.right is None else f"; the digit asked for in **{gallery.share(draw.right)}**"
    return f"The judge recognises **{gallery.share(draw.recognised)}**{asked}."


def _spread(source: Source) -> str:
    """Standard deviations of the codes in words."""
    spread = cache.metrics(source.info)["spread"].value
    return " × ".join(panels.three(value) for value in spread[:2]) + (" …" if len(spread) > 2 else "")
