import math

import numpy as np
import pytest
from helpers import each_kind
from scipy.stats import norm, wasserstein_distance
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from vae_core.diagnostics import (
    active_units,
    ignores_image,
    knn_accuracy,
    mutual_information,
    sliced_wasserstein,
    spread,
    summarize,
)
from vae_core.latents import Latents


def normal(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d))


def quantiles(n: int) -> np.ndarray:
    """The n points that stand for a normal distribution exactly, shape (n, 1)."""
    return norm.ppf((np.arange(n) + 0.5) / n)[:, None]


# ---- sliced Wasserstein ----


@pytest.mark.parametrize("scale", [0.3, 1.0, 6.5])
def test_in_one_dimension_it_is_scipys_wasserstein_distance(scale):
    z = scale * normal(300, 1) + 0.2
    assert sliced_wasserstein(z) == pytest.approx(wasserstein_distance(z[:, 0], quantiles(300)[:, 0]), rel=1e-9)


def test_it_is_zero_for_the_prior_itself():
    assert sliced_wasserstein(quantiles(1000)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("shift", [0.1, 1.0, 5.0])
def test_a_shift_has_its_closed_form(shift):
    """In one dimension the distance is the shift; in two its mean projection, 2/π of it."""
    assert sliced_wasserstein(quantiles(1000) + shift) == pytest.approx(shift, rel=1e-9)
    z = normal(20_000, 2) + np.array([shift, 0])
    assert sliced_wasserstein(z) == pytest.approx(shift * 2 / math.pi, rel=0.1, abs=0.02)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_a_scale_has_its_closed_form(scale):
    """W₁ of N(0, s²) to N(0, 1) is |s − 1| · E|N(0, 1)|, the same in every direction."""
    expected = abs(scale - 1) * math.sqrt(2 / math.pi)
    assert sliced_wasserstein(scale * quantiles(10_000)) == pytest.approx(expected, rel=1e-3)
    assert sliced_wasserstein(scale * normal(20_000, 5)) == pytest.approx(expected, rel=0.03)


def test_it_does_not_depend_on_the_order_of_the_points():
    z = normal(200, 3)
    assert sliced_wasserstein(z) == pytest.approx(sliced_wasserstein(z[::-1]), rel=1e-12)


# ---- neighbours ----


@pytest.mark.parametrize("neighbours", [1, 5, 15])
def test_accuracy_is_that_of_scikit_learns_leave_one_out(neighbours):
    rng = np.random.default_rng(1)
    y = rng.integers(0, 4, 120)
    z = normal(120, 2) + 1.5 * np.column_stack((y % 2, y // 2))
    classifier = KNeighborsClassifier(neighbours)
    assert knn_accuracy(z, y, neighbours) == pytest.approx(cross_val_score(classifier, z, y, cv=LeaveOneOut()).mean())


def test_separate_classes_are_always_found_and_mixed_ones_by_chance():
    y = np.arange(1000) % 10
    apart = normal(1000, 2) + 100 * np.column_stack((y, y))
    assert knn_accuracy(apart, y) == 1
    assert knn_accuracy(normal(1000, 2), y) == pytest.approx(0.1, abs=0.04)


def test_a_point_is_not_its_own_neighbour():
    assert knn_accuracy(np.array([[0.0], [1.0]]), np.array([0, 1])) == 0


# ---- all together ----


def test_spread_is_the_standard_deviation_of_each_dimension():
    z = normal(50_000, 3) * [1, 2, 0.1] + 5
    assert spread(z) == pytest.approx([1, 2, 0.1], rel=0.02)


def test_numbers_are_about_sampled_z():
    """A collapsed VAE has every mu at zero, and samples that are exactly the prior's."""
    n = 5000
    collapsed = Latents(np.zeros((n, 2), np.float32), np.zeros((n, 2), np.float32), np.arange(n) % 10)
    metrics = summarize(collapsed, seed=1)
    assert metrics["spread"].value == pytest.approx([1, 1], abs=0.03)
    assert metrics["sliced_wasserstein"].value < 0.03
    assert metrics == summarize(collapsed, seed=1) != summarize(collapsed, seed=2)


@each_kind
def test_a_runs_numbers_are_those_of_its_samples(kind, runs):
    run = runs[kind]
    z, metrics = run.z(), summarize(run.latents, run.info.latent_seed)
    assert metrics["spread"].value == spread(z)
    assert metrics["sliced_wasserstein"].value == sliced_wasserstein(z)
    assert metrics["knn_accuracy"].value == knn_accuracy(z, run.latents.y)
    assert all(metric.unit for metric in metrics.values())


@pytest.mark.parametrize("mu", [np.full((5, 2), np.nan), np.full((5, 2), np.inf), np.zeros((1, 2))])
def test_numbers_that_do_not_exist_are_refused(mu):
    with pytest.raises(ValueError, match="finite"):
        summarize(Latents(mu.astype(np.float32), None, np.zeros(len(mu), np.int64)), 0)


# ---- information ----


def posteriors(mu: np.ndarray, sigma: float | np.ndarray) -> Latents:
    logvar = np.broadcast_to(2 * np.log(sigma), mu.shape)
    return Latents(mu.astype(np.float32), logvar.astype(np.float32), np.zeros(len(mu), dtype=np.int64))


def test_equal_posteriors_say_nothing_of_the_image():
    assert mutual_information(posteriors(np.zeros((500, 2)), 1.0), 0) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("clusters", [2, 10])
def test_separated_groups_of_equal_posteriors_are_worth_the_logarithm_of_their_number(clusters):
    mu = np.repeat(100.0 * np.arange(clusters), 50)[:, None] * np.ones((1, 2))
    assert mutual_information(posteriors(mu, 1.0), 0) == pytest.approx(math.log(clusters), abs=1e-6)


@pytest.mark.parametrize(("spread_of_mu", "sigma"), [(1.0, 1.0), (3.0, 0.5), (0.2, 1.0)])
def test_gaussian_means_have_their_closed_form(spread_of_mu, sigma):
    """mu ~ N(0, s²), z|x ~ N(mu, σ²): I(x;z) = d/2 ln(1 + s²/σ²); 5 times the standard error of 1,000 draws."""
    mu = spread_of_mu * normal(20_000, 2)
    expected = math.log(1 + spread_of_mu**2 / sigma**2)
    assert mutual_information(posteriors(mu, sigma), 0) == pytest.approx(expected, abs=5 / math.sqrt(1000))


def test_information_cannot_exceed_the_logarithm_of_the_number_of_images():
    assert mutual_information(posteriors(normal(300, 2), 1e-4), 0) == pytest.approx(math.log(300), abs=1e-6)


def test_an_ae_has_no_information_and_no_active_units():
    codes = Latents(normal(50, 2).astype(np.float32), None, np.zeros(50, dtype=np.int64))
    assert mutual_information(codes, 0) is None
    assert active_units(codes) is None
    assert not ignores_image(summarize(codes, 0))


def test_active_units_are_the_dimensions_whose_mean_depends_on_the_image():
    mu = normal(2000, 4) * np.array([1.0, 0.2, 0.05, 0.0])  # variances 1, 0.04, 0.0025, 0
    assert active_units(posteriors(mu, 1.0)) == 2


@pytest.mark.parametrize(("scale", "ignored"), [(0.0, True), (0.01, True), (1.0, False)])
def test_a_collapsed_model_ignores_the_image(scale, ignored):
    assert ignores_image(summarize(posteriors(scale * normal(500, 2), 1.0), 0)) == ignored
