"""The lecture's claims as sentences with a verdict, a number, its yardstick, and one line of why."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from ui.charts import export
from ui.evidence.shown import Shown, metrics_of, same_but_seed
from ui.shell import words
from ui.shell.words import verdict_line
from vae_core.config import KINDS
from vae_core.evidence import CLAIMS, THRESHOLDS, Verdict, verdicts
from vae_core.runs import RunInfo

__all__ = ["claims", "threshold_table"]


def claims(shown: list[Shown]) -> None:
    """A column of claims for each kind, and the table of thresholds behind them."""
    rows = []
    for one, place in zip(shown, st.columns(len(KINDS), gap="medium"), strict=True):
        with place, st.container(key=f"claims-{one.kind}", gap="xsmall"):
            st.markdown(f"**{words.title(one.kind)}**")
            if one.info is None:
                st.info(f"No run of the {words.title(one.kind)} has these settings.")
                continue
            st.caption(words.subtitle(one.info))
            told = verdicts(one.metrics, one.kind, one.run.model.num_classes)
            others = _verdicts_by_seed(one.info)
            for verdict in told:
                _claim(verdict, others)
            rows += [_row(one, verdict) for verdict in told]
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Thresholds", icon=":material/rule:", type="tertiary"):
            st.markdown(
                "A claim holds if all its rows do. The yardstick is the same number for a model that is exactly "
                "Gaussian (its posteriors keep their widths), for real images, or chance."
            )
            st.dataframe(threshold_table(), hide_index=True, height="content")
        export.csv("Verdicts", pd.DataFrame(rows))


def _claim(verdict: Verdict, others: dict[str, Counter[str]]) -> None:
    seeds = others.get(verdict.claim.name, Counter())
    total = sum(seeds.values())
    agree = f" ({seeds[verdict.verdict]} of {total} seeds)" if total > 1 else ""
    st.markdown(f"{verdict_line(verdict)}{agree}")
    lines = [reason.sentence for reason in verdict.reasons]
    st.caption("  \n".join(f"{line[:1].upper()}{line[1:]}" for line in lines))


def _verdicts_by_seed(info: RunInfo) -> dict[str, Counter[str]]:
    """How often each verdict is reached by the trainings that differ in nothing but the seed."""
    counted: dict[str, Counter[str]] = {}
    for other in same_but_seed(info):
        for verdict in verdicts(metrics_of(other), other.model.kind, other.model.num_classes):
            counted.setdefault(verdict.claim.name, Counter())[verdict.verdict] += 1
    return counted


def _row(one: Shown, verdict: Verdict) -> dict[str, object]:
    return {
        "run": one.run.id, "model": words.short(one.kind), "claim": verdict.claim.sentence,
        "verdict": verdict.verdict, "number": verdict.value, "yardstick": verdict.null, "because": verdict.because,
    }  # fmt: skip


def threshold_table() -> pd.DataFrame:
    """The thresholds in words, a row each."""
    sentences = {claim.name: f"{words.short(claim.kind)}: {claim.sentence}" for claim in CLAIMS}
    rows = [
        {
            "Claim": sentences[row.claim],
            "asks that": f"{row.label} {row.operator} {row.multiple:g} × {row.reference}"
            if row.reference
            else f"not: {row.label}",
        }
        for row in THRESHOLDS
    ]
    return pd.DataFrame(rows)
