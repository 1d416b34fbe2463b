import math
import tracemalloc

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.stats import norm

from tests.support.fake_latents import normal
from vae_core.evidence import far_draws, far_share


def test_the_nulls_own_share_is_one_in_a_hundred():
    null = normal(2000, 2)
    assert far_share(null, null, 0).value == pytest.approx(0.01, abs=1e-4)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_another_sample_of_the_prior_is_as_near_but_for_chance(d):
    """The limit and the share are each off by 1/√100."""
    shares = [far_share(normal(2000, d, 2 * seed), normal(2000, d, 2 * seed + 1), seed).value for seed in range(8)]
    assert np.mean(shares) == pytest.approx(0.01, abs=0.003)


def test_half_a_plane_without_codes_is_far_but_for_its_border():
    z = normal(20_000, 2)
    share = far_share(z[z[:, 0] > 0], normal(10_000, 2, 1), 0)
    assert norm.cdf(-0.6) < share.value < 0.5


def test_codes_somewhere_else_leave_all_of_the_prior_empty():
    assert far_share(normal(500, 2) + 100, normal(500, 2, 1), 0).value == 1


def test_distances_are_scipys():
    z, null = 2 * normal(300, 3), normal(300, 3, 1)
    draws, far = far_draws(z, null, 7)
    limit = np.quantile(cKDTree(null).query(draws)[0], 0.99)
    assert (far == (cKDTree(z).query(draws)[0] > limit)).all()
    share = far_share(z, null, 7)
    assert share.value == far.mean()
    assert share.stderr == pytest.approx(math.sqrt(share.value * (1 - share.value) / len(draws)))


def test_draws_are_the_priors_and_the_same_for_a_seed():
    draws = far_draws(normal(50, 2), normal(50, 2, 1), 7).z
    assert draws.shape == (10_000, 2)
    assert draws.mean(axis=0) == pytest.approx([0, 0], abs=0.05)
    assert np.cov(draws.T) == pytest.approx(np.eye(2), abs=0.06)
    assert (draws == far_draws(2 * normal(50, 2), normal(50, 2, 1), 7).z).all()
    assert (draws != far_draws(normal(50, 2), normal(50, 2, 1), 8).z).all()


def test_many_dimensions_take_little_memory():
    z, null = (normal(5000, 20, seed).astype(np.float32) for seed in (0, 1))
    tracemalloc.start()
    far_share(z, null, 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6
