"""The page from top to bottom: the class picker's gallery, and one of several closer looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ui.generate import choice, conditions, encodings, gallery, models, picker, walk
from ui.generate.choice import Asked
from ui.generate.draws import Source
from ui.generated.judging import check, judge_of
from ui.shell import links, panels
from ui.store import cache
from vae_core.runs import RunInfo

__all__ = ["exhibit"]

PARTS: dict[str, Callable[[Mapping[str, Source], Asked], None]] = {
    "All three models": models.models,
    "One z, all conditions": conditions.conditions,
    "One condition, a walk": walk.walk,
    "Condition encoding": encodings.encodings,
}


def exhibit(chosen: Mapping[str, RunInfo | None]) -> None:
    """The whole exhibit for the run of each kind."""
    runs = {kind: info for kind, info in chosen.items() if info is not None and panels.readable(info, cache.model)}
    if not runs:
        st.info("There are no trained runs here yet. `python -m vae_core train --model cvae` makes one.")
        return
    first = next(iter(runs.values()))
    check({first.train.dataset})
    judge = judge_of(first.train.dataset)
    sources = {kind: Source(info, judge) for kind, info in runs.items()}
    links.check(choice.rules(first.class_names, tuple(PARTS)))
    gallery.style()
    asked = picker.picker(sources)
    part = st.segmented_control(
        "A closer look", tuple(PARTS), default=next(iter(PARTS)), required=True, key=choice.PART, bind="query-params"
    )
    PARTS[part](sources, asked)
    panels.about(None)
