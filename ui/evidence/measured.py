"""The runs that the page shows, with what was measured of them, and where each stands."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import store
from ui.shell.messages import readable
from vae_core.config import KINDS
from vae_core.errors import RunError
from vae_core.runs import Metric, RunInfo


class MeasuredRun(NamedTuple):
    """A run and the numbers that were measured of it, by name."""

    info: RunInfo
    metrics: Mapping[str, Metric]

    @property
    def kind(self) -> str:
        """Return the kind of its model."""
        return self.info.model.kind


MeasuredRuns = Mapping[str, MeasuredRun]  # by kind; kinds without a run are left out


def measured_runs(chosen_runs: Mapping[str, RunInfo | None]) -> MeasuredRuns:
    """Return the runs that can be read, by kind; the page says what is wrong with the others."""
    infos = {kind: info for kind in KINDS if (info := chosen_runs.get(kind)) is not None and readable(info)}
    return {kind: MeasuredRun(info, store.metrics(info)) for kind, info in infos.items()}


def metrics_of(info: RunInfo) -> Mapping[str, Metric]:
    """Return what was measured of a run; nothing where its file cannot be read."""
    try:
        return store.metrics(info)
    except RunError:
        return {}


def columns(runs: MeasuredRuns) -> Iterator[tuple[MeasuredRun, DeltaGenerator]]:
    """Make a column for each kind; yield each run with its column."""
    for kind, column in zip(KINDS, st.columns(len(KINDS), gap="medium"), strict=True):
        if kind in runs:
            yield runs[kind], column
