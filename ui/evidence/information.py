"""What the code's information is used for: for the three models, and over the KLD weight."""

from collections.abc import Mapping

import streamlit as st

from ui import store
from ui.charts import export
from ui.charts.information import information_bar_chart, information_over_beta_chart, information_over_beta_tables
from ui.charts.rate import PARTS, Split, rate_tables, rate_top
from ui.evidence.measured import MeasuredRuns, metrics_of
from ui.shell.theme import current_theme
from ui.shell.words import metric_in_words, short, three, title
from vae_core.runs import Metric

HEADING, SUBTITLE = "What the code's information is used for", "R = I(c;z) + I(x;z|c) + KL(q(z)‖p), test images"
_bar_spec = st.cache_resource(max_entries=16, show_spinner=False)(information_bar_chart)
_beta_spec = st.cache_resource(max_entries=16, show_spinner=False)(information_over_beta_chart)


def information(runs: MeasuredRuns) -> None:
    """Draw the rate with its parts for each model, and over β for VAE and cVAE."""
    figures = [_bars(runs), *_bars_over_beta(runs)]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "The rate R is what the code costs, in nats per image: what it says about the class, what it says about "
            "the image within its class, and what is wasted because the codes as a whole are not Gaussian."
        )
        export.figures("Information", figures)


def _bars(runs: MeasuredRuns) -> export.Figure:
    splits = {short(kind): split_of(run.metrics) for kind, run in runs.items()}
    spec = _bar_spec(current_theme(), tuple(splits), HEADING, SUBTITLE, rate_top(splits.values()))
    figure = export.Figure(HEADING, spec, rate_tables(splits, "model"))
    figure.draw("information", f"{HEADING}: " + "; ".join(_split_text(name, split) for name, split in splits.items()))
    return figure


def _bars_over_beta(runs: MeasuredRuns) -> list[export.Figure]:
    """Draw a chart for each kind that has a KLD weight, on the same axes; return the figures."""
    splits = {
        kind: {beta: split_of(metrics_of(info)) for beta, info in store.catalogue().along(run.info, "beta").items()}
        for kind, run in runs.items()
        if kind != "ae"
    }
    betas = tuple(sorted({beta for by_beta in splits.values() for beta in by_beta}))
    top = rate_top(split for by_beta in splits.values() for split in by_beta.values())
    figures = []
    for (kind, by_beta), column in zip(splits.items(), st.columns(max(len(splits), 1), gap="medium"), strict=False):
        spec = _beta_spec(current_theme(), title(kind), "R and its parts over the KLD weight", betas, top)
        tables = information_over_beta_tables(by_beta)
        figures.append(export.Figure(f"Information over beta {short(kind)}", spec, tables))
        with column:
            figures[-1].draw(f"information-{kind}", f"{title(kind)}: the parts of the rate at every trained KLD weight")
    return figures


def split_of(metrics: Mapping[str, Metric]) -> Split:
    """Return the parts of a run's rate, or in a few words why there are none."""
    by_part = {name: metrics.get(name) for name in PARTS}
    values = {name: metric.value for name, metric in by_part.items() if metric is not None and metric.value is not None}
    without = next((metric for name, metric in by_part.items() if name not in values), None)
    return Split(**values, reason="" if len(values) == len(PARTS) else metric_in_words(without))


def _split_text(name: str, split: Split) -> str:
    return f"{name} " + (f"{' + '.join(map(three, split.parts))} nats" if split.parts else split.reason)
