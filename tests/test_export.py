"""The latent spaces as one HTML file: what the command writes, and what a browser without a network makes of it."""

import base64
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.support.helpers import SHIPPED, damage, linked, shipped, without_images
from tests.support.screens import opened
from tests.support.visits import Visit, serious_violations
from ui import store
from ui.export import grid
from ui.export.__main__ import main
from ui.export.document import html_file
from ui.shell import words
from ui.spaces.space import window_of
from vae_core.config import KINDS
from vae_core.latents import alignment

LIMIT_BYTES = 9e6
SPACES = "document.querySelector('#spaces').shadowRoot?.querySelector('.spaces')"
GREY_LEVEL = 1  # of 255, between the browser's images and PyTorch's
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with the default runs."""
    path = tmp_path_factory.mktemp("export") / "latent-explorer.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_CHECKPOINTS", str(SHIPPED))
        assert main(["--out", str(path)]) == 0
    return path


@pytest.fixture
def shipped_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", str(SHIPPED))


class Reading:
    """A file opened from disk in a browser that reaches nothing else, and everything that went wrong."""

    def __init__(self, chrome, path: Path, **context) -> None:
        self.context = chrome.new_context(**({"viewport": DESKTOP} | context), offline=True)
        self.context.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
        self.wrong: list[str] = []
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "request", lambda request: self.wrong.append(request.url) if request.url != path.as_uri() else None
        )
        self.page.goto(path.as_uri())
        self.page.wait_for_function(f"{SPACES}?.dataset.ready === 'true'")

    def picture(self, kind: str, layer: int = 0) -> np.ndarray:
        """A plot's canvas as RGBA (height, width, 4): 0 the points, 1 those that are lit, over a veil, 2 rings."""
        url = self.canvas(kind, layer).evaluate("(canvas) => canvas.toDataURL()")
        return np.array(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))

    def canvas(self, kind: str, layer: int = 0):
        return self.page.locator(".plot").nth(KINDS.index(kind)).locator("canvas").nth(layer)

    def pixels(self, kind: str, points: np.ndarray | None = None) -> np.ndarray:
        """Where the test images, or other points, of a run lie in its plot, from the top left corner."""
        side = self.canvas(kind).evaluate("(canvas) => canvas.clientWidth")
        info = shipped(kind)
        (x, y), half = window_of(info)
        points = store.plane_of(info, sampled=True).points if points is None else points
        return ((points - (x, y)) / half * (1, -1) + 1) * side / 2

    def pointer(self, kind: str, x: float, y: float) -> tuple[float, float]:
        box = self.canvas(kind).bounding_box()
        return box["x"] + x, box["y"] + y

    def greys(self, canvas) -> np.ndarray:
        """A canvas with a decoded image as grey values (height, width)."""
        url = canvas.evaluate("(canvas) => canvas.toDataURL()")
        return np.array(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("L")).astype(int)

    def close(self) -> None:
        assert self.wrong == []
        self.context.close()


@pytest.fixture
def read(chrome, file: Path, shipped_only: None) -> Iterator[Callable[..., Reading]]:
    readings: list[Reading] = []

    def open_file(path: Path = file, **context) -> Reading:
        readings.append(Reading(chrome, path, **context))
        return readings[-1]

    yield open_file
    for reading in readings:
        reading.close()


# ---- what is in it ----


def test_it_is_small_and_asks_for_nothing(file: Path) -> None:
    assert file.stat().st_size <= LIMIT_BYTES
    text = file.read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:)', text.split('<script id="vega">')[0])
    assert "default-src 'none'" in text


def test_it_says_where_it_comes_from_and_what_the_claims_are(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert words.CREDIT in text
    for info in map(shipped, KINDS):
        distance = store.metrics(info)["sliced_wasserstein"].value
        assert info.id in text
        assert f"{words.three(distance)} \\u03c3" in text


def test_class_names_cannot_end_the_script(shipped_only: None) -> None:
    info = shipped("ae")
    names = ("</script><script>alert(1)</script>", *info.class_names[1:])
    text = html_file([replace(info, class_names=names)]).decode()
    assert "<script>alert" not in text
    [data] = re.findall(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert json.loads(data)["classes"]["names"][0] == names[0]


def test_without_the_test_images_it_says_so(monkeypatch, tmp_path, shipped_only, forgetful, capsys) -> None:
    without_images(monkeypatch, tmp_path)
    assert main(["--out", str(tmp_path / "file.html")]) == 0
    text = (tmp_path / "file.html").read_text(encoding="utf-8")
    assert "originals are missing" in text
    assert '"images": null' in text
    assert "without the test images" in capsys.readouterr().out


# ---- the command ----


def test_it_says_size_and_content(tmp_path, shipped_only, capsys) -> None:
    path = tmp_path / "digits.html"
    assert main(["--out", str(path), "--dataset", "digits", "--theme", "dark"]) == 0
    said = capsys.readouterr().out
    assert f"{path.stat().st_size / 1e6:.1f} MB" in said
    assert all(shipped(kind, dataset="digits").id in said for kind in KINDS)


@pytest.mark.parametrize(
    ("options", "status", "reason"),
    [
        (["--seed", "77"], 1, "there is no run on Digits with seed 77"),
        (["--dataset", "kmnist"], 1, "there is no run on KMNIST with seed 0"),
        (["--out", "missing/file.html"], 1, "missing/file.html cannot be written: No such file or directory"),
        (["--out", "."], 1, "cannot be written"),
        (["--theme", "blue"], 2, "invalid choice: 'blue'"),
        (["--seed", "one"], 2, "invalid int value"),
        (["--colour"], 2, "unrecognized arguments"),
    ],
)
def test_wrong_options_end_in_one_sentence(
    options, status, reason, tmp_path, monkeypatch, shipped_only, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        found = main(["--dataset", "digits", *options])
    except SystemExit as stopped:
        found = stopped.code
    said = capsys.readouterr()
    assert found == status
    assert reason in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_no_runs_and_a_damaged_run_end_in_one_sentence(tmp_path, monkeypatch, capsys) -> None:
    empty, folder = tmp_path / "empty", linked(tmp_path / "checkpoints")
    empty.mkdir()
    damage(folder / f"{shipped('vae', dataset='digits').id}.safetensors")
    for root, reason in ((empty, "there is no run"), (folder, "safetensors: ")):
        monkeypatch.setenv("VAE_CHECKPOINTS", str(root))
        assert main(["--dataset", "digits", "--out", str(tmp_path / "file.html")]) == 1
        said = capsys.readouterr().err
        assert reason in said
        assert said.count("\n") == 1
    assert not (tmp_path / "file.html").exists()


def test_home_offers_it(pages: None) -> None:
    end, app = time.monotonic() + 120, opened()
    while (button := html_button(app)).disabled and time.monotonic() < end:
        time.sleep(0.2)
        app.run()
    assert button.deferred_file_id  # made when it is asked for


def html_button(app: AppTest) -> Any:
    [button] = [button.proto for button in app.get("download_button") if button.proto.label == "As one HTML file"]
    return button


@pytest.mark.browser
def test_the_button_gives_the_file(visit: Callable[..., Visit]) -> None:
    home = visit()
    button = home.page.get_by_role("button", name="As one HTML file")
    with home.page.expect_download(timeout=120_000) as download:
        button.click(timeout=120_000)  # once all is prepared
    assert download.value.suggested_filename == "latent-explorer.html"
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert all(shipped(kind).id in text for kind in KINDS)


# ---- in a browser, from disk, with the network cut off ----


@pytest.mark.browser
def test_a_brush_lights_the_same_images_in_all_three(read) -> None:
    reading = read()
    start, end = (120.0, 120.0), (170.0, 190.0)
    reading.page.mouse.move(*reading.pointer("vae", *start))
    reading.page.mouse.down()
    reading.page.mouse.move(*reading.pointer("vae", *end), steps=4)
    reading.page.mouse.up()
    at = reading.pixels("vae")
    chosen = ((at >= start) & (at <= end)).all(axis=1)
    assert 20 < chosen.sum() < 5000
    for kind in KINDS:
        expect_lit(reading, kind, chosen)
    said = reading.page.locator(".selection .head").inner_text()
    assert abs(int(re.sub(r"\D", "", said.split(" images")[0])) - chosen.sum()) <= 3  # the mouse's pixels are whole


def expect_lit(reading: Reading, kind: str, chosen: np.ndarray) -> None:
    """Chosen images are coloured dots, and where there are none nearby is nothing but the veil."""
    picture = reading.picture(kind, layer=1)
    at = reading.pixels(kind)
    inside = ((at > 4) & (at < picture.shape[0] - 4)).all(axis=1)
    colorful = np.ptp(picture[..., :3], axis=2) > 40
    rows, columns = at.round().astype(int)[:, ::-1].clip(0, picture.shape[0] - 1).T
    assert colorful[rows, columns][chosen & inside].mean() > 0.97
    near = np.zeros(colorful.shape, bool)
    for row, column in zip(rows[chosen], columns[chosen], strict=True):
        near[max(row - 4, 0) : row + 5, max(column - 4, 0) : column + 5] = True
    assert not colorful[~near].any()


@pytest.mark.browser
def test_the_slider_moves_the_points_to_where_the_runs_have_them(read) -> None:
    reading = read()
    before = {kind: reading.picture(kind) for kind in KINDS}
    reading.page.get_by_role("slider", name="KLD weight β").focus()
    for _ in range(3):
        reading.page.keyboard.press("ArrowRight")
    reading.page.wait_for_function(f"{SPACES}.spaces.moving === null && !{SPACES}.spaces.plots[1].travel")
    assert np.array_equal(reading.picture("ae"), before["ae"])
    for number, kind in enumerate(KINDS[1:], start=1):
        info, home = shipped(kind, beta=8.0), shipped(kind)
        drawn = np.reshape(reading.page.evaluate(f"[...{SPACES}.spaces.plots[{number}].points]"), (-1, 2))
        latents = store.run(info).latents
        points = latents.sample(home.latent_seed) @ alignment(latents.mu, store.run(home).latents.mu)
        side, half = reading.picture(kind).shape[0], reading.page.evaluate(f"{SPACES}.spaces.plots[{number}].home.half")
        assert np.abs(drawn - points).max() * side / (2 * half) < 0.5  # pixels
        assert not np.array_equal(reading.picture(kind), before[kind])
        assert (
            words.three(store.metrics(info)["sliced_wasserstein"].value)
            in reading.page.locator(".claim").nth(number).inner_text()
        )
    assert reading.page.get_by_role("button", name="Points: mean mu").is_disabled()  # the file has those of β = 1 alone
    for _ in range(3):
        reading.page.keyboard.press("ArrowLeft")
    reading.page.wait_for_function(f"{SPACES}.spaces.moving === null && !{SPACES}.spaces.plots[1].travel")
    assert np.array_equal(reading.picture("vae"), before["vae"])
    assert reading.page.get_by_role("button", name="Points: mean mu").is_enabled()


def test_the_grid_holds_the_same_runs_for_both_kinds_and_nothing_without_two(shipped_only: None) -> None:
    found = grid.grids([shipped(kind) for kind in KINDS])
    assert list(found) == ["vae", "cvae"]
    assert list(found["vae"].along) == list(found["cvae"].along) == [0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32]
    assert found["vae"].along[1.0] == shipped("vae")
    assert grid.grids([shipped(kind, dataset="digits") for kind in KINDS]) == {}
    assert grid.grids([shipped("ae")]) == {}


@pytest.mark.browser
def test_a_reconstruction_is_pytorchs(read) -> None:
    reading = read()
    at = reading.pixels("vae")
    image = int(np.argmin(np.linalg.norm(at - (0.75 * at.max(), at[:, 1].mean()), axis=1)))
    reading.page.mouse.move(*reading.pointer("vae", *at[image]))
    reading.page.mouse.move(*reading.pointer("vae", *at[image]), steps=2)
    head = reading.page.locator(".card b").inner_text()
    image = int(re.search(r"test image (\d+)", head).group(1))
    cells = reading.page.locator(".card figure:not([hidden])")
    drawn = [reading.greys(canvas) for canvas in cells.locator("canvas").all()]
    if store.test_images("mnist") is not None:
        assert np.abs(drawn.pop(0) - store.test_images("mnist")[image]).mean() < 12  # a small JPEG-like loss
    for kind, greys in zip(KINDS, drawn, strict=True):
        expected = store.reconstruct(shipped(kind), np.array([image]), sampled=True)[0]
        assert np.abs(greys - expected.astype(int)).max() <= GREY_LEVEL, kind


@pytest.mark.browser
def test_the_point_under_the_pointer_is_decoded_as_pytorch_does_and_as_the_class_that_is_picked(read) -> None:
    reading = read()
    reading.page.get_by_role("button", name="Decode the point").click()
    pictures = []
    for kind, label in (("ae", None), ("vae", None), ("cvae", 0), ("cvae", 7)):
        if label:
            reading.page.get_by_role("button", name=f"Decode as {label}").click()
        x, y = np.round(reading.canvas(kind).bounding_box()["width"] * np.array([0.37, 0.62]))
        reading.page.mouse.move(*reading.pointer(kind, x + 9, y))
        reading.page.mouse.move(*reading.pointer(kind, x, y))
        said = reading.page.locator(".card b", has_text=f"{words.short(kind)}: ").inner_text()
        assert said.endswith(f"as {label}") == (label is not None)
        pictures.append(reading.greys(reading.page.locator(".card canvas.point")))
        z = np.float32(reading.page.evaluate(f"{SPACES}.spaces.decoding.cursor.state.at"))
        assert np.abs(reading.pixels(kind, z[None]) - (x, y)).max() < 1
        expected = store.decode(shipped(kind), z[None], np.array([label or 0]))[0]
        assert np.abs(pictures[-1] - expected.astype(int)).max() <= GREY_LEVEL, kind
    assert np.abs(pictures[-1] - pictures[-2]).max() > 100


@pytest.mark.browser
def test_a_finger_decodes_and_where_a_decoder_is_missing_it_says_so(read) -> None:
    reading = read(has_touch=True)
    reading.page.get_by_role("button", name="Decode the point").click()
    reading.page.touchscreen.tap(*reading.pointer("vae", 100, 100))
    assert reading.page.locator(".card canvas.point").is_visible()
    reading.page.get_by_role("slider", name="KLD weight β").press("ArrowRight")
    reading.page.touchscreen.tap(*reading.pointer("vae", 110, 100))
    reading.page.locator(".card", has_text="decoder is not here").wait_for()
    reading.page.touchscreen.tap(*reading.pointer("ae", 110, 100))
    reading.page.locator(".card canvas.point").wait_for()


@pytest.mark.browser
def test_it_follows_the_system_into_the_dark_and_back(read) -> None:
    reading = read(color_scheme="dark")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert reading.page.evaluate(ground) == "rgb(15, 19, 24)"
    assert title_color(reading) == "rgb(232, 235, 239)"
    reading.page.emulate_media(color_scheme="light")
    assert reading.page.evaluate(ground) == "rgb(255, 255, 255)"
    assert title_color(reading) == "rgb(14, 18, 23)"
    reading.page.emulate_media(color_scheme="dark", media="print")
    assert title_color(reading) == "rgb(14, 18, 23)"


@pytest.mark.browser
def test_it_prints_on_one_page_and_axe_finds_nothing_serious(read) -> None:
    reading = read(color_scheme="dark")
    reading.page.get_by_role("button", name="Decode the point").click()
    assert serious_violations(reading.page) == []
    printed = reading.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def title_color(reading: Reading) -> str:
    """The colour in which Vega has drawn a plot's title."""
    title = reading.page.locator(".plot svg text", has_text="Autoencoder").first
    return title.evaluate("(text) => getComputedStyle(text).fill")


@pytest.mark.browser
def test_a_theme_that_is_asked_for_stays(read, tmp_path) -> None:
    for theme, scheme, ink in (("light", "dark", "rgb(14, 18, 23)"), ("dark", "light", "rgb(232, 235, 239)")):
        path = tmp_path / f"{theme}.html"
        assert main(["--out", str(path), "--dataset", "digits", "--theme", theme]) == 0
        assert title_color(read(path, color_scheme=scheme)) == ink


@pytest.mark.browser
def test_on_a_phone_the_plots_that_the_weight_moves_stand_first(read) -> None:
    reading = read(viewport=PHONE, has_touch=True, is_mobile=True)
    boxes = [reading.canvas(kind).bounding_box() for kind in ("vae", "cvae", "ae")]
    assert boxes[0]["y"] + boxes[0]["height"] < boxes[1]["y"] < boxes[2]["y"]
    assert min(box["width"] for box in boxes) > 280
    assert reading.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
