"""What the code's nats are spent on: for the three models, and over the KLD weight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.charts import export
from ui.charts.information import (
    Split,
    information_bar_chart,
    information_bar_tables,
    information_over_beta_chart,
    information_over_beta_tables,
    information_top,
)
from ui.evidence.shown import Shown, metrics_of, same_but_beta, with_runs
from ui.shell import words
from ui.shell.theme import current_theme
from vae_core.runs import Metric

__all__ = ["information", "split_of"]

PARTS = ("class_information", "within_class_information", "kl_aggregate")
UNKNOWN = "not measured yet"


def information(shown: list[Shown]) -> None:
    """The information bar, and its parts along beta for VAE and cVAE."""
    theme, present = current_theme(), with_runs(shown)
    splits = {words.short(one.kind): split_of(one.metrics) for one in present}
    top = information_top(splits.values())
    title, subtitle = "What the code's nats are spent on", "R = I(c;z) + I(x;z|c) + KL(q(z)‖p), test images"
    spec = _bar_spec(theme, tuple(splits), title, subtitle, top)
    figures = [export.Figure(title, spec, information_bar_tables(splits))]
    figures[0].draw("information", f"{title}: " + "; ".join(_in_words(name, split) for name, split in splits.items()))
    along = {
        one.kind: {beta: split_of(metrics_of(info)) for beta, info in same_but_beta(one.run).items()}
        for one in present
        if one.kind != "ae"
    }
    betas = tuple(sorted({beta for runs in along.values() for beta in runs}))
    top = information_top(split for runs in along.values() for split in runs.values())
    for (kind, runs), place in zip(along.items(), st.columns(max(len(along), 1), gap="medium"), strict=False):
        spec = _beta_spec(theme, words.title(kind), "R and its parts over the KLD weight", betas, top)
        figures.append(
            export.Figure(f"Information over beta {words.short(kind)}", spec, information_over_beta_tables(runs))
        )
        with place:
            figures[-1].draw(
                f"information-{kind}",
                f"{words.title(kind)}: the parts of the rate at every trained KLD weight",
            )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "The rate R is what the code says of an image, in nats: which class it is, what it looks like within its "
            "class, and what is wasted because the codes as a whole are not Gaussian."
        )
        export.figures("Information", figures)


def split_of(metrics: Mapping[str, Metric]) -> Split:
    """The parts of a run's rate, or a few words on why there are none."""
    known = {name: metrics.get(name) for name in PARTS}
    values = {name: metric.value for name, metric in known.items() if metric is not None}
    reason = next((metric.missing.label for metric in known.values() if metric and metric.missing), UNKNOWN)
    return Split(**values, missing="" if len(values) == len(PARTS) and None not in values.values() else _brief(reason))


def _brief(reason: str) -> str:
    return reason.partition(":")[0]


def _in_words(name: str, split: Split) -> str:
    return (
        f"{name} {' + '.join(words.three(part) for part in split.parts)} nats"
        if split.parts
        else f"{name} {split.missing}"
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _bar_spec(theme: str, models: tuple[str, ...], title: str, subtitle: str, top: float) -> dict[str, Any]:
    return information_bar_chart(theme, models, title, subtitle, top)


@st.cache_resource(max_entries=16, show_spinner=False)
def _beta_spec(theme: str, title: str, subtitle: str, betas: tuple[float, ...], top: float) -> dict[str, Any]:
    return information_over_beta_chart(theme, title, subtitle, betas, top)
