"""Two runs side by side: their curves, their numbers, and the settings that differ."""

import streamlit as st

from ui.runs.results import RunNumber, draw_curves, numbers_of, table
from ui.runs.run_settings import differing
from ui.shell import words
from ui.shell.words import three
from ui.spaces.comparable import NOT_COMPARABLE
from vae_core.config import SETTINGS
from vae_core.runs import RunInfo

DECISIVE = ("dataset", "likelihood", "likelihood_std")  # settings that decide what recon measures
NAME_LENGTH = 22  # of a run's name in a chart's legend


def comparison(a: RunInfo, b: RunInfo, titles: dict[str, str]) -> None:
    """Show two runs side by side."""
    st.header("Two runs", anchor=False)
    st.caption(words.plain(f"A is {a.id}, B is {b.id}"))
    left, right = st.columns([5, 6], gap="large")
    with left:
        _number_table(numbers_of(a), numbers_of(b))
    with right:
        draw_curves({f"{letter}: {_name(info, titles)}": info for letter, info in (("A", a), ("B", b))})
    _differing_settings(a, b)


def _name(info: RunInfo, titles: dict[str, str]) -> str:
    return titles[info.id][:NAME_LENGTH] or f"{words.short(info.model.kind)}, {words.subtitle(info)}"


def _number_table(a: list[RunNumber], b: list[RunNumber]) -> None:
    rows = [
        (f"{of_a.name}, {of_a.unit}", of_a.in_words(), of_b.in_words(), _difference(of_a, of_b), of_a.direction)
        for of_a, of_b in zip(a, b, strict=False)
    ]
    table(rows, ["per test image", "A", "B", "B − A", "direction"], "Numbers of both runs")


def _difference(a: RunNumber, b: RunNumber) -> str:
    if a.value is None or b.value is None:
        return "–"
    difference = b.value - a.value
    return f"{'+' if difference >= 0 else '−'}{three(abs(difference))}"


def _differing_settings(a: RunInfo, b: RunInfo) -> None:
    rows = differing(a, b)
    if {label for label, _, _ in rows} & {SETTINGS[name].label for name in DECISIVE}:
        st.markdown("A and B use different data or likelihoods, so recon and −elbo are not comparable.")
    elif a.fingerprints[1] != b.fingerprints[1]:
        st.markdown(NOT_COMPARABLE)
    if not rows:
        st.caption("All of their settings are the same.")
        return
    table(rows, ["Setting", "A", "B"], "Settings that differ", width="content")
    st.caption("All other settings are the same.")
