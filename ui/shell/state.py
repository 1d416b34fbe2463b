"""What a visitor has chosen: session keys and URL parameters, declared once, and which runs a choice means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import streamlit as st

from vae_core.config import DATASETS, KINDS
from vae_core.runs import RunInfo

__all__ = ["RUN", "RUN_CHOICES", "Choice", "choose", "linked_run", "options", "settle"]


class Choice(NamedTuple):
    """One setting that tells runs apart: its name (also the session key and URL parameter) and its words on screen."""

    name: str
    label: str


RUN_CHOICES = (
    Choice("dataset", "Data set"),
    Choice("seed", "Seed"),
    Choice("beta", "KLD weight β"),
    Choice("latent_dim", "Latent dimensions"),
    Choice("condition", "Condition encoding"),
)
RUN, LINKED = "run", "linked"  # URL parameter with a run's id; session key: the last one that was followed
PREFERRED = {"dataset": "mnist", "seed": 0, "beta": 1.0, "latent_dim": 2, "condition": "one_hot"}
WORDS = {"one_hot": "one-hot", "embedding": "embedding"} | {name: info.title for name, info in DATASETS.items()}


def value_of(info: RunInfo, name: str) -> Any:
    """A run's value for a choice; None where its kind has no such setting."""
    if name == "condition":
        return info.model.condition if info.model.kind == "cvae" else None
    return info.model.latent_dim if name == "latent_dim" else getattr(info.train, name)


def in_words(value: Any) -> str:
    """A choice's value as people read it."""
    return WORDS.get(value, f"{value:g}" if isinstance(value, float) else str(value))


def _fitting(infos: Iterable[RunInfo], chosen: dict[str, Any]) -> list[RunInfo]:
    """The runs that do not contradict a choice; one that a run's kind does not have contradicts nothing."""
    return [info for info in infos if all(value_of(info, name) in (value, None) for name, value in chosen.items())]


def options(infos: Sequence[RunInfo], name: str, chosen: dict[str, Any]) -> list[Any]:
    """The values that exist for a choice among the runs that fit what was chosen before it, in a sensible order."""
    values = {value_of(info, name) for info in _fitting(infos, chosen)} - {None}
    if name == "dataset":
        return [dataset for dataset in DATASETS if dataset in values]
    return sorted(values, reverse=name == "condition")


def settle(name: str, allowed: Sequence[Any]) -> int:
    """Forget a stored value that is no longer allowed; the index of the default among those that are."""
    if name in st.session_state and st.session_state[name] not in allowed:
        del st.session_state[name]
    return allowed.index(PREFERRED[name]) if PREFERRED[name] in allowed else 0


def linked_run(infos: Iterable[RunInfo]) -> RunInfo | None:
    """The run that the URL names, when this page sees the link for the first time; None else."""
    name = st.query_params.get(RUN)
    if name is None or st.session_state.get(LINKED) == name:
        return None
    st.session_state[LINKED] = name
    return next((info for info in infos if info.id == name), None)


def choose(infos: Sequence[RunInfo], chosen: dict[str, Any]) -> dict[str, RunInfo | None]:
    """The run of each kind that a choice means: the linked one, else a shipped one, else the newest; None if none."""
    linked = st.query_params.get(RUN)
    fitting = [info for info in _fitting(infos, chosen) if info.model.condition_in == "both"]
    best: dict[str, RunInfo | None] = {}
    for kind in KINDS:
        same = [info for info in fitting if info.model.kind == kind]
        best[kind] = max(same, key=lambda info: (info.id == linked, info.shipped, info.created), default=None)
    return best
