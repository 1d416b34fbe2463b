import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import silhouette_score
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from tests.support.fake_latents import normal
from vae_core.evidence.classes import knn_accuracy, linear_probe, silhouette
from vae_core.evidence.shape import subset

# ---- neighbours ----


@pytest.mark.parametrize("neighbours", [1, 5, 15])
def test_accuracy_is_that_of_scikit_learns_leave_one_out(neighbours):
    rng = np.random.default_rng(1)
    y = rng.integers(0, 4, 120)
    z = normal(120, 2) + 1.5 * np.column_stack((y % 2, y // 2))
    classifier = KNeighborsClassifier(neighbours)
    assert knn_accuracy(z, y, neighbours).value == pytest.approx(
        cross_val_score(classifier, z, y, cv=LeaveOneOut()).mean()
    )


def test_separate_classes_are_always_found_and_mixed_ones_by_chance():
    y = np.arange(1000) % 10
    apart = normal(1000, 2) + 100 * np.column_stack((y, y))
    assert knn_accuracy(apart, y).value == 1
    assert knn_accuracy(normal(1000, 2), y).value == pytest.approx(0.1, abs=0.04)


def test_a_point_is_not_its_own_neighbour():
    assert knn_accuracy(np.array([[0.0], [1.0]]), np.array([0, 1])).value == 0


# ---- linear probe ----


@pytest.mark.parametrize("distance", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_the_probe_reaches_the_best_possible_accuracy(distance, scale):
    """Two equal Gaussians at a distance: no rule is right more often than Φ(distance / 2), at any scale."""
    y = np.arange(4000) % 2
    z = normal(4000, 2)
    z[:, 0] += distance * y
    found = linear_probe(scale * z + 7 * scale, y, seed=0)
    assert found.value == pytest.approx(norm.cdf(distance / 2), abs=4 * found.stderr)


def test_the_probe_is_not_graded_on_what_it_learned():
    """As many dimensions as points: any labels can be told apart by heart."""
    y = np.random.default_rng(1).integers(0, 2, 400)
    assert linear_probe(normal(400, 300), y, seed=0).value == pytest.approx(0.5, abs=0.15)


def test_a_ring_of_classes_inside_another_is_beyond_a_line_but_not_beyond_neighbours():
    y, turn = np.arange(2000) % 2, np.linspace(0, 40, 2000)
    z = (1 + 2 * y)[:, None] * np.column_stack((np.cos(turn), np.sin(turn)))
    assert knn_accuracy(z, y).value == 1
    assert linear_probe(z, y, seed=0).value < 0.65


# ---- silhouette ----


@pytest.mark.parametrize("distance", [0.0, 1.0, 5.0])
def test_the_silhouette_is_scikit_learns_and_a_subset_stands_for_all(distance):
    y = np.arange(4000) % 3
    z = normal(4000, 2) + distance * np.column_stack((y, y))
    few = subset(len(z), 0)
    found = silhouette(z[few], y[few])
    assert found.value == pytest.approx(silhouette_score(z[few], y[few]), abs=1e-12)
    assert found.value == pytest.approx(silhouette_score(z, y), abs=0.01)


def test_two_points_in_each_of_two_places_have_the_silhouette_one():
    z = np.array([[0.0], [0.0], [5.0], [5.0]])
    assert silhouette(z, np.array([0, 0, 1, 1])).value == 1
    assert silhouette(z, np.array([0, 1, 0, 1])).value < 0


@pytest.mark.parametrize("y", [np.zeros(20, np.int64), np.arange(20)])
def test_one_class_and_one_point_a_class_have_no_silhouette(y):
    found = silhouette(normal(20, 2), y)
    assert found.value is None
    assert found.missing.kind == "undetermined"


def test_one_class_cannot_be_probed():
    found = linear_probe(normal(20, 2), np.zeros(20, np.int64), seed=0)
    assert found.value is None
    assert found.missing.kind == "undetermined"
