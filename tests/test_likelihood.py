import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from tests.support.helpers import shipped, small_model
from vae_core.data import ImageSet
from vae_core.devices import uses_bf16
from vae_core.evaluation import evaluate
from vae_core.evidence import NUMBERS, likelihood
from vae_core.evidence.likelihood import Nll, as_metric, nll
from vae_core.losses import kld, recon
from vae_core.models import build_model
from vae_core.runs import load_run

variational = pytest.mark.parametrize("kind", ["vae", "cvae"])


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def exact(model, data: ImageSet, reach: float = 7.0, points: int = 281) -> np.ndarray:
    """−log ∫ p(x|z) p(z) dz of every image, by the trapezoidal rule on a grid over z, shape (N,)."""
    d = model.config.latent_dim
    axis = np.linspace(-reach, reach, points)
    z = np.stack(np.meshgrid(*[axis] * d), axis=-1).reshape(-1, d)  # (points^d, d)
    log_prior = -0.5 * (z**2).sum(axis=1) - d / 2 * math.log(2 * math.pi) + d * math.log(axis[1] - axis[0])
    costs = []
    for x, y in zip(data.images().flatten(1).double().numpy(), data.y, strict=True):
        logits = model.decode_logits(torch.from_numpy(z).float(), y.expand(len(z))).flatten(1).double().numpy()
        if model.config.likelihood == "bernoulli":
            log_p = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
        else:
            std = model.config.likelihood_std
            error = (x - 1 / (1 + np.exp(-logits))) / std
            log_p = (-0.5 * error**2 - math.log(std) - 0.5 * math.log(2 * math.pi)).sum(axis=1)
        costs.append(-logsumexp(log_p + log_prior))
    return np.array(costs)


def agree(model, data: ImageSet, expected: np.ndarray, **settings) -> None:
    """Whether the estimate is the integral, within 5 of its own standard errors over seeds and twice its bias.

    The images are the same, so that only the importance sampling differs. The logarithm of a mean with variance v comes
    out v/2 too low; of N images whose mean has the variance v, each has about N times as much.
    """
    estimates = [nll(model, data, 1000, generator=seeded(seed), **settings).value for seed in range(8)]
    stderr, bias = np.std(estimates, ddof=1) / math.sqrt(8), len(data) * np.var(estimates, ddof=1) / 2
    assert stderr < 0.1  # else agreement means nothing
    assert np.mean(estimates) == pytest.approx(expected.mean(), abs=5 * stderr + 2 * bias + 1e-4)


@pytest.fixture(scope="module")
def few(digits) -> ImageSet:
    return digits.test.at(torch.arange(12))


# ---- against the integral itself ----


@variational
def test_a_trained_model_agrees_with_quadrature(kind, runs, few):
    """Two latent dimensions; p(x|y) for a cVAE. The images are the same, so only the importance sampling differs."""
    model = runs[kind].model()
    expected = exact(model, few)
    agree(model, few, expected)
    estimate = nll(model, few, samples=1000, generator=seeded())
    assert estimate.stderr == pytest.approx(expected.std(ddof=1) / math.sqrt(12), rel=0.05)
    assert (estimate.samples, estimate.images) == (1000, 12)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@variational
def test_the_likelihood_is_the_models_own(kind, likelihood, few):
    config = small_model(kind, latent_dim=1, likelihood=likelihood, likelihood_std=0.7)
    model = build_model(config, seed=3).requires_grad_(False)
    agree(model, few, exact(model, few, points=1001))


def test_binarized_images_have_their_own_likelihood(few, digits):
    model = load_run(shipped("vae", dataset="digits").path).model()
    binary = replace(few, x=(few.x > 127).to(torch.uint8) * 255)  # drawing such pixels anew changes nothing
    agree(model, binary, exact(model, binary), binarize="dynamic")
    grey, dynamic = (nll(model, digits.test, 50, binarize=how, generator=seeded()).value for how in ("none", "dynamic"))
    assert abs(grey - dynamic) > 0.1


def test_a_collapsed_models_cost_is_its_reconstruction(digits):
    """Encoder and decoder that ignore their inputs: every weight is 1 up to rounding, so there is no noise either."""
    model = build_model(small_model("vae")).requires_grad_(False)
    model.encoder.net[-1].weight.zero_()
    model.encoder.net[-1].bias.zero_()
    model.decoder.net[-1].weight.zero_()
    logits = model.decoder.net[-1].bias.view(1, 8, 8).expand(360, 8, 8)
    costs = recon(logits, digits.test.images())
    estimate = nll(model, digits.test, samples=7)
    assert estimate.value == pytest.approx(costs.mean().item(), rel=1e-6)
    assert estimate.stderr == pytest.approx(costs.std().item() / math.sqrt(360), rel=1e-4)


# ---- what importance sampling promises ----


@variational
def test_one_sample_is_the_negative_elbo_and_more_are_never_worse(kind, runs, digits):
    model, seeds = runs[kind].model(), range(10)
    draws = [[nll(model, digits.test, k, generator=seeded(s)).value for s in seeds] for k in (1, 5, 50)]
    elbos = [evaluate(model, digits.test, seeded(s)).loss().elbo for s in seeds]
    costs = np.mean(draws, axis=1).tolist()
    stderr = math.sqrt((np.var(draws[0], ddof=1) + np.var(elbos, ddof=1)) / len(seeds))
    assert costs[0] == pytest.approx(-np.mean(elbos), abs=5 * stderr)
    assert stderr < 0.1
    assert costs == sorted(costs, reverse=True)
    assert costs[0] - costs[-1] > 0.03


def test_with_the_exact_posterior_one_sample_is_enough(few):
    """A decoder that ignores z has the prior as its posterior: any K gives log p(x); a wrong q(z|x) needs many."""
    model = build_model(small_model("vae")).requires_grad_(False)
    model.decoder.net[-1].weight.zero_()
    mu, logvar = model.encode(few.images())
    expected = recon(model.decode_logits(mu), few.images()).mean().item()
    rate = kld(mu, logvar).mean().item()
    one, many = (np.mean([nll(model, few, k, generator=seeded(s)).value for s in range(20)]) for k in (1, 500))
    assert one == pytest.approx(expected + rate, abs=4 * math.sqrt(2 * rate / 240))
    assert many == pytest.approx(expected, abs=0.01)


# ---- how it is computed ----


def test_equal_seeds_give_equal_figures_and_the_global_stream_stays(runs, few):
    model, before = runs["vae"].model(), torch.get_rng_state()
    first, again, other = (nll(model, few, 20, generator=seeded(seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert torch.equal(torch.get_rng_state(), before)


@variational
def test_bf16_hardly_moves_the_figure(kind, runs, digits):
    model = runs[kind].model()
    exact, fast = (nll(model, digits.test, 50, generator=seeded(), exact=exact) for exact in (True, False))
    assert fast.value == pytest.approx(exact.value, abs=0.03)
    assert fast.stderr == pytest.approx(exact.stderr, rel=0.01)
    assert fast.value != exact.value or not uses_bf16(torch.device("cpu"))


@variational
def test_memory_is_bounded_whatever_is_asked(kind, runs, digits, monkeypatch):
    """No more than `CHUNK` pixels are decoded at a time, also where one image has more samples than that."""
    monkeypatch.setattr(likelihood, "CHUNK", 64 * 100)
    model, decoded = runs[kind].model(), []
    original = model.decode_logits
    monkeypatch.setattr(model, "decode_logits", lambda z, y: decoded.append(len(z)) or original(z, y))
    estimate = nll(model, digits.test, samples=333, images=7, generator=seeded())
    assert max(decoded) <= 100
    assert sum(decoded) == 7 * 333
    monkeypatch.undo()
    assert estimate.value == pytest.approx(nll(model, digits.test, 333, 7, generator=seeded()).value, abs=0.3)


def test_a_part_of_the_images_is_drawn_at_random(runs, digits):
    model = runs["vae"].model()
    parts = [nll(model, digits.test, 50, images=60, generator=seeded(seed)) for seed in range(5)]
    everything = nll(model, digits.test, 50, generator=seeded())
    assert {part.images for part in parts} == {60}
    assert len({round(part.value, 1) for part in parts}) > 1
    assert np.mean([part.value for part in parts]) == pytest.approx(everything.value, abs=4 * everything.stderr)
    assert nll(model, digits.test, 1, images=10_000).images == 360


# ---- what is refused, and what is told ----


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_with_the_bounds_a_part_tells_of_all(kind, mnist):
    """The mean over the split is met within the error, and the error is a fraction of that without the bounds."""
    run, part = load_run(shipped(kind).path), mnist.test.at(torch.arange(1000))
    model, bounds = run.model(), torch.from_numpy(run.recon + run.latents.kld())[:1000]
    everything = nll(model, part, 200, generator=seeded())
    for seed in range(4):
        with_bounds, plain = (
            nll(model, part, 200, 60, generator=torch.Generator().manual_seed(seed), bounds=given)
            for given in (bounds, None)
        )
        assert with_bounds.stderr < 0.6 * plain.stderr
        assert with_bounds.value == pytest.approx(everything.value, abs=4 * with_bounds.stderr)


def test_an_autoencoder_has_no_likelihood(runs, few):
    with pytest.raises(ValueError, match=r"^an autoencoder has no density"):
        nll(runs["ae"].model(), few)
    metric = as_metric(None)["nll"]
    assert metric.value is metric.null is metric.stderr is None
    assert metric.missing.kind == "undefined"


@pytest.mark.parametrize("asked", [{"samples": 0}, {"images": 1}, {"images": 0}])
def test_what_makes_no_sense_is_refused(asked, runs, few):
    with pytest.raises(ValueError, match="at least 1 sample and 2 images"):
        nll(runs["vae"].model(), few, **asked)


def test_the_number_is_told_with_its_error_and_unit():
    metric = as_metric(Nll(140.0, 0.5, 500, 1000))["nll"]
    assert (metric.value, metric.stderr, metric.null, metric.missing) == (140.0, 0.5, None, None)
    assert (NUMBERS["nll"].unit, NUMBERS["nll"].better) == ("nats", "lower")
