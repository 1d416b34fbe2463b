"""What a training came to: a run's mean losses, its closeness to N(0, I), and its curves."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from ui import charts, store
from ui.shell import messages
from ui.shell.theme import current_theme
from ui.shell.words import three
from vae_core.errors import RunError
from vae_core.runs import RunInfo

CHART_PX = 360


class RunNumber(NamedTuple):
    """A number of a run (None where its model has none), its unit, and how to read it."""

    name: str
    value: float | None
    unit: str
    direction: str

    def in_words(self) -> str:
        """Write it with three significant digits."""
        if self.value is None:
            return "not defined"
        return "< 0.001" if 0 < self.value < 0.001 else three(self.value)


def numbers_of(info: RunInfo) -> list[RunNumber]:
    """Return a run's mean losses over the test images, and the numbers of its latent space if they can be read."""
    (recon, kld), elbo = info.test, info.test.elbo
    losses = [
        RunNumber("recon", recon, "nats", "lower is better"),
        RunNumber("kld", kld, "nats", "0: z ignores the image"),
        RunNumber("−elbo = recon + kld", None if elbo is None else -elbo, "nats", "lower is better"),
    ]
    try:
        metrics = store.metrics(info)
    except RunError as error:
        messages.broken(error)
        return losses
    distance, accuracy = metrics["sliced_wasserstein"].value, metrics["knn_accuracy"].value
    chance = f"{1 / info.class_count:.1%} is chance"
    return [
        *losses,
        RunNumber("distance of z to N(0, I)", distance, "σ", "lower is closer to N(0, I)"),
        RunNumber("k-NN accuracy (k = 15)", 100 * accuracy, "%", chance),
    ]


def table(rows: Iterable[tuple[str, ...]], columns: list[str], alt: str, **style: Any) -> None:
    """Show a table of texts."""
    st.table(pd.DataFrame(rows, columns=columns), border="horizontal", hide_index=True, alt=alt, **style)


def draw_curves(infos: dict[str, RunInfo]) -> None:
    """Draw the loss curves of one or two runs, by their names in the legend."""
    theme = current_theme()
    colors = (charts.MODEL_COLORS[theme][1],) if len(infos) == 1 else charts.MODEL_COLORS[theme][1:]
    variational = any(info.model.kind != "ae" for info in infos.values())
    terms = tuple(term for term in charts.TERMS if term == "recon" or variational)
    table = charts.history_table({name: charts.curve_of(info) for name, info in infos.items()})
    spec = charts.history_chart(theme, tuple(infos), colors, terms=terms)
    st.vega_lite_chart(
        spec=charts.filled(spec, {charts.CURVES: charts.arrow(table)}), width="stretch", height=CHART_PX,
        key=f"history-{'-'.join(info.id for info in infos.values())}", alt="Loss over the epochs, recon and KLD",
    )  # fmt: skip
