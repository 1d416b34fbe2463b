"""Samples from the prior by the judge's confidence, what the class picker draws, and how far codes lie from 0."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import export
from ui.charts.confusion import confusion_chart, confusion_tables
from ui.charts.norms import norm_chart, norm_tables, norm_top
from ui.evidence.shown import Shown, with_runs
from ui.generated.labels import classifier_of
from ui.shell import words
from ui.shell.theme import current_theme
from ui.store import BY_RUN
from vae_core.config import KINDS
from vae_core.runs import Metric, RunInfo
from vae_core.sheets import pixels, sheet

__all__ = ["samples", "sorted_samples"]

COUNT, COLUMNS = 120, 12  # images drawn for each model; a row of them
RECOGNISED = "recognised"


class Sorted(NamedTuple):
    """Images drawn from the prior (n, H, W), the surest first, and the judge's confidence in each; None without one."""

    pictures: NDArray[np.uint8]
    confidence: NDArray[np.floating] | None


def samples(shown: list[Shown]) -> None:
    """Galleries, histograms and the confusion matrix."""
    for one, place in zip(shown, st.columns(len(KINDS), gap="medium"), strict=True):
        if one.info is not None:
            with place:
                _gallery(one)
    figures = [*_norms(shown), *_confusion(shown)]
    export.figures("Samples", figures)


def _gallery(one: Shown) -> None:
    info = one.run
    found = _sorted(info, classifier_of(info.train.dataset) is not None)
    st.markdown(f"**{words.title(one.kind)}**  \n{COUNT} images decoded from z ~ N(0, I){_order(found)}")
    with st.container(key=f"strip-samples-{one.kind}"):
        st.image(sheet(found.pictures, COLUMNS), width="stretch", alt=f"{COUNT} samples of the {words.title(one.kind)}")
    st.caption(_recognised(one.metrics))


def _order(found: Sorted) -> str:
    if found.confidence is None:
        return ""
    return f", the judge's surest first ({found.confidence[0]:.0%}), its least sure last ({found.confidence[-1]:.0%})"


def _recognised(metrics: dict[str, Metric]) -> str:
    metric = metrics.get(RECOGNISED)
    if metric is None or metric.value is None:
        return "How many of 10,000 the judge recognises has not been measured yet."
    return f"Of 10,000 such images the judge recognises {metric.value:.1%}; of real test images {metric.null:.1%}."


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_RUN)
def _sorted(info: RunInfo, judging: bool) -> Sorted:
    return sorted_samples(store.model(info), info.latent_seed, classifier_of(info.train.dataset) if judging else None)


def sorted_samples(model: Any, seed: int, judge: Any) -> Sorted:
    """Draw from the prior, a cVAE's labels in turn, and sort by a judge's confidence."""
    import torch

    from vae_core.latents import sample_prior

    y = torch.arange(COUNT) % model.config.num_classes
    x_hat, _ = sample_prior(
        model, COUNT, y if model.config.kind == "cvae" else None, torch.Generator().manual_seed(seed)
    )
    pictures = pixels(x_hat.numpy())
    if judge is None:
        return Sorted(pictures, None)
    confidence = judge(x_hat).confidence
    order = np.argsort(-confidence, kind="stable")
    return Sorted(pictures[order], confidence[order])


def _norms(shown: list[Shown]) -> list[export.Figure]:
    """‖z‖² of every test image's code, for each model on the same axes."""
    theme = current_theme()
    tables = {one.kind: norm_tables(store.run(one.run).z()) for one in with_runs(shown)}
    top, figures = norm_top(tables.values()), []
    st.caption("How far the codes lie from 0, squared: bars; the line is what N(0, I) would give, χ²(d).")
    for number, (one, place) in enumerate(zip(shown, st.columns(len(KINDS), gap="medium"), strict=True)):
        if one.info is not None:
            color, d = charts.MODEL_COLORS[theme][number], one.run.model.latent_dim
            spec = norm_chart(theme, words.title(one.kind), "‖z‖² of the test images", color, d, top)
            figures.append(export.Figure(f"Norms {words.short(one.kind)}", spec, tables[one.kind]))
            with place:
                figures[-1].draw(f"norms-{one.kind}", f"{words.title(one.kind)}: histogram of the squared norm of z")
    return figures


def _confusion(shown: list[Shown]) -> list[export.Figure]:
    """Which digit the cVAE was asked for, and which one the judge sees."""
    one = next((one for one in with_runs(shown) if one.kind == "cvae"), None)
    if one is None:
        return []
    theme, names = current_theme(), one.run.class_names
    metric, agreement = one.metrics.get("confusion"), one.metrics.get("label_agreement")
    told = agreement is not None and agreement.value is not None
    subtitle = f"the judge sees the asked label in {agreement.value:.1%}" if told and agreement is not None else ""
    spec = confusion_chart(theme, names, "Class picker: asked and judged", subtitle)
    missing = "not measured yet" if metric is None else str(metric.missing or "")
    tables = confusion_tables(None if metric is None else metric.value, names, missing)
    figure = export.Figure("Class picker confusion", spec, tables)
    left, _ = st.columns((2, 1))
    with left:
        figure.draw("confusion", f"Confusion matrix of the class picker: {subtitle}")
    return [figure]
