"""Samples from the prior by the classifier's confidence, what the class picker draws, and the norms of the codes."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import export
from ui.charts.confusion import confusion_chart, confusion_tables
from ui.charts.norms import norm_chart, norm_tables, norm_top
from ui.evidence.measured import MeasuredRun, MeasuredRuns, columns
from ui.generated.labels import SURE, classifier_of
from ui.shell.theme import current_theme
from ui.shell.words import prior, short, title
from ui.store import BY_RUN
from vae_core.config import KINDS
from vae_core.evidence.ways import WAYS
from vae_core.runs import Metric, RunInfo
from vae_core.sheets import pixels, sheet

COMPARED = {  # numbers that are measured for every way to sample, with their columns
    "recognised": "Recognised",
    "effective_classes": "Effective classes",
    "precision": "Precision",
    "recall": "Recall",
    "coverage": "Coverage",
    "frechet_distance": "Fréchet distance",
}
COUNT, COLUMNS = 120, 12  # images drawn for each model; a row of them


class Samples(NamedTuple):
    """Images from the prior (n, H, W), the most confident first, with the confidences; None without a classifier."""

    pictures: NDArray[np.uint8]
    confidence: NDArray[np.floating] | None


def samples(runs: MeasuredRuns) -> None:
    """Show the galleries, the ways to sample, the histograms of the norms and the confusion matrix."""
    for run, column in columns(runs):
        with column:
            _gallery(run)
    _ways(runs)
    export.figures("Samples", [*_norms(runs), *_confusion(runs)])


def _gallery(run: MeasuredRun) -> None:
    drawn_samples = _samples(run.info, classifier_of(run.info.train.dataset) is not None)
    st.markdown(f"**{title(run.kind)}**  \n{COUNT} images decoded from z ~ {prior(run.info)}{_order(drawn_samples)}")
    image = sheet(drawn_samples.pictures, COLUMNS)
    with st.container(key=f"strip-samples-{run.kind}"):
        st.image(image, width="stretch", alt=f"{COUNT} samples of the {title(run.kind)}")
    st.caption(_recognised(run.metrics.get("recognised")))


def _order(drawn_samples: Samples) -> str:
    if drawn_samples.confidence is None:
        return ""
    first, *_, last = drawn_samples.confidence
    return f", from the classifier's most confident ({first:.0%}) to its least ({last:.0%})"


def _recognised(metric: Metric | None) -> str:
    if metric is None or metric.value is None:
        return "How many of 10,000 images the classifier recognises has not been measured yet."
    of_real = "" if metric.null is None else f", and {metric.null:.1%} of real ones"
    return f"The classifier recognises {metric.value:.1%} of 10,000 such images{of_real}: it is {SURE}."


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_RUN)
def _samples(info: RunInfo, sort: bool) -> Samples:
    return sorted_samples(store.model(info), info.latent_seed, classifier_of(info.train.dataset) if sort else None)


def sorted_samples(model: Any, seed: int, classifier: Any) -> Samples:
    """Draw from the prior, a cVAE's labels in turn, and sort by the confidence of a classifier, if there is one."""
    import torch

    from vae_core.latents import sample_prior

    y = torch.arange(COUNT) % model.config.num_classes
    x_hat, _ = sample_prior(
        model, COUNT, y if model.config.kind == "cvae" else None, torch.Generator().manual_seed(seed)
    )
    pictures = pixels(x_hat.numpy())
    if classifier is None:
        return Samples(pictures, None)
    confidence = classifier(x_hat).confidence
    order = np.argsort(-confidence, kind="stable")
    return Samples(pictures[order], confidence[order])


def _ways(runs: MeasuredRuns) -> None:
    """Show what each way to draw z comes to, beside the model's reconstructions and real images."""
    table = ways_table(runs)
    if table.empty:
        return
    st.markdown("**Four ways to sample**")
    three_digits = dict.fromkeys(COMPARED.values(), st.column_config.NumberColumn(format="%.3f"))
    st.dataframe(table, hide_index=True, height="content", column_config=three_digits, alt="Ways to sample each model")
    st.caption(
        "A Gaussian fitted to the codes has their scale and shape; a mixture or a kernel density leaves out gaps as "
        "well: with these an autoencoder can be sampled, too. What the KLD is for: N(0, I), known before training, "
        "will do. Coverage: share of real images near a sample. Fréchet distance: in variances of real images."
    )
    export.csv("Ways to sample", table)


def ways_table(runs: MeasuredRuns) -> pd.DataFrame:
    """Return a row for each model and way that was measured, and each model's reconstructions and real images last."""
    rows, real = [], {}
    for kind, run in runs.items():
        if "effective_classes" not in run.metrics:
            continue
        names = {words: f"{{}}{way}" for way, words in WAYS.items()} | {"its reconstructions": "reconstruction_{}"}
        for source, name in names.items():
            metrics = {column: run.metrics.get(name.format(number)) for number, column in COMPARED.items()}
            values = {column: None if metric is None else metric.value for column, metric in metrics.items()}
            rows.append({"Model": short(kind), "Images from": source} | values)
        real = {column: run.metrics[number].null for number, column in COMPARED.items() if number in run.metrics}
    return pd.DataFrame(rows + ([{"Model": "", "Images from": "real images"} | real] if rows else []))


def _norms(runs: MeasuredRuns) -> list[export.Figure]:
    """Draw ‖z‖² of every test image's code, for each model on the same axes; return the figures."""
    theme, figures = current_theme(), []
    latents = {kind: store.run(run.info).latents.standardized() for kind, run in runs.items()}
    tables = {kind: norm_tables(latents[kind].sample(run.info.latent_seed)) for kind, run in runs.items()}
    top = norm_top(tables.values())
    st.caption("Squared distance of the codes from 0. Bars: this model; line: N(0, I), which gives χ²(d).")
    for run, column in columns(runs):
        color = charts.MODEL_COLORS[theme][KINDS.index(run.kind)]
        spec = norm_chart(theme, title(run.kind), "‖z‖² of the test images", color, run.info.model.latent_dim, top)
        figures.append(export.Figure(f"Norms {short(run.kind)}", spec, tables[run.kind]))
        with column:
            figures[-1].draw(f"norms-{run.kind}", f"{title(run.kind)}: histogram of the squared norm of z")
    return figures


def _confusion(runs: MeasuredRuns) -> list[export.Figure]:
    """Draw which class the cVAE was asked for and which one the classifier sees; return the figure, if any."""
    if "cvae" not in runs:
        return []
    info, metrics = runs["cvae"]
    metric, agreement = metrics.get("confusion"), metrics.get("label_agreement")
    subtitle = ""
    if agreement is not None and agreement.value is not None:
        subtitle = f"the classifier sees the class asked for in {agreement.value:.1%}"
    spec = confusion_chart(current_theme(), info.class_names, "Class picker: asked for and classified as", subtitle)
    shares, reason = (None, "not measured yet") if metric is None else (metric.value, str(metric.missing or ""))
    tables = confusion_tables(shares, info.class_names, reason)
    figure = export.Figure("Class picker confusion", spec, tables)
    left, _ = st.columns((2, 1))
    with left:
        figure.draw("confusion", f"Confusion matrix of the class picker: {subtitle}")
    return [figure]
