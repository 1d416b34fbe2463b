"""All numbers side by side: each with its null, its direction, what it means, and its formula on demand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from ui.charts import export
from ui.evidence.shown import Shown, with_runs
from ui.shell import words
from ui.shell.words import metric_in_words, value_in_words
from vae_core.config import KINDS
from vae_core.evidence import NUMBERS
from vae_core.runs import Metric

__all__ = ["long_table", "number_table", "numbers"]

TABLE = "numbers"  # session key


def numbers(shown: list[Shown]) -> None:
    """The table, and the formula of the number that is selected in it."""
    st.caption(
        "Null: the same number for a model that is exactly Gaussian, or, under Generation, for real images. "
        "± is one standard error. Select a row at its left edge for the formula."
    )
    table = number_table(shown)
    picked = st.dataframe(
        table.drop(columns="metric"), hide_index=True, on_select="rerun", selection_mode="single-row", key=TABLE,
        height=520, column_config=_columns(), alt="All numbers of the three models",
    )  # fmt: skip
    rows = picked.selection.rows
    if rows:
        entry = NUMBERS[table["metric"].iloc[rows[0]]]
        with st.container(border=True):
            st.markdown(f"**{entry.name}**: {entry.meaning}")
            st.latex(entry.formula)
    export.csv("All numbers", long_table(shown))


def _columns() -> dict[str, Any]:
    config = st.column_config
    widths = {"Number": 250, "What it means": 620, "Direction": 130, "Unit": 130, "Group": 95}
    columns: dict[str, Any] = {name: config.TextColumn(width=width) for name, width in widths.items()}
    columns["Number"] = config.TextColumn(width=250, pinned=True)
    return columns


def number_table(shown: list[Shown]) -> pd.DataFrame:
    """One row per number; columns never change their place, whatever a model has."""
    rows = []
    for name, entry in NUMBERS.items():
        metrics = {one.kind: one.metrics.get(name) for one in shown}
        row = {"metric": name, "Group": entry.group, "Number": entry.name}
        for kind in KINDS:
            metric = metrics.get(kind)
            row[words.short(kind)] = metric_in_words(metric)
            row[f"{words.short(kind)} null"] = "" if metric is None else value_in_words(metric.null)
        row["Unit"], row["Direction"] = entry.unit, entry.direction
        rows.append(row | {"What it means": entry.meaning})
    return pd.DataFrame(rows)


def long_table(shown: list[Shown]) -> pd.DataFrame:
    """Every number of every model in full, a row each; lists as they are."""
    return pd.DataFrame(
        [
            {"run": one.run.id, "model": words.short(one.kind), "number": name, **_cells(name, metric)}
            for one in with_runs(shown)
            for name, metric in one.metrics.items()
        ]
    )


def _cells(name: str, metric: Metric) -> dict[str, Any]:
    missing = "" if metric.missing is None else str(metric.missing)
    return metric._asdict() | {"unit": NUMBERS[name].unit, "better": NUMBERS[name].better, "missing": missing}
