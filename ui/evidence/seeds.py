"""The same numbers for trainings that differ in nothing but the seed: what is chance and what is the model."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.charts import export
from ui.charts.seeds import SeedValue, seeds_chart, seeds_tables
from ui.evidence.shown import Shown, metrics_of, names, same_but_seed, with_runs
from ui.shell import words
from ui.shell.theme import current_theme
from ui.shell.words import value_in_words
from vae_core.evidence import NUMBERS

__all__ = ["seed_values", "seeds"]

COLUMNS = 3
METRICS = {  # and whether their axis is logarithmic
    "sliced_wasserstein": True, "sliced_wasserstein_whitened": True, "kl_aggregate": True,
    "far_share": True, "hole_mass": True, "overlap": False,
    "knn_accuracy": False, "class_information": False, "mutual_information": False,
    "recognised": False, "reconstruction_label": False, "label_agreement": False,
}  # fmt: skip


def seeds(shown: list[Shown]) -> None:
    """A small plot for each of the numbers that decide claims."""
    runs = {one.kind: same_but_seed(one.run) for one in with_runs(shown)}
    told = ", ".join(f"{words.short(kind)} {len(found)}" for kind, found in runs.items())
    st.caption(
        f"Dots: trainings ({told}). Bar: mean ± standard deviation. Dashed: an exactly Gaussian model, or real images."
    )
    values = {name: seed_values(shown, name) for name in METRICS}
    theme, figures = current_theme(), []
    places = [place for _ in range(-(-len(METRICS) // COLUMNS)) for place in st.columns(COLUMNS, gap="medium")]
    for (name, log), place in zip(METRICS.items(), places, strict=True):
        entry = NUMBERS[name]
        direction = f" · {entry.direction}" if entry.direction else ""
        spec = _spec(theme, names(), entry.name, f"{entry.unit}{direction}", log)
        figures.append(export.Figure(entry.name, spec, seeds_tables(values[name], log)))
        with place:
            figures[-1].draw(f"seeds-{name}", _in_words(entry.name, values[name]))
    export.figures("Seeds", figures)


def seed_values(shown: list[Shown], name: str) -> list[SeedValue]:
    """A metric of every training by seed; None where a model does not have it or it was not measured."""
    found = []
    for one in with_runs(shown):
        for info in same_but_seed(one.run):
            metric = metrics_of(info).get(name)
            value, null = (None, None) if metric is None else (metric.value, metric.null)
            found.append(SeedValue(words.short(one.kind), info.train.seed, value, null))
    return found


def _in_words(title: str, values: list[SeedValue]) -> str:
    return f"{title}: " + ", ".join(
        f"{one.model} seed {one.seed} {value_in_words(one.value) or 'none'}" for one in values
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _spec(theme: str, models: tuple[str, ...], title: str, subtitle: str, log: bool) -> dict[str, Any]:
    return seeds_chart(theme, models, title, subtitle, log)
