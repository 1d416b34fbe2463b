"""All numbers side by side, each with its reference value, unit, direction and meaning, and its formula on demand."""

from typing import Any

import pandas as pd
import streamlit as st

from ui.charts import export
from ui.evidence.measured import MeasuredRuns
from ui.shell.words import metric_in_words, short, value_in_words
from vae_core.config import KINDS
from vae_core.evidence import NUMBERS

TABLE = "numbers"  # session key


def numbers(runs: MeasuredRuns) -> None:
    """Show the table, and the formula of the number that is selected in it."""
    st.caption(
        "Reference: the same number for an exactly Gaussian model (Shape, Empty space), by chance or of a z that "
        "knows nothing (Classes, Information), or for real images (Generation). "
        "± is one standard error. Select a row at its left edge to see its formula."
    )
    selected = st.dataframe(
        number_table(runs), hide_index=True, on_select="rerun", selection_mode="single-row", key=TABLE, height=520,
        column_config=_columns(), alt="All numbers of the three models",
    ).selection.rows  # fmt: skip
    if selected:
        number = tuple(NUMBERS.values())[selected[0]]
        with st.container(border=True):
            st.markdown(f"**{number.name}**: {number.meaning}")
            st.latex(number.formula)
    export.csv("All numbers", long_table(runs))


def _columns() -> dict[str, Any]:
    config = st.column_config
    widths = {"What it means": 620, "Direction": 130, "Unit": 130, "Group": 95}
    columns: dict[str, Any] = {name: config.TextColumn(width=width) for name, width in widths.items()}
    return columns | {"Number": config.TextColumn(width=250, pinned=True)}


def number_table(runs: MeasuredRuns) -> pd.DataFrame:
    """Return the numbers in words, a row each; columns keep their places, whatever a model has."""
    rows = []
    for name, number in NUMBERS.items():
        row = {"Group": number.group, "Number": number.name}
        for kind in KINDS:
            metric = runs[kind].metrics.get(name) if kind in runs else None
            row[short(kind)] = metric_in_words(metric)
            row[f"{short(kind)} reference"] = "" if metric is None else value_in_words(metric.null)
        rows.append(row | {"Unit": number.unit, "Direction": number.direction, "What it means": number.meaning})
    return pd.DataFrame(rows)


def long_table(runs: MeasuredRuns) -> pd.DataFrame:
    """Return every number of every model in full, a row each; lists as they are."""
    return pd.DataFrame(
        [
            {
                "run": run.info.id, "model": short(run.kind), "number": name, "value": metric.value,
                "reference": metric.null, "unit": NUMBERS[name].unit, "better": NUMBERS[name].better,
                "stderr": metric.stderr, "missing": str(metric.missing or ""),
            }
            for run in runs.values()
            for name, metric in run.metrics.items()
        ]
    )  # fmt: skip
