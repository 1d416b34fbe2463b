"""The view "Sweep": trainings at many betas and seeds at once, and small pictures of what they come to."""

from functools import partial
from typing import Any

import streamlit as st

from ui import store
from ui.components.latent_gallery import latent_gallery
from ui.jobs import client
from ui.kld_weight.choice import STOPS, VARIATIONAL, TrainingChoice
from ui.shell import params, words
from ui.shell.params import Rule
from ui.spaces.followed import tiles
from vae_core.jobs import FAILED, RUNNING, WAITING, Job
from vae_core.runs import Catalogue

BETAS, SEEDS = "sweep_betas", "sweep_seeds"  # session keys and URL parameters
SEED_COUNT = 10
DEFAULT_BETAS = (0.1, 0.4, 1.6, 6.3)
INTERVAL_S = 1.0  # between two drawings of a sweep under way
GALLERY = "sweep-gallery"  # key of the element


def link_rules() -> dict[str, Rule]:
    """Return what a link may ask of this view."""
    return {BETAS: params.one_of(f"{beta:g}" for beta in STOPS), SEEDS: params.whole(0, SEED_COUNT - 1)}


def sweep(choice: TrainingChoice, infos: Catalogue) -> None:
    """Draw the choice of betas and seeds, the button that trains them, and a row of pictures for each seed."""
    st.caption(
        "Train many β at once, each with VAE and cVAE. Trainings share the queue fairly: those of other visitors may "
        "run in between."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        betas = st.multiselect(
            "β", list(STOPS), default=list(DEFAULT_BETAS), format_func=lambda beta: f"{beta:g}", key=BETAS,
            bind="query-params",
        )  # fmt: skip
        seeds = st.multiselect(
            "Seeds", list(range(SEED_COUNT)), default=[choice.train.seed % SEED_COUNT], key=SEEDS, bind="query-params"
        )
        grid = [choice.at(beta=beta, seed=seed) for seed in sorted(seeds) for beta in sorted(betas)]
        untrained = [cell for cell in grid if any(cell.run(kind, infos) is None for kind in VARIATIONAL)]
        _train_button(untrained, infos)
    client.refusal()
    live = any(_live(cell, infos) for cell in untrained)
    st.fragment(partial(_pictures, grid, live), run_every=INTERVAL_S if live else None)()


def _train_button(untrained: list[TrainingChoice], infos: Catalogue) -> None:
    """Draw the button with the number of trainings, and the time that they will take as far as it is known."""
    requests = [cell.request(infos) for cell in untrained]
    expected_s = [seconds for request in requests if (seconds := client.queue().expected(request)) is not None]
    duration = f" (about {words.duration(sum(expected_s))})" if expected_s else ""
    st.button(
        f"Train {len(requests)}{duration}", type="primary", key="sweep_train", disabled=not requests,
        on_click=client.submit, args=requests,
    )  # fmt: skip


def _job(cell: TrainingChoice, infos: Catalogue) -> Job | None:
    return client.queue().find(cell.request(infos))


def _live(cell: TrainingChoice, infos: Catalogue) -> bool:
    job = _job(cell, infos)
    return job is not None and job.live


def _pictures(grid: list[TrainingChoice], live: bool) -> None:
    """Draw a row for each seed; the whole page runs again when the last training has ended."""
    infos = store.catalogue()
    if live and not any(_live(cell, infos) for cell in grid):
        st.rerun()
    seeds = sorted({cell.train.seed for cell in grid})
    groups = [
        {"title": f"Seed {seed}", "columns": [_column(cell, infos) for cell in grid if cell.train.seed == seed]}
        for seed in seeds
    ]
    latent_gallery(GALLERY, groups)


def _column(cell: TrainingChoice, infos: Catalogue) -> dict[str, Any]:
    """Return the runs at one beta and seed as gallery.js takes them, or how far their training is."""
    runs = [info for kind in VARIATIONAL if (info := cell.run(kind, infos)) is not None]
    job = None if len(runs) == len(VARIATIONAL) else _job(cell, infos)
    return {"caption": f"β = {cell.beta:g}{'' if job is None else _progress(job)}", "tiles": tiles(runs)}


def _progress(job: Job) -> str:
    if job.state == RUNNING:
        return f", {job.progress():.0%}"
    if job.state == WAITING:
        return f", place {len(client.queue().order.ahead(job)) + 1}"
    return f", failed: {job.reason}" if job.state == FAILED else ""
