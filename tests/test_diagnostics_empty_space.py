import tracemalloc

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.stats import norm

from tests.support.fake_latents import normal
from vae_core.evidence import far_draws, far_share
from vae_core.evidence.empty_space import far_limit


@pytest.mark.parametrize("d", [1, 2, 5])
def test_another_sample_of_the_prior_is_as_near_but_for_chance(d):
    shares = [far_share(normal(2000, d, seed), seed).value for seed in range(8)]
    assert np.mean(shares) == pytest.approx(0.01, abs=0.003)


def test_half_a_plane_without_codes_is_far_but_for_its_border():
    z = normal(20_000, 2)
    assert norm.cdf(-0.6) < far_share(z[z[:, 0] > 0], 0).value < 0.5


def test_codes_somewhere_else_leave_all_of_the_prior_empty():
    assert far_share(normal(500, 2) + 100, 0).value == 1


def test_distances_are_scipys():
    z = 2 * normal(300, 3)
    draws, far = far_draws(z, 7)
    limits = [np.quantile(cKDTree(normal(300, 3, seed)).query(draws)[0], 0.99) for seed in range(20)]
    assert far_limit(300, 3) == pytest.approx(np.mean(limits), rel=0.05)
    assert (far == (cKDTree(z).query(draws)[0] > far_limit(300, 3))).all()
    assert far_share(z, 7).value == far.mean()


def test_the_standard_error_counts_images_and_draws():
    """In 0.7 to 1.6 times the spread of fresh images: the jackknife of a nearest neighbour is on the safe side."""
    found = [far_share(0.8 * normal(1000, 2, seed), seed) for seed in range(30)]
    ratio = np.mean([one.stderr for one in found]) / np.std([one.value for one in found])
    assert 0.7 < ratio < 1.6


def test_draws_are_the_priors_and_the_same_for_a_seed():
    draws = far_draws(normal(50, 2), 7).z
    assert draws.shape == (10_000, 2)
    assert draws.mean(axis=0) == pytest.approx([0, 0], abs=0.05)
    assert np.cov(draws.T) == pytest.approx(np.eye(2), abs=0.06)
    assert (draws == far_draws(2 * normal(50, 2), 7).z).all()
    assert (draws != far_draws(normal(50, 2), 8).z).all()


def test_many_dimensions_take_little_memory():
    z = normal(5000, 20).astype(np.float32)
    tracemalloc.start()
    far_share(z, 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6
