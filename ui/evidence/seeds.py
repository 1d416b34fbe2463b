"""The same numbers for trainings that differ in nothing but the seed: what is chance and what is the model."""

from collections.abc import Mapping

import streamlit as st

from ui import store
from ui.charts import export
from ui.charts.seeds import SeedValue, seeds_chart, seeds_tables
from ui.evidence.measured import MeasuredRuns, metrics_of
from ui.shell.theme import current_theme
from ui.shell.words import SHORT, short, value_in_words
from vae_core.evidence import NUMBERS
from vae_core.runs import RunInfo

COLUMNS = 3
_spec = st.cache_resource(max_entries=64, show_spinner=False)(seeds_chart)
METRICS = {  # and whether their axis is logarithmic
    "sliced_wasserstein": True, "sliced_wasserstein_whitened": True, "kl_aggregate": True,
    "far_share": True, "hole_mass": True, "overlap": False,
    "knn_accuracy": False, "class_information": False, "mutual_information": False,
    "recognised": False, "reconstruction_label": False, "label_agreement": False,
}  # fmt: skip


def seeds(runs: MeasuredRuns) -> None:
    """Draw a small plot for each of the numbers that decide claims."""
    infos = {short(kind): list(store.catalogue().along(run.info, "seed").values()) for kind, run in runs.items()}
    counts = ", ".join(f"{model} {len(seeds)}" for model, seeds in infos.items())
    st.caption(
        f"Dots: trainings ({counts}). Bar: mean ± standard deviation. "
        "Dashed: the reference value of an exactly Gaussian model, or of real images."
    )
    figures = []
    columns = [column for _ in range(-(-len(METRICS) // COLUMNS)) for column in st.columns(COLUMNS, gap="medium")]
    for (name, log), column in zip(METRICS.items(), columns, strict=True):
        with column:
            figures.append(_figure(name, seed_values(infos, name), log))
    export.figures("Seeds", figures)


def _figure(name: str, values: list[SeedValue], log: bool) -> export.Figure:
    number = NUMBERS[name]
    subtitle = " · ".join(text for text in (number.unit, number.direction) if text)
    spec = _spec(current_theme(), tuple(SHORT.values()), number.name, subtitle, log)
    figure = export.Figure(number.name, spec, seeds_tables(values, log))
    texts = [f"{value.model} seed {value.seed} {value_in_words(value.value) or 'none'}" for value in values]
    figure.draw(f"seeds-{name}", f"{number.name}: {', '.join(texts)}")
    return figure


def seed_values(infos: Mapping[str, list[RunInfo]], name: str) -> list[SeedValue]:
    """Return a number of every run, by the short name of its model; None where there is none."""
    values = []
    for model, runs in infos.items():
        for info in runs:
            metric = metrics_of(info).get(name)
            value, null = (None, None) if metric is None else (metric.value, metric.null)
            values.append(SeedValue(model, info.train.seed, value, null))
    return values
