"""How the decoder is told the class: the vector itself, what lies between two, and what an embedding has learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ui import charts
from ui.charts.embedding import embedding_chart, embedding_tables
from ui.generate import files, gallery
from ui.generate.choice import FIRST, SECOND, SHARE, Asked
from ui.generate.conditions import needs_cvae, z_in_words
from ui.generate.draws import Draw, Source, judged, noise
from ui.shell import panels
from ui.store import cache
from vae_core.config import ModelConfig

__all__ = [
    "Neighbour",
    "encodings",
    "kept",
    "mixed",
    "neighbours",
    "start_of",
    "vector_in_words",
    "vectors_of",
    "vectors_plot",
]

DEFAULT_PAIR = (3, 8)  # half a 3, half an 8
ROWS, STEPS = 3, 11  # z, and shares from 0 to 1
Floats = NDArray[np.float32]


class Neighbour(NamedTuple):
    """The class whose vector is nearest, and how far it is."""

    label: int
    distance: float


def encodings(sources: Mapping[str, Source], asked: Asked) -> None:
    """The vectors, a mix of two of them, and for an embedding their plot and table."""
    source = needs_cvae(sources)
    if source is None:
        return
    info, vectors = source.info, vectors_of(source)
    learned = info.model.condition == "embedding"
    first, second, share = _pair(info.class_names)
    _told(info.class_names, vectors, (first, second), share, learned)
    _mix(source, vectors, (first, second), share, asked)
    if learned:
        _learned(info.class_names, vectors)
        _since_the_start(vectors, start_of(info.model, info.train.seed))
    else:
        st.caption(
            "One-hot vectors are all equally far from each other (√2): the encoding itself knows nothing of classes "
            "that look alike, and what lies between two vectors was never trained."
        )
        _offer_embedding()


def vectors_of(source: Source) -> Floats:
    """The condition's vector of every class, shape (K, C)."""
    return cache.model(source.info).condition_vectors().numpy()


def mixed(vectors: Floats, first: int, second: int, shares: NDArray[np.floating]) -> Floats:
    """Vectors on the straight line from one class (share 0) to another (share 1), shape (len(shares), C)."""
    share = np.asarray(shares, dtype=np.float32)[:, None]
    return (1 - share) * vectors[first] + share * vectors[second]


def neighbours(vectors: Floats) -> list[Neighbour]:
    """The nearest other class of each, by Euclidean distance; none where there is only one class."""
    apart = vectors[:, None].astype(np.float64) - vectors[None]
    distance = np.sqrt((apart**2).sum(axis=-1))
    np.fill_diagonal(distance, np.inf)
    return [Neighbour(int(row.argmin()), float(row.min())) for row in distance] if len(vectors) > 1 else []


def kept(vectors: Floats, start: Floats) -> float:
    """How much the distances between vectors (K, C) are those that they began with: the correlation over all pairs."""
    pairs = np.triu_indices(len(vectors), 1)
    before, after = (np.linalg.norm(found[:, None] - found[None], axis=-1)[pairs] for found in (start, vectors))
    return float(np.corrcoef(before, after)[0, 1])


@st.cache_data(max_entries=16, show_spinner=False)
def start_of(model: ModelConfig, seed: int) -> Floats:
    """The vectors of a learned condition before the training, shape (K, C)."""
    import torch

    from vae_core.models import CVAE, build_model

    fresh = build_model(model, seed)
    assert isinstance(fresh, CVAE)  # noqa: S101
    with torch.inference_mode():
        return fresh.condition_vectors().numpy()


def vector_in_words(vector: Floats) -> str:
    """A condition's vector, whole numbers without decimals.

    >>> vector_in_words(np.array([0, 0.5, -1], dtype=np.float32))
    '(0, 0.50, −1)'
    """
    numbers = [f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}" for value in vector]
    return f"({', '.join(numbers)})".replace("-", "−")


def _pair(names: Sequence[str]) -> tuple[int, int, float]:
    """Widgets for two classes, and how much of the second."""
    everything = range(len(names))
    for key in (FIRST, SECOND):
        if st.session_state.get(key, 0) not in everything:  # of another data set
            del st.session_state[key]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, second = (
            st.selectbox(
                label, everything, index=min(default, len(names) - 1), format_func=names.__getitem__, key=key,
                bind="query-params", width=110,
            )
            for label, key, default in zip(("From", "to"), (FIRST, SECOND), DEFAULT_PAIR, strict=True)
        )  # fmt: skip
        share = st.slider(
            f"Share of {names[second]}", 0.0, 1.0, 0.5, 0.05, format="percent", key=SHARE, bind="query-params",
            width=280,
        )  # fmt: skip
    return first, second, share


def _told(names: Sequence[str], vectors: Floats, pair: tuple[int, int], share: float, learned: bool) -> None:
    """What the decoder gets for the two classes, and between them."""
    between = mixed(vectors, *pair, np.array([share]))[0]
    kind = "learned numbers" if learned else "numbers, one of them 1"
    st.markdown(
        f"The condition is {len(between)} {kind}, given to encoder and decoder beside image and z.  \n"
        f"**{names[pair[0]]}** → `{vector_in_words(vectors[pair[0]])}`  \n"
        f"**{names[pair[1]]}** → `{vector_in_words(vectors[pair[1]])}`  \n"
        f"**{share:.0%} of the way** → `{vector_in_words(between)}`"
    )


def _mix(source: Source, vectors: Floats, pair: tuple[int, int], share: float, asked: Asked) -> None:
    """The mix itself, and the whole way from one class to the other, for the same z."""
    names, model = source.info.class_names, source.info.model
    z = noise(ROWS, model.latent_dim, asked)
    shares = np.linspace(0, 1, STEPS)
    conditions = mixed(vectors, *pair, np.append(shares, share))
    draw = _decoded(source, z.repeat(len(conditions), axis=0), np.tile(conditions, (ROWS, 1)))
    pictures = draw.pictures.reshape(ROWS, len(conditions), *model.image_shape)
    chosen = draw.at(np.arange(ROWS) * len(conditions) + STEPS)
    left, right = st.columns((1, 4), gap="medium")
    with left:
        st.markdown(f"**{1 - share:.0%} {names[pair[0]]}, {share:.0%} {names[pair[1]]}**")
        words = [_judged(chosen, number, names) for number in range(ROWS)]
        st.html(gallery.rows([(said, row[-1:]) for said, row in zip(words, pictures, strict=True)], "mixed"))
    with right:
        st.markdown(f"**All the way from {names[pair[0]]} to {names[pair[1]]}**, the same z in a row")
        strips = [(z_in_words(one), row[:-1]) for one, row in zip(z, pictures, strict=True)]
        st.html(gallery.rows(strips, "between two classes", [f"{step:.0%}" for step in shares]))
    files.downloads("mix", {"Mixed conditions": files.Files(draw, len(conditions))}, names)


def _judged(draw: Draw, number: int, names: Sequence[str]) -> str:
    said = gallery.verdict(draw, number, names)
    return f"judged {said}" if said else ""


def _decoded(source: Source, z: Floats, condition: Floats) -> Draw:
    """What the decoder makes of latents (n, d) and condition vectors (n, C), judged."""
    import torch

    with torch.inference_mode():
        x_hat = cache.model(source.info).decode_with(torch.from_numpy(z), torch.from_numpy(condition))
    return judged(source, Draw(x_hat.numpy(), z, None))


def vectors_plot(names: Sequence[str], vectors: Floats) -> None:
    """Where the learned vectors (K, C) lie."""
    theme, subtitle = st.context.theme.type or "light", "by their first two principal components"
    tables = {name: charts.arrow(table) for name, table in embedding_tables(vectors, names).items()}
    st.vega_lite_chart(
        spec=charts.filled(embedding_chart(theme, names, vectors, "Learned vectors", subtitle), tables),
        width="content",
        key="embedding",
        alt="The learned vector of each class by its first two principal components",
    )


def _learned(names: Sequence[str], vectors: Floats) -> None:
    """Plot and table of the vectors that the embedding has learned."""
    nearest = neighbours(vectors)
    plot, table = st.columns((2, 3), gap="medium")
    with plot:
        vectors_plot(names, vectors)
    with table:
        rows = {
            "Class": list(names),
            "Nearest": [names[one.label] for one in nearest] or [""],
            "Distance": [one.distance for one in nearest] or [0.0],
        } | {f"c{number + 1}": vectors[:, number] for number in range(vectors.shape[1])}
        number = st.column_config.NumberColumn(format="%.2f")
        columns = {name: number for name in rows if name not in ("Class", "Nearest")}
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=columns, height="content")
        st.caption(_closest(names, nearest))


def _since_the_start(vectors: Floats, start: Floats) -> None:
    """Whether the distances mean anything."""
    if len(vectors) > 2:
        st.caption(
            f"They began at random, and the distances between them are still much as they began (correlation "
            f"{kept(vectors, start):.2f}): a short distance alone does not say that two classes are alike."
        )


def _closest(names: Sequence[str], nearest: Sequence[Neighbour]) -> str:
    """The two classes that are closest together, in words."""
    if not nearest:
        return "There is only one class."
    label = min(range(len(nearest)), key=lambda number: nearest[number].distance)
    other, distance = nearest[label]
    return f"Closest together: {names[label]} and {names[other]}, {panels.three(distance)} apart."


def _offer_embedding() -> None:
    """A way to the run with a learned embedding, if there is one with these settings."""
    if "embedding" in {info.model.condition for info in cache.infos() if info.model.kind == "cvae"}:
        st.caption("A learned embedding: choose it as *Condition encoding* under *Runs shown*.")
