"""A closer look under the exhibit of "KLD weight": rate and distortion, the strip over beta, comparison, sweep."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import raster
from ui.charts.tradeoff import OPEN, TradeoffPoint, tradeoff_chart, tradeoff_tables
from ui.jobs import client
from ui.kld_weight import experiment
from ui.kld_weight.experiment import MAX_BETA, STOPS, Experiment
from ui.shell import messages, params, words
from ui.shell.theme import current_theme
from ui.spaces import moments, plot
from ui.spaces.claim import claim
from vae_core.errors import RunError
from vae_core.jobs import FAILED, RUNNING, WAITING
from vae_core.runs import RunInfo
from vae_core.sheets import pixels

__all__ = ["views"]

TRADEOFF, STRIP, COMPARE, SWEEP = "Rate–distortion", "β strip", "Compare", "Sweep"
VIEW, COMPARED, PINS, SWEEP_BETAS, SWEEP_SEEDS = (
    "view",
    "compared",
    "pins",
    "sweep_betas",
    "sweep_seeds",
)  # session keys
VARIATIONAL = ("vae", "cvae")
MAX_PINS, SAME_Z = 3, 10
SWEEP_SEED_COUNT = 10
SWEEP_S = 1.0  # between two looks at a sweep
DEFAULT_SWEEP = (0.1, 0.4, 1.6, 6.3)
THUMBNAIL_WIDTH = 86


def views(tried: Experiment) -> None:
    """One of four views, chosen by the visitor."""
    infos = store.catalogue()
    params.check(
        {
            VIEW: params.one_of((TRADEOFF, STRIP, COMPARE, SWEEP)),
            COMPARED: params.one_of(map(words.short, VARIATIONAL)),
            PINS: params.number(0, MAX_BETA),
            SWEEP_BETAS: params.one_of(f"{beta:g}" for beta in STOPS),
            SWEEP_SEEDS: params.whole(0, SWEEP_SEED_COUNT - 1),
        }
    )
    view = st.segmented_control(
        "A closer look",
        (TRADEOFF, STRIP, COMPARE, SWEEP),
        default=TRADEOFF,
        required=True,
        key=VIEW,
        bind="query-params",
    )
    {TRADEOFF: _tradeoff, STRIP: _strip, COMPARE: _compare, SWEEP: _sweep}[view](tried, infos)


# ---- rate and distortion ----


def _tradeoff(tried: Experiment, infos: Sequence[RunInfo]) -> None:
    current = [tried.run(kind, infos) for kind in VARIATIONAL]
    points = tuple(
        TradeoffPoint(
            info.id, words.short(info.model.kind), info.train.beta, info.test.kld, info.test.recon,
            f"{words.subtitle(info)}, {info.train.epochs} epochs, {info.model.latent_dim} dimensions",
            current=info in current,
        )
        for info in infos
        if info.train.dataset == tried.train.dataset and info.train.beta is not None and info.test.kld is not None
    )  # fmt: skip
    if not points:
        st.info("There are no runs of this data set yet.")
        return
    tables = {name: charts.arrow(table) for name, table in tradeoff_tables(points).items()}
    spec = _tradeoff_spec(current_theme())
    st.vega_lite_chart(
        spec=charts.filled(spec, tables), key="tradeoff", width="stretch", on_select=partial(_open, infos),
        selection_mode=OPEN, alt="Rate (kld) against distortion (recon) of every run, with lines of equal −elbo",
    )  # fmt: skip
    with st.expander("How to read this"):
        st.markdown(
            "The rate is what the code costs (kld), the distortion what it loses (recon); both in nats per image. "
            "β is the price of the rate: a small β buys detail, a large one saves. Runs on the same dashed line have "
            "the same −elbo, the sum of both; the lowest line is the best model of the data. "
            "The cVAE lies below the VAE, for it is told the class and need not pay for it. "
            "After Alemi et al. 2018, *Fixing a broken ELBO*."
        )


@st.cache_resource(max_entries=2, show_spinner=False)
def _tradeoff_spec(theme: str) -> dict[str, Any]:
    return tradeoff_chart(theme, (words.short("vae"), words.short("cvae")))


def _open(infos: Sequence[RunInfo]) -> None:
    """Show the run that was clicked above."""
    picked = st.session_state["tradeoff"].selection.get(OPEN, [])
    info = next((info for info in infos if picked and info.id == picked[0].get("run")), None)
    if info is not None:
        experiment.open_run(info)


# ---- the strip ----


def _strip(tried: Experiment, infos: Sequence[RunInfo]) -> None:
    st.caption(
        "The latent space at every trained β, the same images and the same noise; circles at 1, 2, 3 σ of the prior. "
        "Each plane is turned to fit the one at β = 1, for display only."
    )
    along = {kind: tried.along_beta(kind, infos) for kind in VARIATIONAL}
    betas = sorted({beta for runs in along.values() for beta in runs})
    if not betas:
        st.info("Nothing is trained with these settings yet.")
    with st.container(horizontal=True, gap="small", key="strip-beta"):
        for beta in betas:
            with st.container(width=THUMBNAIL_WIDTH, gap="xsmall"):
                for kind in VARIATIONAL:
                    if beta in along[kind]:
                        plot.small(along[kind][beta], infos, THUMBNAIL_WIDTH)
                st.button(
                    f"β = {beta:g}", key=f"strip-{beta:g}", on_click=st.session_state.__setitem__, type="tertiary",
                    args=(experiment.BETA, beta), disabled=beta == tried.train.beta or beta > MAX_BETA, width="stretch",
                )  # fmt: skip
    if betas:
        st.caption("Upper row: VAE. Lower row: cVAE.")


# ---- comparison ----


def _compare(tried: Experiment, infos: Sequence[RunInfo]) -> None:
    kind = st.segmented_control(
        "Model",
        VARIATIONAL,
        default="vae",
        required=True,
        format_func=words.short,
        key=COMPARED,
        bind="query-params",
    )
    along = tried.along_beta(kind, infos)
    pins = st.multiselect(
        "Up to three β side by side", list(along), max_selections=MAX_PINS, format_func=lambda beta: f"{beta:g}",
        default=[beta for beta in (0.1, 1.0, 8.0) if beta in along], key=PINS, bind="query-params",
    )  # fmt: skip
    if not pins:
        st.info("Pick one to three trained β above.")
        return
    for place, beta in zip(st.columns(MAX_PINS, gap="medium"), pins, strict=False):
        with place:
            _pinned(along[beta], infos)


def _pinned(info: RunInfo, infos: Sequence[RunInfo]) -> None:
    towards = moments.reference(info.model.kind, info.train.dataset, info.model.latent_dim, infos)
    try:
        shown = moments.moment(info, -1, True, towards)
        same_z = _same_z(info)
    except RunError as error:
        messages.broken(error)
        return
    with st.container(key=f"space-pinned-{info.id}"):
        plot.followed_plot(
            f"pinned-{info.id}", f"{words.short(info.model.kind)}, β = {info.train.beta:g}", "sampled z", shown
        )
    st.caption("The same ten images, rebuilt")
    st.image(raster.strip(shown.x_hat), width="stretch", alt="Ten test images, rebuilt")
    st.caption("The same ten z ~ N(0, I), decoded" + (" as 0, 1, 2 …" if info.model.kind == "cvae" else ""))
    st.image(raster.strip(same_z), width="stretch", alt="Ten draws from the prior, decoded")
    st.markdown(claim(info, store.metrics(info)))


def _same_z(info: RunInfo) -> NDArray[np.uint8]:
    """Images of ten draws from the prior, the same z for every run with as many dimensions."""
    import torch

    from vae_core.latents import sample_prior

    y = torch.arange(SAME_Z) % info.model.num_classes
    generator = torch.Generator().manual_seed(0)
    x_hat, _ = sample_prior(store.model(info), SAME_Z, y if info.model.kind == "cvae" else None, generator)
    return pixels(x_hat.numpy())


# ---- sweep ----


def _sweep(tried: Experiment, infos: Sequence[RunInfo]) -> None:
    st.caption("Many β at once, each with VAE and cVAE. They wait like everybody's: others go in between.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        betas = st.multiselect(
            "β", list(STOPS), default=list(DEFAULT_SWEEP), format_func=lambda beta: f"{beta:g}", key=SWEEP_BETAS,
            bind="query-params",
        )  # fmt: skip
        seeds = st.multiselect(
            "Seeds",
            list(range(SWEEP_SEED_COUNT)),
            default=[tried.train.seed % SWEEP_SEED_COUNT],
            key=SWEEP_SEEDS,
            bind="query-params",
        )
        wanted = _combinations(tried, sorted(betas), sorted(seeds))
        missing = [one for one in wanted if any(one.run(kind, infos) is None for kind in VARIATIONAL)]
        requests = [one.request(infos) for one in missing]
        each = [client.queue().expected(request) for request in requests]
        known = [seconds for seconds in each if seconds is not None]
        about = f" (about {words.duration(sum(known))})" if known else ""
        st.button(
            f"Train {len(missing)}{about}",
            type="primary",
            disabled=not missing,
            on_click=client.submit,
            args=requests,
        )
    client.refusal()
    live = any(_state(one, infos) in (WAITING, RUNNING) for one in missing)
    st.fragment(partial(_swept, wanted, infos, live), run_every=SWEEP_S if live else None)()


def _combinations(tried: Experiment, betas: list[float], seeds: list[int]) -> list[Experiment]:
    from dataclasses import replace

    return [Experiment(tried.model, replace(tried.train, beta=beta, seed=seed)) for seed in seeds for beta in betas]


def _state(one: Experiment, infos: Sequence[RunInfo]) -> str:
    job = client.queue().find(one.request(infos))
    return job.state if job is not None else ""


def _swept(wanted: list[Experiment], infos: Sequence[RunInfo], live: bool) -> None:
    """A picture of each that is trained, and the state of each that is not."""
    now = store.catalogue()
    if live and not any(_state(one, now) in (WAITING, RUNNING) for one in wanted):
        st.rerun()
    for seed in sorted({one.train.seed for one in wanted}):
        st.markdown(f"Seed {seed}")
        with st.container(horizontal=True, gap="small", key=f"strip-sweep-{seed}"):
            for one in wanted:
                if one.train.seed == seed:
                    with st.container(width=THUMBNAIL_WIDTH, gap="xsmall"):
                        _cell(one, now)


def _cell(one: Experiment, infos: Sequence[RunInfo]) -> None:
    runs = [info for kind in VARIATIONAL if (info := one.run(kind, infos)) is not None]
    for info in runs:
        plot.small(info, infos, THUMBNAIL_WIDTH)
    caption = f"β = {one.train.beta:g}"
    if len(runs) < len(VARIATIONAL):
        job = client.queue().find(one.request(infos))
        if job is not None and job.state == RUNNING:
            caption += f", {job.progress():.0%}"
        elif job is not None and job.state == WAITING:
            caption += f", place {len(client.queue().ahead(job)) + 1}"
        elif job is not None and job.state == FAILED:
            caption += f", failed: {job.reason}"
    st.caption(caption)
