"""The page "Evidence" in a real browser: clicks into the hole maps, closer looks, formulas, downloads."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.app_server import CANVAS, Server, serve, wait_until_quiet
from tests.support.visits import WAYS, Visit
from ui.charts.export import SCALE, SQUARE
from ui.evidence.information import HEADING
from vae_core.config import KINDS
from vae_core.evidence import NUMBERS

pytestmark = pytest.mark.browser
LEFT, TOP, ACROSS, DOWN = 47, 46, 49, 82  # pixels around a hole map's plot: left and above it, and in all
CHART = "[role=graphics-document][aria-label^='{}']"
VIEWS = {  # and what is on the page with each alone
    "Information": CHART.format(HEADING[:12]),
    "Classes": ".st-key-class-panels-cvae img",
    "Samples": CHART.format(NUMBERS["confusion"].name[:9].capitalize()),
    "All numbers": ".st-key-numbers canvas",
    "Seeds": CHART.format(NUMBERS["overlap"].name),
    "Against the literature": "[data-testid=stElementContainer]:has(canvas) + .st-key-csv-Against-the-literature",
}
QUIET_PX = 14  # half a ring and its edge


@pytest.fixture(scope="module")
def light(chrome, app: Server) -> Iterator[Visit]:
    """One visit for all that is done at a desk; what goes wrong on it is told at its end."""
    visit = Visit(chrome, app, "Evidence?dataset=Digits")
    yield visit
    visit.close()


@pytest.fixture(scope="module")
def phone(chrome, app: Server) -> Iterator[Visit]:
    visit = Visit(chrome, app, "Evidence?dataset=Digits", **WAYS["phone"])
    yield visit
    visit.close()


def switch(visit: Visit, view: str) -> None:
    visit.page.get_by_role("radio", name=view).click()
    visit.page.locator(VIEWS[view]).first.wait_for()
    wait_until_quiet(visit.page)


def column(visit: Visit, kind: str):
    """The hole map of a kind with its two images."""
    page = visit.page
    return page.locator("[data-testid=stColumn]", has=page.locator(f".st-key-space-{kind}")).last


def pictures(kind: str) -> str:
    """Selects the two images below a map, with their words."""
    return f".st-key-strip-{kind}"


def images(visit: Visit, kind: str) -> list[str]:
    return [image.get_attribute("src") for image in column(visit, kind).locator("img").all()]


def position(visit: Visit, kind: str, z1: float, z2: float) -> dict[str, float]:
    """Of a place in latent space, on the canvas of its map."""
    box = visit.page.locator(CANVAS.format(kind)).first.bounding_box()
    assert abs((box["width"] - ACROSS) - (box["height"] - DOWN)) <= 2, "the map is not square"
    return {
        "x": LEFT + (z1 + 4) / 8 * (box["width"] - ACROSS),
        "y": TOP + (4 - z2) / 8 * (box["height"] - DOWN),
    }


def around(picture: np.ndarray, place: dict[str, float]) -> np.ndarray:
    x, y = round(place["x"]), round(place["y"])
    return picture[y - QUIET_PX : y + QUIET_PX, x - QUIET_PX : x + QUIET_PX].astype(int)


def settled(visit: Visit, kind: str) -> np.ndarray:
    """A map once the pointer has left it."""
    visit.page.mouse.move(5, 5)
    wait_until_quiet(visit.page)
    visit.page.wait_for_timeout(300)
    return visit.picture(kind)


def place_of(text: str) -> tuple[float, float]:
    found = re.search(r"z = \((-?[\d.]+), (-?[\d.]+)\)", text)
    return float(found[1]), float(found[2])


def test_a_click_moves_the_ring_and_decodes_that_place_and_the_nearest_code(light: Visit) -> None:
    visit = light
    others = {kind: column(visit, kind).inner_text() for kind in KINDS}
    for kind, goal in (("vae", (3.0, -2.2)), ("cvae", (0.0, 3.4))):
        text, before, shown = column(visit, kind).inner_text(), settled(visit, kind), images(visit, kind)
        at, was = (position(visit, kind, *place) for place in (goal, place_of(text)))
        visit.page.locator(CANVAS.format(kind)).first.click(position=at)
        visit.says(f"z = ({goal[0]:.1f}, {goal[1]:.1f})", pictures(kind))
        after = settled(visit, kind)
        told = column(visit, kind).inner_text()
        assert place_of(told) == goal
        assert len(images(visit, kind)) == 2
        assert not set(images(visit, kind)) & set(shown), "the same images are shown"
        assert len(re.findall(r"\w+: \d, \d+ ?%", told)) == 2
        distances = [re.findall(r"([\d.]+) σ", caption) for caption in (text, told)]
        assert len(distances[1]) == 1
        assert distances[1] != distances[0]
        for place in (at, was):  # the ring is here and no longer there
            assert (np.abs(around(before, place) - around(after, place)) > 40).sum() > 30
        others.pop(kind)
        assert all(column(visit, other).inner_text() == text for other, text in others.items())


def test_a_touch_picks_a_place_too(phone: Visit) -> None:
    boxes = [phone.page.locator(CANVAS.format(kind)).first.bounding_box() for kind in KINDS]
    assert boxes[0]["y"] < boxes[1]["y"] < boxes[2]["y"]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    phone.page.locator(CANVAS.format("cvae")).first.tap(position=position(phone, "cvae", -1.0, 1.0))
    phone.says("z = (-1.0, 1.0)", pictures("cvae"))


def test_closer_looks_are_switched_and_nothing_keeps_anybody_out(light: Visit) -> None:
    visit = light
    for view in VIEWS:
        switch(visit, view)
        if view != "Information":
            assert f"view={view.replace(' ', '+')}" in visit.page.url.replace("%20", "+")
        assert [visit.page.locator(other).count() > 0 for other in VIEWS.values()] == [one == view for one in VIEWS]
        visit.keeps_nobody_out()
    visit.look("light")


def test_a_figure_and_a_table_are_saved_as_files(light: Visit) -> None:
    light.page.get_by_role("button", name="Hole maps").click()
    with light.page.expect_download() as waiting:
        light.page.get_by_role("button", name="PNG", exact=True).nth(1).click()
    assert waiting.value.suggested_filename == "hole-map-vae.png"
    content = Path(waiting.value.path()).read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    picture = Image.open(io.BytesIO(content))
    assert picture.size == (SCALE * (SQUARE + ACROSS), SCALE * (SQUARE + DOWN))
    assert len(picture.getcolors(10**6)) > 100
    light.page.keyboard.press("Escape")
    with light.page.expect_download() as waiting:
        light.page.get_by_role("button", name="Verdicts (CSV)").click()
    lines = Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "run,model,claim,verdict,whose,number,error,reference,limit,margin,because"


def test_a_selected_number_shows_its_formula(light: Visit) -> None:
    switch(light, "All numbers")
    table = light.page.locator(VIEWS["All numbers"]).first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    light.page.mouse.click(box["x"] + 12, box["y"] + 35 + 17)  # the first row, below the header
    light.page.locator(".katex").first.wait_for()
    light.says(next(iter(NUMBERS.values())).meaning, "[data-testid=stMain]")


def test_every_formula_can_be_drawn(chrome, tmp_path: Path) -> None:
    script = tmp_path / "every_formula.py"
    script.write_text(
        "import streamlit as st\n"
        "from vae_core.evidence import NUMBERS\n"
        "for number in NUMBERS.values():\n"
        "    st.latex(number.formula)\n"
    )
    with serve(script) as server:
        visit = Visit(chrome, server)
        assert visit.page.locator(".katex-display").count() == len(NUMBERS)
        assert visit.page.locator(".katex-error").count() == 0
        visit.close()
