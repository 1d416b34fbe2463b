"""The whole story of the page "KLD weight" in a real browser, on digits: train, watch, cancel, come back, replay."""

import io
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.ImageColor import getrgb

from tests.support import spaces
from tests.support.app_server import Server, serve, wait_until_quiet
from tests.support.helpers import SHIPPED, shipped
from tests.support.visits import DESKTOP, Visit
from ui.charts import MODEL_COLORS
from ui.spaces.frames import NOISE_SEED
from ui.store import decode
from vae_core.latents import Latents
from vae_core.runs import Run, list_runs, load_run

pytestmark = pytest.mark.browser
QUICK = "dataset=Digits&hidden=64%2C+32"  # about ten seconds of training
LONG = "dataset=Digits&hidden=2048%2C+1024&effort=best+400"  # minutes: it does not end while a test looks
PATIENCE_S = 300
ORANGE = np.array(getrgb(MODEL_COLORS["light"][2]))


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    for path in SHIPPED.glob("digits-*"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def app(checkpoints: Path) -> Iterator[Server]:
    with serve(environment={"VAE_CHECKPOINTS": str(checkpoints)}) as server:
        yield server


def button(visit: Visit, name: str):
    return visit.page.get_by_role("button", name=name, exact=True)


def claim(visit: Visit, number: int = 1) -> str:
    """The line under a plot: the VAE's is number 1, the cVAE's 2."""
    return visit.page.locator(".st-key-kld-spaces .claim").nth(number).inner_text()


def epoch(visit: Visit) -> float | None:
    """Epochs that the line under the VAE's plot tells."""
    found = re.search(r"Epoch ([\d.]+) of", claim(visit))
    return float(found[1]) if found else None


def says(visit: Visit, text: str | re.Pattern[str], number: int = 1, seconds: float = 30) -> None:
    """Wait until the line under a plot says something."""
    line = visit.page.locator(".st-key-kld-spaces .claim").nth(number)
    line.filter(has_text=text).wait_for(timeout=1000 * seconds)


def points(visit: Visit, number: int = 1) -> np.ndarray:
    """Where the dots of a plot are now, in the plane."""
    found = visit.page.locator(".st-key-kld-spaces .spaces").evaluate(f"(e) => [...e.spaces.plots[{number}].points]")
    return np.reshape(found, (-1, 2))


def moves(visit: Visit, before: np.ndarray, number: int = 1, seconds: float = 30) -> None:
    """Wait until the dots of a plot are elsewhere, and stand still."""
    end, last = time.monotonic() + seconds, before
    while True:
        now = points(visit, number)
        if not np.array_equal(now, before) and np.array_equal(now, last):
            return
        assert time.monotonic() < end, "the dots stand still"
        last = now
        visit.page.wait_for_timeout(100)


def slider(visit: Visit, name: str):
    return visit.page.locator(f".track.{name} input")


def local(checkpoints: Path) -> list:
    return [info for info in list_runs(checkpoints) if not info.shipped]


def settled(visit: Visit) -> np.ndarray:
    """The points once they have stopped moving."""
    before, now = None, points(visit)
    while before is None or not np.array_equal(before, now):
        visit.page.wait_for_timeout(200)
        before, now = now, points(visit)
    return now


def test_the_story(visit: Callable[..., Visit], app: Server, checkpoints: Path) -> None:
    mine = visit(f"KLD_weight?{QUICK}&beta=0.37")
    mine.says(re.compile(r"β = 0\.37, 200 epochs"), ".st-key-status", PATIENCE_S)
    button(mine, "Train").click()
    button(mine, "Cancel").wait_for()
    says(mine, re.compile(r"Epoch [\d.]+ of 200"), seconds=PATIENCE_S)
    first = epoch(mine)
    before, end = points(mine), time.monotonic() + PATIENCE_S
    while np.array_equal(points(mine), before):  # the dots move
        assert time.monotonic() < end
    assert first is not None
    assert first <= (epoch(mine) or 200)  # once it has ended there is no epoch to read

    # Closing the tab changes nothing, and the same browser finds its job again.
    mine.page.close()
    mine.open(app, f"KLD_weight?{QUICK}&beta=0.37", quiet=False)
    says(mine, "β = 0.37, seed 0", seconds=PATIENCE_S)
    trained = local(checkpoints)
    asked = (0.37, 200, (64, 32))
    assert sorted(info.model.kind for info in trained) == ["cvae", "vae"]
    assert {(info.train.beta, info.train.epochs, info.model.hidden) for info in trained} == {asked}
    assert all(load_run(info.path) for info in trained)
    assert "beta=0.37" in mine.page.url

    # The epochs can be scrubbed and replayed.
    run = load_run(next(info for info in trained if info.model.kind == "vae").path)
    last = settled(mine)
    slider(mine, "epoch").focus()
    slider(mine, "epoch").press("Home")
    says(mine, "Epoch 0 of 200")
    moves(mine, last)
    spread = np.linalg.norm(points(mine), axis=1)
    noise = np.exp(0.5 * run.snapshot_logvar[0]).max()
    assert np.abs(spread - np.linalg.norm(run.snapshot_mu[0], axis=1)).max() < 5 * noise
    button(mine, "Replay the training").click()
    says(mine, re.compile(r"Epoch [1-9]\d* of 200"))
    mine.page.locator(".track.epoch").get_by_role("button", name="Stop").click()
    slider(mine, "epoch").press("End")
    says(mine, "β = 0.37, seed 0")
    moves(mine, spread[:0])
    assert settled(mine) == pytest.approx(last)


def test_a_second_visitor_joins_a_training_and_cancel_keeps_nothing(
    visit: Callable[..., Visit], checkpoints: Path
) -> None:
    before = local(checkpoints)
    first, second = (visit(f"KLD_weight?{LONG}&beta=0.71") for _ in range(2))
    button(first, "Train").click()
    first.says("images/s", ".st-key-status", PATIENCE_S)
    second.page.reload()
    button(second, "Join").click(timeout=1000 * PATIENCE_S)
    button(second, "Cancel").wait_for()
    button(first, "Cancel").click()  # it goes on for the second visitor, and the first may come back to it
    button(first, "Join").wait_for()
    assert button(second, "Cancel").count() == 1
    button(second, "Cancel").click()
    second.says("Cancelled", ".st-key-status", PATIENCE_S)
    assert local(checkpoints) == before


@pytest.fixture
def grid(chrome, shipped_app: Server) -> Iterator[Visit]:
    shown = Visit(chrome, shipped_app, "KLD_weight")
    shown.page.locator(".st-key-kld-spaces .frame svg").nth(2).wait_for(timeout=90_000)
    wait_until_quiet(shown.page)
    yield shown
    shown.close()


def heard(visit: Visit) -> str:
    """β as the server has heard it."""
    return visit.page.locator(".st-key-beta_field input").input_value()


def test_a_drag_moves_the_points_in_the_browser_and_its_end_the_server(grid: Visit) -> None:
    box, count = slider(grid, "beta").bounding_box(), int(slider(grid, "beta").get_attribute("max"))
    stops = grid.page.locator(".spaces").first.evaluate("(e) => e.spaces.data.tracks[0].stops")
    knob = 1.1 * 16

    def place(beta: str) -> tuple[float, float]:
        share = stops.index(beta) / count
        return box["x"] + knob / 2 + share * (box["width"] - knob), box["y"] + box["height"] / 2

    before, autoencoder = points(grid), points(grid, 0)
    grid.page.mouse.move(*place("1"))
    grid.page.mouse.down()
    grid.page.mouse.move(*place("4"), steps=4)
    says(grid, "β = 4, seed 0")
    says(grid, "β = 4, one-hot condition", 2)
    moves(grid, before)
    run = load_run(shipped("vae", 4.0).path)
    spread = np.linalg.norm(points(grid), axis=1)
    assert np.corrcoef(spread, np.linalg.norm(run.snapshot_mu[-1], axis=1))[0, 1] > 0.9
    assert np.array_equal(points(grid, 0), autoencoder)  # which has no β
    grid.page.mouse.move(*place("5"), steps=2)
    says(grid, "Not trained at this β. Nearest trained run: β = 4.")
    faded = "(e) => e.spaces.plots.map((plot) => Boolean(plot.space.faded))"
    assert grid.page.locator(".spaces").first.evaluate(faded) == [False, True, True]
    grid.page.mouse.move(*place("2"), steps=4)
    says(grid, "β = 2, seed 0")
    grid.page.wait_for_timeout(1000)
    assert "beta" not in grid.page.url
    assert heard(grid) == "1"
    grid.page.mouse.up()
    grid.page.wait_for_url("**beta=2", timeout=30_000)
    wait_until_quiet(grid.page)
    assert heard(grid) == "2"
    says(grid, "β = 2, seed 0")
    decodes_at_the_pointer(grid, load_run(shipped("vae", 2.0).path))


def decodes_at_the_pointer(visit: Visit, run: Run) -> None:
    """Hovering over the VAE's plot shows an image with three reconstructions, the VAE's by its own decoder."""
    page, inside = visit.page, spaces.area(visit.page, 1)
    page.wait_for_function(spaces.READY)
    page.mouse.move(*inside.at(0.2, 0.2))
    page.mouse.move(*inside.at(0.5, 0.5), steps=4)
    drawn = page.locator(".spaces .card canvas:visible")
    drawn.nth(3).wait_for()
    row = page.locator(".spaces").first.evaluate("(e) => e.spaces.hovered")
    index, y = run.snapshot_index[row], run.latents.y[run.snapshot_index[row : row + 1]]
    assert f"test image {index}," in page.locator(".spaces .card").first.inner_text()
    z = Latents(run.snapshot_mu[-1], run.snapshot_logvar[-1], y).sample(NOISE_SEED)[row : row + 1]
    pixels = "(c) => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0)"
    expected = decode(run.info, z, y)[0].astype(int).ravel()
    assert np.abs(expected - drawn.nth(2).evaluate(pixels)).max() <= 2


def test_buttons_and_keys_step_along_the_trained_betas_and_play(grid: Visit) -> None:
    buttons = grid.page.locator(".track.beta")
    buttons.get_by_role("button", name="Next").click()
    says(grid, "β = 2, seed 0")
    buttons.get_by_role("button", name="Previous").click()
    buttons.get_by_role("button", name="Previous").click()
    says(grid, "β = 0.5, seed 0")
    grid.page.wait_for_url("**beta=0.5", timeout=30_000)
    slider(grid, "beta").press("ArrowRight")
    assert slider(grid, "beta").get_attribute("aria-valuetext") == "0.56, not trained"
    says(grid, "Nearest trained run: β = 0.5.")
    grid.page.wait_for_url("**beta=0.56", timeout=30_000)
    button(grid, "Train").wait_for()
    wait_until_quiet(grid.page)
    buttons.get_by_role("button", name="Play along β").click()
    says(grid, "β = 2, seed 0")
    buttons.get_by_role("button", name="Stop").click()
    at = slider(grid, "beta").get_attribute("aria-valuetext")
    grid.page.wait_for_url(f"**beta={at}", timeout=30_000)
    grid.page.wait_for_timeout(1500)
    assert slider(grid, "beta").get_attribute("aria-valuetext") == at  # it stands still


def test_without_motion_the_points_are_there_at_once(chrome, shipped_app: Server) -> None:
    visit = Visit(chrome, shipped_app, "KLD_weight", **DESKTOP, reduced_motion="reduce")
    visit.page.locator(".st-key-kld-spaces .frame svg").nth(2).wait_for(timeout=90_000)
    count = visit.page.locator(".spaces").first.evaluate("""async (element) => {
        const places = new Set();
        const plot = element.spaces.plots[1];
        element.querySelector(".track.beta [title=Next]").click();
        for (let frame = 0; frame < 60; frame++) {
            await new Promise((done) => requestAnimationFrame(done));
            places.add(plot.points[0]);
        }
        return places.size;
    }""")
    assert count <= 2  # before and after
    visit.close()


def test_a_click_on_the_tradeoff_opens_a_run(grid: Visit) -> None:
    # The run furthest to the right of the cVAE's in the rate-distortion plot is that at β = 0.
    plot = grid.page.locator(".st-key-tradeoff canvas")
    plot.scroll_into_view_if_needed()
    picture = np.asarray(Image.open(io.BytesIO(plot.screenshot())).convert("RGB")).astype(int)
    orange = np.argwhere(np.abs(picture - ORANGE).max(axis=-1) < 40)
    orange = orange[orange[:, 0] < 0.8 * len(picture)]  # not the legend's
    rightmost = orange[orange[:, 1] >= orange[:, 1].max() - 3].mean(axis=0)
    plot.click(position={"x": rightmost[1] - 3, "y": rightmost[0]})
    says(grid, "β = 0, one-hot condition", 2)


def test_a_picture_of_the_strip_moves_the_slider_there(chrome, shipped_app: Server) -> None:
    visit = Visit(chrome, shipped_app, "KLD_weight?view=β strip")
    before = points(visit)
    visit.page.locator(".gallery").get_by_text("β = 8", exact=True).click()
    says(visit, "β = 8, seed 0")
    moves(visit, before)
    assert slider(visit, "beta").get_attribute("aria-valuetext") == "8"
    visit.close()


@pytest.mark.parametrize("path", ["KLD_weight?beta=0.37", "KLD_weight?view=Compare", "Runs"])
def test_nothing_serious_for_people_who_see_little(visit: Callable[..., Visit], path: str) -> None:
    visit(path).keeps_nobody_out()
