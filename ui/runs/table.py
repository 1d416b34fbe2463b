"""All runs in one table, to filter and to sort; below it the selected one, or two compared."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ui import store
from ui.jobs import client, listing
from ui.runs import deletion
from ui.runs.compare import comparison
from ui.runs.details import details
from ui.runs.run_settings import settings_of
from ui.runs.selection import RENEWALS, SELECTED, link_to
from ui.shell import params, words
from vae_core import runs
from vae_core.config import DATASETS, KINDS, SETTINGS
from vae_core.runs import RunInfo

ROWS = 11  # that need no scrolling
ROW_PX = 35
HERE, SHIPPED = "trained here", "shipped"


def run_table() -> None:
    """Show the table with its filters, and below it the details of what is selected."""
    infos = store.catalogue()
    deletion.refusal()
    deletion.unreadable_files()
    if not infos:
        st.info("There are no trained runs here yet. Train one under *New run*, or upload a run file.")
        listing.job_list()
        return
    own_ids = {info.id for info in infos if client.belongs_to_visitor(info)}
    titles = {info.id: runs.read_note(info).title for info in infos}
    filtered = _filters(sorted(infos, key=_order), own_ids, titles)
    if not filtered:
        st.info("No run matches these filters.")
        return
    selected = _table(filtered, titles, own_ids)
    link_to(selected)
    listing.job_list()
    _selection(selected, titles)


def _selection(selected: list[RunInfo], titles: dict[str, str]) -> None:
    if not selected:
        st.markdown(
            "Select a run at the left edge of its row to see its curves, numbers and files; select two to compare them."
        )
    elif len(selected) == 1:
        details(selected[0], titles[selected[0].id])
    else:
        comparison(selected[0], selected[1], titles)
        if len(selected) > 2:
            st.caption(f"{len(selected)} runs are selected; the first two are compared.")


def _order(info: RunInfo) -> tuple[Any, ...]:
    """Sort runs trained here first, the newest on top; then the shipped ones from plain to conditional."""
    if not info.shipped:
        return (0, *(-ord(letter) for letter in info.created))
    dataset, kind = list(DATASETS).index(info.train.dataset), KINDS.index(info.model.kind)
    return (1, dataset, kind, info.train.beta or 0.0, info.train.seed, info.model.condition != "one_hot")


def fitting(
    infos: Sequence[RunInfo], titles: dict[str, str], search: str, kinds: Sequence[str], datasets: Sequence[str]
) -> list[RunInfo]:
    """Return the runs of some kinds and data sets (none: all) with every searched word in title, id or settings."""
    return [
        info
        for info in infos
        if all(word in _searchable(info, titles.get(info.id, "")) for word in search.lower().split())
        and (not kinds or info.model.kind in kinds)
        and (not datasets or info.train.dataset in datasets)
    ]


def _searchable(info: RunInfo, title: str) -> str:
    settings = " ".join(f"{label} {value}" for label, value in settings_of(info).items())
    return f"{title} {info.id} {settings} {info.device}".lower()


def _filters(infos: list[RunInfo], own_ids: set[str], titles: dict[str, str]) -> list[RunInfo]:
    """Show the filters and how many runs they leave; return those."""
    trained_on = [name for name in DATASETS if any(info.train.dataset == name for info in infos)]
    with st.container(horizontal=True, vertical_alignment="center", key="filters"):
        search = st.text_input(
            "Search", key="find", placeholder="Search title, id, settings", icon=":material/search:", live=True,
            bind="query-params", label_visibility="collapsed", type="search", width=270,
        )  # fmt: skip
        shorts, names = map(words.short, KINDS), map(words.value_text, trained_on)
        params.check({"models": params.one_of(shorts), "datasets": params.one_of(names)})
        kinds = _pills("Models", KINDS, words.short, "models")
        datasets = _pills("Data sets", trained_on, words.value_text, "datasets") if len(trained_on) > 1 else []
        only_own = bool(own_ids) and st.toggle("Only mine", key="own", help="Runs you trained or uploaded here.")
        filtered = fitting(infos, titles, search or "", kinds, datasets)
        filtered = [info for info in filtered if not only_own or info.id in own_ids]
        st.caption(f"{len(filtered)} of {len(infos)} runs", width="content")
    return filtered


def _pills(label: str, options: Sequence[str], format_func: Any, key: str) -> list[str]:
    return st.pills(
        label, options, format_func=format_func, selection_mode="multi", key=key, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip


def frame(infos: Sequence[RunInfo], titles: dict[str, str], own_ids: set[str]) -> pd.DataFrame:
    """Return the table, a row per run; a number that a model does not have is missing."""
    rows = [
        {
            "Run": titles.get(info.id) or info.id,
            "Model": words.short(info.model.kind),
            "Data set": words.value_text(info.train.dataset),
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
            "Origin": SHIPPED if info.shipped else f"{HERE}, yours" if info.id in own_ids else HERE,
        }
        for info in infos
    ]
    return pd.DataFrame(rows).astype(dict.fromkeys(("β", "kld", "−elbo"), "float64"))


def _condition(info: RunInfo) -> str:
    if info.model.kind != "cvae":
        return ""
    return words.value_text(info.model.condition) + words.condition_place(info)


def _table(infos: list[RunInfo], titles: dict[str, str], own_ids: set[str]) -> list[RunInfo]:
    """Show the table; return the runs that are selected in it, in the order of selecting."""
    ids = [info.id for info in infos]
    digest = hashlib.sha256(" ".join(ids).encode()).hexdigest()[:12]
    key = f"table-{digest}-{st.session_state.get(RENEWALS, 0)}"

    def keep() -> None:
        st.session_state[SELECTED] = [ids[row] for row in st.session_state[key].selection.rows]

    def selected_rows() -> list[int]:
        return [ids.index(run_id) for run_id in st.session_state.get(SELECTED, []) if run_id in ids]

    before: Any = {"selection": {"rows": selected_rows(), "columns": [], "cells": []}}
    st.dataframe(
        frame(infos, titles, own_ids), key=key, on_select=keep, selection_mode="multi-row", selection_default=before,
        hide_index=True, placeholder="–",
        height=ROW_PX * (min(len(infos), ROWS) + 1) + 3, column_config=_columns(), alt="All runs",
    )  # fmt: skip
    return [infos[row] for row in selected_rows()]


def _columns() -> dict[str, Any]:
    config = st.column_config
    nats = "Mean per test image, in nats (summed over pixels). "
    return {
        "Run": config.TextColumn(width=210, pinned=True, help="The title, or the id of a run without one."),
        "Model": config.TextColumn(width=58),
        "Data set": config.TextColumn(width=78),
        "β": config.NumberColumn(width=50, format="%g", help=f"{SETTINGS['beta'].label}. An autoencoder has none."),
        "d": config.NumberColumn(width=38, help=SETTINGS["latent_dim"].label),
        "Condition": config.TextColumn(width=84, help=SETTINGS["condition"].label),
        "Seed": config.NumberColumn(width=52),
        "Epochs": config.NumberColumn(width=64),
        "recon": config.NumberColumn("recon", width=68, format="%.2f", help=f"{nats}Lower is better."),
        "kld": config.NumberColumn("kld", width=64, format="%.2f", help=f"{nats}0: z ignores the image."),
        "−elbo": config.NumberColumn(
            "−elbo", width=70, format="%.2f", help=f"recon + kld. {nats}Lower is better. {words.NO_LIKELIHOOD}"
        ),
        "Home": config.LinkColumn(width=56, display_text="open", help="Opens its latent space in a new tab."),
        "KLD weight": config.LinkColumn(width=88, display_text="open", help="Opens it beside other β in a new tab."),
        "Evidence": config.LinkColumn(width=74, display_text="open", help="Opens all of its numbers in a new tab."),
        "Seconds": config.NumberColumn("Time, s", width=66, format="%.0f", help="Seconds of training."),
        "Date": config.DatetimeColumn("Date (UTC)", format="D MMM YYYY, HH:mm"),
    }
