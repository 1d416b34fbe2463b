"""From a gesture to the images that it selects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ui import charts
from ui.home.exhibit import _lit, inside, some_of

points = arrays(np.float32, (50, 2), elements=st.floats(-5, 5, width=32))
ranges = st.lists(st.floats(-5, 5), min_size=2, max_size=2)


@given(points, ranges, ranges)
def test_a_brush_selects_just_the_points_within_it_whichever_way_it_was_drawn(cloud, x, y) -> None:
    found = set(inside(cloud, {"x": x, "y": y}).tolist())
    for number, (px, py) in enumerate(cloud):
        assert (number in found) == (min(x) <= px <= max(x) and min(y) <= py <= max(y))


@pytest.mark.parametrize("empty", [{}, {"x": [0, 1]}])
def test_no_brush_selects_nothing(empty: dict) -> None:
    assert len(inside(np.zeros((3, 2), np.float32), empty)) == 0


@given(st.integers(0, 300), st.integers(1, 20))
def test_some_of_a_selection_are_distinct_members_of_it_spread_from_first_to_last(n: int, count: int) -> None:
    index = np.arange(n) * 3
    some = some_of(index, count)
    assert len(some) == min(n, count) == len(set(some.tolist()))
    assert set(some.tolist()) <= set(index.tolist())
    if n >= count > 1:
        assert (some[0], some[-1]) == (index[0], index[-1])


Y = np.array([0, 1, 1, 2, 2, 2])


def test_without_a_choice_all_shine() -> None:
    assert _lit(Y, (), None, charts.AREA) == (None, None)


def test_picked_labels_and_a_selected_area_shine_where_they_agree() -> None:
    lit, picked = _lit(Y, (1, 2), np.array([0, 2, 5]), charts.AREA)
    assert picked is None
    np.testing.assert_array_equal(lit, [2, 5])


def test_a_picked_point_gets_a_ring_and_nothing_fades() -> None:
    assert _lit(Y, (), np.array([4]), charts.POINT) == (None, 4)
