import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from vae_core.config import LOGVAR_MAX, LOGVAR_MIN
from vae_core.losses import Terms, importance_weighted, kld, recon, terms
from vae_core.models import Output


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=generator(seed))


# ---- KLD ----


@pytest.mark.parametrize("d", [1, 2, 64])
def test_kld_is_that_of_torch_distributions(d):
    mu, logvar = 3 * random(50, d, seed=1).double(), 2 * random(50, d, seed=2).double()
    posterior = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    prior = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    torch.testing.assert_close(kld(mu, logvar), kl_divergence(posterior, prior))


@pytest.mark.parametrize(
    ("mu", "logvar", "nats"),
    [
        (0.0, 0.0, 0.0),
        (2.0, 0.0, 2.0),
        (0.0, math.log(4), 0.5 * (4 - 1 - math.log(4))),
        (1.0, -2.0, 1 + math.exp(-2) / 2),
    ],
)
def test_kld_has_its_closed_form(mu, logvar, nats):
    assert kld(torch.tensor([[mu]]), torch.tensor([[logvar]])).item() == pytest.approx(nats, rel=1e-6)


def test_kld_sums_over_latent_dimensions():
    mu, logvar = random(7, 3, seed=1), random(7, 3, seed=2)
    per_dimension = [kld(mu[:, [i]], logvar[:, [i]]) for i in range(3)]
    torch.testing.assert_close(kld(mu, logvar), sum(per_dimension))


numbers = st.tuples(st.floats(-100, 100, width=32), st.floats(LOGVAR_MIN, LOGVAR_MAX, width=32))


@given(st.lists(numbers, min_size=1, max_size=5))
def test_kld_is_never_negative_and_zero_only_at_the_prior(values):
    mu, logvar = torch.tensor(values).T[:, None]
    nats = kld(mu, logvar).item()
    assert math.isfinite(nats)
    assert nats >= 0
    if max(abs(value) for pair in values for value in pair) > 1e-3:
        assert nats > 0


@pytest.mark.parametrize("logvar", [LOGVAR_MIN, -1e-2, -1e-4, 1e-4, 1e-2, LOGVAR_MAX])
def test_kld_in_float32_keeps_its_digits(logvar):
    value = torch.tensor([[logvar]])
    exact = math.expm1(value.item()) - value.item()  # of the same float32, in float64
    assert kld(torch.zeros(1, 1), value).item() == pytest.approx(exact / 2, rel=1e-2)


def test_kld_has_the_right_gradient():
    mu, logvar = random(5, 2, seed=1).requires_grad_(), random(5, 2, seed=2).requires_grad_()
    kld(mu, logvar).sum().backward()
    torch.testing.assert_close(mu.grad, mu.detach())
    torch.testing.assert_close(logvar.grad, 0.5 * (logvar.detach().exp() - 1))


# ---- reconstruction ----


def test_bernoulli_is_that_of_torch_distributions():
    logits, x = random(6, 4, 5), torch.bernoulli(torch.full((6, 4, 5), 0.3), generator=generator())
    expected = -Bernoulli(logits=logits).log_prob(x).sum(dim=(1, 2))
    torch.testing.assert_close(recon(logits, x), expected)


def test_bernoulli_of_grey_values_is_their_cross_entropy():
    logits, x = random(6, 4, 5), torch.rand(6, 4, 5, generator=generator())
    p = torch.sigmoid(logits)
    expected = -(x * p.log() + (1 - x) * (1 - p).log()).sum(dim=(1, 2))
    torch.testing.assert_close(recon(logits, x), expected)


@pytest.mark.parametrize("std", [0.001, 0.1, 1.0])
def test_gaussian_is_that_of_torch_distributions_with_its_constant(std):
    logits, x = random(6, 4, 5), torch.rand(6, 4, 5, generator=generator())
    expected = -Normal(torch.sigmoid(logits), std).log_prob(x).sum(dim=(1, 2))
    torch.testing.assert_close(recon(logits, x, "gaussian", std), expected, rtol=1e-5, atol=1e-3)


def test_gaussian_of_a_perfect_reconstruction_is_its_constant():
    logits = random(1, 8, 8)
    nats = recon(logits, torch.sigmoid(logits), "gaussian", 0.1).item()
    assert nats == pytest.approx(64 * 0.5 * math.log(2 * math.pi * 0.01), rel=1e-5)
    assert nats < 0  # a density may exceed 1


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_recon_sums_over_pixels(likelihood):
    logits, x = random(3, 4, 4), torch.rand(3, 4, 4, generator=generator())
    once, twice = (recon(logits.repeat(1, 1, n), x.repeat(1, 1, n), likelihood) for n in (1, 2))
    assert once.shape == (3,)
    torch.testing.assert_close(twice, 2 * once)


def test_bernoulli_is_stable_where_the_decoder_is_certain():
    logits, x = torch.tensor([[[1e4, -1e4]]]), torch.tensor([[[1.0, 0.0]]])
    assert recon(logits, x).item() == 0
    assert recon(logits, 1 - x).item() == 2e4


def test_recon_of_bfloat16_logits_is_summed_in_float32():
    logits, x = random(3, 28, 28).bfloat16(), torch.rand(3, 28, 28, generator=generator())
    torch.testing.assert_close(recon(logits, x), recon(logits.float(), x))


def test_an_unknown_likelihood_is_refused():
    with pytest.raises(ValueError, match="likelihood must be bernoulli or gaussian, got 'poisson'"):
        recon(torch.zeros(1, 2, 2), torch.zeros(1, 2, 2), "poisson")


# ---- together ----


def test_the_loss_is_the_mean_over_the_batch():
    assert Terms(torch.tensor([1.0, 3.0]), torch.tensor([10.0, 30.0])).loss(0.5).item() == 2 + 0.5 * 20


def test_a_beta_of_zero_takes_the_kld_out_even_when_it_is_infinite():
    assert Terms(torch.tensor([1.0, 3.0]), torch.tensor([0.0, math.inf])).loss(0.0).item() == 2


def test_terms_are_recon_and_kld_of_the_output():
    mu, logvar, logits, x = random(4, 2, seed=1), random(4, 2, seed=2), random(4, 3, 3), torch.rand(4, 3, 3)
    found = terms(Output(logits, mu, mu, logvar), x, "gaussian", 0.2)
    torch.testing.assert_close(found, Terms(recon(logits, x, "gaussian", 0.2), kld(mu, logvar)))


def test_terms_of_an_autoencoder_have_no_kld():
    mu, logits, x = random(4, 2), random(4, 3, 3), torch.rand(4, 3, 3)
    torch.testing.assert_close(terms(Output(logits, mu, mu, None), x), Terms(recon(logits, x), torch.zeros(4)))


@pytest.mark.parametrize("samples", [1, 3])
def test_the_importance_weighted_bound_is_that_of_torch_distributions(samples):
    mu, logvar, z = (torch.randn(4 * samples, 2, dtype=torch.float64) for _ in range(3))
    distortion = torch.rand(4 * samples, dtype=torch.float64)
    q, prior = Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)
    weights = (prior.log_prob(z) - q.log_prob(z)).sum(dim=1) - distortion
    expected = -torch.log(weights.exp().view(4, samples).mean(dim=1))
    found = importance_weighted(Output(distortion, z, mu, logvar), distortion, samples)
    torch.testing.assert_close(found, expected)


def test_a_model_without_a_density_has_no_importance_weighted_bound():
    mu = torch.zeros(4, 2)
    with pytest.raises(ValueError, match="no density"):
        importance_weighted(Output(mu, mu, mu, None), torch.zeros(4), 1)
