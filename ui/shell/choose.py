"""The choice of runs: widgets for what distinguishes runs, and which run of each kind a choice means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from ui import store
from ui.shell import params, words
from vae_core.config import DATASETS, KINDS, SETTINGS
from vae_core.runs import RunInfo

RUN_CHOICES = ("dataset", "seed", "beta", "latent_dim", "condition")  # settings that distinguish runs
RUN, LINKED = "run", "linked"  # URL parameter with a run's id; session key: the last one that was followed
PREFERRED = {"dataset": "mnist", "seed": 0, "beta": 1.0, "latent_dim": 2, "condition": "one_hot"}
SAMPLED, MEAN = POINTS = ("sampled z", "mean mu")
LATENTS = "latents"  # session key and URL parameter


def runs() -> dict[str, RunInfo | None]:
    """Draw widgets for what distinguishes runs, each offering what exists, and return the run of each kind."""
    infos = store.catalogue()
    params.check({RUN: params.a_run(infos)})
    if (linked := linked_run(infos)) is not None:
        values = {name: value_of(linked, name) for name in RUN_CHOICES}
        st.session_state.update({name: value for name, value in values.items() if value is not None})
    chosen: dict[str, Any] = {}
    for name in RUN_CHOICES:
        allowed = options(infos, name, chosen)
        if allowed:
            chosen[name] = _select(name, allowed)
    return choose(infos, chosen)


def _select(name: str, allowed: Sequence[Any]) -> Any:
    params.check({name: params.one_of(map(words.value_text, allowed))})
    return st.selectbox(
        SETTINGS[name].label,
        allowed,
        index=settle(name, allowed),
        format_func=words.value_text,
        key=name,
        bind="query-params",
        disabled=len(allowed) == 1,
    )


def sampled() -> bool:
    """Draw the switch between sampled z and mean mu, and return whether it is sampled z."""
    params.check({LATENTS: params.one_of(POINTS)})
    points = st.segmented_control("Points", POINTS, default=SAMPLED, required=True, key=LATENTS, bind="query-params")
    return bool(points == SAMPLED)


def value_of(info: RunInfo, name: str) -> Any:
    """Return a run's value for a choice; None where its kind has no such setting."""
    if name == "condition":
        return info.model.condition if info.model.kind == "cvae" else None
    return info.model.latent_dim if name == "latent_dim" else getattr(info.train, name)


def options(infos: Sequence[RunInfo], name: str, chosen: dict[str, Any]) -> list[Any]:
    """Return the values that a choice has among the runs that fit the choices before it, in order."""
    values = {value_of(info, name) for info in _fitting(infos, chosen)} - {None}
    if name == "dataset":
        return [dataset for dataset in DATASETS if dataset in values]
    return sorted(values, reverse=name == "condition")


def settle(name: str, allowed: Sequence[Any]) -> int:
    """Forget a stored value that is no longer allowed; return the index of the default among those that are."""
    if name in st.session_state and st.session_state[name] not in allowed:
        del st.session_state[name]
    return allowed.index(PREFERRED[name]) if PREFERRED[name] in allowed else 0


def linked_run(infos: Iterable[RunInfo]) -> RunInfo | None:
    """Return the run that the URL names when a page sees the link for the first time; None otherwise."""
    name = st.query_params.get(RUN)
    if name is None or st.session_state.get(LINKED) == name:
        return None
    st.session_state[LINKED] = name
    return next((info for info in infos if info.id == name), None)


def choose(infos: Sequence[RunInfo], chosen: dict[str, Any]) -> dict[str, RunInfo | None]:
    """Return the run of each kind that a choice means: the linked one, else a shipped one, else the newest."""
    linked = st.query_params.get(RUN)
    fitting = [info for info in _fitting(infos, chosen) if info.model.condition_in == "both"]
    best: dict[str, RunInfo | None] = {}
    for kind in KINDS:
        candidates = [info for info in fitting if info.model.kind == kind]
        best[kind] = max(candidates, key=lambda info: (info.id == linked, info.shipped, info.created), default=None)
    return best


def _fitting(infos: Iterable[RunInfo], chosen: dict[str, Any]) -> list[RunInfo]:
    """Return the runs that do not contradict a choice; a setting that a run's kind lacks contradicts nothing."""
    return [info for info in infos if all(value_of(info, name) in (value, None) for name, value in chosen.items())]
