"""The pointwise KLD against torch.distributions, an integral, and the formula's own properties."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from ui.lecture.normal_kld import by_distributions, by_integration, by_loss, density, integrand, kl_pq, kl_qp, terms

mus, sigmas = st.floats(-5, 5), st.floats(0.05, 5)


def oracle(mu: float, sigma: float) -> tuple[float, float]:
    q = Normal(torch.tensor(mu, dtype=torch.float64), torch.tensor(sigma, dtype=torch.float64))
    p = Normal(torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64))
    return float(kl_divergence(q, p)), float(kl_divergence(p, q))


@given(mus, sigmas)
def test_both_directions_are_those_of_torch_distributions(mu, sigma):
    forward, backward = oracle(mu, sigma)
    assert kl_qp(mu, sigma) == pytest.approx(forward, rel=1e-9, abs=1e-9)
    assert kl_pq(mu, sigma) == pytest.approx(backward, rel=1e-9, abs=1e-9)


@given(mus, sigmas)
def test_the_three_sources_are_independent_and_agree(mu, sigma):
    assert by_loss(mu, sigma) == pytest.approx(kl_qp(mu, sigma), rel=1e-9, abs=1e-9)
    assert by_distributions(mu, sigma) == pytest.approx(oracle(mu, sigma)[0], rel=1e-9, abs=1e-9)
    assert by_distributions(mu, sigma, reverse=True) == pytest.approx(oracle(mu, sigma)[1], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("mu", [-3, 0, 0.7, 3])
@pytest.mark.parametrize("sigma", [0.1, 0.5, 1, 3])
def test_the_integral_is_the_divergence_both_ways(mu, sigma):
    forward, backward = oracle(mu, sigma)
    assert by_integration(mu, sigma) == pytest.approx(forward, rel=1e-7, abs=1e-7)
    assert by_integration(mu, sigma, reverse=True) == pytest.approx(backward, rel=1e-7, abs=1e-7)


def test_each_term_is_the_formula_s():
    assert terms(2.0, math.e) == pytest.approx((-0.5, -1.0, 2.0, 0.5 * math.e**2))
    assert sum(terms(2.0, math.e)) == pytest.approx(kl_qp(2.0, math.e))


def test_the_two_directions_punish_opposite_widths():
    assert kl_qp(0, 2) == pytest.approx(kl_pq(0, 0.5))
    assert kl_qp(0, 2) > kl_qp(0, 0.5)
    assert kl_pq(0, 2) < kl_pq(0, 0.5)


def test_the_integrand_is_below_0_where_the_prediction_is_below_the_target():
    x = np.linspace(-6, 6, 2401)
    y = integrand(x, 1.0, 0.5)
    assert ((y < 0) == (density(x, 1.0, 0.5) < density(x))).all()
    assert y.sum() * (x[1] - x[0]) == pytest.approx(kl_qp(1.0, 0.5), rel=1e-3)


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan])
@pytest.mark.parametrize("function", [terms, kl_qp, kl_pq, by_integration])
def test_a_width_that_is_none_is_refused(function, sigma):
    with pytest.raises(ValueError, match="sigma must be above 0, got"):
        function(0.0, sigma)
