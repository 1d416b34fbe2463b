"""The choice of runs: widgets for what distinguishes runs, and which run of each kind a choice means."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ui import store
from ui.shell import params, words
from vae_core.config import DATASETS, DEFAULTS, SETTINGS
from vae_core.runs import Catalogue, RunInfo

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
        values = {name: linked.setting(name) for name in RUN_CHOICES}
        st.session_state.update({name: value for name, value in values.items() if value is not None})
    settings: dict[str, Any] = {}
    for name in RUN_CHOICES:
        allowed = options(infos, name, settings)
        if allowed:
            settings[name] = _select(name, allowed)
    return choose(infos, settings)


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


def options(infos: Catalogue, name: str, settings: dict[str, Any]) -> list[Any]:
    """Return the values that a choice has among the runs that fit the choices before it, in order."""
    values = {info.setting(name) for info in infos.fitting(settings)} - {None}
    if name == "dataset":
        return [dataset for dataset in DATASETS if dataset in values]
    return sorted(values, reverse=name == "condition")


def settle(name: str, allowed: Sequence[Any]) -> int:
    """Forget a stored value that is no longer allowed; return the index of the default among those that are."""
    if name in st.session_state and st.session_state[name] not in allowed:
        del st.session_state[name]
    return allowed.index(PREFERRED[name]) if PREFERRED[name] in allowed else 0


def linked_run(infos: Catalogue) -> RunInfo | None:
    """Return the run that the URL names when a page sees the link for the first time; None otherwise."""
    name = st.query_params.get(RUN)
    if name is None or st.session_state.get(LINKED) == name:
        return None
    st.session_state[LINKED] = name
    return infos.get(name)


def choose(infos: Catalogue, settings: dict[str, Any]) -> dict[str, RunInfo | None]:
    """Return the run of each kind that a choice means: the linked one, else a shipped one, else the newest.

    All of the same part of the data: the linked run's, else the whole. A learned prior only if the linked run has one.
    """
    linked = infos.get(st.query_params.get(RUN))
    rare = {name: (linked and linked.setting(name)) or DEFAULTS[name] for name in ("classes", "images", "prior")}
    return infos.fitting(settings | rare | {"condition_in": "both"}).of_each_kind(st.query_params.get(RUN))
