"""The drawing canvas in a real browser: mouse, finger, keyboard, and what Python gets of it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.app_server import Server, serve, wait_until_quiet
from tests.support.helpers import ROOT
from tests.support.visits import PHONE, WAYS, Visit, serious_violations
from ui.components.canvas import SIDE

pytestmark = pytest.mark.browser
SCRIPT = """
import json

import streamlit as st
from ui.components.canvas import draw

st.set_page_config(page_title="canvas")
st.title("Canvas")
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
away = st.checkbox("Away")
with st.container():  # what comes after it keeps its place
    grey = None if away else draw("own", st.context.theme.type or "light")
cells = None if grey is None else (grey.reshape(10, 28, 10, 28).max(axis=(1, 3)) > 127).astype(int).tolist()
st.button("Again")
st.html("<pre id='told'>" + json.dumps({"runs": st.session_state["runs"], "cells": cells}) + "</pre>")
"""
CANVAS = "canvas[role=application]"
ONE = ((140, 40), (140, 240))
ROUND = ((140, 50), (60, 90), (60, 190), (140, 230), (220, 190), (220, 90), (140, 50))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    script = Path(tmp_path_factory.mktemp("canvas")) / "drawing.py"
    script.write_text(SCRIPT)
    with serve(script, {"PYTHONPATH": str(ROOT)}) as server:
        yield server


@pytest.fixture
def desk(visit: Callable[..., Visit]) -> Visit:
    desk = visit()
    desk.page.locator(CANVAS).wait_for()
    return desk


def told(visit: Visit) -> dict:
    return json.loads(visit.page.locator("#told").inner_text())


def wait_for(visit: Visit, cells: str) -> list[list[int]] | None:
    """What Python has once it holds a drawing ("[") or none ("null")."""
    visit.page.wait_for_function(f"document.querySelector('#told').innerText.includes('\"cells\": {cells}')")
    wait_until_quiet(visit.page)
    return told(visit)["cells"]


def stroke(visit: Visit, points: tuple[tuple[int, int], ...]) -> None:
    """A stroke with the mouse through points of the picture."""
    box = visit.page.locator(CANVAS).bounding_box()
    scaled = [(box["x"] + x * box["width"] / SIDE, box["y"] + y * box["height"] / SIDE) for x, y in points]
    visit.page.mouse.move(*scaled[0])
    visit.page.mouse.down()
    for point in scaled[1:]:
        visit.page.mouse.move(*point, steps=8)
    visit.page.mouse.up()


def button(visit: Visit, name: str):
    return visit.page.get_by_role("button", name=name, exact=True)


def test_a_one_arrives_as_a_line_once_and_stays_when_the_page_reruns(desk: Visit) -> None:
    assert told(desk) == {"runs": 1, "cells": None}
    stroke(desk, ONE)
    cells = wait_for(desk, "[[")
    inked = {(row, column) for row in range(10) for column in range(10) if cells[row][column]}
    assert {(row, column) for row in range(1, 9) for column in (4, 5)} == inked
    assert told(desk)["runs"] == 2, "the picture was sent more than once"
    button(desk, "Again").click()
    desk.page.wait_for_function("document.querySelector('#told').innerText.includes('\"runs\": 3')")
    assert told(desk)["cells"] == cells
    ink = "c => c.getContext('2d').getImageData(280, 280, 1, 1).data[3]"
    assert desk.page.locator(CANVAS).evaluate(ink) == 255


def test_a_zero_has_ink_around_and_none_in_the_middle(desk: Visit) -> None:
    stroke(desk, ROUND)
    cells = wait_for(desk, "[[")
    assert [cells[4][4], cells[5][5], cells[4][5], cells[5][4]] == [0, 0, 0, 0]
    assert all((cells[1][4], cells[8][4], cells[4][1] or cells[4][2], cells[4][7] or cells[4][8]))
    assert cells[0][0] == cells[9][9] == 0


def test_undo_takes_back_a_stroke_and_clear_tells_none(desk: Visit) -> None:
    hint = desk.page.get_by_text("Draw a digit", exact=True)
    assert hint.is_visible()
    assert button(desk, "Undo").is_disabled()
    stroke(desk, ONE)
    assert not hint.is_visible()
    one = wait_for(desk, "[[")
    stroke(desk, ((20, 20), (60, 20)))
    desk.page.wait_for_function("document.querySelector('#told').innerText.includes('\"cells\": [[1')")
    button(desk, "Undo").click()
    desk.page.wait_for_function("document.querySelector('#told').innerText.includes('\"cells\": [[0')")
    assert told(desk)["cells"] == one
    button(desk, "Clear").click()
    assert wait_for(desk, "null") is None
    assert hint.is_visible()


def test_strokes_in_quick_succession_are_sent_together(desk: Visit) -> None:
    stroke(desk, ONE)
    stroke(desk, ((80, 90), (140, 40)))
    cells = wait_for(desk, "[[")
    assert cells[2][3] == 1
    assert told(desk)["runs"] == 2


def test_a_tap_leaves_a_dot(desk: Visit) -> None:
    stroke(desk, ((140, 140),))
    cells = wait_for(desk, "[[")
    assert sum(map(sum, cells)) == 4  # where four cells meet


def test_the_keyboard_undoes_and_clears(desk: Visit) -> None:
    stroke(desk, ONE)
    stroke(desk, ((20, 20), (60, 20)))
    wait_for(desk, "[[1")
    desk.page.locator(CANVAS).focus()
    desk.page.keyboard.press("Control+z")
    wait_for(desk, "[[0")
    desk.page.keyboard.press("Delete")
    wait_for(desk, "null")
    desk.page.keyboard.press("Tab")  # both buttons are off: on to the next thing on the page
    assert desk.page.evaluate("document.activeElement.innerText").strip() == "Again"


def test_the_canvas_can_be_reached_and_left_by_keyboard_and_shows_it(desk: Visit) -> None:
    stroke(desk, ONE)
    wait_for(desk, "[[")
    desk.page.locator(CANVAS).focus()
    desk.page.keyboard.press("Tab")
    assert desk.page.evaluate("document.activeElement.shadowRoot.activeElement.innerText") == "Undo"
    outline = "e => getComputedStyle(e).outlineStyle"
    assert button(desk, "Undo").evaluate(outline) == "solid"
    desk.page.keyboard.press("Shift+Tab")
    assert desk.page.locator(".pad").evaluate(outline) == "solid"


def test_a_drawing_is_there_again_when_its_canvas_comes_back(desk: Visit) -> None:
    stroke(desk, ONE)
    cells = wait_for(desk, "[[")
    desk.page.get_by_text("Away").click()
    wait_for(desk, "null")
    assert desk.page.locator(CANVAS).count() == 0
    desk.page.get_by_text("Away").click()
    assert wait_for(desk, "[[") == cells
    ink = "c => c.getContext('2d').getImageData(280, 280, 1, 1).data[3]"
    assert desk.page.locator(CANVAS).evaluate(ink) == 255


def test_a_finger_draws_and_the_page_stands_still(visit: Callable[..., Visit]) -> None:
    phone = visit(**PHONE)
    canvas = phone.page.locator(CANVAS)
    canvas.wait_for()
    box = canvas.bounding_box()
    assert box["width"] > 300
    assert abs(box["width"] - box["height"]) <= 1
    assert box["x"] + box["width"] <= 390
    touch = phone.context.new_cdp_session(phone.page)
    at = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] * share} for share in (0.2, 0.4, 0.6, 0.8)]
    for kind, points in (("touchStart", at[:1]), *(("touchMove", [point]) for point in at[1:]), ("touchEnd", [])):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    cells = wait_for(phone, "[[")
    assert all(cells[row][4] and cells[row][5] for row in range(2, 8))
    assert canvas.bounding_box() == box, "the page was scrolled"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_with_disabilities_out(visit: Callable[..., Visit], scheme: str) -> None:
    shown = visit(**WAYS[scheme])
    shown.page.locator(CANVAS).wait_for()
    assert shown.page.locator(".board").get_attribute("data-theme") == scheme
    stroke(shown, ONE)
    wait_for(shown, "[[")
    assert serious_violations(shown.page) == []
