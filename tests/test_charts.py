"""Charts: colours that people can tell apart, fixed square windows, labels that do not cover each other."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.support.colors import linear, oklab
from ui import charts
from ui.charts.latent_tables import LABEL_GAP

NAMES = tuple("0123456789")
# Machado, Oliveira & Fernandes 2009, severity 1, for linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
GROUNDS = ("#ffffff", "#0f1318")


@pytest.mark.parametrize(("sight", "least"), [("none", 0.14), ("protan", 0.08), ("deutan", 0.08)])
def test_any_two_class_colours_can_be_told_apart(sight: str, least: float) -> None:
    seen = [oklab(np.array(BLINDNESS[sight]) @ linear(color)) for color in charts.CLASS_COLORS]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= least


@pytest.mark.parametrize("ground", GROUNDS)
def test_class_colours_stand_out_from_the_ground(ground: str) -> None:
    def luminance(color: str) -> float:
        return float(linear(color) @ [0.2126, 0.7152, 0.0722]) + 0.05

    for color in charts.CLASS_COLORS:
        high, low = sorted((luminance(color), luminance(ground)), reverse=True)
        assert high / low >= 2.4


points = arrays(np.float32, (20, 2), elements=st.floats(-50, 50, width=32))


@given(points, points)
def test_a_window_is_square_and_holds_every_point_and_the_prior(a: np.ndarray, b: np.ndarray) -> None:
    window = charts.Window.around(a, b)
    for axis in (0, 1):
        low, high = window.scale(axis).to_dict()["domain"]
        assert high - low == pytest.approx(2 * window.half)
        assert low <= min(a[:, axis].min(), b[:, axis].min(), -3)
        assert high >= max(a[:, axis].max(), b[:, axis].max(), 3)


def test_labels_of_classes_that_lie_on_each_other_are_moved_apart_but_stay_in_the_middle() -> None:
    rng = np.random.default_rng(0)
    cloud, y = rng.standard_normal((2000, 2)).astype(np.float32), rng.integers(0, 10, 2000)
    window = charts.Window.around(cloud)
    table = charts.centre_table(cloud, y, NAMES, window)
    centres = table[["x", "y"]].to_numpy()
    gaps = [np.linalg.norm(a - b) for a, b in itertools.combinations(centres, 2)]
    assert min(gaps) >= 0.99 * 2 * window.half * LABEL_GAP
    assert np.abs(centres).max() < window.half / 2
    assert list(table["label"]) == list(NAMES)


def test_a_label_far_from_the_others_stays_at_the_median_of_its_points() -> None:
    cloud = np.repeat(np.array([[-20, 0], [20, 5]], dtype=np.float32), 5, axis=0)
    table = charts.centre_table(cloud, np.repeat([3, 8], 5), NAMES, charts.Window.around(cloud))
    np.testing.assert_allclose(table[["x", "y"]], [[-20, 0], [20, 5]], atol=0.1)


def test_a_table_travels_there_and_back_in_slim_columns() -> None:
    cloud, y = np.random.default_rng(0).standard_normal((10_000, 2)).astype(np.float32), np.arange(10_000) % 10
    raw = charts.arrow(charts.point_table(cloud, y, NAMES))
    back = pa.ipc.open_stream(raw).read_all().to_pandas()
    np.testing.assert_array_equal(back[["x", "y"]], cloud)
    assert list(back["label"].astype(int)) == list(y)
    assert list(back[charts.IMAGE]) == list(range(10_000))
    assert len(raw) < 125_000
