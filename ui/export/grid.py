"""The slider for β: a VAE and a cVAE at every β that they were trained with, all test images, as tracks.js takes it.

Points are whole numbers of 16 bits: 2⁻¹⁷ of the plot's side is the largest error.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ui import charts, store
from ui.components.message import message
from ui.shell import words
from ui.spaces.claim import claim
from vae_core.latents import alignment, plane
from vae_core.runs import RunInfo

BETA = "beta"  # the slider's name
STEP_MS = 900  # of a replay
LEVELS = 2**16 - 1


class Grid(NamedTuple):
    """Runs of one kind by their β, and the one that the plot shows first."""

    info: RunInfo
    along: dict[float, RunInfo]


def grids(infos: Sequence[RunInfo]) -> dict[str, Grid]:
    """Return the grid of each kind with a β, with the same β in all; nothing where there is only one, or none shown."""
    found = {info.model.kind: store.catalogue().along(info, "beta") for info in infos if info.train.beta is not None}
    shown = {info.train.beta for info in infos} - {None}
    betas = sorted(set.intersection(*map(set, found.values()))) if found else []
    if len(shown) != 1 or len(betas) < 2 or not shown <= set(betas):
        return {}
    by_kind = {info.model.kind: info for info in infos}
    return {kind: Grid(by_kind[kind], {beta: runs[beta] for beta in betas}) for kind, runs in found.items()}


def slider(grid: Grid) -> dict[str, Any]:
    """Return the slider."""
    stops = [f"{beta:g}" for beta in grid.along]
    home = f"{grid.info.train.beta:g}"
    return {
        "name": BETA, "title": "KLD weight β", "stops": stops, "marked": list(range(len(stops))), "unmarked": "",
        "at": home, "home": home, "step_ms": STEP_MS, "play": "Play along β",
    }  # fmt: skip


def states(grid: Grid) -> dict[str, Any]:
    """Return the fields of a space at each β, without the address of `points_file`."""
    note = f"Rotated or mirrored to match β = {grid.info.train.beta:g} (display only)."
    found = []
    for number, info in enumerate(grid.along.values()):
        window, words_of_claim = charts.Window.around(_points(info, grid.info)), claim(info, store.metrics(info))
        found.append(
            {
                "at": number,
                "run": info.id,
                "window": [*window.centre, window.half],
                "claim": {"finding": f"{words_of_claim.finding}.", "numbers": words_of_claim.numbers},
                "note": f"{words.origin(info)} · {note}",
            }
        )
    # Losses and decoders of these runs would be 20 MB.
    return {"states": found, "stops": list(range(len(found))), "details": None, "decoder": None}


def points_file(grid: Grid) -> bytes:
    """Return the points at each β as a message: whole numbers (states, N, 2) uint16 on the `grid` of the header, [x, y,
    step] for each state, and labels (N,) uint16.
    """
    points = np.stack([_points(info, grid.info) for info in grid.along.values()])  # (states, N, 2)
    low = points.min(axis=1)
    step = (points.max(axis=1) - low).max(axis=1) / LEVELS
    levels = np.round((points - low[:, None]) / step[:, None, None]).astype(np.uint16)
    y = store.run(grid.info).latents.y.astype(np.uint16)
    header = {
        "count": len(y), "states": len(points),
        "grid": [[*map(float, corner), float(size)] for corner, size in zip(low, step, strict=True)],
    }  # fmt: skip
    return message(header, levels, y)


def _points(info: RunInfo, reference: RunInfo) -> NDArray[np.float32]:
    """Return a run's sampled z in the plane, (N, 2), rotated to match the reference and with its noise."""
    rotation = alignment(*(store.plane_of(each, sampled=False).points for each in (info, reference)))
    latents = store.run(info).latents
    return (plane(latents, latents.sample(reference.latent_seed)).points @ rotation).astype(np.float32)
