"""Pieces of page that are used twice or more, or are plain words."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import charts
from ui.shell import links, settings, state
from ui.shell.words import three
from ui.store import cache
from vae_core import __version__
from vae_core.config import DATASETS
from vae_core.errors import DataError, RunError
from vae_core.evidence import Metric, ignores_image, multiple
from vae_core.runs import RunInfo

__all__ = [
    "MEAN",
    "SAMPLED",
    "about",
    "choose_points",
    "choose_runs",
    "claim",
    "condition_place",
    "download",
    "duration",
    "missing_data",
    "origin",
    "page",
    "page_of_runs",
    "percent",
    "readable",
    "rerun_when",
    "short",
    "subtitle",
    "three",
    "title",
]

LECTURE = "pages/1_Lecture.py"
PAGES = (
    ("app.py", "Three latent spaces", ":material/bubble_chart:"),
    (LECTURE, "Lecture", ":material/school:"),
    ("pages/2_KLD_weight.py", "KLD weight", ":material/tune:"),
    ("pages/3_Generate.py", "Generate", ":material/auto_awesome:"),
    ("pages/4_Explore.py", "Explore", ":material/explore:"),
    ("pages/5_Evidence.py", "Evidence", ":material/fact_check:"),
    ("pages/6_Runs.py", "Runs", ":material/table_rows:"),
)
SAMPLED, MEAN = POINTS = ("sampled z", "mean mu")
LATENTS = "latents"  # session key and URL parameter
STYLED, STYLE_HEAD_START_S = "styled", 0.08  # session key; once per session
MAX_LEGEND = 26  # classes with a dot of their colour in the legend: letters have as many
ICON = Path(__file__).with_name("icon.svg")
STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8") + "".join(
    f".st-key-classes button:nth-of-type({label + 1})::before {{background: {charts.class_color(label)}}}\n"
    for label in range(MAX_LEGEND)
)
TITLES = {"ae": "Autoencoder · no KLD", "vae": "VAE · KLD", "cvae": "Conditional VAE · KLD + condition"}

GLOSSARY = Path(__file__).with_name("glossary.md").read_text(encoding="utf-8")


def page(name: str, lead: str) -> DeltaGenerator:
    """What every page calls first: settings, style, the sidebar, the title and one line for newcomers.

    Returns the place at the end of the title's row, for what belongs there beside the glossary.
    """
    st.set_page_config(page_title=f"{name} · Latent Explorer", page_icon=ICON, layout="wide")
    theme = st.context.theme.type or "light"
    st.html(f"<style>:root {{--ground: {charts.INK[theme][1]}; --accent: {charts.ACCENT[theme]}}}\n{STYLE}</style>")
    if STYLED not in st.session_state:  # a chart that is laid out before the style arrives is laid out twice
        time.sleep(STYLE_HEAD_START_S)
        st.session_state[STYLED] = True
    with st.sidebar:
        st.markdown("**Latent Explorer**")
        for path, label, icon in PAGES:
            st.page_link(path, label=label, icon=icon)
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        st.title(name, anchor=False, width="content")
        st.markdown(lead)
        actions = st.container(horizontal=True, vertical_alignment="center", width="content")
    with actions, st.popover("Glossary", icon=":material/menu_book:", type="tertiary"):
        st.markdown(GLOSSARY)
    links.tell()
    return actions


def page_of_runs(name: str, lead: str, lecture: bool = False) -> dict[str, RunInfo | None]:
    """As `page`, for a page about one run of each kind: which they are, by widgets in a popover; see `choose_runs`.

    Arguments:
        name, lead: Title and line for newcomers.
        lecture: Whether there is a link to the lecture beside them.
    """
    with page(name, lead):
        if lecture:
            st.page_link(LECTURE, label="Start the lecture", icon=":material/school:")
        with st.popover("Runs shown", icon=":material/tune:", type="tertiary"):
            return choose_runs()


def choose_runs() -> dict[str, RunInfo | None]:
    """Widgets for what tells runs apart, each offering what exists; the run of each kind. They are in the URL."""
    infos = cache.infos()
    links.check({state.RUN: links.a_run(infos)})
    if (linked := state.linked_run(infos)) is not None:
        values = {choice.name: state.value_of(linked, choice.name) for choice in state.RUN_CHOICES}
        st.session_state.update({name: value for name, value in values.items() if value is not None})
    chosen: dict[str, Any] = {}
    for choice in state.RUN_CHOICES:
        allowed = state.options(infos, choice.name, chosen)
        if not allowed:
            continue
        links.check({choice.name: links.one_of(map(state.in_words, allowed))})
        index = state.settle(choice.name, allowed)
        chosen[choice.name] = st.selectbox(
            choice.label,
            allowed,
            index=index,
            format_func=state.in_words,
            key=choice.name,
            bind="query-params",
            disabled=len(allowed) == 1,
        )
    return state.choose(infos, chosen)


def readable(info: RunInfo, look: Callable[[RunInfo], object] = cache.run) -> bool:
    """Whether a run can be shown; if not, one sentence says why.

    Arguments:
        info: Which run.
        look: What fails with RunError if it cannot: that its file can be read, or that it makes a model.
    """
    try:
        look(info)
    except RunError as error:
        reason = str(error) if error.path else f"{info.id}: {error}"
        st.error(settings.plain(f"The run file {reason}"), icon=":material/error:")
        return False
    return True


def choose_points() -> bool:
    """A switch between the two ways to show a latent space; whether it is sampled z."""
    links.check({LATENTS: links.one_of(POINTS)})
    shown = st.segmented_control("Points", POINTS, default=SAMPLED, required=True, key=LATENTS, bind="query-params")
    return bool(shown == SAMPLED)


def title(kind: str) -> str:
    """A model kind's name on every page."""
    return TITLES[kind]


def short(kind: str) -> str:
    """A model kind's short name, where there is no room for its title."""
    return {"ae": "AE", "vae": "VAE", "cvae": "cVAE"}[kind]


def duration(seconds: float) -> str:
    """A time as people say it: "20 s", "3 min"."""
    return f"{max(round(seconds), 1)} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def subtitle(info: RunInfo) -> str:
    """What tells a run from others of its kind."""
    parts = [] if info.train.beta is None else [f"β = {info.train.beta:g}"]
    if info.model.kind == "cvae":
        parts.append(f"{state.in_words(info.model.condition)} condition{condition_place(info)}")
    return ", ".join((*parts, f"seed {info.train.seed}"))


def condition_place(info: RunInfo) -> str:
    """Where a cVAE's condition goes, if it is only one of the two places."""
    return "" if info.model.condition_in == "both" else f", {info.model.condition_in} only"


def origin(info: RunInfo) -> str:
    """Where a run comes from, how long it took, on what, when."""
    place = "shipped" if info.shipped else "trained here"
    day = datetime.fromisoformat(info.created).strftime("%d %b %Y").lstrip("0")
    return f"{place} · {info.train.epochs} epochs in {info.seconds:.0f} s on {settings.plain(info.device)} · {day}"


def claim(info: RunInfo, metrics: dict[str, Metric]) -> str:
    """What to see in a latent space, in one sentence with its numbers (Markdown)."""
    distance, accuracy = metrics["sliced_wasserstein"].value, metrics["knn_accuracy"].value
    spread = metrics["spread"].value
    chance = 1 / info.model.num_classes
    null = metrics["sliced_wasserstein"].null
    if ignores_image(metrics):
        words = "Gaussian only because it ignores the image"
    else:
        words = f"{_shape(distance / null)}, {_classes(accuracy / chance)}"
    widths = " × ".join(three(value) for value in spread[:3]) + (" …" if len(spread) > 3 else "")
    return (
        f"**{words}.** Spread {widths} σ (prior: 1); distance to N(0, I) {three(distance)} σ (0 is Gaussian); "
        f"neighbours share the label for {accuracy:.0%} (chance: {chance:.0%})."
    )


def _shape(times: float) -> str:
    """In words, for a distance of so many times a Gaussian model's."""
    if times <= multiple("almost_gaussian", "sliced_wasserstein"):
        return "Almost a perfect Gaussian"
    return "Gaussian-like" if times <= multiple("gaussian_like", "sliced_wasserstein") else "Not Gaussian, gaps"


def _classes(times: float) -> str:
    """In words, for neighbours that tell the label so many times as often as chance."""
    if times <= multiple("classes_mixed", "knn_accuracy"):
        return "classes mixed"
    return "classes apart" if times >= multiple("classes_apart", "knn_accuracy") else "classes partly apart"


def percent(share: float) -> str:
    """A share in percent, with one digit or as many as it needs not to be 0."""
    digits = next((digits for digits in range(1, 4) if share >= 0.5 * 10.0 ** -(digits + 2)), 1)
    return f"{share:.{digits}%}"


def missing_data(dataset: str) -> None:
    """One plain line where a data set's images are not on this machine, and a button that gets them."""
    name = DATASETS[dataset].title
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"The {name} images are not on this machine: originals are missing, reconstructions are shown instead."
        )
        if st.button(
            f"Download {name} ({DATASETS[dataset].download_mb:.0f} MB)",
            icon=":material/download:",
            key="download",
            type="tertiary",
        ):
            download(dataset)


def download(dataset: str) -> None:
    """Get a data set, with its progress on the page; a failure is one sentence."""
    from vae_core.data import download_dataset

    bar, total = st.progress(0.0, "Connecting …"), DATASETS[dataset].download_mb
    try:
        for progress in download_dataset(dataset):
            received = progress.received / 1e6
            bar.progress(min(received / total, 1.0), f"{received:.1f} MB of about {total:.0f} MB")
    except DataError as error:
        bar.empty()
        st.error(str(error), icon=":material/error:")
        return
    cache.forget_images()
    st.rerun()


def rerun_when(condition: Callable[[], bool], every_s: float = 1.0) -> None:
    """Look now and then, and run the page again once the condition holds."""

    def look() -> None:
        if condition():
            st.rerun()

    st.fragment(look, run_every=every_s)()


def about(device: str | None) -> None:
    """The foot of the sidebar: what runs on which device (None: not known yet), and the version."""
    training = f"; a training here would use {device}" if device else ""
    with st.sidebar:
        st.caption(f"Images are decoded on CPU{training}.  \nVersion {__version__}")
