"""Home in a real browser: what is drawn, what gestures do, and what a visitor would suffer."""

import base64
import io
import json
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from tests.support.app_server import CANVAS, Server, drag, wait_until_quiet
from tests.support.helpers import ROOT
from tests.support.visits import PHONE, STRIP, WAYS, Visit, serious_violations
from vae_core.config import KINDS
from vae_core.data import load_dataset
from vae_core.errors import DataError

pytestmark = pytest.mark.browser


@pytest.fixture
def home(visit: Callable[..., Visit]) -> Visit:
    return visit()


def frame(picture: np.ndarray) -> tuple[int, int, int, int]:
    """Left, right, top and bottom of a plot's edge in pixels."""
    dark = picture < 235
    columns = np.flatnonzero(dark.sum(axis=0) > 0.6 * dark.shape[0])
    rows = np.flatnonzero(dark.sum(axis=1) > 0.6 * dark.shape[1])
    return columns[0], columns[-1], rows[0], rows[-1]


def changed(before: np.ndarray, after: np.ndarray) -> float:
    """Share of pixels that are clearly different."""
    return float((np.abs(before.astype(int) - after.astype(int)) > 25).mean()) if before.shape == after.shape else 1.0


def test_three_square_plots_of_one_size_stand_above_the_fold(home: Visit) -> None:
    for kind in KINDS:
        box = home.page.locator(CANVAS.format(kind)).first.bounding_box()
        assert box["y"] + box["height"] <= 900
        left, right, top, bottom = frame(home.picture(kind))
        assert abs((right - left) - (bottom - top)) <= 2
        inner = home.picture(kind)[top + 2 : bottom - 1, left + 2 : right - 1]
        assert (inner < 200).mean() > 0.02, "the plot is empty"
    assert len({home.picture(kind).shape for kind in KINDS}) <= 2  # a pixel of rounding
    tops = {round(home.page.locator(CANVAS.format(kind)).first.bounding_box()["y"]) for kind in KINDS}
    assert len(tops) == 1, "the plots are not in a row"


def test_a_brush_lights_the_same_images_up_in_all_three_and_reset_ends_it(home: Visit) -> None:
    before = home.pictures()
    drag(home.page, "vae", (0.4, 0.35), (0.55, 0.55))
    home.says("images selected")
    wait_until_quiet(home.page)
    home.page.wait_for_timeout(500)
    first = home.page.locator(STRIP).inner_text()
    assert all(changed(old, new) > 0.02 for old, new in zip(before, home.pictures(), strict=True))
    assert home.page.locator(f"{STRIP} img").count() >= 3
    drag(home.page, "ae", (0.5, 0.5), (0.8, 0.8))  # another plot: the first brush is forgotten
    home.page.wait_for_function(f"(document.querySelector('{STRIP}')?.innerText ?? {first!r}) !== {first!r}")
    wait_until_quiet(home.page)
    home.page.get_by_role("button", name="Reset").click()
    home.says("Drag a rectangle")
    wait_until_quiet(home.page)
    home.page.mouse.move(5, 5)
    home.page.wait_for_timeout(500)
    assert all(changed(old, new) < 0.002 for old, new in zip(before, home.pictures(), strict=True))


def test_a_click_shows_one_image_and_what_each_model_makes_of_it(home: Visit) -> None:
    home.page.get_by_text("Pick point").click()
    home.says("Click a point")
    wait_until_quiet(home.page)
    box = home.page.locator(CANVAS.format("cvae")).first.bounding_box()
    for x, y in ((0.55, 0.5), (0.6, 0.4)):  # twice: a second click replaces the first
        before = home.page.locator(STRIP).inner_text()
        home.page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        home.page.wait_for_function(f"(document.querySelector('{STRIP}')?.innerText ?? {before!r}) !== {before!r}")
        home.says("test image")
        wait_until_quiet(home.page)
    text = home.page.locator(STRIP).inner_text()
    assert text.count("recon") == 3
    assert text.count("kld") == 2
    assert "no KLD" in text


def test_hovering_shows_the_image_of_the_point(home: Visit) -> None:
    try:
        images = load_dataset("mnist", split="test").x.numpy()
    except DataError:
        pytest.skip("MNIST is not on this machine")
    home.page.get_by_text("Pick point").click()  # there every position has a nearest point
    home.says("Click a point")
    home.page.wait_for_selector(".st-key-hover-images", state="attached", timeout=60_000)
    home.page.wait_for_timeout(1500)
    box = home.page.locator(CANVAS.format("vae")).first.bounding_box()
    home.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    home.page.mouse.move(box["x"] + box["width"] * 0.61, box["y"] + box["height"] * 0.5)
    canvas = home.page.wait_for_selector("#vg-tooltip-element canvas", timeout=10_000)
    shown = Image.open(io.BytesIO(base64.b64decode(canvas.evaluate("c => c.toDataURL()").split(",")[1]))).convert("L")
    tooltip = home.page.locator("#vg-tooltip-element").inner_text()
    number = int(tooltip.split("test image")[1].replace(",", "").split()[0])
    differences = np.abs(images.astype(int) - np.asarray(shown).astype(int)).mean(axis=(1, 2))
    assert differences.argmin() == number, "the tooltip shows another image"


def test_a_choice_is_in_the_url_and_the_url_repeats_it(home: Visit, visit: Callable[..., Visit], app: Server) -> None:
    home.page.get_by_role("button", name="Runs shown").click()
    home.page.get_by_label("Seed", exact=False).first.click()
    home.page.get_by_role("option", name="1", exact=True).click()
    home.page.wait_for_url("**seed=1**")
    wait_until_quiet(home.page)
    again = visit(home.page.url.removeprefix(app.url))
    again.page.get_by_role("button", name="Runs shown").click()
    home.page.keyboard.press("Escape")
    home.page.mouse.move(5, 5)
    again.page.keyboard.press("Escape")
    again.page.mouse.move(5, 5)
    for page in (home.page, again.page):
        page.wait_for_timeout(1000)
    assert all(changed(a, b) < 0.002 for a, b in zip(home.pictures(), again.pictures(), strict=True))


def test_on_a_phone_the_plots_are_stacked_and_a_touch_picks_a_point(visit: Callable[..., Visit]) -> None:
    phone = visit(**PHONE)
    boxes = [phone.page.locator(CANVAS.format(kind)).first.bounding_box() for kind in KINDS]
    assert boxes[0]["y"] < boxes[1]["y"] < boxes[2]["y"]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert not phone.scrolls_sideways()
    phone.says("Click a point")
    phone.page.wait_for_selector(".st-key-hover-images", state="attached", timeout=60_000)
    phone.page.wait_for_timeout(1000)
    seen = set()
    for position in ({"x": 180, "y": 200}, {"x": 150, "y": 150}):
        phone.page.locator(CANVAS.format("ae")).first.tap(position=position)
        phone.says("test image")
        wait_until_quiet(phone.page)
        seen.add(phone.page.locator(STRIP).inner_text())
    assert len(seen) == 2, "a second touch picks another point"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_with_disabilities_out(visit: Callable[..., Visit], scheme: str) -> None:
    shown = visit(**WAYS[scheme])
    background = shown.page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 19, 24)"}[scheme]
    assert serious_violations(shown.page) == []


def test_thirty_sessions_can_open_home_and_select() -> None:
    command = (sys.executable, "-m", "benchmarks.room", "--sessions", "30")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    result = json.loads(done.stdout)
    assert (result["sessions"], result["failed"]) == (30, 0), result["failures"]
