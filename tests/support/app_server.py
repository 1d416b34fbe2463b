"""Start a Streamlit app on a free port of the loopback address, and a real browser to visit it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.support.helpers import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CANVAS = ".st-key-space-{} canvas"
NO_ENGINE = "none"  # for VAE_SCHEDULER where nothing is trained: an address that is refused at once
BROWSER_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
CONNECTED = "[data-testid=stApp][data-test-connection-state=CONNECTED]"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
BUSY = "[data-testid=stSkeleton], [data-testid=stSpinner]"


class Server(NamedTuple):
    """A running app: its address and its process."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def serve(
    script: Path = ROOT / "app.py", environment: dict[str, str] | None = None, root: Path = ROOT
) -> Iterator[Server]:
    """An app's server, healthy, until the block ends; started in `root`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true",
               "--server.address=127.0.0.1", f"--server.port={port}", "--browser.gatherUsageStats=false")  # fmt: skip
    process = subprocess.Popen(
        command, cwd=root, env=os.environ | (environment or {}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield Server(f"http://127.0.0.1:{port}/", process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if process.poll() is not None:
            raise RuntimeError("the app stopped while starting")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError("the app did not become healthy within 60 s")


def chromium() -> str | None:
    """Path of a Chromium (or Chrome), if there is one; Debian's headless shell takes half the time of the whole."""
    return next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=list(BROWSER_FLAGS))
        try:
            yield launched
        finally:
            launched.close()


def wait_until_quiet(page: Page, timeout_s: float = 240, still: int = 4, every_s: float = 0.1) -> None:
    """Return once the script has not been running, and nothing been loading, for `still` looks in a row."""
    page.wait_for_selector(CONNECTED, timeout=timeout_s * 1000)
    end, quiet = time.monotonic() + timeout_s, 0
    while quiet < still:
        if time.monotonic() > end:
            raise TimeoutError(f"the page was not quiet within {timeout_s} s")
        idle = page.locator(IDLE).count() and not page.locator(BUSY).count()
        quiet = quiet + 1 if idle else 0
        time.sleep(every_s)
