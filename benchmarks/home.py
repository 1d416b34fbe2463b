"""Home in a real browser: until quiet and main thread against an empty page, and the script time of every gesture.

    VAE_DATA=../shared/data python -m benchmarks.home [--visits 5] [--against FOLDER]

Prints one JSON object. `--against` is another checkout of this project, whose Home is opened in the same run, in turn
with this one. Gestures are on three plots of 10,000 points; times are milliseconds of script, as the component measures
them. `rerun_ms` is the server's time for a rerun of the whole script, by Streamlit's AppTest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support import spaces
from tests.support.app_server import browser, serve, wait_until_quiet
from tests.support.helpers import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DESKTOP = {"width": 1440, "height": 900}
STEPS = 60  # moves of the pointer in a gesture


class Opened(NamedTuple):
    """What opening a page takes: seconds until quiet, seconds of the main thread until then, megabytes received."""

    quiet_s: float
    main_thread_s: float
    megabytes: float


def opened(browser: Browser, url: str) -> Opened:
    """Open a page as a new visitor; files of Streamlit itself do not count."""
    context = browser.new_context(viewport=DESKTOP)
    page, size = context.new_page(), [0]

    def count(amount: int) -> None:
        size[0] += amount

    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: count(len(frame))))
    page.on(
        "response",
        lambda reply: None if "/static/" in reply.url else count(int(reply.headers.get("content-length", 0))),
    )
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable")
    began = time.monotonic()
    page.goto(url)
    wait_until_quiet(page, still=3, every_s=0.05)
    seconds = time.monotonic() - began
    metrics = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
    context.close()
    return Opened(seconds, metrics["TaskDuration"], size[0] / 1e6)


def gestures(page: Page) -> dict[str, dict[str, float]]:
    """Median, 99th percentile and maximum of each gesture's script time."""
    spaces.measured(page)
    inside = spaces.area(page, 1)
    page.mouse.move(*inside.at(0.2, 0.2))
    page.mouse.move(*inside.at(0.7, 0.6), steps=STEPS)
    page.mouse.move(*inside.at(0.35, 0.35))
    page.mouse.down()
    page.mouse.move(*inside.at(0.6, 0.6), steps=STEPS)
    page.mouse.up()
    page.wait_for_timeout(1500)
    page.keyboard.press("Escape")
    page.mouse.move(*inside.at(0.5, 0.5))
    for step in range(20):
        page.mouse.wheel(0, -60 if step < 10 else 60)
        page.wait_for_timeout(50)
    for name in ("mean mu", "sampled z") * 3:
        page.get_by_role("button", name=f"Points: {name}").click()
        page.wait_for_timeout(600)
    return {name: _spread(values) for name, values in spaces.measured(page).items()}


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    last = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    found = {"median": statistics.median(ordered), "p99": last, "max": ordered[-1]}
    return {name: round(value, 2) for name, value in found.items()} | {"count": len(ordered)}


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


def measure(visits: int, against: Path | None) -> dict[str, Any]:
    """Measure everything of this module."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        empty = Path(folder) / "empty.py"
        empty.write_text("import streamlit as st\nst.write('empty')\n")
        servers = {"home": stack.enter_context(serve()), "empty": stack.enter_context(serve(empty))}
        if against is not None:
            servers["against"] = stack.enter_context(serve(against / "app.py", root=against))
        launched = stack.enter_context(browser())
        first = opened(launched, servers["home"].url)
        for server in servers.values():
            opened(launched, server.url)
            time.sleep(8)  # until what is made in the background is there
        visits_of: dict[str, list[Opened]] = {name: [] for name in servers}
        for _ in range(visits):
            for name, server in servers.items():
                visits_of[name].append(opened(launched, server.url))
        page = launched.new_context(viewport=DESKTOP).new_page()
        page.goto(servers["home"].url)
        spaces.when_ready(page)
        found = gestures(page)
    medians = {name: Opened(*map(statistics.median, zip(*of, strict=True))) for name, of in visits_of.items()}
    beyond = {name: of.main_thread_s - medians["empty"].main_thread_s for name, of in medians.items()}
    result: dict[str, Any] = {
        "first_visit_s": round(first.quiet_s, 2),
        "quiet_s": {name: round(of.quiet_s, 2) for name, of in medians.items()},
        "quiet_ratio": round(medians["home"].quiet_s / medians["empty"].quiet_s, 2),
        "main_thread_beyond_empty_s": {name: round(value, 2) for name, value in beyond.items() if name != "empty"},
        "megabytes": {name: round(of.megabytes, 3) for name, of in medians.items()},
        "script_ms": found,
        "rerun_ms": round(rerun_ms(), 1),
    }
    if against is not None:
        result["main_thread_share_of_against"] = round(beyond["home"] / beyond["against"], 3)
    return result


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--against", type=Path, help="another checkout of this project")
    args = parser.parse_args()
    print(json.dumps(measure(args.visits, args.against)))


if __name__ == "__main__":
    main()
