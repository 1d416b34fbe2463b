"""All runs in one table: filter, sort, select one for its details or two to compare them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ui.jobs import client, listing
from ui.runs.details import comparison, details
from ui.shell import links, panels, settings, state
from ui.store import cache
from vae_core import runs
from vae_core.config import DATASETS, KINDS
from vae_core.runs import RunInfo

__all__ = ["PARTS", "choose_part", "fitting", "frame", "run_table", "select"]

PARTS = ("Runs", "New run", "Upload")
PART, SELECTED, GENERATION, IN_URL = "part", "runs_selected", "runs_generation", "runs_in_url"  # session keys
RUN, FILTERS = "run", ("find", "models", "datasets", "own")  # in the URL
ROWS = 11  # shown without scrolling
ROW_PX = 35
NAMED = 3  # files named that cannot be read
HERE, SHIPPED = "trained here", "shipped"


def choose_part() -> str:
    """Which part of the page is shown: the runs, the form for a new one, or the upload."""
    links.check({RUN: links.a_run(cache.infos()), PART: links.one_of(PARTS)})
    asked = st.query_params.get(RUN)
    if asked and asked != st.session_state.get(IN_URL):
        select(asked)
    part = st.segmented_control(
        "Part", PARTS, default=PARTS[0], required=True, key=PART, bind="query-params", label_visibility="collapsed"
    )
    if part != PARTS[0]:
        _tell_url([])
    return str(part)


def select(*ids: str) -> None:
    """Select runs as if they had been clicked, and show them: a callback of buttons elsewhere."""
    st.session_state[SELECTED] = list(ids)
    st.session_state[GENERATION] = st.session_state.get(GENERATION, 0) + 1
    st.session_state[PART] = PARTS[0]
    for name in FILTERS:  # what is opened must not be hidden by a filter
        st.session_state.pop(name, None)


def _tell_url(selected: Sequence[RunInfo]) -> None:
    """Keep the one selected run in the page's address, so that it can be passed on."""
    told = selected[0].id if len(selected) == 1 else None
    if told is not None:
        st.query_params[RUN] = told
    elif RUN in st.query_params:
        del st.query_params[RUN]
    st.session_state[IN_URL] = told


def run_table() -> None:
    """The table with its filters, and below it what is selected."""
    infos = cache.infos()
    _name_unreadable()
    if not infos:
        st.info("There are no trained runs here yet. Train one under *New run*, or upload a run file.")
        listing.job_list()
        return
    own = {info.id for info in infos if client.belongs_to_visitor(info)}
    titles = {info.id: runs.read_note(info).title for info in infos}
    shown = _filters(sorted(infos, key=_order), own, titles)
    if not shown:
        st.info("No run fits these filters.")
        return
    selected = _table(shown, titles, own)
    _tell_url(selected)
    listing.job_list()
    if len(selected) == 1:
        details(selected[0], titles[selected[0].id])
    elif selected:
        comparison(selected[0], selected[1], titles)
        if len(selected) > 2:
            st.caption(f"{len(selected)} runs are selected; these are the first two.")
    else:
        st.markdown(
            "Select a run at the left edge of its row for its curves, figures and files; select two to compare."
        )


def _order(info: RunInfo) -> tuple[Any, ...]:
    """Runs trained here first, the newest on top; then the shipped ones from plain to conditional."""
    if not info.shipped:
        return (0, *(-ord(letter) for letter in info.created))
    place = (list(DATASETS).index(info.train.dataset), KINDS.index(info.model.kind))
    return (1, *place, info.train.beta or 0.0, info.train.seed, info.model.condition != "one_hot")


# ---- filters ----


def fitting(
    infos: Sequence[RunInfo], titles: dict[str, str], words: str, kinds: Sequence[str], datasets: Sequence[str]
) -> list[RunInfo]:
    """The runs that hold every word in their title, id or settings, of some kinds and data sets (none: all)."""
    wanted = words.lower().split()

    def fits(info: RunInfo) -> bool:
        told = " ".join(
            f"{settings.label_of(name)} {value}" for name, value in settings.described(info.model, info.train).items()
        )
        text = f"{titles.get(info.id, '')} {info.id} {told} {info.device}".lower()
        return (
            all(word in text for word in wanted)
            and (not kinds or info.model.kind in kinds)
            and (not datasets or info.train.dataset in datasets)
        )

    return [info for info in infos if fits(info)]


def _filters(infos: list[RunInfo], own: set[str], titles: dict[str, str]) -> list[RunInfo]:
    present = [name for name in DATASETS if any(info.train.dataset == name for info in infos)]
    with st.container(horizontal=True, vertical_alignment="center", key="filters"):
        words = st.text_input(
            "Search", key="find", placeholder="Search title, id, settings", icon=":material/search:", live=True,
            bind="query-params", label_visibility="collapsed", type="search", width=270,
        )  # fmt: skip
        kinds = st.pills(
            "Models", KINDS, format_func=panels.short, selection_mode="multi", key="models", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        datasets: list[str] = []
        if len(present) > 1:
            datasets = st.pills(
                "Data sets", present, format_func=state.in_words, selection_mode="multi", key="datasets",
                bind="query-params", label_visibility="collapsed",
            )  # fmt: skip
        mine = bool(own) and st.toggle("Only mine", key="own", help="Runs that you had trained here or uploaded.")
        shown = fitting(infos, titles, words or "", kinds, datasets)
        shown = [info for info in shown if not mine or info.id in own]
        st.caption(f"{len(shown)} of {len(infos)} runs", width="content")
    return shown


# ---- the table ----


def frame(infos: Sequence[RunInfo], titles: dict[str, str], own: set[str]) -> pd.DataFrame:
    """One row per run; what a model has not is missing."""
    rows = [
        {
            "Run": titles.get(info.id) or info.id,
            "Model": panels.short(info.model.kind),
            "Data set": state.in_words(info.train.dataset),
            "β": info.train.beta,
            "d": info.model.latent_dim,
            "Condition": _condition(info),
            "Seed": info.train.seed,
            "Epochs": info.train.epochs,
            "recon": info.test.recon,
            "kld": info.test.kld,
            "−elbo": None if info.test.elbo is None else -info.test.elbo,
            "Home": f"./?run={info.id}",
            "KLD weight": None if info.model.kind == "ae" else f"./KLD_weight?run={info.id}",
            "Evidence": f"./Evidence?run={info.id}",
            "Seconds": info.seconds,
            "Device": info.device,
            "Date": pd.Timestamp(info.created).tz_convert("UTC").tz_localize(None),
            "Origin": SHIPPED if info.shipped else f"{HERE}, yours" if info.id in own else HERE,
        }
        for info in infos
    ]
    table = pd.DataFrame(rows)
    return table.astype(dict.fromkeys(("β", "kld", "−elbo"), "float64"))


def _condition(info: RunInfo) -> str:
    if info.model.kind != "cvae":
        return ""
    return state.in_words(info.model.condition) + panels.condition_place(info)


def _table(shown: list[RunInfo], titles: dict[str, str], own: set[str]) -> list[RunInfo]:
    """The table; what is selected in it, in the order of selecting."""
    ids = [info.id for info in shown]
    chosen = [wanted for wanted in st.session_state.get(SELECTED, []) if wanted in ids]
    generation = st.session_state.get(GENERATION, 0)
    key = f"table-{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:12]}-{generation}"

    def keep() -> None:
        st.session_state[SELECTED] = [ids[row] for row in st.session_state[key].selection.rows]

    before: Any = {"selection": {"rows": [ids.index(one) for one in chosen], "columns": [], "cells": []}}
    st.dataframe(
        frame(shown, titles, own), key=key, on_select=keep, selection_mode="multi-row", selection_default=before,
        hide_index=True, placeholder="–",
        height=ROW_PX * (min(len(shown), ROWS) + 1) + 3, column_config=_columns(), alt="All runs",
    )  # fmt: skip
    chosen = [wanted for wanted in st.session_state.get(SELECTED, []) if wanted in ids]
    return [shown[ids.index(wanted)] for wanted in chosen]


def _columns() -> dict[str, Any]:
    config = st.column_config
    nats = "Mean per test image, in nats (summed over pixels). "
    return {
        "Run": config.TextColumn(width=210, pinned=True, help="The title, or else the id."),
        "Model": config.TextColumn(width=58),
        "Data set": config.TextColumn(width=78),
        "β": config.NumberColumn(width=50, format="%g", help="The KLD weight. An autoencoder has none."),
        "d": config.NumberColumn(width=38, help="Latent dimensions."),
        "Condition": config.TextColumn(width=84, help="How a conditional VAE is told the label."),
        "Seed": config.NumberColumn(width=52),
        "Epochs": config.NumberColumn(width=64),
        "recon": config.NumberColumn("recon", width=68, format="%.2f", help=f"{nats}Lower is better."),
        "kld": config.NumberColumn("kld", width=64, format="%.2f", help=f"{nats}0: z ignores the image."),
        "−elbo": config.NumberColumn("−elbo", width=70, format="%.2f", help=f"recon + kld. {nats}Lower is better."),
        "Home": config.LinkColumn(width=56, display_text="open", help="The run in its latent space, in a new tab."),
        "KLD weight": config.LinkColumn(width=88, display_text="open", help="The run beside other β, in a new tab."),
        "Evidence": config.LinkColumn(width=74, display_text="open", help="Every number about the run, in a new tab."),
        "Seconds": config.NumberColumn("Time, s", width=66, format="%.0f", help="Seconds of training."),
        "Date": config.DatetimeColumn("Date (UTC)", format="D MMM YYYY, HH:mm"),
    }


def _name_unreadable() -> None:
    """One sentence about files in the folder that are no runs."""
    root = runs.checkpoints_root()
    folders = [folder for folder in (root, root / runs.LOCAL) if folder.is_dir()]
    reasons = _unreadable(str(root), tuple(folder.stat().st_mtime_ns for folder in folders))
    if reasons:
        more = f"; and {len(reasons) - NAMED} more" if len(reasons) > NAMED else ""
        st.warning(settings.plain(f"Left out: {'; '.join(reasons[:NAMED])}{more}."), icon=":material/warning:")


@st.cache_data(max_entries=2, show_spinner=False)
def _unreadable(root: str, changed: tuple[int, ...]) -> list[str]:
    return runs.unreadable(root)
