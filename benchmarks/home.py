"""Home in a real browser: until quiet against an empty page, bytes received, and from brush release to highlight.

    VAE_DATA=../shared/data python -m benchmarks.home [--visits 5] [--brushes 9]

Prints one JSON object. `rerun_ms` is the server's time for a rerun of the whole script, by Streamlit's AppTest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.app_server import browser, drag, redrawn_ms, serve, wait_until_quiet, watch_canvases
from tests.support.helpers import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def brush_to_highlight(page: Page, kind: str, start: tuple[float, float], end: tuple[float, float]) -> list[float]:
    """Milliseconds from the release of a brush until each of the three plots shows its last change."""
    watch_canvases(page, "pointerup")
    drag(page, kind, start, end)
    page.wait_for_timeout(2000)
    return list(redrawn_ms(page).values())


def visit(browser: Browser, url: str) -> tuple[float, float]:
    """Seconds until a page is quiet for a new visitor, and megabytes received beside Streamlit's own files."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page, size = context.new_page(), [0]

    def count(amount: int) -> None:
        size[0] += amount

    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: count(len(frame))))
    page.on(
        "response",
        lambda reply: None if "/static/" in reply.url else count(int(reply.headers.get("content-length", 0))),
    )
    began = time.monotonic()
    page.goto(url)
    wait_until_quiet(page, still=3, every_s=0.05)
    seconds = time.monotonic() - began
    page.wait_for_timeout(3000)  # what is prepared in the background arrives later, and counts
    context.close()
    return seconds, size[0] / 1e6


def rerun_ms(runs: int = 15) -> float:
    """Median server time of a rerun of Home, its charts cached."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        app.run()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def measure(visits: int, brushes: int) -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder, browser() as launched:
        empty = Path(folder) / "empty.py"
        empty.write_text("import streamlit as st\nst.write('empty')\n")
        with serve() as home, serve(empty) as nothing:
            first = visit(launched, home.url)[0]
            visit(launched, nothing.url)
            pairs = [(visit(launched, home.url), visit(launched, nothing.url)) for _ in range(visits)]
            page = launched.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.goto(home.url)
            wait_until_quiet(page)
            page.wait_for_timeout(3000)
            kinds = ("ae", "vae", "cvae")
            spots = [((0.35 + 0.02 * i, 0.35), (0.55 + 0.02 * i, 0.6)) for i in range(brushes + 1)]
            times = [max(brush_to_highlight(page, kinds[i // 3 % 3], *spot)) for i, spot in enumerate(spots)]
    home_s, empty_s = (statistics.median(pair[i][0] for pair in pairs) for i in (0, 1))
    return {
        "first_visit_s": round(first, 2),
        "home_quiet_s": round(home_s, 2),
        "empty_quiet_s": round(empty_s, 2),
        "ratio": round(home_s / empty_s, 2),
        "home_mb": round(statistics.median(pair[0][1] for pair in pairs), 3),
        "highlight_ms": [round(value) for value in times],
        "highlight_ms_median_after_first": round(statistics.median(times[1:])),
        "rerun_ms": round(rerun_ms(), 1),
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--brushes", type=int, default=9)
    args = parser.parse_args()
    print(json.dumps(measure(args.visits, args.brushes)))


if __name__ == "__main__":
    main()
