"""The page "Lecture" in a real browser: keys, the room on a screen and on paper, links, disabilities."""

import re
from collections.abc import Iterator

import pytest

from tests.support.app_server import Server, wait_until_quiet
from tests.support.steps import turn
from tests.support.visits import DESKTOP, Visit, serious_violations
from ui.lecture.steps import STEPS

pytestmark = pytest.mark.browser
NUMBERS = range(1, len(STEPS) + 1)
HEIGHT = "document.querySelector('[data-testid=stMain]').scrollHeight"
PROJECTOR = {"width": 1280, "height": 720}  # a low one
PAPER = {"prefer_css_page_size": True, "print_background": True}


def reveal(visit: Visit) -> None:
    """The answer, by its key."""
    visit.page.keyboard.press("a")
    visit.page.get_by_role("button", name="Hide").wait_for()
    wait_until_quiet(visit.page)


def sheets(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.fixture(scope="module")
def fourth(chrome, app: Server) -> Iterator[Visit]:
    """One visit to step 4 for several tests; what goes wrong on it is told at its end."""
    visit = Visit(chrome, app, "Lecture?step=4")
    yield visit
    visit.close()


def fits(visit: Visit, height: int, number: int) -> None:
    assert visit.page.evaluate(HEIGHT) <= height, f"step {number} is longer than {height} pixels"


def test_the_arrow_keys_tell_the_story_and_each_step_fits_every_screen_and_a_sheet(visit):
    shown = visit("Lecture")
    for number in NUMBERS:
        desk, phone = ("light", "phone") if number < 5 else ("dark", "dark phone")
        shown.look(desk)
        if number > 1:
            turn(shown.page, "ArrowRight", number)
            assert f"step={number}" in shown.page.url
        reveal(shown)
        fits(shown, DESKTOP["viewport"]["height"], number)
        assert sheets(shown.page.pdf(**PAPER)) == 1, f"step {number} does not fit a sheet"
        assert serious_violations(shown.page) == [], f"step {number}"
        shown.page.set_viewport_size(PROJECTOR)
        wait_until_quiet(shown.page)
        fits(shown, PROJECTOR["height"], number)
        shown.look(phone)
        assert not shown.scrolls_sideways(), f"step {number}"
    shown.look(desk)
    turn(shown.page, "ArrowLeft", 8)
    assert "step=8" in shown.page.url


def test_the_speaker_sees_larger_type_without_the_row_of_pages_on_one_screen(visit, fourth):
    size = "parseFloat(getComputedStyle(document.querySelector('[data-testid=stMarkdown] p')).fontSize)"
    before = fourth.page.evaluate(size)
    shown = visit("Lecture?speaker=true")
    assert serious_violations(shown.page) == []
    for number in NUMBERS:
        if number > 1:
            turn(shown.page, "ArrowRight", number)
        reveal(shown)
        fits(shown, DESKTOP["viewport"]["height"], number)
    assert shown.page.evaluate(size) > 1.1 * before
    assert not shown.page.locator(".st-key-pages").is_visible()
    shown.page.get_by_role("button", name="Notes").click()
    shown.page.get_by_text(STEPS[-1].notes[0]).wait_for()


def test_arrow_keys_on_a_slider_move_the_slider_alone(fourth):
    shown = fourth
    shown.page.locator(".st-key-mu input[type=range]").focus()
    shown.page.keyboard.press("ArrowRight")
    shown.page.get_by_text("0.605").first.wait_for()  # ½ · 1.1²
    assert "step=4" in shown.page.url


def test_charts_follow_the_theme_at_once(fourth):
    shown = fourth
    corner = (
        "document.querySelector('[data-testid=stVegaLiteChart] canvas').getContext('2d').getImageData(2, 2, 1, 1).data"
    )
    assert shown.page.evaluate(f"[...{corner}]")[0] > 200
    shown.page.emulate_media(color_scheme="dark")
    shown.page.wait_for_function(f"{corner}[0] < 50", timeout=15_000)
    shown.page.emulate_media(color_scheme="light")
    shown.page.wait_for_function(f"{corner}[0] > 200", timeout=15_000)


def test_the_tools_of_a_chart_are_in_sight_when_the_keyboard_reaches_them(fourth):
    shown = fourth
    shown.page.locator("[data-testid=stElementToolbarButton] button").first.focus()
    shown.page.wait_for_function(
        "getComputedStyle(document.activeElement.closest('.stElementToolbar')).opacity === '1'"
    )


def test_the_lines_open_their_file(fourth):
    shown = fourth
    shown.page.get_by_text("The code behind this step").click()
    shown.page.get_by_role("button", name="vae_core/losses.py, line").click()
    dialog = shown.page.get_by_role("dialog")
    dialog.get_by_text("The excerpt begins at line").wait_for()
    assert "The terms of the ELBO" in dialog.inner_text()


def test_the_strip_and_home_lead_on(visit):
    shown = visit("")
    shown.page.get_by_test_id("stMain").get_by_role("link", name="Start the lecture").click()
    shown.page.get_by_role("heading", level=1, name="1 Autoencoder").wait_for()
    wait_until_quiet(shown.page)
    shown.page.locator(".st-key-step").get_by_role("radio", name="5").click()
    shown.page.get_by_role("link", name="Slider at 4").click()
    shown.page.get_by_role("heading", level=1, name="KLD weight", exact=True).wait_for()
    wait_until_quiet(shown.page)
    assert "beta=4" in shown.page.url
    shown.page.get_by_text("β = 4, seed 0").first.wait_for()


# Where a link leads: heading of the page, what the address holds, and what the page then says.
OPENED = {
    "KLD weight at β = 8": ("KLD weight", "beta=8", "β = 8, seed 0"),
    "Generate 20 sevens": ("Generate", "count=20", "of 20 classified as 7"),
    "Explore the AE's plane": ("Explore", "model=AE", "Autoencoder"),
    "One z, ten conditions": ("Generate", "view=One", "One z, all conditions"),
    "Evidence at β = 0.1": ("Evidence", "beta=0.1", "Gaussian-like: does not hold"),
}


def test_each_task_opens_its_page_in_its_state(visit):
    assert set(OPENED) == {task.label for task in STEPS[-1].task}
    shown = visit("Lecture?step=9")
    for label, (title, address, words) in OPENED.items():
        shown.page.get_by_role("link", name=label).click()
        shown.page.get_by_role("heading", level=1, name=title, exact=True).wait_for()
        wait_until_quiet(shown.page)
        assert address in shown.page.url
        text = [shown.page.get_by_test_id("stMain").inner_text(), *shown.page.locator(".spaces").all_inner_texts()]
        text += [chart.get_attribute("aria-label") for chart in shown.page.locator("[role=graphics-document]").all()]
        assert words in re.sub(r"\s+", " ", " ".join(text))
        shown.page.go_back()
        shown.page.get_by_role("heading", level=1, name="9 ").wait_for()
        wait_until_quiet(shown.page)
