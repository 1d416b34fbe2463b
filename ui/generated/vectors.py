"""The vectors that tell a decoder the class: where they lie, which are close, and how far they moved in training."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts.embedding import embedding_chart, embedding_tables
from ui.shell.theme import current_theme
from vae_core.config import ModelConfig
from vae_core.runs import RunInfo

Floats = NDArray[np.float32]


class Neighbour(NamedTuple):
    """The class whose vector is nearest, and its distance."""

    label: int
    distance: float


def condition_vectors(info: RunInfo) -> Floats:
    """Return the condition vector of every class of a cVAE, shape (K, C)."""
    return store.model(info).condition_vectors().numpy()


@st.cache_data(max_entries=16, show_spinner=False)
def initial_vectors(model: ModelConfig, seed: int) -> Floats:
    """Return the vectors of a learned condition before training, shape (K, C)."""
    import torch

    from vae_core.models import CVAE, build_model

    untrained = build_model(model, seed)
    assert isinstance(untrained, CVAE)  # noqa: S101
    with torch.inference_mode():
        return untrained.condition_vectors().numpy()


def nearest_classes(vectors: Floats) -> list[Neighbour]:
    """Return the nearest other class of each by Euclidean distance; an empty list if there is only one class."""
    differences = vectors[:, None].astype(np.float64) - vectors[None]
    distances = np.sqrt((differences**2).sum(axis=-1))
    np.fill_diagonal(distances, np.inf)
    return [Neighbour(int(row.argmin()), float(row.min())) for row in distances] if len(vectors) > 1 else []


def distance_correlation(vectors: Floats, initial: Floats) -> float:
    """Return the correlation, over all pairs of vectors (K, C), of their distances after and before training."""
    pairs = np.triu_indices(len(vectors), 1)
    before, after = (np.linalg.norm(rows[:, None] - rows[None], axis=-1)[pairs] for rows in (initial, vectors))
    return float(np.corrcoef(before, after)[0, 1])


def vectors_plot(names: Sequence[str], vectors: Floats) -> None:
    """Draw learned vectors (K, C) in the plane of their first two principal components."""
    theme, subtitle = current_theme(), "by their first two principal components"
    tables = {name: charts.arrow(table) for name, table in embedding_tables(vectors, names).items()}
    st.vega_lite_chart(
        spec=charts.filled(embedding_chart(theme, names, vectors, "Learned vectors", subtitle), tables),
        width="content",
        key="embedding",
        alt="The learned vector of each class by its first two principal components",
    )
