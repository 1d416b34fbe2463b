"""The page "KLD weight" in a real browser: from slider to moving points, through the β grid, from Train to a picture.

    VAE_DATA=../shared/data python -m benchmarks.kld_weight [--moves 12] [--trainings 3]

Prints one JSON object. Times are in the browser: `slider_ms` from the slider's event to the frame in which points have
begun to move, `longest_frame_ms` between two frames while the slider is dragged through all stops and back.
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

from tests.support.app_server import browser, serve, wait_until_quiet
from tests.support.helpers import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

GRID = ("0.1", "0.25", "0.5", "1", "2", "4", "8", "16", "32")
DRAG_MS = 40  # between two moves of the pointer
# Moves the slider as a hand does, by its event, and resolves with the time until a dot has moved and been shown.
MOVE = """(element, label) => new Promise((resolve) => {
    const input = element.querySelector(".track.beta input");
    const plot = element.spaces.plots[1];
    const before = plot.points[0];
    const began = performance.now();
    input.value = element.spaces.data.tracks[0].stops.indexOf(label);
    input.dispatchEvent(new Event("input"));
    const look = () => {
        if (plot.points[0] !== before) requestAnimationFrame(() => resolve(performance.now() - began));
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""
WATCH = """() => {
    window.frameTimes = [];
    const note = (time) => { window.frameTimes.push(time); requestAnimationFrame(note); };
    requestAnimationFrame(note);
}"""
POINT = "(element) => element.spaces.plots[1].points?.[0] ?? null"


def component(page: Page) -> Any:
    """The three plots."""
    return page.locator(".st-key-kld-spaces .spaces")


def drag(page: Page) -> list[float]:
    """Drag the slider through all its stops and back; milliseconds between frames meanwhile."""
    box = page.locator(".track.beta input").bounding_box()
    assert box is not None  # noqa: S101
    y, left, right = box["y"] + box["height"] / 2, box["x"] + 9, box["x"] + box["width"] - 9
    page.mouse.move(left, y)
    page.mouse.down()
    page.wait_for_timeout(500)
    page.evaluate(WATCH)
    for share in [*(n / 80 for n in range(81)), *(n / 80 for n in range(80, -1, -1))]:
        page.mouse.move(left + share * (right - left), y)
        page.wait_for_timeout(DRAG_MS)
    times = page.evaluate("window.frameTimes.splice(0)")
    page.mouse.up()
    return [after - before for before, after in itertools.pairwise(times)]


def train_and_cancel(page: Page, url: str, beta: float) -> dict[str, float]:
    """On MNIST: seconds from Train to the first frame, the longest time between two, seconds until cancelled."""
    page.goto(f"{url}KLD_weight?beta={beta:g}")
    wait_until_quiet(page)
    page.wait_for_timeout(2000)
    claim = component(page).locator(".claim").nth(1)
    page.get_by_role("button", name="Train", exact=True).click()
    began, times, last = time.perf_counter(), [], None
    while time.perf_counter() - began < 8.0:
        place = component(page).evaluate(POINT)
        if place != last and "Epoch" in claim.inner_text():
            times.append(time.perf_counter() - began)
        last = place
        page.wait_for_timeout(30)
    began = time.perf_counter()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_text("Cancelled. Nothing was saved.").wait_for()
    cancelled = time.perf_counter() - began
    gaps = [after - before for before, after in itertools.pairwise(times)]
    return {"first_picture_s": times[0], "longest_gap_s": max(gaps, default=0.0), "cancelled_s": cancelled}


def measure(moves: int, trainings: int) -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder, browser() as launched:
        checkpoints = Path(shutil.copytree(ROOT / "checkpoints", Path(folder) / "checkpoints"))
        with serve(environment={"VAE_CHECKPOINTS": str(checkpoints)}) as server:
            page = launched.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.goto(server.url + "KLD_weight")
            component(page).locator(".frame svg").nth(2).wait_for(timeout=120_000)
            wait_until_quiet(page)
            page.wait_for_timeout(20_000)  # the engine has started
            slid = []
            for number in range(moves + 1):
                slid.append(component(page).evaluate(MOVE, GRID[(5 * number) % len(GRID)]))
                page.wait_for_timeout(600)
            frames = drag(page)
            trained = [train_and_cancel(page, server.url, 0.37 + number / 100) for number in range(trainings)]
    names = ("first_picture_s", "longest_gap_s", "cancelled_s")
    return {
        "slider_ms": [round(value) for value in slid],
        "slider_ms_median": round(statistics.median(slid[1:])),
        "frames": len(frames),
        "frame_ms_median": round(statistics.median(frames), 1),
        "longest_frame_ms": round(max(frames)),
        "frames_over_50_ms": sum(frame > 50 for frame in frames),
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
