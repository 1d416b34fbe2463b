"""The page from top to bottom: verdicts, hole maps, and one of several closer looks."""

from collections.abc import Callable

import streamlit as st

from ui.evidence import claims, classes, holes, information, literature, measuring, numbers, samples, seeds
from ui.evidence.measured import MeasuredRuns, measured_runs
from ui.generated import labels
from ui.shell import messages, params
from ui.shell.page import footer
from vae_core.runs import RunInfo

VIEW = "view"  # session key and URL parameter
VIEWS: dict[str, Callable[[MeasuredRuns], None]] = {
    "Information": information.information,
    "Classes": classes.classes,
    "Samples": samples.samples,
    "All numbers": numbers.numbers,
    "Seeds": seeds.seeds,
    "Against the literature": literature.literature,
}


def exhibit(chosen_runs: dict[str, RunInfo | None]) -> None:
    """Show the exhibit for the run of each kind; a kind without a run keeps its place."""
    runs = measured_runs(chosen_runs)
    if not runs:
        messages.no_runs()
        return
    params.check({VIEW: params.one_of(VIEWS)})
    labels.report_damaged(run.info.train.dataset for run in runs.values())
    claims.claims(runs)
    measuring.measuring(runs)
    holes.holes(runs)
    view = st.segmented_control(
        "A closer look", tuple(VIEWS), default=next(iter(VIEWS)), required=True, key=VIEW, bind="query-params"
    )
    VIEWS[view](runs)
    footer(None)
