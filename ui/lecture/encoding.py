"""Step 7: the condition as a vector, one-hot or learned, and what it costs."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.generated import vectors
from ui.lecture.diagram import draw, vector_rows
from ui.lecture.material import Layout, run_of, table
from ui.lecture.shapes import condition_cost
from ui.lecture.steps import Step
from ui.shell import words
from vae_core.config import ModelConfig
from vae_core.runs import RunInfo

LABELS = "labels"  # session key and URL parameter
DEFAULT_LABELS, MAX_LABELS = (3, 9), 3
CLASSES = (10, 1_000, 100_000)
Floats = NDArray[np.floating]


def encodings(step: Step, layout: Layout, revealed: bool) -> None:
    """Show the vectors of some digits in both encodings, and their sizes; revealed: the learned ones' distances."""
    one_hot, learned = run_of("cvae"), run_of("cvae", condition="embedding")
    names = one_hot.class_names
    with layout.left:
        labels = st.pills(
            "Digits", range(len(names)), format_func=names.__getitem__, selection_mode="multi", default=DEFAULT_LABELS,
            key=LABELS, bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
        labels = labels[-MAX_LABELS:] or list(DEFAULT_LABELS)
        st.markdown(f"**One-hot**: {one_hot.model.num_classes} numbers, one of them 1")
        draw(vector_rows(names, vectors.condition_vectors(one_hot), labels))
        st.markdown(f"**nn.Embedding**: {learned.model.condition_dim} learned numbers")
        draw(vector_rows(names, vectors.condition_vectors(learned), labels))
        st.markdown("**What it costs**")
        table(("classes", *(f"{name} {column}" for name in ("one-hot", "embedding") for column in ("size", "weights"))),
              costs(one_hot.model, learned.model))  # fmt: skip
        st.caption(
            "Size: numbers per label. Weights: those that the condition adds to encoder and decoder, and the table of "
            "vectors. Use **one-hot** for few unrelated classes, **nn.Embedding** for many or related ones."
        )
    with layout.right:
        if revealed:
            _learned(learned)
        st.caption(
            "Outlook: a whole sentence can be the condition, turned into vectors by a language model. That is how "
            "text-to-image models take their prompt."
        )
    del step


def costs(one_hot: ModelConfig, learned: ModelConfig) -> list[tuple[str, ...]]:
    """Return the table's rows: sizes and weights for few and for many classes."""
    rows = ((classes, [condition_cost(model, classes) for model in (one_hot, learned)]) for classes in CLASSES)
    return [(f"{classes:,}", *(f"{value:,}" for cost in both for value in cost)) for classes, both in rows]


def _learned(info: RunInfo) -> None:
    """Plot the learned vectors, and compare the closest two before and after training."""
    names, end = info.class_names, vectors.condition_vectors(info)
    vectors.vectors_plot(names, end)
    start, nearest = vectors.initial_vectors(info.model, info.train.seed), vectors.nearest_classes(end)
    first = min(range(len(nearest)), key=lambda label: nearest[label].distance)
    second, distance = nearest[first]
    before = float(np.linalg.norm(start[first] - start[second]))
    st.markdown(
        f"Closest: **{names[first]} and {names[second]}**, {words.three(distance)} apart. They started, at random, "
        f"{words.three(before)} apart. Over all pairs, the distances before and after training have a correlation of "
        f"**{vectors.distance_correlation(end, start):.2f}**."
    )
