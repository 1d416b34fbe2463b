"""Against the literature: what this code reaches with the settings of papers, beside the papers' own figures."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from ui.charts import export
from ui.evidence.measured import MeasuredRuns
from vae_core.places import LITERATURE

FIGURES = {"nll": "−log p(x)", "neg_elbo": "−ELBO", "recon": "reconstruction", "kld": "KLD"}
NOT_MEASURED = "not measured"


def literature(runs: MeasuredRuns) -> None:
    """Show the table, which is the same whatever `runs` are shown."""
    st.caption(
        "Models trained by this code with a paper's settings, measured on the test images of MNIST; nats per image, "
        "lower is better. A figure of grey values is not comparable with one of binarized images. "
        "To train one: python -m benchmarks.papers NAME."
    )
    table = literature_table(json.loads(LITERATURE.read_text(encoding="utf-8")))
    st.dataframe(table, hide_index=True, height="content", alt="Figures of papers and of this code")
    export.csv("Against the literature", table)


def literature_table(entries: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each figure of a paper; ours is the mean over the seeds that were trained to the end."""
    return pd.DataFrame(
        [
            {"Name": name, "Setting": entry["setting"], "Figure": FIGURES[figure], "Paper": f"{value:.2f}"}
            | _ours(list(entry["runs"].values()), figure, value)
            | {"Source": entry["source"]}
            for name, entry in entries.items()
            for figure, value in entry["paper"].items()
        ]
    )


def _ours(trainings: list[dict[str, Any]], figure: str, paper: float) -> dict[str, str]:
    """Return our figure, its difference to the paper's, and how far the trainings went, in words."""
    finished = [training for training in trainings if training["finished"]]
    if not finished:
        furthest = max(trainings, key=lambda training: training["epochs"], default=None)
        reached = "not begun" if furthest is None else (
            f"{furthest['epochs']:,} of at most {furthest['of_at_most']:,} epochs, there {furthest['ours'][figure]:.2f}"
        )  # fmt: skip
        return {"Ours": NOT_MEASURED, "Difference": "", "Training": reached}
    values = np.array([training["ours"][figure] for training in finished])
    epochs = ", ".join(f"{training['epochs']:,}" for training in finished)
    spread = f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else ""
    return {
        "Ours": f"{values.mean():.2f}{spread}",
        "Difference": f"{values.mean() - paper:+.2f}".replace("-", "−"),
        "Training": f"{epochs} epochs" if len(values) == 1 else f"{len(values)} seeds: {epochs} epochs",
    }
