"""Test images and their reconstructions: the worst, the best or random ones, and the posterior of one of them."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts.marks import Marks, ellipses
from ui.charts.raster import named_grid
from ui.explore.marks_plot import marks_plot
from ui.explore.scene import Floats, Scene
from ui.generated.labels import classify
from ui.shell import params, words
from ui.shell.theme import current_theme

WHICH, IMAGE, SAMPLE, DRAW = "which", "image", "sample", "draw"  # session keys and URL parameters
WORST, BEST, RANDOM = "worst", "best", "random"
COUNT, DRAWS = 10, 10  # images to choose from; draws from one image's posterior
CELL_PX, LARGE_PX = 84, 150
CLOSE_UP = 4.0  # half side of the close-up, in standard deviations of the posterior
MAX_SEED = 9999


def reconstruction(scene: Scene) -> None:
    """Draw images to choose from, and the selected one with its posterior."""
    last = len(scene.run.recon) - 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.segmented_control(
            "Test images, by recon", (WORST, BEST, RANDOM), default=WORST, required=True, key=WHICH,
            bind="query-params", on_change=_select_first, args=(scene.run.recon,),
        )  # fmt: skip
        sample = 0
        if which == RANDOM:
            sample = st.number_input(
                "Seed", 0, MAX_SEED, 0, key=SAMPLE, bind="query-params", width=130, on_change=_select_first,
                args=(scene.run.recon,),
            )  # fmt: skip
    indices = image_choices(scene.run.recon, which, sample)
    params.forget_unless(IMAGE, lambda number: 0 <= number <= last)
    row = st.container()
    number = _selected_image(scene, last, int(indices[0]))
    with row:
        _image_row(scene, indices, number)


def _select_first(recon: NDArray[np.float32]) -> None:
    """Select the first of the images that have just changed."""
    state = st.session_state
    state[IMAGE] = int(image_choices(recon, state[WHICH], state.get(SAMPLE, 0))[0])


def image_choices(recon: NDArray[np.float32], which: str, sample: int) -> NDArray[np.int64]:
    """Return indices of test images: those with the largest recon (N,) first, the smallest first, or random ones."""
    if which == RANDOM:
        return np.random.default_rng(sample).choice(len(recon), min(COUNT, len(recon)), replace=False)
    order = np.argsort(recon, kind="stable")
    return order[::-1][:COUNT] if which == WORST else order[:COUNT]


def _image_row(scene: Scene, indices: NDArray[np.int64], selected: int) -> None:
    """Draw each image over its reconstruction, with a button."""
    run, originals = scene.run, store.test_images(scene.info)
    reconstructions, kld = store.reconstruct(scene.info, indices, sampled=False), run.latents.kld()
    with st.container(horizontal=True, gap="small", key="strip-choices"):
        for index, x_hat in zip(indices.tolist(), reconstructions, strict=True):
            pair = x_hat if originals is None else np.concatenate((originals[index], x_hat))
            with st.container(width=CELL_PX, gap="xsmall"):
                st.image(pair, width=CELL_PX, alt=f"Test image {index} and its reconstruction")
                st.button(
                    f"{index}", key=f"choose-{index}", type="tertiary", width="stretch", disabled=index == selected,
                    on_click=st.session_state.__setitem__, args=(IMAGE, index),
                )  # fmt: skip
                rate = "" if kld is None else f"  \nkld {words.three(float(kld[index]))}"
                st.caption(f"recon {words.three(float(run.recon[index]))}{rate}")
    st.caption(
        "Above: the test image. Below: its reconstruction from the mean code mu. recon and kld in nats. "
        "Click a number for details."
    )


def _selected_image(scene: Scene, last: int, default: int) -> int:
    """Draw the selected image: numbers, position in the plane, posterior and draws from it; return its number."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        number = int(st.number_input("Test image", 0, last, default, key=IMAGE, bind="query-params", width=150))
        _numbers(scene, number)
    latents = scene.run.latents
    centre = scene.view.project(latents.mu[number : number + 1])
    with middle:
        title, subtitle = words.title(scene.info.model.kind), f"the code of image {number}; bright: its class"
        marks_plot(
            "chosen", scene.info, scene.view, title, subtitle, Marks(centre, (f"{number}",)), [int(latents.y[number])]
        )
    if latents.logvar is not None:
        with right:
            _posterior(scene, number, latents.logvar[number], centre[0])
    else:
        right.caption("An autoencoder's code is a single point: it has no width, and there is nothing to resample.")
    return number


def _numbers(scene: Scene, number: int) -> None:
    """Draw the image and its reconstruction, with recon, KLD and the classifier's label."""
    run, originals = scene.run, store.test_images(scene.info)
    x_hat, kld = store.reconstruct(scene.info, np.array([number]), sampled=False), run.latents.kld()
    labels = classify(scene.info.train.dataset, x_hat)
    rate = "no KLD" if kld is None else f"kld {words.three(float(kld[number]))} nats"
    median = float(np.median(run.recon))
    lines = [
        f"**Test image {number}, label {scene.info.class_names[run.latents.y[number]]}**",
        f"recon {words.three(float(run.recon[number]))} nats (median {words.three(median)}), {rate}",
        *(f"The classifier reads the reconstruction as {label.text}" for label in labels),
    ]
    with st.container(horizontal=True, vertical_alignment="center", key="strip-one"):
        if originals is not None:
            st.image(originals[number], width=LARGE_PX, alt=f"Test image {number}")
        st.image(x_hat[0], width=LARGE_PX, alt=f"Reconstruction of test image {number}")
        st.markdown("  \n".join(lines), width="content")


def posterior_draws(mu: Floats, logvar: Floats, seed: int) -> Floats:
    """Draw latents from one image's posterior, mu and logvar of shape (d,): shape (DRAWS, d)."""
    eps = np.random.default_rng(seed).standard_normal((DRAWS, len(mu)), dtype=np.float32)
    return mu + np.exp(0.5 * logvar) * eps


def _posterior(scene: Scene, number: int, logvar: Floats, centre: Floats) -> None:
    """Draw the posterior close up, and what its width means for the image."""
    plot = st.container()
    seed = st.number_input(
        "Resample", 0, MAX_SEED, 0, key=DRAW, bind="query-params", width=150, help="Change the seed to draw again."
    )
    draws = posterior_draws(scene.run.latents.mu[number], logvar, seed)
    widths = ", ".join(words.three(float(value)) for value in np.exp(0.5 * logvar[:4]))
    more = " …" if len(logvar) > 4 else ""
    prior = "1" if scene.run.latents.prior is None else "its class's, dashed in the plot"
    with plot:
        _close_up(scene, logvar, centre, draws)
        with st.container(key="strip-draws"):
            pictures = store.decode(scene.info, draws, np.full(len(draws), scene.run.latents.y[number]))
            grid = named_grid(pictures, ("", ""), ("",) * (DRAWS // 2), current_theme())
            st.image(grid, width="stretch", alt=f"{len(draws)} draws from the posterior, decoded")
        st.caption(
            f"{len(draws)} draws of z ~ N(mu, sigma²), decoded; sigma = {widths}{more} (prior: {prior}). "
            "What varies between them is what the code does not capture."
        )


def _close_up(scene: Scene, logvar: Floats, centre: Floats, draws: Floats) -> None:
    """Draw the plane around the mean, with the posterior as ellipses and the draws as dots."""
    covariance = scene.view.directions * np.exp(logvar) @ scene.view.directions.T
    half = max(CLOSE_UP * float(np.sqrt(covariance.diagonal().max())), 1e-4)
    view = scene.view._replace(window=charts.Window((float(centre[0]), float(centre[1])), half))
    marks = Marks(centre[None], ("mu",), ellipses=ellipses(centre, covariance), draws=scene.view.project(draws))
    subtitle = "lines: 1 and 2 σ; dots with a rim: the draws below"
    marks_plot("posterior", scene.info, view, "Its posterior, close up", subtitle, marks)
