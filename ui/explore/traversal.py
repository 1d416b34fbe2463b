"""Latent traversals: a row of images per dimension, in which only that dimension changes."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.charts.raster import named_grid
from ui.explore.controls import choose_class
from ui.explore.scene import Scene
from ui.shell.theme import current_theme
from vae_core.sheets import pixels

TRAVERSAL_CLASS = "traversal_class"  # session key and URL parameter
STEPS, WIDTHS = 11, 2.0  # images in a row; from the mean to the ends, in standard deviations


def traversals(scene: Scene) -> None:
    """Draw a row for each latent dimension; the others stay at the plane's base."""
    label = choose_class(scene, TRAVERSAL_CLASS)
    pictures = traversal_rows(scene, label)
    names = tuple(f"z{number}" for number in range(1, len(pictures) + 1))
    grid = named_grid(pictures.reshape(-1, *pictures.shape[2:]), names, ("",) * STEPS, current_theme())
    with st.container(key="strip-traversals"):
        st.image(grid, width="stretch", alt="A row of decoded images for each latent dimension")
    st.caption(
        f"Each row moves one dimension from {WIDTHS:g} standard deviations below the mean of the codes to {WIDTHS:g} "
        "above; the others stay. A row that does not change belongs to an inactive dimension."
    )


def traversal_rows(scene: Scene, label: int) -> NDArray[np.uint8]:
    """Return the images of all rows, shape (d, STEPS, H, W)."""
    import torch

    from vae_core.latents import traversal

    model, z, base = store.model(scene.info), scene.run.z(), torch.from_numpy(scene.view.base)
    rows = []
    for dimension, codes in enumerate(z.T):
        ends = codes.mean() + WIDTHS * codes.std() * np.array([-1, 1])
        values = torch.linspace(float(ends[0]), float(ends[1]), STEPS)
        rows.append(traversal(model, base, dimension, values, label if scene.conditional else None))
    return pixels(torch.stack(rows).numpy())
