"""The decoder in a real browser: what moving the pointer shows and sends, and pinning by mouse, keyboard and finger."""

import base64
import io
import json
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from PIL import Image

from tests.support.app_server import Server, serve, wait_until_quiet
from tests.support.helpers import ROOT, SHIPPED
from tests.support.plane import AREA, PLANE, SCRIPT, Traffic, largest_difference, move_about, open_plane, shipped_runs
from tests.support.visits import PHONE, Visit
from ui.charts import Window
from vae_core.config import SETTINGS
from vae_core.latents import plane
from vae_core.runs import Run, load_run

pytestmark = pytest.mark.browser
AE, VAE, CVAE, EMBEDDING = shipped_runs()
CAPTION = ".side figcaption"
CODE = "[data-testid=stCode]"
FRAME = ".frame svg"  # with the axes
DRAWN = "new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame))"


@pytest.fixture(scope="module")
def app() -> Iterator[Server]:
    with serve(SCRIPT, {"VAE_CHECKPOINTS": str(SHIPPED)}) as server:
        yield server


def run_of(name: str) -> Run:
    return load_run(SHIPPED / f"{name}.safetensors")


@pytest.fixture(scope="module")
def desktop(chrome, app: Server) -> Iterator[Visit]:
    """One browser for all that is looked at on a desktop: it has loaded the app's scripts, and keeps them."""
    visit = Visit(chrome, app, f"?run={VAE}")
    yield visit
    visit.close()


@pytest.fixture
def visit_to(desktop: Visit, visit: Callable[..., Visit], app: Server) -> Callable[..., Visit]:
    """Open a run's plane; it is there once its decoder is."""

    def to(name: str, **context) -> Visit:
        if context:
            found = visit(f"?run={name}", **context)
        else:
            desktop.page.close()
            desktop.open(app, f"?run={name}")
            found = desktop
        found.page.locator(CAPTION, has_text="=").wait_for()
        found.page.locator(FRAME).wait_for()
        return found

    return to


def place(visit: Visit, x: float, y: float) -> tuple[float, float]:
    """A place on the page, from shares of the plane's width and height."""
    box = visit.page.locator(AREA).first.bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def pinned(visit: Visit, count: int) -> list[dict]:
    """Return the pinned points that Python has, once there are as many."""
    visit.page.wait_for_function(f"JSON.parse(document.querySelector('{CODE}')?.innerText ?? null)?.length === {count}")
    wait_until_quiet(visit.page)
    assert visit.page.locator(".pinned li").count() == count
    return json.loads(visit.page.locator(CODE).inner_text())


def colors(visit: Visit, where: str) -> np.ndarray:
    """The first such canvas on the page, pixel for pixel: (height, width, RGBA)."""
    url = visit.page.locator(where).first.evaluate("canvas => canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGBA")).astype(int)


def image(visit: Visit, where: str = "canvas.image") -> np.ndarray:
    """A decoded image on the page as grey values."""
    picture = colors(visit, where)[..., :3]
    assert (picture == picture[..., :1]).all(), "grey"
    return picture[..., 0]


def decoded(run: Run, point: dict) -> np.ndarray:
    label = None if point["label"] is None else torch.tensor([point["label"]])
    return (run.model().decode(torch.tensor([point["z"]]), label)[0] * 255).round().numpy().astype(int)


@pytest.mark.parametrize("name", [AE, VAE, EMBEDDING])
def test_a_move_is_decoded_here_as_pytorch_would_and_sends_nothing(desktop: Visit, app: Server, name: str) -> None:
    page = desktop.context.new_page()
    traffic = Traffic(page)
    element = open_plane(page, app.url, name)
    assert traffic.received, "the websocket is watched"
    sent = len(traffic.sent)
    times = move_about(element, 60)
    assert len(traffic.sent) == sent
    assert len(times) > 40, "most moves have a frame of their own; benchmarks.decoder says how fast they are"
    assert largest_difference(element, run_of(name), 200) <= 2 / 255
    page.close()


def test_a_click_pins_the_image_at_the_pointer_in_any_plane(visit_to: Callable[..., Visit]) -> None:
    run = run_of(EMBEDDING)
    visit = visit_to(EMBEDDING)
    visit.page.locator("label", has_text="8").click()
    (centre, half), x, y = Window.around(plane(run.latents, run.z()).points), 0.3, 0.25
    c1, c2 = centre[0] + (2 * x - 1) * half, centre[1] + (1 - 2 * y) * half
    for count, expected in enumerate(((c1, c2), (0.5 + 0.6 * c1 - 0.8 * c2, -0.25 + 0.8 * c1 + 0.6 * c2)), start=1):
        if count == 2:
            visit.page.get_by_text("Turned").click()
            wait_until_quiet(visit.page)
        visit.page.mouse.click(*place(visit, x, y))
        point = pinned(visit, count)[-1]
        assert point["label"] == 8
        assert point["z"] == pytest.approx(expected, abs=1.5 * 2 * half / 400)  # a pixel and a half
        for where in ("canvas.image", f".pinned li:nth-child({count}) canvas"):
            assert np.abs(image(visit, where) - decoded(run, point)).max() <= 2
    visit.page.mouse.move(*place(visit, 0.8, 0.9))
    visit.page.evaluate(DRAWN)
    assert is_marked(visit, x, y), "the pinned point has a ring"
    assert is_marked(visit, 0.8, 0.9), "and the cursor"
    assert not is_marked(visit, 0.1, 0.9)


def is_marked(visit: Visit, x: float, y: float) -> bool:
    """Whether something is drawn over the points around this place of the plane: a ring's outline."""
    return visit.page.locator(AREA).last.evaluate(
        """(canvas, [x, y]) => {
            const at = [x, y].map((share) => Math.round(share * canvas.width));
            const reach = Math.round((18 * canvas.width) / canvas.clientWidth);
            const corner = at.map((value) => value - reach);
            const { data } = canvas.getContext("2d").getImageData(...corner, 2 * reach, 2 * reach);
            return data.some((value, i) => i % 4 === 3 && value > 128);
        }""",
        [x, y],
    )


COUNT_SENT = """() => {
    window.sent = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (...message) { window.sent++; return send.apply(this, message); };
}"""


def test_a_drag_selects_all_test_images_in_an_area_and_pins_and_sends_nothing(visit_to: Callable[..., Visit]) -> None:
    visit = visit_to(VAE)
    page = visit.page
    page.evaluate(COUNT_SENT)
    page.locator(".spaces[data-ready=true]").wait_for()
    drag(visit, (0.3, 0.3), (0.5, 0.6))
    run = run_of(VAE)
    centre, half = Window.around(plane(run.latents, run.z()).points)
    shares = (run.z() - np.array(centre) + half) / (2 * half) * [1, -1] + [0, 1]
    inside = ((shares > [0.3, 0.3]) & (shares < [0.5, 0.6])).all(axis=1).sum()
    head = page.locator(".selection .head").inner_text()
    assert int(head.split()[0].replace(",", "")) == pytest.approx(inside, abs=0.02 * inside)
    for name in ("original", "VAE"):
        strip = page.get_by_role("img", name=f"Selected images: {name}")
        assert strip.count() == 1
        assert colors(visit, f"canvas[aria-label^='Selected images: {name}']").std() > 20, name
    drag(visit, (0.0, 0.0), (1.0, 1.0))
    assert "10,000 images" in page.locator(".selection .head").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".selection .head").count() == 0
    assert page.locator(".pinned li").count() == 0
    assert page.evaluate("window.sent") == 0
    page.mouse.click(*place(visit, 0.5, 0.5))
    pinned(visit, 1)
    assert page.evaluate("window.sent") > 0, "what is sent is counted"


def drag(visit: Visit, start: tuple[float, float], end: tuple[float, float]) -> None:
    visit.page.mouse.move(*place(visit, *start))
    visit.page.mouse.down()
    visit.page.mouse.move(*place(visit, *end), steps=4)
    visit.page.mouse.up()


def test_zoom_keeps_the_point_at_the_pointer_and_the_keys_stay_in_sight(visit_to: Callable[..., Visit]) -> None:
    visit = visit_to(VAE)
    page, caption = visit.page, visit.page.locator(CAPTION).first
    page.mouse.move(*place(visit, 0.29, 0.3))
    page.mouse.move(*place(visit, 0.3, 0.3))
    page.evaluate(DRAWN)
    before, axes = caption.inner_text(), page.locator(FRAME).text_content()
    for _ in range(8):
        page.mouse.wheel(0, -60)
    page.evaluate(DRAWN)
    assert page.locator(FRAME).text_content() != axes, "the axes follow"
    assert caption.inner_text() == before
    assert is_marked(visit, 0.3, 0.3)
    page.mouse.move(*place(visit, 0.31, 0.3))
    page.evaluate(DRAWN)
    coordinate = [
        float(text.split("z₁ = ")[1].split(",")[0].replace("−", "-")) for text in (before, caption.inner_text())
    ]
    assert abs(coordinate[1] - coordinate[0]) <= 0.03, "a hundredth of the plane is less when zoomed in"
    page.locator(PLANE).focus()
    for _ in range(12):
        page.keyboard.press("Shift+ArrowLeft")
    page.evaluate(DRAWN)
    assert is_marked(visit, 0.0, 0.3), "the visible part comes along"


def test_images_take_the_place_of_dots(visit_to: Callable[..., Visit]) -> None:
    visit = visit_to(VAE)
    visit.page.locator(".spaces[data-ready=true]").wait_for()
    before = colors(visit, AREA)
    visit.page.get_by_role("button", name="Test images in place of dots").click()
    assert (colors(visit, AREA) != before).mean() > 0.1


def test_nothing_is_sent_again_for_a_rerun(desktop: Visit, app: Server) -> None:
    page = desktop.context.new_page()
    traffic = Traffic(page)
    open_plane(page, app.url, VAE)
    traffic.received.clear()
    page.locator(PLANE).click()
    page.get_by_text('"label"').wait_for()
    wait_until_quiet(page)
    assert sum(traffic.received) < 20_000
    page.close()


def test_pinned_points_belong_to_their_run_and_are_there_on_return(visit_to: Callable[..., Visit]) -> None:
    visit = visit_to(CVAE)
    for x in (0.4, 0.5):
        visit.page.mouse.click(*place(visit, x, 0.5))
    first = pinned(visit, 2)
    visit.page.get_by_text("Shown").click()  # as when a visitor leaves the page
    visit.page.locator(PLANE).wait_for(state="detached")
    visit.page.get_by_text("Shown").click()
    assert pinned(visit, 2) == first
    visit.page.get_by_role("combobox").fill(VAE)
    visit.page.get_by_role("option", name=VAE).click()
    pinned(visit, 0)
    visit.page.locator(CAPTION, has_text="=").wait_for()
    wait_until_quiet(visit.page)
    assert visit.page.locator(".classes").is_hidden()
    visit.page.mouse.click(*place(visit, 0.4, 0.5))
    assert np.abs(image(visit) - decoded(run_of(VAE), pinned(visit, 1)[0])).max() <= 2


def test_the_keyboard_alone_moves_chooses_pins_and_unpins(visit_to: Callable[..., Visit]) -> None:
    visit = visit_to(CVAE)
    keys = visit.page.keyboard
    for _ in range(20):
        keys.press("Tab")
        if visit.page.evaluate("document.activeElement.shadowRoot?.activeElement?.className") == "plot":
            break
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowUp", "ArrowDown", "7", "Enter"):
        keys.press(key)
    visit.page.locator(CAPTION, has_text="z₁ = 0.20, z₂ = 0.40, as 7").wait_for()
    keys.press("Tab")
    keys.press("ArrowRight")
    visit.page.locator(CAPTION, has_text="as 8").wait_for()
    keys.press("Shift+Tab")
    keys.press("Space")
    points = pinned(visit, 2)
    assert [point["label"] for point in points] == [7, 8]
    assert all(point["z"] == pytest.approx([0.2, 0.4]) for point in points)
    for _ in range(30):  # past the class and the tools to the first pinned point
        keys.press("Tab")
        if visit.page.evaluate("document.activeElement.shadowRoot?.activeElement?.ariaLabel") == "Unpin point 1":
            break
    keys.press("Enter")
    assert pinned(visit, 1)[0]["label"] == 8
    keys.press("Enter")  # the next one has the focus now
    assert pinned(visit, 0) == []


def test_a_dozen_can_be_pinned_and_a_drag_pins_nothing(visit_to: Callable[..., Visit]) -> None:
    visit = visit_to(AE)
    for number in range(13):
        visit.page.mouse.click(*place(visit, 0.2 + 0.05 * number, 0.5))
    assert len(pinned(visit, 12)) == 12
    assert "12 of 12" in visit.page.locator(".pinned .status").inner_text()
    before = visit.page.locator(CAPTION).inner_text()
    visit.page.get_by_role("button", name="Unpin point 3").click()
    points = pinned(visit, 11)
    assert len({point["z"][0] for point in points}) == 11
    visit.page.mouse.move(*place(visit, 0.3, 0.3))
    visit.page.mouse.down()
    visit.page.mouse.move(*place(visit, 0.5, 0.4), steps=5)
    visit.page.mouse.up()
    visit.page.wait_for_timeout(300)
    assert visit.page.locator(CAPTION).inner_text() != before
    assert pinned(visit, 11) == points


def test_on_a_phone_a_finger_moves_and_a_tap_pins(visit_to: Callable[..., Visit]) -> None:
    visit = visit_to(CVAE, **PHONE)
    element, picture = visit.page.locator(AREA).first.bounding_box(), visit.page.locator("canvas.image").bounding_box()
    assert element["width"] > 290
    assert element["y"] + element["height"] < picture["y"]
    assert picture["y"] + picture["height"] <= PHONE["viewport"]["height"], "both are seen at once"
    assert not visit.scrolls_sideways()
    finger = visit.context.new_cdp_session(visit.page)
    before, steps = image(visit), [place(visit, 0.5, 0.3 + 0.1 * step) for step in range(5)]
    for number, (x, y) in enumerate(steps):
        kind = "touchMove" if number else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    visit.page.wait_for_timeout(300)
    assert (image(visit) != before).mean() > 0.1
    assert visit.page.locator(".pinned li").count() == 0
    assert visit.page.locator(AREA).first.bounding_box() == element, "the page has not scrolled"
    visit.page.touchscreen.tap(*place(visit, 0.6, 0.4))
    assert pinned(visit, 1)[0]["label"] == 0


def test_nothing_keeps_people_with_disabilities_out(visit_to: Callable[..., Visit]) -> None:
    visit = visit_to(CVAE)
    visit.page.mouse.click(*place(visit, 0.4, 0.4))
    pinned(visit, 1)
    visit.keeps_nobody_out()


def test_every_activation_is_pytorch_s(chrome) -> None:
    script = (ROOT / "ui/components/network.js").read_text()
    values = torch.linspace(-6, 6, 25, dtype=torch.float64)
    expected = {
        "relu": torch.relu(values), "tanh": torch.tanh(values), "sigmoid": torch.sigmoid(values),
        "gelu": torch.nn.functional.gelu(values, approximate="tanh"),
    }  # fmt: skip
    call = (
        "Object.fromEntries(Object.entries(ACTIVATIONS).map(([name, of]) => [name, values.map((value) => of(value))]))"
    )
    page = chrome.new_page()
    found = page.evaluate(f"(values) => {{ {script}\nreturn {call}; }}", values.tolist())
    page.close()
    assert found.keys() == expected.keys() >= SETTINGS["activation"].choices.keys()
    for name, numbers in found.items():
        np.testing.assert_allclose(numbers, expected[name], atol=1e-12)
