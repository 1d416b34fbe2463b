"""The aggregate posterior against closed forms, other libraries' densities, and the two ways of computing it."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

import vae_core.evidence.mixture
import vae_core.evidence.quadrature
from tests.support.fake_latents import CLASSES, codes, gaussian, islands, normal, posteriors, ring
from vae_core.evidence import Aggregate, aggregate, cell_masses, gaussian_kl, prior_cell_masses
from vae_core.evidence.mixture import log_mixture
from vae_core.evidence.monte_carlo import DRAWS, Exact, monte_carlo
from vae_core.evidence.quadrature import STEPS, quadrature
from vae_core.latents import Latents

ONE = np.zeros((40, 2))  # for posteriors that are all the same
EDGES = np.linspace(-9, 9, 181)


def mixture(n: int = 600, seed: int = 0) -> Latents:
    """Classes of different sizes, places and widths."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    mu = rng.standard_normal((n, 2)) * 0.7 + np.array([[1, 0], [-1.2, 0.3], [0, -1.5]])[y]
    return posteriors(mu, np.exp(rng.uniform(-2.5, -0.5, (n, 2))), y)


def on_grid(latents: Latents) -> Aggregate:
    """Return the exact numbers; their standard errors come from a few draws."""
    exact = quadrature(latents)
    assert exact is not None, "the grid is too coarse"
    return monte_carlo(latents, 0, exact, draws=100)


def drawn_from(latents: Latents) -> Aggregate:
    return monte_carlo(latents, 0)


def numbers(found: Aggregate) -> np.ndarray:
    """All values in one row."""
    return np.concatenate([np.atleast_1d(one.value).astype(float) for one in found])


# ---- one Gaussian ----


@pytest.mark.parametrize(("mean", "sigma"), [((0, 0), 1.0), ((1.5, -1), 1.0), ((0, 0.5), 0.05), ((0, 0), 3.0)])
def test_equal_posteriors_are_one_gaussian(mean, sigma):
    """KL(N(m, s²) ‖ N(0, 1)) = ½ (s² + m² − 1 − ln s²) in each dimension; z says nothing."""
    latents = posteriors(ONE + mean, sigma, np.arange(40) % 4)
    expected = sum(0.5 * (sigma**2 + m**2 - 1 - math.log(sigma**2)) for m in mean)
    for found in (on_grid(latents), drawn_from(latents)):
        assert found.kl_aggregate.value == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert found.class_kl.value == pytest.approx([expected] * 4, rel=1e-6, abs=1e-6)
        for nothing in (found.mutual_information, found.class_information, found.within_class_information):
            assert nothing.value == pytest.approx(0, abs=1e-6)
    assert gaussian_kl(latents) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("shift", [0.3, 1.0, 3.0])
def test_a_shifted_prior_has_closed_forms_of_holes_and_overlap(shift):
    """q < p/10 where z · m < ln 0.1 + m²/2, of prior mass Φ(ln 0.1 / m + m/2); ∫ min(p, q) = 2 Φ(−m/2)."""
    latents = posteriors(ONE + np.array([shift, 0]), 1.0)
    holes, overlap = norm.cdf(math.log(0.1) / shift + shift / 2), 2 * norm.cdf(-shift / 2)
    exact, drawn = on_grid(latents), drawn_from(latents)
    assert exact.hole_mass.value == pytest.approx(holes, abs=3e-3)
    assert exact.overlap.value == pytest.approx(overlap, abs=1e-5)
    assert drawn.hole_mass.value == pytest.approx(holes, abs=4 * math.sqrt(holes / DRAWS) + 1e-9)
    assert drawn.overlap.value == pytest.approx(overlap, abs=4 * drawn.overlap.stderr)


# ---- groups ----


@pytest.mark.parametrize("compute", [on_grid, drawn_from])
@pytest.mark.parametrize("groups", [2, 10])
def test_separated_groups_are_worth_the_logarithm_of_their_number(groups, compute):
    """Their name tells all of it if they are the classes, nothing if every class has its share of each."""
    group = np.arange(20 * groups) % groups
    mu = 0.9 * (group - (groups - 1) / 2)[:, None] * np.array([1, 1])
    for y, told in ((group, math.log(groups)), (np.arange(20 * groups) // groups, 0.0)):
        found = compute(posteriors(mu, 0.05, y))
        assert found.mutual_information.value == pytest.approx(math.log(groups), abs=1e-6)
        assert found.class_information.value == pytest.approx(told, abs=1e-6)
        assert found.within_class_information.value == pytest.approx(math.log(groups) - told, abs=1e-6)


def test_labels_without_images_have_no_kl():
    latents = posteriors(normal(60, 2), 0.5, np.where(np.arange(60) < 30, 1, 4))
    for found in (on_grid(latents), drawn_from(latents)):
        assert [value is None for value in found.class_kl.value] == [True, False, True, True, False]
    assert monte_carlo(latents, 0).class_kl.stderr[0] is None


# ---- mixtures: three ways of computing ----


def test_draws_agree_with_the_grid_within_their_standard_errors():
    latents = mixture(5000)
    exact, drawn = on_grid(latents), monte_carlo(latents, 1, draws=4000)
    errors = np.concatenate([np.atleast_1d(one.stderr) for one in drawn])
    assert (errors > 0).all()
    assert (errors < 0.1).all()
    assert (np.abs(numbers(exact) - numbers(drawn)) < 4 * errors).all()


def test_standard_errors_are_the_spread_over_seeds(monkeypatch):
    """Of the images and of the draws; where a grid is exact, of the images."""
    found = [monte_carlo(mixture(200, seed), seed) for seed in range(60)]
    monkeypatch.setattr(vae_core.evidence.quadrature, "STEPS", (128, 256))
    exact = [aggregate(mixture(200, seed), seed) for seed in range(60)]
    for name in ("kl_aggregate", "class_information", "within_class_information", "overlap", "hole_mass"):
        for estimates in (found, exact):
            values, errors = zip(*(getattr(one, name)[:2] for one in estimates), strict=True)
            assert 0.7 < np.mean(errors) / np.std(values) < 1.4, name


def test_the_grid_agrees_with_scipys_densities():
    """Drawn and weighed by code that shares nothing with the library's."""
    latents = mixture()
    rng, sigma = np.random.default_rng(5), np.exp(latents.logvar / 2)
    image = rng.integers(0, 600, 3000)
    z = rng.normal(latents.mu[image], sigma[image])
    log_q = norm.logpdf(z[:, None], latents.mu, sigma).sum(axis=2)  # (3000, 600)
    same = latents.y[image][:, None] == latents.y
    whole = np.log(np.exp(log_q).mean(axis=1))
    of_class = np.log((np.exp(log_q) * same).sum(axis=1) / same.sum(axis=1))
    exact = on_grid(latents)
    for values, expected in (
        (whole - norm.logpdf(z).sum(axis=1), exact.kl_aggregate.value),
        (of_class - whole, exact.class_information.value),
        (log_q[np.arange(3000), image] - whole, exact.mutual_information.value),
    ):
        assert values.mean() == pytest.approx(expected, abs=4 * values.std() / math.sqrt(3000))


def test_one_dimension_agrees_with_scipys_quadrature():
    latents = posteriors(normal(12, 1), 0.3)

    def q(x: float) -> float:
        return float(norm.pdf(x, latents.mu[:, 0], 0.3).mean())

    kl = quad(lambda x: q(x) * (math.log(q(x)) - norm.logpdf(x)), -4, 4, limit=200)[0]
    overlap = quad(lambda x: min(q(x), norm.pdf(x)), -8, 8, limit=200)[0]
    found = aggregate(latents, 0)
    assert found.kl_aggregate.value == pytest.approx(kl, abs=4 * found.kl_aggregate.stderr)
    assert found.overlap.value == pytest.approx(overlap, abs=4 * found.overlap.stderr)


def test_a_dimension_that_is_the_prior_changes_nothing():
    """Three dimensions by draws against two on the grid."""
    latents = mixture()
    wider = Latents(
        np.pad(latents.mu, ((0, 0), (0, 1))), np.pad(latents.logvar, ((0, 0), (0, 1))), latents.y
    )  # logvar 0: sigma 1
    exact, drawn = on_grid(latents), aggregate(wider, 2)
    errors = np.concatenate([np.atleast_1d(one.stderr) for one in drawn])
    assert (np.abs(numbers(exact) - numbers(drawn)) < 4 * errors).all()


def test_the_mixtures_density_is_scipys():
    latents = mixture(50)
    mu, sigma = latents.mu.astype(float), np.exp(latents.logvar.astype(float) / 2)
    z = normal(20, 2)
    expected = np.log(np.exp(norm.logpdf(z[:, None], mu, sigma).sum(axis=2)).mean(axis=1)) + math.log(2 * math.pi)
    assert log_mixture(z, mu, sigma) == pytest.approx(expected, rel=1e-12)
    far = 1e6 + z  # every density underflows there
    assert np.isfinite(log_mixture(far, mu, sigma)).all()


@pytest.mark.parametrize("latents", [mixture(), gaussian(500, d=3), ring(300), islands(300)])
def test_the_parts_of_the_rate_add_up(latents):
    rate = latents.kld().mean(dtype=float)
    for found in [aggregate(latents, 0), monte_carlo(latents, 0)]:
        assert found.mutual_information.value + found.kl_aggregate.value == pytest.approx(rate, rel=1e-9)
        split = found.class_information.value + found.within_class_information.value
        assert split == pytest.approx(found.mutual_information.value, rel=1e-9)


# ---- when a grid will do ----


def test_a_grid_too_coarse_for_the_posteriors_or_for_the_prior_is_refused():
    assert quadrature(posteriors(normal(300, 2), 1e-3)) is None
    assert quadrature(posteriors(1e4 * normal(300, 2), 2e4)) is None  # fine for q, not for p
    assert quadrature(posteriors(normal(300, 2), 0.05)) is not None


@pytest.mark.parametrize(
    ("coarse", "fine", "passes"),
    [
        ({}, {}, True),
        ({"mass_error": 2e-3}, {}, False),
        ({}, {"mass_error": 2e-3}, False),
        ({"kl": 0.53}, {}, False),
        ({"kl": 0.47}, {}, False),
        ({"kl": 0.51}, {}, True),
    ],
)
def test_each_sign_of_a_coarse_grid_is_enough(coarse, fine, passes, monkeypatch):
    good = {"mass_error": 1e-4, "kl": 0.5}
    grids = {
        steps: (Exact(of["kl"], class_information=0.2, class_kl={0: 1.0}, hole_mass=0.1, overlap=0.8), of["mass_error"])
        for steps, of in zip(STEPS, (good | coarse, good | fine), strict=True)
    }
    monkeypatch.setattr(vae_core.evidence.quadrature, "_on_grid", lambda _, steps: grids[steps])
    found = quadrature(mixture())
    assert (found is not None) == passes
    assert found is None or found.kl_aggregate == 0.5


def test_parts_of_the_images_give_what_all_at_once_gives(monkeypatch):
    latents = mixture()
    whole = numbers(on_grid(latents)), numbers(drawn_from(latents))
    monkeypatch.setattr(vae_core.evidence.quadrature, "IMAGES", 7)
    monkeypatch.setattr(vae_core.evidence.mixture, "BLOCK", 700)
    assert numbers(on_grid(latents)) == pytest.approx(whole[0], rel=1e-9)
    assert numbers(drawn_from(latents)) == pytest.approx(whole[1], rel=1e-9)


@pytest.mark.parametrize("compute", [on_grid, drawn_from])
def test_ten_thousand_images_take_little_memory(compute):
    latents = gaussian(10_000)
    tracemalloc.start()
    compute(latents)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150e6


def test_an_autoencoder_has_no_density():
    for compute in (quadrature, gaussian_kl, lambda latents: aggregate(latents, 0)):
        with pytest.raises(ValueError, match="no density"):
            compute(codes(normal(10, 2)))


# ---- after whitening ----


@pytest.mark.parametrize("make", [mixture, lambda: ring(400), lambda: islands(400, 1.0)])
def test_what_is_left_after_whitening_forgets_place_and_scale(make):
    """KL(q ‖ N(m, S)) does not change when q, with its m and S, is moved and stretched."""
    latents = make()
    stretch = np.array([3.0, 0.5])
    moved = posteriors(latents.mu * stretch + [1, -2], np.exp(latents.logvar / 2) * stretch, latents.y)
    left = [quadrature(one).kl_aggregate - gaussian_kl(one) for one in (latents, moved)]
    assert left[0] == pytest.approx(left[1], abs=1e-4)
    assert left[0] > 0.05


def test_moments_of_the_aggregate_are_those_of_its_samples():
    latents = mixture(5000)
    z = np.concatenate([latents.sample(seed) for seed in range(20)]).astype(float)
    m, s = z.mean(axis=0), np.cov(z.T)
    expected = 0.5 * (np.trace(s) + m @ m - 2 - np.log(np.linalg.det(s)))
    assert gaussian_kl(latents) == pytest.approx(expected, abs=0.01)


# ---- cells ----


@pytest.mark.parametrize("make", [mixture, lambda: ring(300), lambda: gaussian(300), lambda: posteriors(ONE + 1, 0.4)])
def test_cells_never_give_more_than_the_kl_and_finer_ones_give_more(make):
    """The log sum inequality."""
    latents = make()
    exact = quadrature(latents).kl_aggregate
    bounds = []
    for cells in (15, 45, 135):  # each divides the next
        edges = np.linspace(-9, 9, cells + 1)
        q, p = cell_masses(latents, edges), prior_cell_masses(edges)
        assert q.sum() == pytest.approx(1, abs=1e-9)
        assert p.sum() == pytest.approx(1, abs=1e-9)
        bounds.append(float((q[q > 0] * np.log(q[q > 0] / p[q > 0])).sum()))
    assert bounds == sorted(bounds)
    assert bounds[-1] <= exact + 1e-6
    assert bounds[-1] > 0.8 * exact


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(1e-4, 50), st.integers(0, 2**32 - 1))
def test_cells_of_any_posteriors_never_give_more_than_their_rate(first, second, sigma, seed):
    """Cells ≤ KL(q ‖ p) ≤ R, whatever the width; no grid has to hold them."""
    rng = np.random.default_rng(seed)
    latents = posteriors(rng.normal((first, second), 1, (9, 2)), sigma)
    edges = np.concatenate(([-np.inf], EDGES, [np.inf]))
    q, p = cell_masses(latents, edges), prior_cell_masses(edges)
    assert q.sum() == pytest.approx(1, abs=1e-9)
    some = q > 0
    assert (p[some] > 0).all()
    assert float((q[some] * np.log(q[some] / p[some])).sum()) <= latents.kld().mean() + 1e-5


def test_the_first_axis_of_the_cells_is_the_first_dimension():
    q = cell_masses(posteriors(ONE + np.array([2, 0]), 0.1), EDGES)
    first, second = np.unravel_index(q.argmax(), q.shape)
    assert EDGES[first] <= 2 <= EDGES[first + 1]
    assert abs(EDGES[second]) <= 0.1


def test_cells_far_out_keep_their_digits():
    edges = np.array([-9.1, -9.0, 9.0, 9.1])
    p = prior_cell_masses(edges)
    assert p[0, 1] == pytest.approx(p[2, 1], rel=1e-9)
    assert p[2, 1] == pytest.approx(norm.sf(9.0) - norm.sf(9.1), rel=1e-9)


@pytest.mark.parametrize(
    ("latents", "reason"),
    [(codes(normal(10, 2)), "no density"), (posteriors(normal(10, 3), 1.0), "two latent dimensions")],
)
def test_cells_need_a_density_in_the_plane(latents, reason):
    with pytest.raises(ValueError, match=reason):
        cell_masses(latents, EDGES)


def test_many_classes_of_one_image_each_are_all_told_apart():
    latents = posteriors(100 * normal(CLASSES, 2), 1.0, np.arange(CLASSES))
    found = drawn_from(latents)
    assert found.class_information.value == pytest.approx(math.log(CLASSES), abs=1e-6)
    assert found.within_class_information.value == pytest.approx(0, abs=1e-12)
