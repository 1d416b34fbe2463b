"""What a visitor has chosen on Home: what a browser may send, and what a link may ask for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.home import view
from ui.home.view import HomeView, from_browser
from ui.shell import choose

NAMES = tuple("0123456789")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FIELDS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("classes", "latents", "axes", "images", "contours", "rows"), JSON)
)


@given(FIELDS | JSON)
def test_nothing_that_a_browser_sends_gets_through_unchecked(sent: object) -> None:
    chosen = from_browser(sent, NAMES, 50)
    assert set(chosen.classes) <= set(range(10))
    assert chosen.latents in choose.POINTS
    assert chosen.axes in view.ALL_AXES
    assert isinstance(chosen.tiles and chosen.contours, bool)
    assert set(chosen.images or ()) <= set(range(50))


def test_what_was_chosen_comes_back_from_the_browser() -> None:
    chosen = HomeView((3, 7), choose.MEAN, view.EQUAL_AXES, True, True, (0, 9, 49))
    assert from_browser(json.loads(json.dumps(chosen.to_browser())), NAMES, 50) == chosen


def test_images_and_classes_are_in_order_and_none_is_there_twice() -> None:
    assert from_browser({"classes": [7, 3, 7], "rows": [5, 1, 5, 50, -1]}, NAMES, 50) == HomeView((3, 7), images=(1, 5))


def test_no_image_is_no_selection() -> None:
    assert from_browser({"rows": []}, NAMES, 50).images is None


@pytest.mark.parametrize(
    "text", ["", "a", "1,,2", "1;2", "-1", "50", "1.5", "١", "9" * 5000, "~", "~é", "~abc", view._packed((1, 50))]
)
def test_a_link_with_other_images_is_refused(text: str) -> None:
    assert not view.link_rules(NAMES, 50)[view.IMAGES].fits(text)


def test_a_link_may_name_images() -> None:
    assert view.link_rules(NAMES, 50)[view.IMAGES].fits("0,7,49")


@given(st.sets(st.integers(0, 9_999), min_size=1).map(sorted))
def test_a_link_holds_any_selection(images: list[int]) -> None:
    text = view._packed(tuple(images))
    assert view._numbers(text, 10_000) == images
    assert len(text) < 6_000
