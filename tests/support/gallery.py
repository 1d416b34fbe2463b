"""The class picker in a real browser: from a click or a key to the images on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.app_server import wait_until_quiet

if TYPE_CHECKING:
    from playwright.sync_api import Page


# The last change of the gallery counts, once all its images are decoded and the next frame is due.
WATCH = """(event) => {
    window.shown = window.released = undefined;
    addEventListener(event, () => { window.released = performance.now(); }, { capture: true, once: true });
    window.watching?.disconnect();
    window.watching = new MutationObserver(() => {
        const images = [...document.querySelectorAll(".st-key-gallery img")];
        Promise.all(images.map((image) => image.decode())).then(() => requestAnimationFrame(() => {
            window.shown = performance.now() - window.released;
        })).catch(() => {});
    });
    const parts = { childList: true, subtree: true };
    window.watching.observe(document.querySelector(".st-key-gallery"), parts);
}"""


def new_samples(page: Page) -> float:
    """Click on *New samples*; milliseconds until its images are on screen."""
    page.evaluate(WATCH, "pointerup")
    page.get_by_role("button", name="New samples").click()
    return _shown_ms(page)


def more(page: Page) -> float:
    """Press End on the slider for images of each class; milliseconds until as many are on screen."""
    page.locator(".st-key-count input[type=range]").focus()
    page.evaluate(WATCH, "keyup")
    page.keyboard.press("End")
    return _shown_ms(page)


def _shown_ms(page: Page) -> float:
    page.wait_for_function("window.shown !== undefined")
    wait_until_quiet(page)
    return float(page.evaluate("window.shown"))
