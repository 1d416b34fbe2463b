import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gamma
from scipy.stats import norm, wasserstein_distance

from tests.support.fake_latents import normal
from vae_core.evidence import shape
from vae_core.evidence.shape import energy_distance, sliced_wasserstein, spread, whiten


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


@pytest.mark.parametrize(("n", "d"), [(360, 1), (360, 8), (2000, 2)])
def test_its_null_is_the_mean_over_many_gaussian_samples(n, d):
    found = [sliced_wasserstein(normal(n, d, seed), 40) for seed in range(200)]
    error = np.std(found) / math.sqrt(len(found))
    assert shape.sliced_wasserstein_null(n) == pytest.approx(np.mean(found), abs=4 * error, rel=0.01)


# ---- energy distance ----


@pytest.mark.parametrize("scale", [1e-3, 0.7, 40.0])
def test_in_one_dimension_it_is_twice_the_squared_difference_of_distribution_functions(scale):
    """Székely & Rizzo 2013, theorem 1 and section 2: exact for any finite set of points."""
    z = np.sort(scale * normal(30, 1)[:, 0] + 0.3)
    edges = np.concatenate(([-12.0 - 9 * scale], z, [12.0 + 9 * scale]))
    steps = np.arange(len(z) + 1) / len(z)
    pieces = [
        quad(lambda x, step=step: (step - norm.cdf(x)) ** 2, low, high, limit=200)[0]
        for step, low, high in zip(steps, edges[:-1], edges[1:], strict=True)
    ]
    assert energy_distance(z[:, None]).value == pytest.approx(2 * sum(pieces), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("d", [1, 2, 3, 20])
@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0, 3.0])
def test_a_scaled_gaussian_has_its_closed_form(d, scale):
    """z ~ N(0, s² I): E|z − Y| = √(1 + s²) c, E|z − z'| = √2 s c, E|Y − Y'| = √2 c, with c = E|N(0, I)|."""
    c = math.sqrt(2) * gamma((d + 1) / 2) / gamma(d / 2)
    expected = (2 * math.sqrt(1 + scale**2) - math.sqrt(2) * (scale + 1)) * c
    found = energy_distance(scale * normal(1500, d))
    bias = math.sqrt(2) * scale * c / 1500  # of the pairs of a point and itself
    assert found.value == pytest.approx(expected + bias, abs=4 * found.stderr + 1e-9 + 2 * bias)


@pytest.mark.parametrize("d", [1, 2, 7])
def test_it_is_never_negative_and_its_null_is_the_mean_over_gaussian_samples(d):
    found = [energy_distance(normal(80, d, seed)).value for seed in range(300)]
    assert min(found) > 0
    error = np.std(found) / math.sqrt(len(found))
    assert shape.energy_distance_null(80, d) == pytest.approx(np.mean(found), abs=4 * error)


def test_its_standard_error_is_its_spread_over_samples():
    found = [energy_distance(3 * normal(300, 2, seed) + np.array([1, 0])) for seed in range(200)]
    assert np.mean([one.stderr for one in found]) == pytest.approx(np.std([one.value for one in found]), rel=0.2)


def test_far_away_it_grows_as_twice_the_distance():
    assert energy_distance(np.full((5, 2), 1e8)).value == pytest.approx(2 * math.sqrt(2) * 1e8, rel=1e-6)


# ---- moments ----


def test_spread_is_the_standard_deviation_of_each_dimension():
    z = normal(50_000, 3) * [1, 2, 0.1] + 5
    assert spread(z).value == pytest.approx([1, 2, 0.1], rel=0.02)


def test_moments_are_those_of_numpy_and_their_formulas():
    z = np.random.default_rng(0).gamma(2.0, size=(400, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 9]])
    assert shape.mean(z).value == pytest.approx(z.mean(axis=0))
    assert np.array(shape.covariance(z).value) == pytest.approx(np.cov(z.T, bias=True))
    standard = (z - z.mean(axis=0)) / z.std(axis=0)
    assert shape.skew(z).value == pytest.approx((standard**3).mean(axis=0))
    assert shape.kurtosis(z).value == pytest.approx((standard**4).mean(axis=0) - 3)


def test_standard_errors_of_moments_are_their_spread_over_samples():
    draws = [np.random.default_rng(seed).uniform(3, 5, size=(500, 2)) for seed in range(400)]
    for moment in (shape.mean, shape.covariance):
        found = [moment(z) for z in draws]
        spread_of_values = np.std([one.value for one in found], axis=0)
        assert np.mean([one.stderr for one in found], axis=0) == pytest.approx(spread_of_values, rel=0.2)


@pytest.mark.parametrize("z", [np.full((50, 2), 0.1, np.float32), normal(50, 2) * [1, 0], normal(50, 2) * 1e-9 + 7])
def test_codes_without_extent_have_no_standardized_moments_and_are_not_whitened(z):
    z = z.astype(np.float32)
    assert whiten(z) is None
    for moment in (shape.skew(z), shape.kurtosis(z)):
        assert moment.value is None
        assert moment.missing.kind == "undetermined"


# ---- whitening ----


def test_whitened_points_have_mean_zero_and_the_identity_as_covariance():
    z = normal(500, 3) @ np.array([[5, 1, 0], [0, 0.1, 0], [3, 0, 1]]) + [7, -2, 1e3]
    white = whiten(z)
    assert white.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)
    assert white.T @ white / 500 == pytest.approx(np.eye(3), abs=1e-9)


def test_white_points_are_left_alone():
    white = whiten(normal(500, 3))
    assert whiten(white) == pytest.approx(white, abs=1e-9)


def test_whitening_forgets_every_linear_map():
    """Up to a turn, which the energy distance does not see."""
    z = np.random.default_rng(0).gamma(1.0, size=(300, 2))
    again = whiten(z @ np.array([[3, 1], [0, 0.2]]) + 5)
    turn, _, _, _ = np.linalg.lstsq(whiten(z), again, rcond=None)
    assert turn.T @ turn == pytest.approx(np.eye(2), abs=1e-9)
    assert energy_distance(again).value == pytest.approx(energy_distance(whiten(z)).value, rel=1e-9)


@pytest.mark.parametrize("n", [2, 3])
def test_points_in_fewer_directions_than_dimensions_are_not_whitened(n):
    assert whiten(normal(n, 3)) is None


# ---- subset ----


def test_the_subset_is_fixed_distinct_and_at_most_2000():
    few = shape.subset(10_000, 3)
    assert len(set(few.tolist())) == len(few) == 2000
    assert (few == shape.subset(10_000, 3)).all()
    assert (few != shape.subset(10_000, 4)).any()
    assert sorted(shape.subset(7, 3)) == list(range(7))
