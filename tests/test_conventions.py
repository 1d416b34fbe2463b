"""Ways to write a loss: the code that is shown against the loss of this project at the KLD weight that is stated."""

import itertools
import math

import pytest
import torch
from torch.nn import functional as F

from tests.support.helpers import small_model
from tests.support.screens import opened, words
from vae_core.conventions import CROSS_ENTROPY, GAUSSIAN, RECONS, REDUCTIONS, SQUARED_ERROR, WrittenLoss
from vae_core.losses import terms
from vae_core.models import build_model

WAYS = [
    WrittenLoss(recon, *reductions, weight=weight, sigma=0.3)
    for recon in RECONS
    for reductions in itertools.product(REDUCTIONS, repeat=4)
    for weight in (1.0, 0.25)
]


def gradient(loss: torch.Tensor, model: torch.nn.Module) -> torch.Tensor:
    """The gradient in all weights, one after another."""
    return torch.cat(
        [part.flatten() for part in torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)]
    )


def test_every_way_has_the_gradient_of_our_loss_at_its_beta_times_its_scale():
    torch.manual_seed(0)
    model = build_model(small_model("vae"))
    x = torch.rand(5, 8, 8, generator=torch.Generator().manual_seed(0))
    output = model(x, generator=torch.Generator().manual_seed(1))
    names = {
        "F": F, "x": x, "logits": output.logits, "x_hat": torch.sigmoid(output.logits), "mu": output.mu,
        "logvar": output.logvar,
    }  # fmt: skip
    betas = set()
    for way in WAYS:
        exec(way.code, names)  # noqa: S102
        equivalent = way.equivalent(x[0].numel(), output.mu.shape[1], len(x))
        likelihood = "bernoulli" if way.recon == CROSS_ENTROPY else "gaussian"
        ours = terms(output, x, likelihood, way.sigma).loss(equivalent.beta)
        got, expected = gradient(names["loss"], model), equivalent.scale * gradient(ours, model)
        torch.testing.assert_close(got, expected, rtol=2e-4, atol=2e-5 * float(expected.abs().max()))
        betas.add(equivalent.beta)
    assert len(betas) > 20


@pytest.mark.parametrize(
    ("way", "beta"),
    [
        (WrittenLoss(), 1),
        (WrittenLoss(pixels="mean"), 784),
        (WrittenLoss(pixels="mean", dimensions="mean"), 392),
        (WrittenLoss(pixels="mean", recon_batch="mean", kld_batch="sum"), 784 * 128),
        (WrittenLoss(recon_batch="sum", kld_batch="sum"), 1),  # as pytorch/examples
        (WrittenLoss(recon_batch="sum", kld_batch="mean"), 1 / 128),
        (WrittenLoss(SQUARED_ERROR), 50),
        (WrittenLoss(GAUSSIAN), 1),
        (WrittenLoss(weight=0.5), 0.5),
    ],
)
def test_ways_found_in_tutorials_have_these_betas_on_mnist(way, beta):
    assert way.equivalent(784, 2, 128).beta == pytest.approx(beta)


def test_a_squared_error_has_beta_one_at_another_sigma():
    plain = WrittenLoss(SQUARED_ERROR).equivalent(784, 2, 128)
    assert plain.sigma == pytest.approx(math.sqrt(0.5))
    at_one = WrittenLoss(SQUARED_ERROR, sigma=plain.sigma).equivalent(784, 2, 128)
    assert at_one.beta == pytest.approx(1)
    assert WrittenLoss().equivalent(784, 2, 128).sigma is None


@pytest.mark.parametrize("wrong", [{"recon": "L1"}, {"pixels": "median"}, {"weight": -1.0}, {"sigma": 0.0}])
def test_what_is_no_such_loss_is_refused(wrong):
    with pytest.raises(ValueError, match="got"):
        WrittenLoss(**wrong)


@pytest.mark.usefixtures("pages")
def test_the_panel_says_the_beta_and_what_the_nearest_run_came_to():
    app = opened("pages/2_KLD_weight.py")
    expected = {
        ("pixels", "mean"): ["β = 784 here", "far below: β = 32", "β = 32: collapsed"],
        ("pixels", "sum"): ["β = 1 here", "at exactly β = 1"],
        ("recon", SQUARED_ERROR): ["β = 50 here", "σ = 0.707", "No VAE with this likelihood"],
    }
    for (name, value), texts in expected.items():
        app.session_state[f"written-{name}"] = value
        app.button(key="sum-or-mean").click().run()
        assert all(text in words(app) for text in texts), (name, value, words(app))
    app.run()  # as the page does by itself, when a training ends
    assert "β = 50 here" in words(app)
