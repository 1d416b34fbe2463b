"""The same draw from all three models: what N(0, I) is worth to a decoder that was not trained on it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from ui import store
from ui.generated import draws, files, gallery
from ui.generated.draws import Draw, DrawSettings, Source
from ui.generated.labels import SURE
from ui.shell import words

ROWS, COLUMNS = 8, 10  # of images at most


class Method(NamedTuple):
    """A way to draw images: the kind of model, its name, whether z is fitted to the codes, and what to notice."""

    kind: str
    name: str
    fitted: bool
    remark: str


METHODS = (
    Method("ae", "AE, z ~ N(0, I)", False,
        "An autoencoder has no prior. Its codes spread {spread} σ, so draws from N(0, I) land in the middle, where "
        "classes meet."),
    Method("ae", "AE, z fitted to its codes", True,
        "Fairer: z from a Gaussian fitted to the codes. The spread is right, and more digits come out; look at how "
        "few different ones."),
    Method("vae", "VAE, z ~ N(0, I)", False,
        "The KLD has brought the codes to the prior ({spread} σ). A random z decides which digit it is."),
    Method("cvae", "cVAE, z ~ {prior}", False,
        "The condition decides which digit it is, z only how it is written ({spread} σ): a column for each digit."),
)  # fmt: skip


def comparison(sources: Mapping[str, Source], settings: DrawSettings) -> None:
    """Draw four sheets from the same noise, in the order of `METHODS`."""
    names = next(iter(sources.values())).info.class_names
    y = sheet_labels(settings.classes or tuple(range(len(names))))
    columns = len(y) // ROWS
    st.caption(
        f"The same {len(y)} z for all: drawn once from N(0, I), with the seed and the temperature above; "
        "for the second sheet stretched and turned to the shape of the AE's codes."
    )
    sets = {}
    for method, column in zip(METHODS, st.columns(len(METHODS), gap="medium"), strict=True):
        with column, st.container(key=f"method-{method.kind}-{method.fitted}", gap="xsmall"):
            name = method.name.format(
                prior=words.prior(sources[method.kind].info) if method.kind in sources else "p(z)"
            )
            st.markdown(f"**{name}**")
            if method.kind not in sources:
                st.info(f"No run of the {words.title(method.kind)} has these settings.")
                continue
            source = sources[method.kind]
            draw = draws.sample(source, y, settings, method.fitted)
            sets[name] = files.Files(draw, columns)
            st.html(gallery.sheet_of(draw, columns, f"{len(y)} images, {name}"))
            st.markdown(_recognition(draw))
            st.caption(method.remark.format(spread=_spread(source)))
    files.downloads("models", sets, names)


def sheet_labels(classes: Sequence[int]) -> tuple[int, ...]:
    """Return the labels of a sheet with `ROWS` rows: the classes in turn, each with several columns if they are few."""
    row = tuple(classes) * max(1, COLUMNS // len(classes))
    return row * ROWS


def _recognition(draw: Draw) -> str:
    if draw.recognised is None:
        return "This data set has no classifier."
    correct = "" if draw.correct is None else f"; it sees the requested digit in **{gallery.share(draw.correct)}**"
    return f"The classifier recognises **{gallery.share(draw.recognised)}** ({SURE}){correct}."


def _spread(source: Source) -> str:
    """Return the first standard deviations of the codes as a text."""
    spread = store.metrics(source.info)["spread"].value
    return " × ".join(words.three(value) for value in spread[:2]) + (" …" if len(spread) > 2 else "")
