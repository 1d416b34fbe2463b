"""The whole story of the page "KLD weight" in a real browser, on digits: train, watch, cancel, come back, replay."""

import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.ImageColor import getrgb

from tests.support.app_server import Server, serve
from tests.support.helpers import SHIPPED
from tests.support.visits import WAYS, Visit, serious_violations
from ui.charts import MODEL_COLORS
from vae_core.runs import list_runs, load_run

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


def epoch(visit: Visit) -> float | None:
    """Epochs that the line under the VAE's plot tells."""
    found = re.search(r"Epoch ([\d.]+) of", visit.page.locator(".st-key-space-vae").inner_text())
    return float(found[1]) if found else None


def local(checkpoints: Path) -> list:
    return [info for info in list_runs(checkpoints) if not info.shipped]


def test_the_story(visit: Callable[..., Visit], app: Server, checkpoints: Path) -> None:
    mine = visit(f"KLD_weight?{QUICK}&beta=0.37")
    mine.says(re.compile(r"β = 0\.37, 200 epochs"), ".st-key-status", PATIENCE_S)
    button(mine, "Train").click()
    button(mine, "Cancel").wait_for()
    mine.says(re.compile(r"Epoch [\d.]+ of 200"), ".st-key-space-vae", PATIENCE_S)
    first = epoch(mine)
    before = mine.picture("vae")
    mine.changes("vae", before, share=0, seconds=PATIENCE_S)  # the picture moves
    assert first is not None
    assert first <= (epoch(mine) or 200)  # once it has ended there is no epoch to read

    # Closing the tab changes nothing, and the same browser finds its job again.
    mine.page.close()
    mine.open(app, f"KLD_weight?{QUICK}&beta=0.37", quiet=False)
    button(mine, "Cancel").or_(button(mine, "Replay the training")).wait_for(timeout=1000 * PATIENCE_S)

    button(mine, "Replay the training").wait_for(timeout=1000 * PATIENCE_S)
    mine.says("β = 0.37, seed 0", ".st-key-space-vae")
    trained = local(checkpoints)
    assert {(info.model.kind, info.train.beta) for info in trained} == {("vae", 0.37), ("cvae", 0.37)}
    assert all(load_run(info.path) for info in trained)
    assert "beta=0.37" in mine.page.url

    # The epochs can be scrubbed and replayed.
    scrubber = mine.page.locator(".st-key-epoch input[type=range]")
    scrubber.focus()
    scrubber.press("Home")
    mine.says("Epoch 0 of 200", ".st-key-space-vae")
    button(mine, "Replay the training").click()
    mine.says(re.compile(r"Epoch \d+ of 200"), ".st-key-space-vae")
    button(mine, "Stop").click()
    mine.says("β = 0.37, seed 0", ".st-key-space-vae")


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


def test_the_slider_moves_the_points_and_a_click_on_the_tradeoff_opens_a_run(chrome, shipped_app: Server) -> None:
    visit = Visit(chrome, shipped_app, "KLD_weight")
    before = visit.picture("vae")
    slider = visit.page.locator(".st-key-beta input[type=range]")
    slider.focus()
    for _ in range(40):  # six stops to β = 2; on a busy machine Streamlit's slider loses keys that come too fast
        if slider.get_attribute("aria-valuetext") == "2":
            break
        slider.press("ArrowRight")
        visit.page.wait_for_timeout(300)
    visit.says("β = 2, seed 0", ".st-key-space-vae")
    visit.changes("vae", before)
    assert "beta=2" in visit.page.url
    button(visit, "Next").click()
    visit.says("β = 4, seed 0", ".st-key-space-vae")

    # The run furthest to the right of the cVAE's in the rate-distortion plot is that at β = 0.
    plot = visit.page.locator(".st-key-tradeoff canvas")
    plot.scroll_into_view_if_needed()
    picture = np.asarray(Image.open(io.BytesIO(plot.screenshot())).convert("RGB")).astype(int)
    orange = np.argwhere(np.abs(picture - ORANGE).max(axis=-1) < 40)
    orange = orange[orange[:, 0] < 0.8 * len(picture)]  # not the legend's
    rightmost = orange[orange[:, 1] >= orange[:, 1].max() - 3].mean(axis=0)
    plot.click(position={"x": rightmost[1] - 3, "y": rightmost[0]})
    visit.says("β = 0, one-hot condition", ".st-key-space-cvae")
    visit.close()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", ["KLD_weight?beta=0.37", "KLD_weight?view=Compare", "Runs"])
def test_nothing_serious_for_people_who_see_little(visit: Callable[..., Visit], path: str, way: str) -> None:
    shown = visit(path, **WAYS[way])
    assert serious_violations(shown.page) == []
    assert not shown.scrolls_sideways()
