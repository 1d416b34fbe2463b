"""The label-conditional prior p(z|c): its KLD, draws from it, and that it is a change of variables of N(0, I)."""

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from tests.support.helpers import small_model
from ui.charts import Window
from ui.charts.latent_space import SpaceView
from ui.charts.marks import prior_layers
from vae_core.data import ImageSet
from vae_core.evidence import summarize
from vae_core.evidence.likelihood import nll
from vae_core.latents import Latents, sample_prior
from vae_core.losses import Prior, kld, log_ratio, terms
from vae_core.models import CVAE, build_model

K, D = 10, 2


def normal(mean: torch.Tensor, logvar: torch.Tensor) -> Independent:
    return Independent(Normal(mean, torch.exp(0.5 * logvar)), 1)


def random(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def with_prior(seed: int = 3) -> CVAE:
    """A model whose prior has another mean and width for every class."""
    model = build_model(small_model("cvae", prior="label"))
    with torch.no_grad():
        model.label_prior.mean.copy_(3 * random(K, D, seed=seed))
        model.label_prior.logvar.copy_(random(K, D, seed=seed + 1))
    return model


def test_kld_and_log_ratio_are_those_of_torch_distributions():
    mu, logvar, mean, width, eps = (random(50, 3, seed=seed) for seed in range(5))
    q, p, z = normal(mu, logvar), normal(mean, width), mu + torch.exp(0.5 * logvar) * eps
    torch.testing.assert_close(kld(mu, logvar, Prior(mean, width)), kl_divergence(q, p))
    torch.testing.assert_close(log_ratio(z, eps, logvar, Prior(mean, width)), p.log_prob(z) - q.log_prob(z))


def test_it_begins_at_the_standard_normal_and_stays_finite():
    model = build_model(small_model("cvae", prior="label"))
    assert not any(values.any() for values in model.prior())
    with torch.no_grad():
        model.label_prior.logvar.fill_(-1000)
    assert torch.isfinite(kld(torch.ones(K, D), torch.zeros(K, D), model.prior())).all()


def test_each_label_has_its_own():
    model, y = with_prior(), torch.tensor([7, 1, 7])
    for of_labels, of_all in zip(model.prior(y), model.prior(), strict=True):
        torch.testing.assert_close(of_labels, of_all[y])
    assert len(of_all.unique(dim=0)) == K


def test_a_draw_of_a_class_is_a_draw_from_its_prior():
    model, y = with_prior(), torch.full((4000,), 7)
    _, z = sample_prior(model, len(y), y, torch.Generator().manual_seed(0))
    mean, logvar = (values[7].detach() for values in model.prior())
    torch.testing.assert_close(z.mean(dim=0), mean, atol=0.1, rtol=0)
    torch.testing.assert_close(z.std(dim=0), torch.exp(0.5 * logvar), atol=0, rtol=0.05)
    _, still = sample_prior(model, 1, y[:1], temperature=0)
    torch.testing.assert_close(still[0], mean)


def test_a_change_of_variables_leaves_elbo_and_likelihood():
    """z = m + s · u, put into the weights of a model with a prior N(0, I), and its prior with it."""
    m, s = torch.tensor([1.0, -2.0]), torch.tensor([2.0, 0.5])
    plain, moved = build_model(small_model("cvae")), build_model(small_model("cvae", prior="label"))
    moved.load_state_dict(plain.state_dict(), strict=False)
    last, first = moved.encoder.net[-1], moved.decoder.net[0]
    with torch.no_grad():
        last.weight[:D] *= s[:, None]
        last.bias.copy_(torch.cat((last.bias[:D] * s + m, last.bias[D:] + 2 * s.log())))
        first.weight[:, :D] /= s
        first.bias -= first.weight[:, :D] @ m
        moved.label_prior.mean.copy_(m.expand(K, D))
        moved.label_prior.logvar.copy_(2 * s.log().expand(K, D))
    x = torch.randint(256, (12, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    data = ImageSet(x, torch.arange(12) % K, tuple("0123456789"), "digits")
    costs, estimates = [], []
    for model in (plain, moved):
        output = model(data.images(slice(None)), data.y, torch.Generator().manual_seed(1))
        costs.append(torch.stack(terms(output, data.images(slice(None)))))
        estimates.append(nll(model, data, 20, generator=torch.Generator().manual_seed(2)).value)
    torch.testing.assert_close(costs[0], costs[1], rtol=1e-4, atol=1e-4)
    assert estimates[0] == pytest.approx(estimates[1], abs=1e-3)


def test_evidence_is_in_units_of_the_prior():
    rng, y = np.random.default_rng(0), np.arange(500) % K
    u, logvar = (rng.standard_normal((500, D)).astype(np.float32) for _ in range(2))
    prior = np.stack((5 * rng.standard_normal((K, D)), rng.standard_normal((K, D)))).astype(np.float32)
    mean, width = prior[:, y]
    moved = Latents(mean + np.exp(0.5 * width) * u, logvar + width, y, prior=prior)
    plain = Latents(u, logvar, y)
    np.testing.assert_allclose(moved.kld(), plain.kld(), rtol=1e-3, atol=1e-4)
    of_moved, of_plain = (summarize(latents, 0) for latents in (moved, plain))
    for name, metric in of_plain.items():
        assert of_moved[name].value == pytest.approx(metric.value, rel=1e-3, abs=1e-3), name


def test_circles_are_two_sigma_from_the_means():
    view = SpaceView("", "", ("", ""), Window((0.0, 0.0), 4.0), ("0", "1"))
    prior = np.array([[[1.0, 2.0], [-3.0, 0.0]], [[0.0, np.log(4)], [0.0, 0.0]]])
    (layer,) = prior_layers(view, prior, np.eye(2))
    lines = [row.split(",") for row in layer.data["values"].splitlines()[1:]]
    points = {name: np.array([row[:2] for row in lines if row[2] == name], float) for name in "01"}
    np.testing.assert_allclose(((points["0"] - [1, 2]) / [1, 2]) ** 2 @ [1, 1], 4, rtol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(points["1"] - [-3, 0], axis=1), 2, rtol=1e-4)
    assert prior_layers(view, None, np.eye(2)) == []
