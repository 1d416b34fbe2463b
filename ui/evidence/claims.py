"""The lecture's claims, each with its verdict, the numbers that decide it, and how many seeds agree."""

from collections import Counter

import pandas as pd
import streamlit as st

from ui import store
from ui.charts import export
from ui.evidence.measured import MeasuredRun, MeasuredRuns, metrics_of
from ui.shell import messages
from ui.shell.words import short, subtitle, title, verdict_line
from ui.spaces.comparable import NOT_COMPARABLE, comparable
from vae_core.config import KINDS
from vae_core.evidence import CLAIMS, THRESHOLDS, Verdict, verdicts_of
from vae_core.runs import RunInfo


def claims(runs: MeasuredRuns) -> None:
    """Show a column of claims for each kind, and the table of thresholds behind them."""
    rows = []
    for kind, column in zip(KINDS, st.columns(len(KINDS), gap="medium"), strict=True):
        with column, st.container(key=f"claims-{kind}", gap="xsmall"):
            st.markdown(f"**{title(kind)}**")
            if kind in runs:
                rows += _claims_of(runs[kind])
            else:
                messages.no_such_run(kind)
    infos = {kind: run.info for kind, run in runs.items()}
    if len(comparable(infos)) < len(infos):
        st.caption(NOT_COMPARABLE)
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Thresholds", icon=":material/rule:", type="tertiary"):
            st.markdown(
                "A claim holds if all its conditions do; within two standard errors of a limit it is not determined. "
                "The limits are effect sizes, less what chance gives an exactly Gaussian model of as many images. "
                "They were set after looking at the shipped runs."
            )
            st.dataframe(threshold_table(), hide_index=True, height="content", key="thresholds")
        export.csv("Verdicts", pd.DataFrame(rows))


def _claims_of(run: MeasuredRun) -> list[dict[str, object]]:
    """Show the claims about a run; return a row of the table for each."""
    st.caption(subtitle(run.info))
    counts = _verdicts_by_seed(run.info)
    verdicts_of_run = verdicts_of(run.info, store.catalogue(), metrics_of)
    for verdict in verdicts_of_run:
        _claim(verdict, counts.get(verdict.claim.name, Counter()))
    return [_row(run, verdict) for verdict in verdicts_of_run]


def _claim(verdict: Verdict, verdicts_by_seed: Counter[str]) -> None:
    seeds = verdicts_by_seed.total()
    agreeing = f" ({verdicts_by_seed[verdict.verdict]} of {seeds} seeds)" if seeds > 1 else ""
    st.markdown(f"{verdict_line(verdict)}{agreeing}")
    sentences = [reason.sentence for reason in verdict.reasons]
    st.caption("  \n".join(map(_capitalized, sentences)))


def _capitalized(sentence: str) -> str:
    """Return a sentence with a capital, but for one that begins with a symbol such as k-NN."""
    return sentence[:1].upper() + sentence[1:] if sentence[1:2].isalpha() else sentence


def _verdicts_by_seed(info: RunInfo) -> dict[str, Counter[str]]:
    """Count the verdicts on each claim over the runs that differ from one in nothing but the seed."""
    counts: dict[str, Counter[str]] = {}
    for run in store.catalogue().along(info, "seed").values():
        for verdict in verdicts_of(run, store.catalogue(), metrics_of):
            counts.setdefault(verdict.claim.name, Counter())[verdict.verdict] += 1
    return counts


def _row(run: MeasuredRun, verdict: Verdict) -> dict[str, object]:
    drawn = verdict.rows[0]
    return {
        "run": run.info.id, "model": short(run.kind), "claim": verdict.claim.sentence, "verdict": verdict.verdict,
        "whose": verdict.claim.source, "number": drawn.value, "error": drawn.error, "reference": drawn.null,
        "limit": drawn.threshold.limit, "margin": drawn.margin, "because": verdict.because,
    }  # fmt: skip


def threshold_table() -> pd.DataFrame:
    """Return the thresholds in words, a row each."""
    sentences = {
        claim.name: f"{short(claim.kind)}: {claim.sentence}" + (" (ours)" if claim.source == "ours" else "")
        for claim in CLAIMS
    }
    rows = [
        {
            "Claim": sentences[threshold.claim],
            "Condition": f"{threshold.label} {threshold.direction} {threshold.limit:g} {threshold.unit}",
            "Effect": threshold.effect,
        }
        for threshold in THRESHOLDS
    ]
    return pd.DataFrame(rows)
