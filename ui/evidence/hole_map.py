"""Where a run's latent space lacks what the prior has: masses of cells or draws from the prior, and an empty point."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts.holes import hole_shade
from ui.store import BY_RUN
from vae_core.evidence import cell_masses, far_draws, prior_cell_masses
from vae_core.runs import Run, RunInfo

WINDOW = charts.Window((0.0, 0.0), 4.0)
CELLS = 288  # a side, so that what is shaded is what the title says to half a percent
EDGES = np.linspace(-WINDOW.half, WINDOW.half, CELLS + 1)
MIDDLES = (EDGES[1:] + EDGES[:-1]) / 2
CENTRES = np.stack(np.meshgrid(MIDDLES, MIDDLES, indexing="ij"), axis=-1).reshape(-1, 2)  # of the cells (CELLS², 2)
DEEP = 0.5  # of the emptiest point's score
GRID = 0.2  # between the points that can be clicked
Point = tuple[float, float]


class HoleMap(NamedTuple):
    """Data of a hole map."""

    p: NDArray[np.float64]  # the prior's mass in each cell, [i, j] for the i-th z₁ and the j-th z₂, both rising
    q: NDArray[np.float64] | None  # the same of q(z); None for a model without a density
    draws: NDArray[np.floating] | None  # from the prior (n, 2); None for a model with a density
    is_far: NDArray[np.bool_] | None  # which of them are far from any code (n,)
    deepest: tuple[Point, ...]  # that the prior fills and the codes do not, the emptiest first


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_RUN)
def hole_map(info: RunInfo) -> HoleMap:
    """Return the map of a run with two latent dimensions."""
    run, p = store.run(info), prior_cell_masses(EDGES)
    return _map_of_codes(run, p) if run.latents.logvar is None else _map_of_density(run, p)


def _map_of_density(run: Run, p: NDArray[np.float64]) -> HoleMap:
    q = cell_masses(run.latents, EDGES)
    return HoleMap(p, q, None, None, _deepest(CENTRES, hole_shade(p, q).ravel(), run.z()))


def _map_of_codes(run: Run, p: NDArray[np.float64]) -> HoleMap:
    seed = run.info.latent_seed
    draws = far_draws(run.z(), seed)
    weight = np.where(draws.is_far, np.exp(-0.5 * (draws.z**2).sum(axis=1)), 0.0)
    return HoleMap(p, None, draws.z, draws.is_far, _deepest(draws.z, weight, run.z()))


def cell_table(hole_map: HoleMap) -> dict[str, pd.DataFrame]:
    """Return the cells behind the shading as a table named "cells": point, masses, and whether it is a hole."""
    if hole_map.q is None:
        return {}
    hole = hole_shade(hole_map.p, hole_map.q) > 0
    cells = pd.DataFrame(CENTRES, columns=["z1", "z2"])
    return {"cells": cells.assign(p=hole_map.p.ravel(), q=hole_map.q.ravel(), hole=hole.ravel())}


def _deepest(points: NDArray[np.floating], weight: NDArray[np.floating], z: NDArray[np.floating]) -> tuple[Point, ...]:
    """Return those of some points (n, 2) with much weight (n,) and far from any code; 0 alone if none has weight."""
    from scipy.spatial import cKDTree

    distance, _ = cKDTree(z).query(points)
    score = weight * distance**2
    if not score.any():
        return ((0.0, 0.0),)
    order = np.argsort(-score, kind="stable")
    return tuple(dict.fromkeys(map(_snapped, points[order[score[order] >= DEEP * score.max()]])))


def _snapped(point: NDArray[np.floating]) -> Point:
    """Return the nearest point that can be clicked."""
    z1, z2 = (float(round(round(float(value) / GRID) * GRID, 6)) for value in point)
    return z1, z2
