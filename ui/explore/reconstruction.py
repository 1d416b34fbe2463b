"""Test images and what is left of them: the worst, the best and some others, with the posterior's width."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts.place import Places, ellipses
from ui.explore.pictures import labelled
from ui.explore.places import place_plot
from ui.explore.scene import Floats, Scene
from ui.generated.labels import classify
from ui.shell import params, words
from ui.shell.theme import current_theme

__all__ = ["chosen_images", "posterior_draws", "reconstruction"]

WHICH, IMAGE, SAMPLE, RESAMPLE = "which", "image", "sample", "resample"  # session keys and URL parameters
WORST, BEST, RANDOM = "worst", "best", "random"
COUNT, DRAWS = 10, 10  # images to choose from; draws from one image's posterior
CELL_PX, LARGE_PX = 84, 150
CLOSE = 4.0  # half side of the close-up, in standard deviations of the posterior
MOST = 9999  # of the numbers that stand for random choices


def reconstruction(scene: Scene) -> None:
    """Images to choose from, and the chosen one with its posterior."""
    last = len(scene.run.recon) - 1
    anything = params.whole(0, MOST)
    params.check(
        {WHICH: params.one_of((WORST, BEST, RANDOM)), IMAGE: params.whole(0, last)}
        | {SAMPLE: anything, RESAMPLE: anything}
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.segmented_control(
            "Test images, by recon", (WORST, BEST, RANDOM), default=WORST, required=True, key=WHICH,
            bind="query-params", on_change=_show_first, args=(scene.run.recon,),
        )  # fmt: skip
        sample = 0
        if which == RANDOM:
            sample = st.number_input(
                "Choice", 0, MOST, 0, key=SAMPLE, bind="query-params", width=130, on_change=_show_first,
                args=(scene.run.recon,),
            )  # fmt: skip
    found = chosen_images(scene.run.recon, which, sample)
    params.forget_unless(IMAGE, lambda number: 0 <= number <= last)
    choices = st.container()
    number = _one(scene, last, int(found[0]))
    with choices:
        _choices(scene, found, number)


def _show_first(recon: NDArray[np.float32]) -> None:
    """Other images to choose from: the first of them is shown."""
    state = st.session_state
    state[IMAGE] = int(chosen_images(recon, state[WHICH], state.get(SAMPLE, 0))[0])


def chosen_images(recon: NDArray[np.float32], which: str, sample: int) -> NDArray[np.int64]:
    """Indices of some test images: those with the largest recon (N,) first, the smallest first, or drawn at random."""
    if which == RANDOM:
        return np.random.default_rng(sample).choice(len(recon), min(COUNT, len(recon)), replace=False)
    order = np.argsort(recon, kind="stable")
    return order[::-1][:COUNT] if which == WORST else order[:COUNT]


def _choices(scene: Scene, found: NDArray[np.int64], chosen: int) -> None:
    """Each image over its reconstruction, with a button."""
    run, originals = scene.run, store.test_images(scene.info.train.dataset)
    rebuilt, kld = store.reconstruct(scene.info, found, sampled=False), run.latents.kld()
    with st.container(horizontal=True, gap="small", key="strip-choices"):
        for index, picture in zip(found.tolist(), rebuilt, strict=True):
            pair = picture if originals is None else np.concatenate((originals[index], picture))
            with st.container(width=CELL_PX, gap="xsmall"):
                st.image(pair, width=CELL_PX, alt=f"Test image {index} and its reconstruction")
                st.button(
                    f"{index}", key=f"choose-{index}", type="tertiary", width="stretch", disabled=index == chosen,
                    on_click=st.session_state.__setitem__, args=(IMAGE, index),
                )  # fmt: skip
                rate = "" if kld is None else f"  \nkld {words.three(float(kld[index]))}"
                st.caption(f"recon {words.three(float(run.recon[index]))}{rate}")
    st.caption(
        "Above: the test image. Below: what the decoder makes of its mean code mu. Its number shows more of it. "
        "recon and kld in nats."
    )


def _one(scene: Scene, last: int, usual: int) -> int:
    """The chosen image: figures, its place in the plane, its posterior close up, and draws from it. Its number."""
    figures, plane, close = st.columns(3, gap="medium")
    with figures:
        number = st.number_input("Test image", 0, last, usual, key=IMAGE, bind="query-params", width=150)
        _figures(scene, number)
    same = np.flatnonzero(scene.run.latents.y == scene.run.latents.y[number])
    mu = scene.view.project(scene.run.latents.mu[number : number + 1])
    name = f"{number}"
    with plane:
        title = words.title(scene.info.model.kind)
        place_plot(
            "chosen",
            scene.info,
            scene.view,
            title,
            f"the place of image {number}; lit: its class",
            Places(mu, (name,)),
            same,
        )
    if scene.run.latents.logvar is not None:
        with close:
            _posterior(scene, number, scene.run.latents.logvar[number], mu[0])
    else:
        close.caption("An autoencoder's code is a single place: it has no width, and there is nothing to resample.")
    return int(number)


def _figures(scene: Scene, number: int) -> None:
    """The image, its reconstruction, and what they cost."""
    run, originals = scene.run, store.test_images(scene.info.train.dataset)
    rebuilt, kld = store.reconstruct(scene.info, np.array([number]), sampled=False), run.latents.kld()
    labels = classify(scene.info.train.dataset, rebuilt)
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
        st.image(rebuilt[0], width=LARGE_PX, alt=f"Reconstruction of test image {number}")
        st.markdown("  \n".join(lines), width="content")


def posterior_draws(mu: Floats, logvar: Floats, seed: int) -> Floats:
    """Latents drawn from one image's posterior, mu and logvar of shape (d,): (DRAWS, d)."""
    eps = np.random.default_rng(seed).standard_normal((DRAWS, len(mu)), dtype=np.float32)
    return mu + np.exp(0.5 * logvar) * eps


def _posterior(scene: Scene, number: int, logvar: Floats, centre: Floats) -> None:
    """The posterior close up, and what its width means for the image."""
    shown = st.container()
    seed = st.number_input(
        "Resample", 0, MOST, 0, key=RESAMPLE, bind="query-params", width=150, help="Another number, other draws."
    )
    draws = posterior_draws(scene.run.latents.mu[number], logvar, seed)
    widths = ", ".join(words.three(float(value)) for value in np.exp(0.5 * logvar[:4]))
    more = " …" if len(logvar) > 4 else ""
    with shown:
        _close_up(scene, logvar, centre, draws)
        with st.container(key="strip-draws"):
            pictures = store.decode(scene.info, draws, np.full(len(draws), scene.run.latents.y[number]))
            rows = labelled(pictures, ("", ""), ("",) * (DRAWS // 2), current_theme())
            st.image(rows, width="stretch", alt=f"{len(draws)} draws from the posterior, decoded")
        st.caption(
            f"{len(draws)} draws of z ~ N(mu, sigma²), decoded; sigma = {widths}{more} (prior: 1). "
            "What differs between them is what the code does not say."
        )


def _close_up(scene: Scene, logvar: Floats, centre: Floats, draws: Floats) -> None:
    """The plane around the mean, with the posterior as ellipses and the draws as dots."""
    covariance = scene.view.directions * np.exp(logvar) @ scene.view.directions.T
    half = max(CLOSE * float(np.sqrt(covariance.diagonal().max())), 1e-4)
    view = scene.view._replace(window=charts.Window((float(centre[0]), float(centre[1])), half))
    marked = Places(centre[None], ("mu",), ellipses=ellipses(centre, covariance), draws=scene.view.project(draws))
    subtitle = "lines: 1 and 2 σ; dots with a rim: the draws below"
    place_plot("posterior", scene.info, view, "Its posterior, close up", subtitle, marked)
