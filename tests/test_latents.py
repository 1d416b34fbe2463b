import math

import numpy as np
import pytest
import torch
from scipy.linalg import orthogonal_procrustes
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm
from sklearn.decomposition import PCA

from tests.support.helpers import each_kind, small_model
from vae_core.evidence import log_density
from vae_core.latents import (
    Latents,
    alignment,
    interpolate,
    manifold,
    plane,
    sample_fitted,
    sample_prior,
    slerp,
    traversal,
)
from vae_core.losses import kld
from vae_core.models import build_model


def latents(n: int = 500, d: int = 2, seed: int = 0) -> Latents:
    rng = np.random.default_rng(seed)
    mu = (rng.standard_normal((n, d)) * np.arange(d, 0, -1) + 1).astype(np.float32)
    return Latents(mu, rng.uniform(-5, 1, (n, d)).astype(np.float32), np.arange(n) % 10)


# ---- posteriors ----


def test_samples_depend_on_the_seed_alone():
    posteriors = latents()
    assert np.array_equal(posteriors.sample(3), posteriors.sample(3))
    assert not np.array_equal(posteriors.sample(3), posteriors.sample(4))


def test_samples_have_the_posteriors_mean_and_standard_deviation():
    posteriors = latents(n=20_000)
    eps = (posteriors.sample(0) - posteriors.mu) / np.exp(posteriors.logvar / 2)
    assert np.allclose(eps.mean(axis=0), 0, atol=0.03)
    assert np.allclose(eps.std(axis=0), 1, atol=0.02)


def test_an_autoencoders_samples_are_its_codes():
    codes = Latents(latents().mu, None, latents().y)
    assert np.array_equal(codes.sample(0), codes.mu)
    assert codes.kld() is None


@pytest.mark.parametrize("d", [1, 2, 64])
def test_the_kld_is_that_of_the_losses(d):
    posteriors = latents(d=d)
    expected = kld(torch.from_numpy(posteriors.mu), torch.from_numpy(posteriors.logvar))
    np.testing.assert_allclose(posteriors.kld(), expected.numpy(), rtol=1e-5)


# ---- in a plane ----


def test_two_dimensions_are_shown_as_they_are():
    z = latents().sample(0)
    shown = plane(latents(), z)
    assert np.array_equal(shown.points, z)
    assert shown.note is None


def test_one_dimension_is_spread_by_its_label():
    posteriors = latents(d=1)
    z = posteriors.sample(0)
    points, _, note = plane(posteriors, z)
    assert np.array_equal(points[:, 0], z[:, 0])
    rows = [set(points[posteriors.y == label, 1].tolist()) for label in range(10)]
    assert all(len(row) == 1 for row in rows)
    heights = [row.pop() for row in rows]
    assert heights == sorted(set(heights))
    assert -3 < heights[0] == pytest.approx(-heights[-1])
    assert "label" in note


@pytest.mark.parametrize("d", [3, 5, 64])
def test_more_dimensions_are_shown_by_their_principal_components(d):
    posteriors = latents(d=d)
    z = posteriors.sample(0)
    points, axes, note = plane(posteriors, z)
    fitted = PCA(n_components=2).fit(posteriors.mu)
    centred = fitted.transform(z)
    origin = fitted.transform(np.zeros((1, d)))  # the prior's mean stays at (0, 0)
    signs = np.sign((points * (centred - origin)).sum(axis=0))
    np.testing.assert_allclose(points * signs, centred - origin, atol=1e-4)
    variances = np.linalg.eigvalsh(np.cov(posteriors.mu.T))[::-1]
    assert f"{variances[:2].sum() / variances.sum():.0%}" in note
    assert all("principal component" in axis for axis in axes)


# ---- from the prior ----


@each_kind
@pytest.mark.parametrize("d", [1, 2, 64])
def test_images_from_the_prior_are_decoded_normal_numbers(kind, d):
    model, y = build_model(small_model(kind, latent_dim=d)), torch.arange(12) % 10
    x_hat, z = sample_prior(model, 12, y, torch.Generator().manual_seed(4), temperature=0.5)
    assert torch.equal(z, 0.5 * torch.randn(12, d, generator=torch.Generator().manual_seed(4)))
    torch.testing.assert_close(x_hat, model.decode(z, y))
    assert not x_hat.requires_grad


def test_a_temperature_of_zero_draws_the_same_image():
    x_hat, z = sample_prior(build_model(small_model("vae")), 3, temperature=0)
    assert torch.equal(z, torch.zeros(3, 2))
    torch.testing.assert_close(x_hat, x_hat[:1].expand(3, 8, 8))


@pytest.mark.parametrize(
    "settings", [{"n": 0}, {"n": -1}, {"temperature": -0.1}, {"temperature": np.nan}, {"temperature": np.inf}]
)
def test_samples_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        sample_prior(build_model(small_model("vae")), **({"n": 3} | settings))


def test_a_conditional_model_needs_labels_to_sample():
    with pytest.raises(ValueError, match="needs labels"):
        sample_prior(build_model(small_model("cvae")), 3)


# ---- from a Gaussian fitted to the codes ----


@pytest.mark.parametrize("d", [1, 2, 8])
def test_the_moments_are_those_of_sampled_codes(d):
    posteriors = latents(n=50, d=d)
    z = np.concatenate([posteriors.sample(seed) for seed in range(2000)])
    mean, covariance = posteriors.moments()
    scale = np.sqrt(np.diag(covariance).max())
    np.testing.assert_allclose(mean, z.mean(axis=0), atol=0.02 * scale)
    np.testing.assert_allclose(covariance, np.cov(z.T).reshape(d, d), atol=0.03 * scale**2)


def test_an_autoencoders_moments_are_those_of_its_codes():
    codes = Latents(latents(d=3).mu, None, latents().y)
    mean, covariance = codes.moments()
    np.testing.assert_allclose(mean, codes.mu.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(covariance, np.cov(codes.mu.T, bias=True), rtol=1e-4, atol=1e-6)


@each_kind
@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_a_fitted_gaussian_has_the_codes_mean_and_covariance(kind, temperature):
    posteriors = latents(n=300, d=3)
    posteriors = Latents(posteriors.mu, None, posteriors.y) if kind == "ae" else posteriors
    model, y = build_model(small_model(kind, latent_dim=3)), torch.arange(40_000) % 10
    x_hat, z = sample_fitted(model, posteriors, len(y), y, torch.Generator().manual_seed(0), temperature)
    mean, covariance = posteriors.moments()
    scale = np.sqrt(np.diag(covariance).max())
    np.testing.assert_allclose(z.mean(dim=0), mean, atol=0.02 * scale)
    np.testing.assert_allclose(np.cov(z.numpy().T), temperature**2 * covariance, atol=0.03 * scale**2)
    torch.testing.assert_close(x_hat[:20], model.decode(z[:20], y[:20]))
    assert z.dtype == torch.float32


def test_codes_of_a_standard_normal_are_sampled_as_the_prior():
    """Mean 0 and covariance I exactly: the same noise gives the same z."""
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], np.float32)
    model, codes = build_model(small_model("ae")), Latents(corners, None, np.zeros(4, np.int64))
    _, fitted = sample_fitted(model, codes, 7, generator=torch.Generator().manual_seed(3))
    _, prior = sample_prior(model, 7, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(fitted, prior)


def test_codes_on_a_line_are_sampled_on_that_line():
    line = np.linspace(-1, 1, 50, dtype=np.float32)[:, None] * np.array([[1, 2]], np.float32) + np.float32(1)
    codes = Latents(line, None, np.zeros(50, np.int64))
    _, z = sample_fitted(build_model(small_model("ae")), codes, 100, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(z[:, 1] - 1, 2 * (z[:, 0] - 1), rtol=0, atol=1e-5)


@pytest.mark.parametrize("settings", [{"n": 0}, {"temperature": -0.1}, {"temperature": np.nan}])
def test_fitted_samples_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        sample_fitted(build_model(small_model("vae")), latents(), **({"n": 3} | settings))


# ---- the density of q(z) ----


@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_density_is_that_of_the_mixture(d):
    posteriors, z = latents(n=40, d=d), np.random.default_rng(1).normal(0, 2, (30, d)).astype(np.float32)
    parts = [
        multivariate_normal(mu, np.diag(np.exp(logvar))).logpdf(z)
        for mu, logvar in zip(posteriors.mu.astype(float), posteriors.logvar.astype(float), strict=True)
    ]
    found = log_density(posteriors, z)
    np.testing.assert_allclose(found, logsumexp(parts, axis=0) - math.log(40), rtol=1e-6)
    assert found.dtype == np.float64


def test_the_density_integrates_to_one():
    axes = np.linspace(-15, 17, 400)
    posteriors = latents(n=60)
    posteriors = Latents(posteriors.mu, posteriors.logvar.clip(-2), posteriors.y)
    grid = np.stack(np.meshgrid(axes, axes), axis=-1).reshape(-1, 2)
    assert np.exp(log_density(posteriors, grid)).sum() * (axes[1] - axes[0]) ** 2 == pytest.approx(1, abs=1e-4)


def test_the_density_is_finite_far_away():
    assert np.isfinite(log_density(latents(), np.full((1, 2), 1e4))).all()


def test_an_autoencoder_has_no_density():
    assert log_density(Latents(latents().mu, None, latents().y), np.zeros((1, 2))) is None


# ---- grids and paths ----


@each_kind
def test_a_manifold_lies_as_the_axes_do(kind):
    model, y = build_model(small_model(kind)), 7
    images = manifold(model, 3, y)
    low, middle, high = norm.ppf([1 / 6, 1 / 2, 5 / 6])
    assert images.shape == (3, 3, 8, 8)
    for row, z2 in enumerate((high, middle, low)):  # z₂ falls downwards
        for column, z1 in enumerate((low, middle, high)):  # z₁ rises to the right
            z = torch.tensor([[z1, z2]], dtype=torch.float32)
            torch.testing.assert_close(images[row, column], model.decode(z, torch.tensor([y]))[0])


@each_kind
def test_a_manifold_over_a_window_is_that_of_its_cells_middles(kind):
    model = build_model(small_model(kind, latent_dim=4))
    base = torch.tensor([9.0, -1.0, 9.0, 0.5])
    images = manifold(model, 3, 7, window=(-3, 3, 1, 7), base=base, axes=(2, 0))
    for row, up in enumerate((6.0, 4.0, 2.0)):
        for column, across in enumerate((-2.0, 0.0, 2.0)):
            z = torch.tensor([[up, -1.0, across, 0.5]])
            torch.testing.assert_close(images[row, column], model.decode(z, torch.tensor([7]))[0])
    assert base[0] == base[2] == 9


def test_a_manifolds_other_dimensions_are_zero():
    model = build_model(small_model("vae", latent_dim=3))
    torch.testing.assert_close(manifold(model, 1)[0, 0], model.decode(torch.zeros(1, 3))[0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"axes": (1, 1)}, "two different dimensions from 0 to 2"),
        ({"axes": (0, 3)}, "two different dimensions from 0 to 2"),
        ({"axes": (-1, 0)}, "two different dimensions from 0 to 2"),
        ({"window": (1, 1, 0, 1)}, "two rising pairs"),
        ({"window": (0, 1, 2, 1)}, "two rising pairs"),
        ({"window": (0, math.nan, 0, 1)}, "two rising pairs"),
        ({"window": (0, math.inf, 0, 1)}, "two rising pairs"),
    ],
)
def test_a_manifold_that_makes_no_sense_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        manifold(build_model(small_model("vae", latent_dim=3)), **({"steps": 3} | settings))


def test_a_manifold_needs_two_dimensions():
    with pytest.raises(ValueError, match="two latent dimensions, the model has 1"):
        manifold(build_model(small_model("vae", latent_dim=1)), 3)


@each_kind
def test_a_traversal_moves_one_dimension_alone(kind):
    model, z = build_model(small_model(kind, latent_dim=3)), torch.tensor([0.5, -1.0, 2.0])
    images = traversal(model, z, 1, torch.tensor([-3.0, 0.0, 3.0]), 4)
    rows = torch.tensor([[0.5, -3.0, 2.0], [0.5, 0.0, 2.0], [0.5, 3.0, 2.0]])
    torch.testing.assert_close(images, model.decode(rows, torch.tensor([4, 4, 4])))
    assert z[1] == -1
    assert not images.requires_grad


@pytest.mark.parametrize("dimension", [-1, 3])
def test_a_traversal_needs_a_dimension_that_exists(dimension):
    with pytest.raises(ValueError, match=f"dimension must be from 0 to 2, got {dimension}"):
        traversal(build_model(small_model("vae", latent_dim=3)), torch.zeros(3), dimension, torch.zeros(2))


def test_a_path_goes_straight_in_equal_steps():
    z0, z1 = torch.tensor([1.0, -2.0, 0.0]), torch.tensor([3.0, 2.0, 0.0])
    path = interpolate(z0, z1, 5)
    expected = torch.tensor([[1.0, -2, 0], [1.5, -1, 0], [2, 0, 0], [2.5, 1, 0], [3, 2, 0]])
    torch.testing.assert_close(path, expected)
    assert torch.equal(path[0], z0)
    assert torch.equal(path[-1], z1)


@pytest.mark.parametrize("path", [interpolate, slerp])
def test_a_path_has_two_ends(path):
    with pytest.raises(ValueError, match="steps must be at least 2, got 1"):
        path(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 1)


@pytest.mark.parametrize("d", [2, 3, 64])
def test_a_spherical_path_turns_and_grows_evenly(d):
    z0, z1 = torch.randn(2, d, generator=torch.Generator().manual_seed(d))
    z1 *= 3 / z1.norm()
    path = slerp(z0, z1, 9)
    torch.testing.assert_close(path[[0, -1]], torch.stack((z0, z1)))
    torch.testing.assert_close(path.norm(dim=1), torch.linspace(float(z0.norm()), 3, 9))
    directions = path.double() / path.double().norm(dim=1, keepdim=True)
    angles = torch.acos((directions[1:] * directions[:-1]).sum(dim=1))
    whole = torch.acos(torch.dot(directions[0], directions[-1]))
    torch.testing.assert_close(angles, (whole / 8).expand(8), rtol=1e-4, atol=1e-5)
    assert torch.linalg.matrix_rank(path, rtol=1e-5) == 2


def test_a_spherical_path_between_equal_norms_is_an_arc():
    path = slerp(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]), 3)
    torch.testing.assert_close(path, 2 * torch.tensor([[1, 0], [math.sqrt(0.5), math.sqrt(0.5)], [0, 1]]))


@pytest.mark.parametrize("end", [(1.0, 2.0), (3.0, 6.0), (0.0, 0.0), (-1.0, -2.0), (-0.5, -1.0)])
def test_points_without_an_angle_are_joined_by_a_straight_line(end):
    z0, z1 = torch.tensor([1.0, 2.0]), torch.tensor(end)
    torch.testing.assert_close(slerp(z0, z1, 5), interpolate(z0, z1, 5))


def test_a_spherical_path_past_the_origin_stays_between_its_ends_norms():
    path = slerp(torch.tensor([1.0, 0.0]), torch.tensor([-3.0, 0.001]), 50)
    norms = path.norm(dim=1)
    assert norms.min() >= 1 - 1e-5
    assert norms.max() <= 3 + 1e-5


@pytest.mark.parametrize("mirrored", [False, True])
def test_alignment_undoes_a_turn_and_a_mirror_image(mirrored):
    rng = np.random.default_rng(0)
    reference = rng.standard_normal((200, 2)).astype(np.float32)
    angle = 1.1
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    turned = (reference @ turn @ np.diag([-1.0 if mirrored else 1.0, 1.0])).astype(np.float32)
    found = alignment(turned, reference)
    np.testing.assert_allclose(turned @ found, reference, atol=1e-5)
    np.testing.assert_allclose(found @ found.T, np.eye(2), atol=1e-12)  # it turns and mirrors, and never stretches


def test_alignment_is_scipys_and_leaves_out_what_is_not_finite():
    rng = np.random.default_rng(1)
    points, reference = (rng.standard_normal((50, 2)).astype(np.float32) for _ in range(2))
    expected, _ = orthogonal_procrustes(points[1:].astype(float), reference[1:].astype(float))
    points[0] = np.nan
    np.testing.assert_allclose(alignment(points, reference), expected, atol=1e-6)
