"""The latent spaces that the browser draws, as a visitor's hand and eye find them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

READY = "[...document.querySelectorAll('*')].some((e) => e.shadowRoot?.querySelector('.spaces[data-ready=true]'))"
RECORD = """(element) => {
    window.measured = [];
    element.addEventListener("measured", ({ detail }) => window.measured.push([detail.name, detail.ms]));
}"""


class Area(NamedTuple):
    """The inside of a plot's frame on the screen, in pixels."""

    left: float
    top: float
    side: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place in it, as shares of its side from left and top."""
        return self.left + x * self.side, self.top + y * self.side


def when_ready(page: Page) -> Locator:
    """The component, once images and decoders have come."""
    page.wait_for_function(READY, timeout=90_000)
    return page.locator(".spaces")


def plot(page: Page, number: int) -> Locator:
    """One of the plots, counted from 0."""
    return page.locator(".spaces .plot").nth(number)


def area(page: Page, number: int) -> Area:
    box = plot(page, number).locator("canvas").first.bounding_box()
    assert box is not None
    return Area(box["x"], box["y"], box["width"])


def drag(page: Page, number: int, start: tuple[float, float], end: tuple[float, float], release: bool = True) -> None:
    """Drag over a plot, between places as of `Area.at`."""
    inside = area(page, number)
    page.mouse.move(*inside.at(*start))
    page.mouse.down()
    page.mouse.move(*inside.at(*end), steps=12)
    if release:
        page.mouse.up()


def chosen(page: Page) -> list[int]:
    """The selected test images."""
    return page.locator(".spaces").evaluate("(element) => element.spaces.selected()")


def lit(page: Page, number: int) -> bytes:
    """What a plot's canvas of lit points shows."""
    canvas = plot(page, number).locator("canvas").nth(1)
    return canvas.evaluate("(canvas) => canvas.toDataURL()").encode()


def measured(page: Page) -> dict[str, list[float]]:
    """Milliseconds of script for each kind of gesture since the last call; call it once before the first."""
    if not page.evaluate("Boolean(window.measured)"):
        page.locator(".spaces").evaluate(RECORD)
    found: dict[str, list[float]] = {}
    pairs: list[Any] = page.evaluate("window.measured.splice(0)")
    for name, milliseconds in pairs:
        found.setdefault(name, []).append(milliseconds)
    return found
