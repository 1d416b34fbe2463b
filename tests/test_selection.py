"""From a gesture to the images that it selects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ui import charts
from ui.home.reconstructions import spread_over
from ui.home.selection import Selection, highlight, inside

points = arrays(np.float32, (50, 2), elements=st.floats(-5, 5, width=32))
ranges = st.lists(st.floats(-5, 5), min_size=2, max_size=2)


@given(points, ranges, ranges)
def test_a_brush_selects_just_the_points_within_it_whichever_way_it_was_drawn(cloud, x, y) -> None:
    selected = set(inside(cloud, {"x": x, "y": y}).tolist())
    for number, (px, py) in enumerate(cloud):
        assert (number in selected) == (min(x) <= px <= max(x) and min(y) <= py <= max(y))


@pytest.mark.parametrize("empty", [{}, {"x": [0, 1]}])
def test_no_brush_selects_nothing(empty: dict) -> None:
    assert len(inside(np.zeros((3, 2), np.float32), empty)) == 0


@given(st.integers(0, 300), st.integers(1, 20))
def test_examples_of_a_selection_are_distinct_members_of_it_spread_from_first_to_last(n: int, count: int) -> None:
    index = np.arange(n) * 3
    examples = spread_over(index, count)
    assert len(examples) == min(n, count) == len(set(examples.tolist()))
    assert set(examples.tolist()) <= set(index.tolist())
    if n >= count > 1:
        assert (examples[0], examples[-1]) == (index[0], index[-1])


Y = np.array([0, 1, 1, 2, 2, 2])


def selected(*images: int) -> Selection:
    return Selection("digits", "vae", np.array(images, dtype=np.int64))


def test_without_a_choice_nothing_fades() -> None:
    assert highlight(None, Y, (), charts.AREA) == (None, None)
    assert highlight(selected(*range(6)), Y, (), charts.AREA) == (None, None)


def test_labels_and_a_selected_area_are_highlighted_where_they_agree() -> None:
    images, ring = highlight(selected(0, 2, 5), Y, (1, 2), charts.AREA)
    assert ring is None
    np.testing.assert_array_equal(images, [2, 5])
    assert len(highlight(selected(0), Y, (1, 2), charts.AREA).images) == 0


def test_a_picked_point_gets_a_ring_whatever_its_label_and_only_labels_fade() -> None:
    assert highlight(selected(4), Y, (), charts.POINT) == (None, 4)
    images, ring = highlight(selected(4), Y, (0,), charts.POINT)
    assert (images.tolist(), ring) == ([0], 4)


@given(st.lists(st.integers(0, 5), unique=True), st.sets(st.integers(0, 2)))
def test_a_selection_has_just_its_images_with_one_of_the_labels(images: list[int], classes: set[int]) -> None:
    expected = [image for image in images if not classes or Y[image] in classes]
    assert selected(*images).indices(Y, tuple(classes)).tolist() == expected
