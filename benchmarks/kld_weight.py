"""The page "KLD weight" in a real browser: from slider to new points, and from Train to a moving picture.

    VAE_DATA=../shared/data python -m benchmarks.kld_weight [--moves 12] [--trainings 3]

Prints one JSON object; times are in the browser, from the event to the frame that shows what it changed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.app_server import browser, redrawn_ms, serve, wait_until_quiet, watch_canvases
from tests.support.helpers import ROOT
from ui.kld_weight.choice import STOPS

if TYPE_CHECKING:
    from playwright.sync_api import Page

GRID = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


def move_slider(page: Page, beta: float) -> float:
    """Click on the slider where a beta of its stops is; milliseconds until the later of VAE and cVAE has new points."""
    slider = page.locator(".st-key-beta input[type=range]")
    track = page.locator(".st-key-beta [role=group] > div").bounding_box()
    assert track is not None  # noqa: S101
    x = track["x"] + track["width"] * STOPS.index(beta) / (len(STOPS) - 1)
    watch_canvases(page, "pointerup")
    page.mouse.click(x, track["y"] + track["height"] / 2)
    page.wait_for_timeout(1500)
    shown = slider.get_attribute("aria-valuetext")
    if shown != f"{beta:g}":
        raise RuntimeError(f"the slider shows {shown}, not {beta:g}")
    return max(redrawn_ms(page)[kind] for kind in ("vae", "cvae"))


def train_and_cancel(page: Page, url: str, beta: float) -> dict[str, float]:
    """On MNIST: seconds from Train to a new picture, the longest time between two pictures, seconds until cancelled."""
    page.goto(f"{url}KLD_weight?beta={beta:g}")
    wait_until_quiet(page)
    page.wait_for_timeout(2000)
    watch_canvases(page, "pointerup")
    page.get_by_role("button", name="Train", exact=True).click()
    first, times, end = None, [], 8.0
    began = time.perf_counter()
    while time.perf_counter() - began < end:
        page.wait_for_timeout(50)
        shown = redrawn_ms(page).get("vae")
        if shown is not None and epoch_shown(page):
            first = first or shown
            if not times or shown != times[-1]:
                times.append(shown)
    began = time.perf_counter()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_text("Cancelled. Nothing was saved.").wait_for()
    cancelled = time.perf_counter() - began
    gaps = [after - before for before, after in itertools.pairwise(times)]
    return {"first_picture_s": (first or 0.0) / 1000, "longest_gap_s": max(gaps) / 1000, "cancelled_s": cancelled}


def epoch_shown(page: Page) -> bool:
    """Whether the VAE's plot shows a training."""
    return "Epoch" in page.locator(".st-key-space-vae").inner_text()


def measure(moves: int, trainings: int) -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder, browser() as launched:
        checkpoints = Path(shutil.copytree(ROOT / "checkpoints", Path(folder) / "checkpoints"))
        with serve(environment={"VAE_CHECKPOINTS": str(checkpoints)}) as server:
            page = launched.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.goto(server.url + "KLD_weight")
            wait_until_quiet(page)
            page.wait_for_timeout(20_000)  # the engine has started
            slid = [move_slider(page, GRID[(5 * number) % len(GRID)]) for number in range(moves + 1)]
            trained = [train_and_cancel(page, server.url, 0.37 + number / 100) for number in range(trainings)]
    names = ("first_picture_s", "longest_gap_s", "cancelled_s")
    return {
        "slider_ms": [round(value) for value in slid],
        "slider_ms_median": round(statistics.median(slid[1:])),
        **{name: [round(one[name], 2) for one in trained] for name in names},
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=12)
    parser.add_argument("--trainings", type=int, default=3)
    args = parser.parse_args()
    print(json.dumps(measure(args.moves, args.trainings)))


if __name__ == "__main__":
    main()
