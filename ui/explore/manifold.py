"""The decoded plane as one picture: over the prior or over a window, by itself or behind the points."""

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts.raster import with_points
from ui.explore.controls import choose_class
from ui.explore.scene import Scene
from ui.shell import params
from vae_core.sheets import pixels, png_bytes, sheet

# Session keys and URL parameters.
CLASS, GRID, OVER, SHOW, ACROSS, UP = "class", "grid", "over", "show", "across", "up"
MAX_SIDE, DEFAULT_SIDE = 40, 20  # images a side
QUANTILES, WINDOW = "probability", "distance"
ALONE, BEHIND = "by itself", "behind the points"
POINTS = 3000  # test images drawn at most: more would hide the picture
Window = tuple[float, float, float, float]


def manifold(scene: Scene) -> None:
    """Draw the picture, and beside it the controls for what it covers."""
    if scene.info.model.latent_dim < 2:
        st.info("A manifold needs two latent dimensions; this model has one, and the row above shows all of it.")
        return
    left, right = st.columns((3, 2), gap="large")
    with right:
        label = choose_class(scene, CLASS)
        steps = st.slider("Images a side", 2, MAX_SIDE, DEFAULT_SIDE, key=GRID, bind="query-params")
        # The points' place among cells of equal probability is that under one prior for all.
        steps_in = (WINDOW,) if scene.info.model.has_label_prior else (QUANTILES, WINDOW)
        params.forget_unless(OVER, steps_in.__contains__)
        over = st.segmented_control(
            "Equal steps in", steps_in, default=steps_in[0], required=True, key=OVER, bind="query-params"
        )
        window = _window(scene) if over == WINDOW else None
        show = st.segmented_control(
            "Show", (ALONE, BEHIND), default=ALONE, required=True, key=SHOW, bind="query-params"
        )
    grid = sheet(decoded_grid(scene, steps, label, window), columns=steps)
    picture = _with_test_images(scene, grid, window) if show == BEHIND else grid
    with left, st.container(key="strip-manifold" if show == ALONE else "behind-manifold"):
        st.image(picture, width="stretch", alt=f"{steps} × {steps} decoded images in equal steps of {over}")
    with right:
        st.caption(_explanation(scene, window))
        st.download_button(
            "Picture (PNG)", partial(png_bytes, picture), file_name=f"manifold-{scene.info.id}.png", mime="image/png",
            type="tertiary", icon=":material/download:", on_click="ignore", key="png-manifold",
        )  # fmt: skip


def _window(scene: Scene) -> Window:
    """Draw range sliders for the window, at first the whole plane, and return their values."""
    ends: list[float] = []
    for axis, key in enumerate((ACROSS, UP)):
        low, high = scene.view.ends(axis)
        params.forget_unless(key, partial(_within, low, high))
        pair = st.slider(scene.view.title(axis), low, high, (low, high), 0.1, key=key, bind="query-params")
        ends += pair if pair[0] < pair[1] else (low, high)
    return ends[0], ends[1], ends[2], ends[3]


def _within(low: float, high: float, pair: tuple[float, float]) -> bool:
    return low <= pair[0] < pair[1] <= high


def decoded_grid(scene: Scene, steps: int, label: int, window: Window | None) -> NDArray[np.uint8]:
    """Decode a grid over the plane, row by row from the top: shape (steps², H, W)."""
    import torch

    from vae_core.latents import manifold as decode

    info, view = scene.info, scene.view
    if view.axes is not None:
        y, base = label if scene.conditional else None, torch.from_numpy(view.base)
        return pixels(decode(store.model(info), steps, y, window, base, view.axes).flatten(0, 1).numpy())
    middles = (np.arange(steps) + 0.5) / steps
    z1, z2 = np.meshgrid(_quantile(middles, window, 0), _quantile(middles[::-1], window, 1))
    z = view.lift(np.column_stack((z1.ravel(), z2.ravel())).astype(np.float32))
    return store.decode(info, z, np.full(len(z), label))


def _quantile(shares: NDArray[np.float64], window: Window | None, axis: int) -> NDArray[np.float64]:
    """Return coordinates with these shares of the prior, or of the window, below them."""
    from scipy.special import ndtri

    if window is None:
        return ndtri(shares)
    low, high = window[2 * axis : 2 * axis + 2]
    return low + (high - low) * shares


def picture_shares(points: NDArray[np.floating], window: Window | None) -> NDArray[np.float64]:
    """Return positions of points (n, 2) in the picture, from (0, 0) at the lower left to (1, 1) at the upper right."""
    from scipy.special import ndtr

    if window is None:
        return ndtr(points.astype(np.float64))
    low, high = np.array(window[::2]), np.array(window[1::2])
    return (points - low) / (high - low)


def _with_test_images(scene: Scene, grid: NDArray[np.uint8], window: Window | None) -> NDArray[np.uint8]:
    """Draw the test images' points and the classes' names over the picture."""
    points, y = scene.view.plane.points, scene.run.latents.y
    sample = np.linspace(0, len(y) - 1, min(len(y), POINTS)).astype(int)
    centres = charts.centre_table(points, y, scene.info.class_names, scene.view.window)
    positions = picture_shares(centres[["x", "y"]].to_numpy(), window).tolist()
    names = [(str(name), (x, up)) for name, (x, up) in zip(centres["label"], positions, strict=True)]
    return with_points(grid, picture_shares(points[sample], window), y[sample], names)


def _explanation(scene: Scene, window: Window | None) -> str:
    if window is not None:
        return "Equal steps over the window; each image decodes the middle of its cell."
    text = "Cells of equal probability under the prior N(0, I): the images that it would draw, sorted by position."
    if scene.info.model.kind == "ae":
        text += f" An autoencoder never saw this prior: its codes lie elsewhere; see *{WINDOW}*."
    return text
