"""The page from top to bottom: verdicts, hole maps, and one of several closer looks."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.evidence import claims, holes, information, measuring, numbers, samples, seeds
from ui.evidence.shown import Shown, shown_of, with_runs
from ui.generated import labels
from ui.shell import messages, page, params
from vae_core.runs import RunInfo

__all__ = ["exhibit"]

VIEW = "view"  # session key and URL parameter
VIEWS: dict[str, Callable[[list[Shown]], None]] = {
    "Information": information.information,
    "Samples": samples.samples,
    "All numbers": numbers.numbers,
    "Seeds": seeds.seeds,
}


def exhibit(chosen: dict[str, RunInfo | None]) -> None:
    """The whole exhibit for the run of each kind; kinds without a run keep their place."""
    shown = shown_of(chosen)
    if not any(one.info for one in shown):
        messages.no_runs()
        return
    params.check({VIEW: params.one_of(VIEWS)})
    labels.report_damaged(one.run.train.dataset for one in with_runs(shown))
    claims.claims(shown)
    measuring.measuring(shown)
    holes.holes(shown)
    view = st.segmented_control(
        "A closer look", tuple(VIEWS), default=next(iter(VIEWS)), required=True, key=VIEW, bind="query-params"
    )
    VIEWS[view](shown)
    page.footer(None)
