"""Home in a real browser: what is drawn, what gestures do without the server, and what a visitor would suffer."""

import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from tests.support import spaces
from tests.support.app_server import Server, wait_until_quiet
from tests.support.helpers import ROOT, shipped
from tests.support.visits import PHONE, WAYS, Visit, serious_violations
from ui.spaces.space import space_chart
from vae_core.config import KINDS
from vae_core.data import load_dataset
from vae_core.runs import load_run

pytestmark = pytest.mark.browser
FONT_SIZES = "(all) => all.map((text) => parseFloat(getComputedStyle(text).fontSize))"
PANEL, CARD = ".spaces .selection", ".spaces .card"


@pytest.fixture
def home(visit: Callable[..., Visit]) -> Visit:
    shown = visit()
    spaces.when_ready(shown.page)
    return shown


@pytest.fixture(scope="module")
def opened(chrome, app: Server) -> Iterator[Visit]:
    """One visit for all tests that leave no more than a selection; what goes wrong on it is told at its end."""
    shown = Visit(chrome, app)
    spaces.when_ready(shown.page)
    yield shown
    shown.close()


@pytest.fixture
def looked_at(opened: Visit) -> Iterator[Visit]:
    """Home as it opens: the pointer is away from the plots, and nothing is selected."""
    yield opened
    opened.page.mouse.move(5, 5)
    spaces.plot(opened.page, 1).focus()
    opened.page.keyboard.press("Escape")
    assert spaces.chosen(opened.page) == []
    wait_until_quiet(opened.page)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return load_dataset("mnist", split="test").x.numpy()


def picture(canvas) -> np.ndarray:
    content = base64.b64decode(canvas.evaluate("(c) => c.toDataURL()").split(",")[1])
    return np.asarray(Image.open(io.BytesIO(content)).convert("L"))


@pytest.mark.parametrize(("width", "height", "least", "type_px"), [(1440, 900, 340, 12), (1920, 1080, 480, 16)])
def test_three_square_plots_of_one_size_stand_above_the_fold(visit, width, height, least, type_px) -> None:
    page = visit(viewport={"width": width, "height": height}).page
    spaces.when_ready(page)
    page.locator(".spaces .frame svg").nth(2).wait_for()
    boxes = [spaces.plot(page, number).bounding_box() for number in range(3)]
    assert len({box["y"] for box in boxes}) == 1
    assert boxes[0]["y"] + boxes[0]["height"] <= height
    assert len({spaces.area(page, number).side for number in range(3)}) == 1
    assert spaces.area(page, 0).side >= least
    sizes = page.locator(".spaces .frame text").evaluate_all(
        "(all) => all.map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 0.9 * type_px  # the circles' names are the smallest


@pytest.mark.parametrize("number", range(3))
def test_points_lie_where_altair_would_draw_them(looked_at: Visit, number: int) -> None:
    import vl_convert

    info = shipped(KINDS[number])
    side = spaces.area(looked_at.page, number).side
    chart = space_chart(info).properties(width=side, height=side)
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    points = svg.split("mark-symbol")[1].split("mark-")[0]
    expected = np.array(re.findall(r"translate\(([-\d.e]+),([-\d.e]+)\)", points), float)[-10_000:]
    found = looked_at.page.locator(".spaces").evaluate(f"(e) => [...e.spaces.plots[{number}].at]")
    distance = np.linalg.norm(np.reshape(found, (-1, 2)) - expected, axis=1)
    assert distance.max() <= 0.5


def test_a_drag_lights_the_same_images_up_everywhere_while_it_lasts_and_escape_ends_it(looked_at: Visit) -> None:
    page, sent = looked_at.page, []
    looked_at.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    before = [spaces.lit(page, number) for number in range(3)]
    spaces.drag(page, 1, (0.4, 0.35), (0.55, 0.55), release=False)
    during = [spaces.lit(page, number) for number in range(3)]
    assert all(old != new for old, new in zip(before, during, strict=True))
    assert sent == []  # while dragging, the server hears nothing
    inside = spaces.chosen(page)
    z = load_run(shipped("vae").path).z()
    assert 100 < len(inside) < 9_000
    outside = np.setdiff1d(np.arange(10_000), inside)
    low, high = z[inside].min(axis=0), z[inside].max(axis=0)
    assert not ((z[outside] > low) & (z[outside] < high)).all(axis=1).any()
    page.mouse.up()
    looked_at.says(f"{len(inside):,} images selected", PANEL)
    assert page.locator(f"{PANEL} canvas").count() == 4
    page.keyboard.press("Escape")
    looked_at.says("Drag over points", PANEL)
    assert [spaces.lit(page, number) for number in range(3)] == before


def test_a_line_around_points_selects_what_is_inside(looked_at: Visit) -> None:
    page, inside = looked_at.page, spaces.area(looked_at.page, 1)
    page.keyboard.down("Shift")
    page.mouse.move(*inside.at(0.5, 0.3))
    page.mouse.down()
    for corner in ((0.7, 0.5), (0.5, 0.7), (0.3, 0.5), (0.5, 0.3)):
        page.mouse.move(*inside.at(*corner), steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    at = np.reshape(page.locator(".spaces").evaluate("(e) => [...e.spaces.plots[1].at]"), (-1, 2)) / inside.side
    diamond = np.abs(at - 0.5).sum(axis=1)
    selected = np.isin(np.arange(10_000), spaces.chosen(page))
    assert selected[diamond < 0.19].all()
    assert not selected[diamond > 0.21].any()


def test_a_click_shows_one_image_and_what_each_model_makes_of_it(looked_at: Visit) -> None:
    seen = set()
    for place in ((0.55, 0.5), (0.6, 0.4)):  # a second click replaces the first
        looked_at.page.mouse.click(*spaces.area(looked_at.page, 2).at(*place))
        (number,) = spaces.chosen(looked_at.page)
        looked_at.says(f"test image {number}, label", PANEL)
        seen.add(number)
    assert len(seen) == 2
    text = looked_at.page.locator(PANEL).inner_text()
    assert (text.count("recon"), text.count("kld"), text.count("no KLD")) == (3, 2, 2)
    run = load_run(shipped("vae").path)
    assert f"recon {float(f'{run.recon[number]:.3g}'):g}, kld {float(f'{run.latents.kld()[number]:.3g}'):g}" in text


def test_hovering_shows_the_image_its_reconstructions_and_rings_it_everywhere(
    looked_at: Visit, images: np.ndarray
) -> None:
    page, inside = looked_at.page, spaces.area(looked_at.page, 1)
    page.mouse.move(*inside.at(0.2, 0.1))
    page.mouse.move(*inside.at(0.5, 0.5), steps=4)
    page.locator(CARD).wait_for()
    number = page.locator(".spaces").evaluate("(e) => e.spaces.hovered")
    assert f"test image {number}," in page.locator(CARD).inner_text()
    original, *made = (picture(page.locator(f"{CARD} canvas").nth(i)) for i in range(4))
    assert np.abs(images.astype(int) - original).mean(axis=(1, 2)).argmin() == number
    import torch

    for kind, shown in zip(KINDS, made, strict=True):
        run = load_run(shipped(kind).path)
        z, y = (torch.from_numpy(values[number : number + 1].copy()) for values in (run.z(), run.latents.y))
        with torch.inference_mode():
            expected = 255 * run.model().decode(z, y)[0].numpy()
        assert np.abs(expected - shown).max() <= 2
    for i in range(3):
        assert "iVBOR" in spaces.plot(page, i).locator("canvas").last.evaluate("(c) => c.toDataURL()")
        ringed = (
            spaces.plot(page, i)
            .locator("canvas")
            .last.evaluate("(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(Boolean)")
        )
        assert ringed


def test_classes_that_are_off_fade_everywhere_and_are_not_selected(home: Visit) -> None:
    home.page.locator(".spaces .legend button", has_text="7").click()
    spaces.drag(home.page, 1, (0.2, 0.2), (0.8, 0.8))
    y = load_run(shipped("vae").path).latents.y
    assert set(y[spaces.chosen(home.page)]) == {7}
    home.page.wait_for_url("**classes=7**")


def test_the_wheel_zooms_where_the_pointer_is_and_axes_follow(looked_at: Visit) -> None:
    page, inside = looked_at.page, spaces.area(looked_at.page, 1)

    def ticks() -> list[str]:
        return sorted(page.locator(".spaces .frame").nth(1).inner_text().split("\n"))  # Vega draws them in any order

    whole = ticks()
    before = page.locator(".spaces").evaluate("(e) => e.spaces.plots[1].toPlane(200, 100)")
    page.mouse.move(inside.left + 190, inside.top + 100)
    page.mouse.move(inside.left + 200, inside.top + 100)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)
    after = page.locator(".spaces").evaluate("(e) => e.spaces.plots[1].toPlane(200, 100)")
    np.testing.assert_allclose(after, before, atol=0.01)  # a pixel is 0.02
    assert ticks() != whole
    assert page.locator(".spaces").evaluate("(e) => e.spaces.plots[0].zoomed.half === e.spaces.plots[0].home.half")
    page.get_by_role("button", name="Whole plot").click()
    assert ticks() == whole


def test_the_keyboard_alone_walks_picks_zooms_and_clears(home: Visit) -> None:
    page = home.page
    spaces.plot(page, 1).focus()
    page.keyboard.press("ArrowRight")
    first = page.locator(".spaces").evaluate("(e) => e.spaces.hovered")
    page.keyboard.press("ArrowRight")
    x = page.locator(".spaces").evaluate("(e) => [e.spaces.hovered, e.spaces.plots[1].at[2 * e.spaces.hovered]]")
    assert x[0] != first
    page.keyboard.press("Enter")
    assert spaces.chosen(page) == [x[0]]
    assert f"test image {x[0]}" in page.locator(".spaces .announcement").inner_text()
    page.keyboard.press("+")
    assert page.locator(".spaces").evaluate("(e) => e.spaces.plots[1].zoomed.half < e.spaces.plots[1].home.half")
    page.keyboard.press("Escape")
    assert spaces.chosen(page) == []


def test_space_presses_a_button_wherever_the_pointer_rests(home: Visit) -> None:
    home.page.mouse.move(*spaces.area(home.page, 1).at(0.5, 0.5))
    button = home.page.locator(".spaces .legend button").nth(7)
    button.focus()
    home.page.keyboard.press(" ")
    assert button.get_attribute("aria-pressed") == "true"


def test_switches_move_the_points_and_are_in_the_url_which_repeats_them(home: Visit, visit, app: Server) -> None:
    page = home.page
    page.get_by_role("button", name="Points: mean mu").click()
    page.get_by_role("button", name="Axes: same for all").click()
    page.mouse.click(*spaces.area(page, 0).at(0.5, 0.5))
    page.wait_for_url("**images=**")
    wait_until_quiet(page)
    picked = spaces.chosen(page)
    again = visit(page.url.removeprefix(app.url))
    spaces.when_ready(again.page)
    again.page.wait_for_timeout(500)
    mu = load_run(shipped("vae").path).latents.mu
    for each in (page, again.page):
        points = each.locator(".spaces").evaluate("(e) => [...e.spaces.plots[1].points]")
        np.testing.assert_allclose(np.reshape(points, (-1, 2)), mu, atol=1e-5)
        assert len(set(each.locator(".spaces").evaluate("(e) => e.spaces.plots.map((p) => p.zoomed.half)"))) == 1
        assert spaces.chosen(each) == picked


def test_a_selection_is_still_there_after_another_page(home: Visit) -> None:
    page = home.page
    spaces.drag(page, 1, (0.45, 0.45), (0.5, 0.5))
    selected = spaces.chosen(page)
    assert selected
    home.says("images selected", PANEL)
    wait_until_quiet(page)
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("heading", level=1, name="Runs").wait_for()
    wait_until_quiet(page)
    page.get_by_role("link", name="Three latent spaces").click()
    spaces.when_ready(page)
    assert spaces.chosen(page) == selected


def test_images_stand_in_place_of_dots_when_asked_for(home: Visit) -> None:
    before = spaces.plot(home.page, 0).locator("canvas").first.evaluate("(c) => c.toDataURL()")
    home.page.get_by_role("button", name="Test images in place of dots").click()
    assert spaces.plot(home.page, 0).locator("canvas").first.evaluate("(c) => c.toDataURL()") != before


def test_on_a_phone_the_plots_are_stacked_and_a_touch_picks_a_point(visit: Callable[..., Visit]) -> None:
    phone = visit(**PHONE)
    spaces.when_ready(phone.page)
    boxes = [spaces.plot(phone.page, number).bounding_box() for number in range(3)]
    assert boxes[0]["y"] < boxes[1]["y"] < boxes[2]["y"]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert not phone.scrolls_sideways()
    seen = set()
    for place in ((0.5, 0.5), (0.6, 0.6)):
        phone.page.touchscreen.tap(*spaces.area(phone.page, 0).at(*place))
        phone.says("test image", PANEL)
        seen.update(spaces.chosen(phone.page))
    assert len(seen) == 2, "a second touch picks another point"


def test_two_fingers_zoom_and_one_does_not(visit: Callable[..., Visit]) -> None:
    phone = visit(**PHONE)
    spaces.when_ready(phone.page)
    inside, devtools = spaces.area(phone.page, 0), phone.context.new_cdp_session(phone.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    share = "(e) => e.spaces.plots[0].zoomed.half / e.spaces.plots[0].home.half"
    touch("touchStart", inside.at(0.5, 0.6))
    touch("touchMove", inside.at(0.5, 0.4))
    touch("touchEnd")
    assert phone.page.locator(".spaces").evaluate(share) == 1
    phone.page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    inside = spaces.area(phone.page, 0)
    touch("touchStart", inside.at(0.45, 0.5), inside.at(0.55, 0.5))
    for reach in (0.1, 0.15, 0.2):
        touch("touchMove", inside.at(0.5 - reach, 0.5), inside.at(0.5 + reach, 0.5))
    touch("touchEnd")
    assert 0.2 < phone.page.locator(".spaces").evaluate(share) < 0.4  # four times as far apart
    assert spaces.chosen(phone.page) == []


@pytest.mark.parametrize(("motion", "travels"), [("no-preference", True), ("reduce", False)])
def test_points_travel_unless_less_motion_is_wanted(visit: Callable[..., Visit], motion: str, travels: bool) -> None:
    page = visit(**WAYS["light"], reduced_motion=motion).page
    spaces.when_ready(page)
    page.get_by_role("button", name="Points: mean mu").click()
    page.wait_for_timeout(1000)
    spaces.measured(page)
    page.get_by_role("button", name="Points: sampled z").click()
    page.wait_for_timeout(1000)
    frames = len(spaces.measured(page)["frame"])
    assert frames > 1 if travels else frames == 1
    points = page.locator(".spaces").evaluate("(e) => [...e.spaces.plots[1].points]")
    np.testing.assert_allclose(np.reshape(points, (-1, 2)), load_run(shipped("vae").path).z(), atol=1e-5)


def test_lines_around_the_classes_come_when_asked_for_and_go(home: Visit) -> None:
    lines = "(e) => e.querySelectorAll('.frame')[1].querySelectorAll('.mark-line path').length"
    before = home.page.locator(".spaces").evaluate(lines)
    home.page.get_by_role("button", name="Lines around").click()
    for _ in range(150):
        if home.page.locator(".spaces").evaluate(lines) >= before + 20:
            break
        home.page.wait_for_timeout(200)
    assert home.page.locator(".spaces").evaluate(lines) >= before + 20  # two for each of ten classes
    home.page.get_by_role("button", name="Lines around").click()
    assert home.page.locator(".spaces").evaluate(lines) == before


def test_the_theme_follows_the_system_at_once(home: Visit) -> None:
    ink = "(e) => getComputedStyle(e.querySelector('.frame text')).fill"
    light = home.page.locator(".spaces").evaluate(ink)
    home.page.emulate_media(color_scheme="dark")
    home.page.wait_for_timeout(1500)
    assert home.page.locator(".spaces").evaluate(ink) != light


def test_where_the_script_does_not_run_the_same_charts_are_offered(visit: Callable[..., Visit]) -> None:
    plain = visit("?plots=plain")
    for number in range(3):
        plain.page.locator("[data-testid=stVegaLiteChart] canvas").nth(number).wait_for()
    assert plain.page.locator(".spaces").count() == 0


def test_nothing_keeps_people_with_disabilities_out(home: Visit) -> None:
    background = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    for scheme, color in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(15, 19, 24)")):
        home.look(scheme)
        assert home.page.evaluate(background) == color
        assert serious_violations(home.page) == []


def test_thirty_sessions_can_open_home_and_select() -> None:
    command = (sys.executable, "-m", "benchmarks.room", "--sessions", "30")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    result = json.loads(done.stdout)
    assert (result["sessions"], result["failed"]) == (30, 0), result["failures"]
