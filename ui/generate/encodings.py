"""How the decoder is given the class: the vector itself, mixtures of two, and what an embedding has learned."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.generate.conditions import z_text
from ui.generate.controls import FIRST, SECOND, SHARE
from ui.generated import draws, files, gallery, vectors
from ui.generated.draws import Draw, DrawSettings, Source
from ui.generated.vectors import Neighbour
from ui.shell import words

DEFAULT_PAIR = (3, 8)  # half a 3, half an 8
ROWS, STEPS = 3, 11  # z, and shares from 0 to 1
Floats = NDArray[np.float32]
Pair = tuple[int, int]


def encodings(source: Source, settings: DrawSettings) -> None:
    """Draw the vectors, a mixture of two of them, and for an embedding their plot and table."""
    info, table = source.info, vectors.condition_vectors(source.info)
    learned = info.model.condition == "embedding"
    pair, share = _choose_pair(info.class_names)
    _show_vectors(info.class_names, table, pair, share, learned)
    _mixture(source, table, pair, share, settings)
    if learned:
        _learned_vectors(info.class_names, table)
        _since_the_start(table, vectors.initial_vectors(info.model, info.train.seed))
    else:
        st.caption(
            "One-hot vectors are all equally far from each other (√2): the encoding itself does not know which classes "
            "look alike, and points between two vectors were never trained."
        )
        _offer_embedding()


def mixed(table: Floats, first: int, second: int, shares: NDArray[np.floating]) -> Floats:
    """Return vectors on the line from one class (share 0) to another (share 1), shape (len(shares), C)."""
    share = np.asarray(shares, dtype=np.float32)[:, None]
    return (1 - share) * table[first] + share * table[second]


def vector_text(vector: Floats) -> str:
    """Return a condition's vector as a text, whole numbers without decimals.

    >>> vector_text(np.array([0, 0.5, -1], dtype=np.float32))
    '(0, 0.50, −1)'
    """
    numbers = [f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}" for value in vector]
    return f"({', '.join(numbers)})".replace("-", "−")


def _choose_pair(names: Sequence[str]) -> tuple[Pair, float]:
    """Draw widgets for two classes and the share of the second."""
    labels = range(len(names))
    for key in (FIRST, SECOND):
        if st.session_state.get(key, 0) not in labels:  # of another data set
            del st.session_state[key]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, second = (
            st.selectbox(
                title, labels, index=min(default, len(names) - 1), format_func=names.__getitem__, key=key,
                bind="query-params", width=110,
            )
            for title, key, default in zip(("From", "to"), (FIRST, SECOND), DEFAULT_PAIR, strict=True)
        )  # fmt: skip
        share = st.slider(
            f"Share of {names[second]}", 0.0, 1.0, 0.5, 0.05, format="percent", key=SHARE, bind="query-params",
            width=280,
        )  # fmt: skip
    return (first, second), share


def _show_vectors(names: Sequence[str], table: Floats, pair: Pair, share: float, learned: bool) -> None:
    """Write what the decoder gets for the two classes, and for their mixture."""
    mixture = mixed(table, *pair, np.array([share]))[0]
    kind = "learned numbers" if learned else "numbers, one of them 1"
    st.markdown(
        f"The condition is {len(mixture)} {kind}, given to the encoder with the image and to the decoder with z.  \n"
        f"**{names[pair[0]]}** → `{vector_text(table[pair[0]])}`  \n"
        f"**{names[pair[1]]}** → `{vector_text(table[pair[1]])}`  \n"
        f"**{share:.0%} of the way** → `{vector_text(mixture)}`"
    )


def _mixture(source: Source, table: Floats, pair: Pair, share: float, settings: DrawSettings) -> None:
    """Draw the mixture, and all shares from one class to the other, for the same z."""
    names, model = source.info.class_names, source.info.model
    z = draws.noise(ROWS, model.latent_dim, settings)
    shares = np.linspace(0, 1, STEPS)
    conditions = mixed(table, *pair, np.append(shares, share))
    draw = draws.decode_with(source, z.repeat(len(conditions), axis=0), np.tile(conditions, (ROWS, 1)))
    pictures = draw.pictures.reshape(ROWS, len(conditions), *model.image_shape)
    mixtures = draw.at(np.arange(ROWS) * len(conditions) + STEPS)
    left, right = st.columns((1, 4), gap="medium")
    with left:
        st.markdown(f"**{1 - share:.0%} {names[pair[0]]}, {share:.0%} {names[pair[1]]}**")
        labels = [_label(mixtures, number, names) for number in range(ROWS)]
        st.html(gallery.rows([(label, row[-1:]) for label, row in zip(labels, pictures, strict=True)], "mixture"))
    if source.info.model.has_label_prior:
        st.caption("z is drawn from N(0, I): a mixture of two classes has no learned prior.")
    with right:
        st.markdown(f"**All the way from {names[pair[0]]} to {names[pair[1]]}**, each row with the same z")
        strips = [(z_text(code), row[:-1]) for code, row in zip(z, pictures, strict=True)]
        st.html(gallery.rows(strips, "between two classes", [f"{step:.0%}" for step in shares]))
    files.downloads("mix", {"Mixed conditions": files.Files(draw, len(conditions))}, names)


def _label(draw: Draw, number: int, names: Sequence[str]) -> str:
    label = gallery.label_text(draw, number, names)
    return f"classified as {label}" if label else ""


def _learned_vectors(names: Sequence[str], table: Floats) -> None:
    """Draw plot and table of the vectors that the embedding has learned."""
    nearest = vectors.nearest_classes(table)
    left, right = st.columns((2, 3), gap="medium")
    with left:
        vectors.vectors_plot(names, table)
    with right:
        columns = {
            "Class": list(names),
            "Nearest": [names[neighbour.label] for neighbour in nearest] or [""],
            "Distance": [neighbour.distance for neighbour in nearest] or [0.0],
        } | {f"c{number + 1}": table[:, number] for number in range(table.shape[1])}
        two_decimals = st.column_config.NumberColumn(format="%.2f")
        formats = {name: two_decimals for name in columns if name not in ("Class", "Nearest")}
        st.dataframe(pd.DataFrame(columns), hide_index=True, column_config=formats, height="content")
        st.caption(_closest(names, nearest))


def _since_the_start(table: Floats, initial: Floats) -> None:
    """Write how much of the distances was there before training."""
    if len(table) > 2:
        st.caption(
            "The vectors started at random, and the distances between them still correlate with those at the start "
            f"({vectors.distance_correlation(table, initial):.2f}): a short distance alone does not mean that two "
            "classes are alike."
        )


def _closest(names: Sequence[str], nearest: Sequence[Neighbour]) -> str:
    """Return which two classes are closest, as a sentence."""
    if not nearest:
        return "There is only one class."
    label = min(range(len(nearest)), key=lambda number: nearest[number].distance)
    neighbour, distance = nearest[label]
    return f"Closest: {names[label]} and {names[neighbour]}, {words.three(distance)} apart."


def _offer_embedding() -> None:
    """Say how to show a run with a learned embedding, if there is one."""
    if "embedding" in {info.model.condition for info in store.catalogue() if info.model.kind == "cvae"}:
        st.caption("For a learned embedding, choose it as *Condition encoding* under *Runs shown*.")
