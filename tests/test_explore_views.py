"""Interpolation and reconstruction on the page "Explore": their images, densities and posteriors."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from tests.support.explore import (
    INTERPOLATION,
    RECONSTRUCTION,
    SHORT,
    Page,
    assert_shows,
    decoded,
    drawing,
    explorer,
    frames,
    marks,
    run_of,
)
from tests.support.helpers import each_kind
from tests.support.screens import charts, words
from ui.charts.raster import named_grid
from ui.components import PinnedPoint
from ui.explore import plane
from ui.explore.normalize import as_trained
from ui.explore.reconstruction import DRAWS, posterior_draws
from vae_core.evidence import log_density
from vae_core.latents import slerp

pytestmark = pytest.mark.usefixtures("pages")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    return explorer(monkeypatch)


@each_kind
def test_a_path_ends_at_the_reconstructions_of_its_two_images(kind: str, page: Callable[..., Page]) -> None:
    shown = page(model=SHORT[kind], dataset="Digits", view=INTERPOLATION, **{"from": "4", "to": "31"}, steps="5")
    run = run_of(kind)
    film = frames(shown.picture("5 images from test image 4"), 5)
    ends = [4, 31]
    assert_shows(film[[0, -1]], decoded(run, run.latents.mu[ends], run.latents.y[ends]))
    middle = run.latents.mu[ends].mean(axis=0, keepdims=True)
    if kind == "cvae":
        vectors = run.model().condition_vectors()[run.latents.y[ends]].mean(dim=0, keepdim=True)
        assert_shows(film[2:3], run.model().decode_with(torch.from_numpy(middle), vectors).numpy())
    else:
        assert_shows(film[2:3], decoded(run, middle, np.zeros(1, dtype=np.int64)))


def test_a_spherical_path_of_one_class(page: Callable[..., Page]) -> None:
    query = {"from": "4", "to": "31", "steps": "7", "way": "spherical", "as": "8"}
    shown = page(model="cVAE", dataset="Digits", view=INTERPOLATION, **query)
    run = run_of("cvae")
    z = slerp(*torch.from_numpy(run.latents.mu[[4, 31]]), 7).numpy()
    assert_shows(frames(shown.picture("7 images from test image 4"), 7), decoded(run, z, np.full(7, 8)))
    (density,), (plot,) = charts(shown.app), marks(shown.app)
    np.testing.assert_allclose(density["path"]["density"], log_density(run.latents, z), rtol=1e-5)
    np.testing.assert_allclose(plot["path"][["x", "y"]], z, rtol=1e-5)
    band = np.quantile(log_density(run.latents, run.z()), (0.25, 0.75))
    np.testing.assert_allclose(density["band"].to_numpy()[0], band, rtol=1e-5)  # the digits' codes are fewer than 500


def test_the_density_of_an_autoencoder_is_not_defined(page: Callable[..., Page]) -> None:
    (density,) = charts(page(model="AE", dataset="Digits", view=INTERPOLATION).app)
    assert (len(density["path"]), len(density["band"])) == (0, 0)
    assert len(density["note"]) == 1


def test_pinned_points_and_an_own_digit_can_be_the_ends(
    page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [PinnedPoint((0.5, -1.0), 3), PinnedPoint((1.0, 1.5), 6)]
    monkeypatch.setattr(plane, "decode_plane", lambda *_, **__: points)
    shown = page(model="cVAE", dataset="Digits", view=INTERPOLATION, steps="4")
    shown.app.session_state["drawing_grey"] = drawing(8)
    shown.run()
    for end, source in (("from", "pinned point"), ("to", "your digit")):
        shown.app.segmented_control(key=f"{end}_source").set_value(source)
    shown.run()
    film, run = frames(shown.picture("4 images from pinned point 1"), 4), run_of("cvae")
    assert_shows(film[:1], decoded(run, np.array([points[0].z], np.float32), np.array([3])))
    mu = run.model().encode(torch.from_numpy(as_trained(drawing(8), (8, 8)))[None], torch.tensor([0])).mu
    assert_shows(film[-1:], decoded(run, mu.numpy(), np.array([0])))


@each_kind
@pytest.mark.parametrize(("which", "choose"), [("worst", np.argmax), ("best", np.argmin)])
def test_the_worst_and_the_best_image_by_recon(
    kind: str, which: str, choose: Callable[[np.ndarray], np.intp], page: Callable[..., Page]
) -> None:
    shown = page(model=SHORT[kind], dataset="Digits", view=RECONSTRUCTION, which=which)
    run = run_of(kind)
    number, text = int(choose(run.recon)), words(shown.app)
    assert f"**Test image {number}, label {run.latents.y[number]}**" in text
    assert f"recon {run.recon[number]:#.3g}".rstrip(".") in text
    kld = run.latents.kld()
    assert ("no KLD" if kld is None else f"kld {kld[number]:#.3g}".rstrip(".")) in text
    assert_shows(shown.picture(f"Reconstruction of test image {number}"), decoded(
        run, run.latents.mu[[number]], run.latents.y[[number]])[0])  # fmt: skip
    place = marks(shown.app)[0]
    np.testing.assert_allclose(place["marks"][["x", "y"]], run.latents.mu[[number]], rtol=1e-5)
    assert place["lit"] == [run.latents.y[number]]
    assert len(marks(shown.app)) == (1 if kind == "ae" else 2)


def test_an_image_is_chosen_by_its_button_and_by_the_url(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", view=RECONSTRUCTION, which="random", sample="3")
    numbers = [int(button.label) for button in shown.app.button if button.label.isdigit()]
    assert len(set(numbers)) == 10
    shown.app.button(key=f"choose-{numbers[4]}").click()
    shown.run()
    assert f"**Test image {numbers[4]}," in words(shown.app)
    assert shown.app.button(key=f"choose-{numbers[4]}").disabled
    again = page(dataset="Digits", view=RECONSTRUCTION, which="random", sample="3", image="17")
    assert [int(button.label) for button in again.app.button if button.label.isdigit()] == numbers
    assert "**Test image 17," in words(again.app)


def test_another_choice_shows_its_first_image_and_another_model_the_same_image(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", view=RECONSTRUCTION)
    best = int(run_of("vae").recon.argmin())
    shown.app.segmented_control(key="which").set_value("best")
    shown.run()
    assert f"**Test image {best}, " in words(shown.app)
    shown.app.segmented_control(key="model").set_value("AE")
    shown.run()
    assert f"**Test image {best}, " in words(shown.app)


def test_the_posterior_is_drawn_as_wide_as_it_is(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", view=RECONSTRUCTION, image="5", draw="2")
    run = run_of("vae")
    mu, sigma = run.latents.mu[5], np.exp(0.5 * run.latents.logvar[5])
    close_up = marks(shown.app)[1]
    ellipses = close_up["ellipses"]
    distance = np.linalg.norm((ellipses[["x", "y"]].to_numpy() - mu) / sigma, axis=1)
    np.testing.assert_allclose(distance, ellipses["sigma"], rtol=1e-3)
    draws = posterior_draws(mu, run.latents.logvar[5], 2)
    np.testing.assert_allclose(close_up["draws"][["x", "y"]], draws, rtol=1e-5)
    rows = named_grid(
        (decoded(run, draws, np.zeros(DRAWS, np.int64)) * 255).round().astype(np.uint8), ("", ""), ("",) * 5, "light"
    )
    np.testing.assert_allclose(shown.picture("10 draws").astype(int), rows, atol=1)


def test_draws_follow_the_posterior() -> None:
    mu, logvar = np.array([1.0, -2.0], np.float32), np.log(np.array([0.25, 4.0], np.float32))
    many = np.concatenate([posterior_draws(mu, logvar, seed) for seed in range(800)])
    np.testing.assert_allclose(many.mean(axis=0), mu, atol=0.1)
    np.testing.assert_allclose(many.std(axis=0), [0.5, 2.0], rtol=0.05)
