"""The lecture's steps in a real browser."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.support.app_server import wait_until_quiet

if TYPE_CHECKING:
    from playwright.sync_api import Page


LOOKS_S = 0.3  # that the page has been quiet for when `wait_until_quiet` returns


def turn(page: Page, key: str, number: int) -> float:
    """Press an arrow key that leads to a step; seconds until it is there and quiet."""
    start = time.monotonic()
    page.keyboard.press(key)
    page.get_by_role("heading", level=1, name=f"{number} ").wait_for()
    wait_until_quiet(page)
    return time.monotonic() - start - LOOKS_S
