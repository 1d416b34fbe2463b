"""The page "Explore" in a real browser: what is seen, drawn, uploaded, and used without a mouse."""

import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from tests.support.app_server import Server, wait_until_quiet
from tests.support.visits import Visit

pytestmark = pytest.mark.browser
PLANE = ".explorer .plot"
CANVAS = "canvas[role=application]"
MAIN = "[data-testid=stMain]"
MANIFOLD = ".st-key-strip-manifold img"
OWN = "Your own digit"
VIEWS = {  # and what is on the page with each alone
    "Manifold": MANIFOLD,
    "Interpolation": ".st-key-strip-path img",
    "Reconstruction": ".st-key-marks-chosen .plot",
    OWN: CANVAS,
}
SEVEN = ((70, 70), (200, 70), (130, 230))


@pytest.fixture
def explore(visit: Callable[..., Visit]) -> Visit:
    return visit("Explore")


@pytest.fixture(scope="module")
def anybody(chrome, app: Server) -> Iterator[Visit]:
    """One visit for all parts, by a link to the last; what goes wrong on it is told at its end."""
    visit = Visit(chrome, app, f"Explore?model=cVAE&view={OWN.replace(' ', '+')}")
    yield visit
    visit.close()


def choose(visit: Visit, name: str) -> None:
    """Press a button of a segmented control."""
    visit.page.get_by_role("radio", name=name, exact=True).click()
    wait_until_quiet(visit.page)


def picture(visit: Visit, selector: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(visit.page.locator(selector).first.screenshot())).convert("L"))


def draw(visit: Visit, points: tuple[tuple[int, int], ...] = SEVEN) -> None:
    """A stroke with the mouse, in the canvas's own pixels."""
    canvas = visit.page.locator(CANVAS)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    scaled = [(box["x"] + x * box["width"] / 280, box["y"] + y * box["height"] / 280) for x, y in points]
    visit.page.mouse.move(*scaled[0])
    visit.page.mouse.down()
    for point in scaled[1:]:
        visit.page.mouse.move(*point, steps=8)
    visit.page.mouse.up()


def test_plane_and_manifold_are_seen_and_a_class_changes_the_manifold(explore: Visit) -> None:
    box = explore.page.locator(PLANE).bounding_box()
    assert box["y"] + box["height"] <= 900, "the plane is not above the fold"
    choose(explore, "cVAE")
    before = picture(explore, MANIFOLD)
    assert (before > 128).mean() > 0.03, "the manifold is empty"
    source = explore.page.locator(MANIFOLD).get_attribute("src")
    explore.page.locator(".st-key-class button").get_by_text("7", exact=True).click()
    explore.page.wait_for_function(f"document.querySelector('{MANIFOLD}')?.src !== location.origin + {source!r}")
    wait_until_quiet(explore.page)
    explore.page.wait_for_timeout(300)
    assert (before != picture(explore, MANIFOLD)).mean() > 0.05
    assert "class=7" in explore.page.url
    assert "model=cVAE" in explore.page.url


def test_pinned_points_become_the_ends_of_a_path(explore: Visit) -> None:
    choose(explore, "Interpolation")
    explore.page.locator(PLANE).scroll_into_view_if_needed()
    box = explore.page.locator(PLANE).bounding_box()
    for share in (0.4, 0.6):
        explore.page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.5)
        wait_until_quiet(explore.page)
    explore.page.get_by_role("radio", name="pinned point", exact=True).first.click()
    explore.says("Pinned point 1", ".st-key-strip-end-from")
    wait_until_quiet(explore.page)
    assert (
        explore.page.locator(".st-key-strip-path img").get_attribute("alt").startswith("12 images from pinned point 1")
    )


def test_a_film_is_downloaded(explore: Visit) -> None:
    choose(explore, "Interpolation")
    for kind, frames in (("GIF", 12), ("PNG", 1)):
        with explore.page.expect_download() as started:
            explore.page.get_by_role("button", name=f"Film ({kind})").click()
        film = Image.open(started.value.path())
        assert film.format == kind
        assert getattr(film, "n_frames", 1) == frames


def test_an_image_is_chosen_and_marked(explore: Visit) -> None:
    choose(explore, "Reconstruction")
    second = explore.page.locator("[class*='st-key-choose-'] button:enabled").first
    number = second.inner_text()
    second.click()
    explore.says(f"Test image {number}, label", ".st-key-strip-one")
    wait_until_quiet(explore.page)
    assert f"image={number}" in explore.page.url
    assert explore.page.locator(".st-key-marks-chosen .plot").count() == 1


def test_a_drawn_seven_is_read_placed_and_written_as_every_class(explore: Visit) -> None:
    choose(explore, OWN)
    draw(explore)
    explore.says("reads 7", MAIN)
    wait_until_quiet(explore.page)
    plots = explore.page.locator("[class*='st-key-marks-own-'] .frame svg")
    plots.nth(2).wait_for()
    assert plots.count() == 3
    style = picture(explore, ".st-key-strip-style img")
    cells = np.array_split(style[style.shape[0] // 3 :], 10, axis=1)
    assert len({cell[:, :80].tobytes() for cell in cells}) == 10, "some classes look alike"
    explore.page.get_by_role("button", name="Clear", exact=True).click()
    explore.page.locator(".st-key-no-digit").wait_for()


def test_a_picture_is_uploaded_and_a_bad_one_refused(explore: Visit) -> None:
    choose(explore, OWN)
    choose(explore, "upload")
    image = Image.new("RGB", (300, 300), "white")
    image.paste("black", (140, 40, 165, 260))
    content = io.BytesIO()
    image.save(content, "JPEG")
    uploader = explore.page.locator("[data-testid=stFileUploader] input[type=file]")
    uploader.set_input_files({"name": "one.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()})
    explore.says("reads 1", MAIN)
    wait_until_quiet(explore.page)
    uploader.set_input_files({"name": "bad.png", "mimeType": "image/png", "buffer": b"not a picture"})
    explore.page.get_by_test_id("stAlert").wait_for()


def test_the_page_is_used_by_keyboard_alone(explore: Visit) -> None:
    page = explore.page
    page.locator(PLANE).focus()
    before = page.locator(".side figcaption").inner_text()
    page.keyboard.press("Shift+ArrowRight")
    page.locator(".side figcaption").filter(has_not_text=before).wait_for()
    page.keyboard.press("Enter")
    explore.page.locator(".pinned li").wait_for()
    wait_until_quiet(page)
    page.get_by_role("radio", name="Manifold", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.locator(".st-key-strip-path img").wait_for()
    wait_until_quiet(page)
    assert "view=Interpolation" in page.url


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_keeps_anybody_out_and_nothing_scrolls_sideways(anybody: Visit, view: str) -> None:
    choose(anybody, view)
    assert [anybody.page.locator(shown).count() > 0 for shown in VIEWS.values()] == [name == view for name in VIEWS]
    if view == OWN:
        draw(anybody)
        anybody.page.locator(".st-key-strip-style img").wait_for()
        wait_until_quiet(anybody.page)
    anybody.keeps_nobody_out()


def test_on_a_phone_the_plane_is_as_wide_as_the_screen(anybody: Visit) -> None:
    anybody.look("phone")
    box = anybody.page.locator(PLANE).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= anybody.page.viewport_size["width"]
