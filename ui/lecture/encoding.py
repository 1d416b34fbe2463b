"""Step 7: the condition as a vector, one-hot or learned: what it looks like, and what it costs."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.generate.draws import Source
from ui.generate.encodings import kept, neighbours, start_of, vectors_of, vectors_plot
from ui.lecture.diagram import draw, vector_rows
from ui.lecture.material import Layout, run_of, table
from ui.lecture.shapes import condition_cost
from ui.lecture.steps import Step
from ui.shell import panels
from vae_core.config import ModelConfig
from vae_core.runs import RunInfo

SHOWN = "lecture_vectors"  # session key
USUAL = (3, 9)
CLASSES = (10, 1_000, 100_000)
Floats = NDArray[np.floating]


def encodings(step: Step, layout: Layout, revealed: bool) -> None:
    """The vectors of some digits in both encodings, and their sizes; revealed: which learned ones are neighbours."""
    one_hot, learned = run_of("cvae"), run_of("cvae", condition="embedding")
    names = one_hot.class_names
    with layout.left:
        picked = st.pills(
            "Digits", range(len(names)), format_func=names.__getitem__, selection_mode="multi", default=USUAL,
            key=SHOWN, persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        picked = picked[-3:] or list(USUAL)
        st.markdown(f"**One-hot**: {one_hot.model.num_classes} numbers, one of them 1")
        draw(vector_rows(names, _vectors(one_hot), picked))
        st.markdown(f"**nn.Embedding**: {learned.model.condition_dim} learned numbers")
        draw(vector_rows(names, _vectors(learned), picked))
        st.markdown("**What it costs**")
        table(("classes", *(f"{name} {what}" for name in ("one-hot", "embedding") for what in ("size", "weights"))),
              costs(one_hot.model, learned.model))  # fmt: skip
        st.caption(
            "Size: numbers per label. Weights: what the condition adds to encoder and decoder, with the table of "
            "vectors. **One-hot** where classes are few and unrelated; **nn.Embedding** where they are many or share "
            "something."
        )
    with layout.right:
        if revealed:
            _learned(learned)
        st.caption(
            "Outlook: a whole sentence can be the condition, turned into vectors by a language model. That is how "
            "text-to-image models are told what to draw."
        )
    del step


def costs(one_hot: ModelConfig, learned: ModelConfig) -> list[tuple[str, ...]]:
    """Sizes for few and for many classes, in words."""
    found = ((classes, [condition_cost(model, classes) for model in (one_hot, learned)]) for classes in CLASSES)
    return [(f"{classes:,}", *(f"{value:,}" for cost in both for value in cost)) for classes, both in found]


def _vectors(info: RunInfo) -> Floats:
    return vectors_of(Source(info, None))


def _learned(info: RunInfo) -> None:
    """The plot of the learned vectors, and the closest two before and after the training."""
    names, vectors = info.class_names, _vectors(info)
    vectors_plot(names, vectors)
    start, nearest = start_of(info.model, info.train.seed), neighbours(vectors)
    first = min(range(len(nearest)), key=lambda label: nearest[label].distance)
    second, distance = nearest[first]
    before = float(np.linalg.norm(start[first] - start[second]))
    st.markdown(
        f"Closest: **{names[first]} and {names[second]}**, {panels.three(distance)} apart. They began, at random, "
        f"{panels.three(before)} apart. Over all pairs, the distances before and after have a correlation of "
        f"**{kept(vectors, start):.2f}**."
    )
