import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import Tensor, nn

from tests.support.helpers import ROOT, each_kind, small_model
from vae_core.evidence.classifier import Classifier, load_classifier
from vae_core.evidence.generation import _stderr, generation
from vae_core.evidence.measures import fitted_gaussian, frechet_distance, precision_recall_density_coverage
from vae_core.evidence.table import GENERATION, names_of
from vae_core.evidence.ways import WAYS
from vae_core.latents import Latents

GENERATED = names_of(GENERATION)
FITS = {name for name in GENERATED if name.startswith(("precision", "recall", "density", "coverage", "frechet"))} | {
    "reconstruction_coverage"
}


def frechet_of_points(a: np.ndarray, b: np.ndarray) -> float:
    return frechet_distance(fitted_gaussian(a), fitted_gaussian(b))


def normal(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d))


def exactly(mean: np.ndarray, root: np.ndarray, n: int = 200, seed: int = 0) -> np.ndarray:
    """Points (n, d) whose sample mean is `mean` and whose sample covariance is root · rootᵀ, up to rounding."""
    points = normal(n, len(mean), seed)
    points -= points.mean(axis=0)
    whitened = points @ np.linalg.inv(np.linalg.cholesky(np.cov(points.T, ddof=1).reshape(len(mean), -1))).T
    return whitened @ root.T + mean


# ---- the Fréchet distance ----


def test_equal_sets_are_at_no_distance():
    points = normal(100, 5)
    assert frechet_of_points(points, points) == pytest.approx(0, abs=1e-9)
    assert frechet_of_points(points, points[::-1]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("d", [1, 2, 64])
@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (3.0, 1.0), (0.0, 0.2), (1.5, 4.0)])
def test_shifted_and_scaled_gaussians_have_their_closed_form(d, shift, scale):
    """|m₁ − m₂|² + d (1 − s)² for the covariances I and s² I."""
    a, b = exactly(np.zeros(d), np.eye(d)), exactly(np.full(d, shift), scale * np.eye(d), seed=1)
    assert frechet_of_points(a, b) == pytest.approx(d * (shift**2 + (1 - scale) ** 2), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("d", [2, 7, 64])
def test_it_is_that_of_scipys_matrix_root(d):
    rng = np.random.default_rng(d)
    a = normal(300, d, 1) @ rng.standard_normal((d, d)) + rng.standard_normal(d)
    b = normal(400, d, 2) @ rng.standard_normal((d, d))
    first, second = np.cov(a.T), np.cov(b.T)
    root = np.real(sqrtm(first @ second))
    expected = np.square(a.mean(axis=0) - b.mean(axis=0)).sum() + np.trace(first + second - 2 * root)
    assert frechet_of_points(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_of_points(b, a) == pytest.approx(expected, rel=1e-6)


def test_points_in_a_plane_of_a_larger_space_are_no_difficulty():
    """Covariances without an inverse: unused features of a classifier are always 0."""
    a, b = (np.column_stack((exactly(np.zeros(2), s * np.eye(2)), np.zeros((200, 60)))) for s in (1.0, 3.0))
    assert frechet_of_points(a, b) == pytest.approx(8, rel=1e-9)
    assert frechet_of_points(np.zeros((10, 3)), np.ones((10, 3))) == pytest.approx(3)


# ---- precision, recall, density, coverage ----


def by_hand(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[float, float, float, float]:
    """The definitions word for word, a point at a time."""

    def ball(points: np.ndarray, i: int) -> float:
        return sorted(math.dist(points[i], points[j]) for j in range(len(points)) if j != i)[k - 1]

    real_balls = [ball(real, i) for i in range(len(real))]
    fake_balls = [ball(fake, j) for j in range(len(fake))]
    held = [[math.dist(r, f) <= radius for f in fake] for r, radius in zip(real, real_balls, strict=True)]
    precision = np.mean([any(row[j] for row in held) for j in range(len(fake))])
    recall = np.mean([any(math.dist(r, f) <= fake_balls[j] for j, f in enumerate(fake)) for r in real])
    density = sum(sum(row) for row in held) / (k * len(fake))
    return precision, recall, density, np.mean([any(row) for row in held])


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (1.0, 1.0), (0.0, 0.3), (0.5, 3.0)])
def test_they_are_their_definitions(k, shift, scale):
    real, fake = normal(60, 3, 1), scale * normal(45, 3, 2) + shift
    found = precision_recall_density_coverage(real, fake, k)
    assert found == pytest.approx(by_hand(real, fake, k), abs=1e-12)


def test_a_set_covers_itself():
    points = normal(200, 4)
    found = precision_recall_density_coverage(points, points)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(6 / 5)  # its own ball, and those of which it is one of the 5 neighbours


def test_sets_far_apart_have_nothing_in_common():
    assert precision_recall_density_coverage(normal(100, 4), normal(100, 4, 1) + 1000) == (0, 0, 0, 0)


def test_two_draws_of_one_distribution_have_their_expectation():
    """Density 1, and coverage 1 − (1/2)^k, the chance that one of the k nearest of all points is from the other set."""
    real, fake = normal(2000, 2, 1), normal(2000, 2, 2)
    for k in (1, 3, 5):
        found = precision_recall_density_coverage(real, fake, k)
        assert found.density == pytest.approx(1, abs=0.06)
        assert found.coverage == pytest.approx(1 - 0.5**k, abs=0.04)


def test_half_an_overlap_is_told_apart_from_both_sides():
    """Real: islands A and B; fake: B and C. Then fake: B alone, precise but without A."""
    a, b, c = (normal(300, 2, seed) + 100 * seed for seed in range(3))
    again, more = normal(300, 2, 7) + 100, normal(600, 2, 8) + 100
    both = precision_recall_density_coverage(np.vstack((a, b)), np.vstack((again, c)))
    assert both == pytest.approx((0.5, 0.5, 0.5, 0.5 * (1 - 0.5**5)), abs=0.04)
    alone = precision_recall_density_coverage(np.vstack((a, b)), more)
    assert alone.precision > 0.97
    assert alone.recall == pytest.approx(0.5, abs=0.02)
    assert alone.density == pytest.approx(1, abs=0.1)
    assert alone.coverage == pytest.approx(0.5, abs=0.02)


def test_one_image_over_and_over_is_precise_and_covers_nothing():
    real, fake = normal(500, 2), np.zeros((300, 2))
    found = precision_recall_density_coverage(real, fake)
    assert found.precision == 1
    assert found.recall == 0
    assert found.coverage < 0.05


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="more than 5 points, got 100 and 5"):
        precision_recall_density_coverage(normal(100, 2), normal(5, 2))


# ---- a classifier on models that are made up ----


class Emitter(nn.Module):
    """A model that shows images of a set, of the label it is told if it is a cVAE, whatever its z is."""

    def __init__(self, kind: str, x: Tensor, y: Tensor) -> None:
        super().__init__()
        self.config, self.x, self.y = small_model(kind), x, y
        self.nothing = nn.Parameter(torch.zeros(()))

    def prior(self, y: Tensor | None = None) -> None:
        """N(0, I)."""

    def decode(self, z: Tensor, y: Tensor) -> Tensor:
        pick = (z[:, 0].abs() * 1e5).long()
        if self.config.kind != "cvae":
            return self.x[pick % len(self.x)]
        where = [(self.y == label).nonzero()[:, 0] for label in range(10)]
        return torch.stack(
            [self.x[where[label][draw % len(where[label])]] for label, draw in zip(y, pick, strict=True)]
        )


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier("digits", ROOT / "checkpoints")


@pytest.fixture(scope="module")
def codes(digits) -> Latents:
    return Latents(normal(360, 2).astype(np.float32), None, digits.test.y.numpy())


def near(metric, errors: float = 4) -> bool:
    """Whether a number is its null up to a few standard errors."""
    return abs(metric.value - metric.null) <= errors * metric.stderr


def test_real_test_images_are_classified_as_such(classifier, codes, digits):
    model = Emitter("cvae", digits.test.images(), digits.test.y)
    found = generation(model, codes, classifier, *digits, seed=0)
    for name in (*(f"recognised{way}" for way in WAYS), "reconstruction_label", "label_agreement"):
        assert near(found[name]), name
    assert found["label_agreement"].null == found["reconstruction_label"].null == classifier.info.accuracy
    assert found["recognised"].null == classifier(digits.test.images()).recognised.mean()
    np.testing.assert_allclose(found["confusion"].value, found["confusion"].null, atol=0.03)


def test_training_images_lie_as_their_own_null_does(classifier, codes, digits):
    model = Emitter("vae", digits.train.images(), digits.train.y)
    found = generation(model, codes, classifier, *digits, seed=0)
    for name in FITS:
        assert near(found[name], 5), name
    assert 0 < found["frechet_distance"].null < 0.1
    assert found["density"].null == pytest.approx(1, abs=0.15)
    assert found["coverage"].null == pytest.approx(1 - 0.5**5, abs=0.05)


@pytest.mark.parametrize("what", ["black", "noise"])
def test_what_shows_nothing_is_recognised_by_nobody(what, classifier, codes, digits):
    x = torch.rand(500, 8, 8, generator=torch.Generator().manual_seed(0)) if what == "noise" else torch.zeros(500, 8, 8)
    model = Emitter("cvae", x, torch.arange(500) % 10)
    found = generation(model, codes, classifier, *digits, seed=0)
    for name in ("recognised", "recognised_fitted", "recall"):
        assert found[name].value < 0.02, name
    assert found["coverage"].value < 0.1
    for name in ("label_agreement", "reconstruction_label"):
        assert found[name].value == pytest.approx(0.1, abs=0.06)
    assert found["frechet_distance"].value > 0.3


def test_a_model_that_mixes_up_two_labels_shows_in_the_confusion(classifier, codes, digits):
    """Asked for a 3 it shows an 8, and the other way round."""
    y = digits.test.y
    swapped = torch.where(y == 3, 8, torch.where(y == 8, 3, y))
    found = generation(Emitter("cvae", digits.test.images(), swapped), codes, classifier, *digits, seed=0)
    value = np.array(found["confusion"].value)
    np.testing.assert_allclose(value.sum(axis=1), 1)
    assert min(value[3, 8], value[8, 3]) > 0.85
    assert all(value[label, label] > 0.85 for label in (0, 1, 2, 4, 5, 6, 7, 9))
    mixed = float((y == 3).float().mean() + (y == 8).float().mean())
    assert found["label_agreement"].value == pytest.approx(1 - mixed, abs=0.04)
    shares = np.bincount(y, minlength=10) / 360
    assert found["label_agreement"].value == pytest.approx((shares * value.diagonal()).sum(), abs=0.005)


def test_a_label_nobody_asked_for_has_no_row(classifier, codes, digits):
    keep = digits.test.y != 4
    test, some = replace(digits.test, x=digits.test.x[keep], y=digits.test.y[keep]), keep.numpy()
    latents = Latents(codes.mu[some], None, codes.y[some])
    found = generation(Emitter("cvae", digits.test.images(), digits.test.y), latents, classifier, digits.train, test, 0)
    assert found["confusion"].value[4] == found["confusion"].null[4] == found["confusion"].stderr[4] == [None] * 10
    json.dumps(found, allow_nan=False)


class Ring(Emitter):
    """Shows a digit where z is far from the origin, else nothing: as an AE whose codes lie far out."""

    def decode(self, z: Tensor, y: Tensor) -> Tensor:
        return super().decode(z, y) * (z.norm(dim=1) > 5)[:, None, None]


def test_codes_far_from_the_prior_are_found_by_the_gaussian_fitted_to_them(classifier, codes, digits):
    far = Latents(codes.mu + np.float32(10), None, codes.y)
    found = generation(Ring("ae", digits.test.images(), digits.test.y), far, classifier, *digits, seed=0)
    assert found["recognised"].value < 0.01
    assert near(found["recognised_fitted"])


# ---- and on trained ones ----


@each_kind
def test_every_kind_has_its_numbers(kind, runs, classifier, digits):
    run = runs[kind]
    found = generation(run.model(), run.latents, classifier, *digits, seed=run.info.latent_seed)
    assert set(found) == GENERATED
    json.dumps(found, allow_nan=False)
    for name in GENERATED - {"confusion"} - ({"label_agreement"} if kind != "cvae" else set()):
        assert found[name].stderr > 0
        assert found[name].null is not None
    for name in ("label_agreement", "confusion"):
        assert (found[name].missing is not None) == (found[name].value is None) == (kind != "cvae")
    assert found == generation(run.model(), run.latents, classifier, *digits, seed=run.info.latent_seed)


def test_the_condition_is_obeyed_by_a_trained_model(runs, classifier, digits):
    run = runs["cvae"]
    found = generation(run.model(), run.latents, classifier, *digits, seed=0)
    assert found["label_agreement"].value > 0.5
    assert found["reconstruction_label"].value > 0.5


@pytest.mark.parametrize("order", [slice(5), slice(None, None, -1)])
def test_latents_of_other_images_are_refused(order, runs, classifier, digits):
    run = runs["vae"]
    other = Latents(run.latents.mu[order], None, run.latents.y[order])
    with pytest.raises(ValueError, match="are not those of the 360 test images"):
        generation(run.model(), other, classifier, *digits, seed=0)


def test_a_classifier_of_larger_images_is_refused(runs, classifier, digits):
    larger = Classifier(replace(classifier.info, image_shape=(28, 28)), classifier.network)
    with pytest.raises(ValueError, match="takes images of shape"):
        generation(runs["vae"].model(), runs["vae"].latents, larger, *digits, seed=0)


# ---- standard errors ----


@pytest.mark.parametrize(("hits", "n"), [(0, 100), (100, 100), (30, 100), (9_000, 10_000)])
def test_a_shares_error_is_that_of_the_beta_distribution(hits, n):
    from scipy.stats import beta

    assert _stderr(hits, n) == pytest.approx(beta(hits + 1, n - hits + 1).std(), rel=1e-9)
    assert _stderr(hits, n) > 0


def test_stated_errors_are_those_of_repeated_draws(classifier, codes, digits):
    """Other seeds scatter by about what is stated; half to twice as much passes with six of them."""
    model = Emitter("vae", digits.test.images()[::2] * 0.7, digits.test.y[::2])
    found = [generation(model, codes, classifier, *digits, seed=seed) for seed in range(6)]
    scatter = np.std([metrics["recognised"].value for metrics in found], ddof=1)
    assert 0.3 < scatter / found[0]["recognised"].stderr < 2.5
