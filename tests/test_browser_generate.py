"""The page "Generate" in a real browser: the class picker, downloads, a phone, the keyboard alone."""

import base64
import io
import zipfile
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from tests.support.app_server import Server, wait_until_quiet
from tests.support.gallery import more, new_samples
from tests.support.visits import Visit

pytestmark = pytest.mark.browser
GALLERY = ".st-key-gallery"
ENCODING = "Condition encoding"
VIEWS = {  # and what is on the page with each alone
    "All three models": ".st-key-files-models",
    "One z, all conditions": ".st-key-files-conditions",
    "Latent traversal": ".st-key-files-traversal",
    ENCODING: ".st-key-files-mix",
}


@pytest.fixture
def generate(visit: Callable[..., Visit]) -> Visit:
    return visit("Generate")


@pytest.fixture(scope="module")
def anybody(chrome, app: Server) -> Iterator[Visit]:
    """One visit for all parts, by a link to the last; what goes wrong on it is told at its end."""
    path = f"Generate?condition=embedding&draw=4&view={ENCODING.replace(' ', '+')}"
    visit = Visit(chrome, app, path)
    yield visit
    visit.close()


def classes(visit: Visit) -> list[str]:
    return visit.page.locator(f"{GALLERY} .gen-head strong").all_inner_texts()


def sources(visit: Visit) -> list[str]:
    return visit.page.locator(f"{GALLERY} img").evaluate_all("images => images.map(image => image.src)")


def pill(visit: Visit, name: str):
    return visit.page.locator(".st-key-classes button").get_by_text(name, exact=True)


def content(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


def download(visit: Visit, name: str) -> bytes:
    with visit.page.expect_download() as waiting:
        visit.page.get_by_role("button", name=name).first.click()
    return waiting.value.path().read_bytes()


def test_picking_classes_changes_the_gallery_and_the_address_repeats_it(
    generate: Visit, visit: Callable[..., Visit], app: Server
) -> None:
    assert classes(generate) == list("0123456789")
    assert generate.page.locator(f"{GALLERY} figure").count() == 80
    for name in "01245689":
        pill(generate, name).click()
    shows(generate, 16)
    assert classes(generate) == ["3", "7"]
    before = sources(generate)
    new_samples(generate.page)
    assert not set(before) & set(sources(generate))
    assert "draw=1" in generate.page.url
    again = visit(generate.page.url.removeprefix(app.url))
    assert classes(again) == ["3", "7"]
    assert sources(again) == sources(generate)


def test_a_thousand_images_are_ten_sheets_that_new_samples_replace(generate: Visit) -> None:
    more(generate.page)
    before = sources(generate)
    assert len(before) == 10
    new_samples(generate.page)  # benchmarks.generate says how long it takes
    assert not set(before) & set(sources(generate))
    size = "images => images.map(image => image.naturalWidth * image.naturalHeight)"
    assert generate.page.locator(f"{GALLERY} img").evaluate_all(size) == [280 * 280] * 10


def test_every_image_is_sharp_square_and_large_enough_to_be_seen(generate: Visit) -> None:
    boxes = generate.page.locator(f"{GALLERY} img").evaluate_all(
        "images => images.map(image => [image.clientWidth, image.clientHeight])"
    )
    assert all(abs(width - height) <= 1 and width >= 48 for width, height in boxes)
    style = "image => getComputedStyle(image).imageRendering"
    assert generate.page.locator(f"{GALLERY} img").first.evaluate(style) == "pixelated"


def test_files_hold_what_the_gallery_shows(generate: Visit) -> None:
    for name in "012345678":
        pill(generate, name).click()
    shows(generate, 8)
    generate.page.get_by_role("button", name="Download").first.click()
    shown = [np.asarray(Image.open(io.BytesIO(content(url)))) for url in sources(generate)]
    sheet = np.asarray(Image.open(io.BytesIO(download(generate, "PNG sheet"))))
    np.testing.assert_array_equal(sheet, np.concatenate(shown, axis=1))
    with zipfile.ZipFile(io.BytesIO(download(generate, "Single PNGs"))) as archive:
        for name, picture in zip(sorted(archive.namelist()), shown, strict=True):
            np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(archive.read(name)))), picture)
    with np.load(io.BytesIO(download(generate, "x, y, z")), allow_pickle=False) as numbers:
        np.testing.assert_array_equal((numbers["x"] * 255).round().astype(np.uint8), np.stack(shown))
        assert numbers["y"].tolist() == [9] * 8
        assert numbers["z"].shape == (8, 2)


def tab_to(visit: Visit, where: str) -> None:
    """Press Tab until something within an element has the focus."""
    for _ in range(40):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate(f"document.activeElement.closest({where!r}) !== null"):
            return
    raise AssertionError(f"Tab does not lead to {where}")


def shows(visit: Visit, figures: int) -> None:
    visit.page.wait_for_function(f"document.querySelectorAll('{GALLERY} figure').length === {figures}")
    wait_until_quiet(visit.page)


def test_the_keyboard_alone_is_enough(generate: Visit) -> None:
    press = generate.page.keyboard.press
    tab_to(generate, ".st-key-classes")
    press("Space")
    shows(generate, 72)
    tab_to(generate, ".st-key-count")
    press("ArrowRight")
    shows(generate, 81)
    tab_to(generate, ".st-key-temperature input")
    press("Home")
    generate.page.wait_for_url("**temperature=0**")
    wait_until_quiet(generate.page)
    assert len(set(sources(generate))) == 9  # one image a class
    tab_to(generate, ".st-key-new-samples")
    press("Enter")
    generate.page.wait_for_url("**draw=1**")
    wait_until_quiet(generate.page)
    tab_to(generate, ".st-key-view")
    press("ArrowRight")
    press("Space")
    generate.page.locator(".gen-names").wait_for()


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_keeps_anybody_out_and_everything_fits_the_width(anybody: Visit, view: str) -> None:
    anybody.page.get_by_role("radio", name=view, exact=True).click()
    wait_until_quiet(anybody.page)
    assert [anybody.page.locator(shown).count() > 0 for shown in VIEWS.values()] == [name == view for name in VIEWS]
    anybody.keeps_nobody_out()
    anybody.look("phone")
    right = "images => Math.max(...images.map(image => image.getBoundingClientRect().right))"
    found = anybody.page.locator("[data-testid=stMain] img").evaluate_all(right)
    assert found <= anybody.page.viewport_size["width"]
    anybody.look("light")
