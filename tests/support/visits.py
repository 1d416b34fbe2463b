"""A visit to the app in a real browser."""

import io
import time
from contextlib import suppress

import numpy as np
from PIL import Image

from tests.support.app_server import CANVAS, Server, wait_until_quiet
from vae_core.config import KINDS

DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148 Safari/604.1",
    "has_touch": True,
}
DARK = {"color_scheme": "dark"}
WAYS = {"light": DESKTOP, "phone": PHONE, "dark": DESKTOP | DARK, "dark phone": PHONE | DARK}  # to look at a page
FARTHEST = ("light", "dark phone")  # between them everything differs
STRIP = ".st-key-strip"
PICTURE_ATTEMPTS = 5
SIDEWAYS = "document.querySelector('[data-testid=stMain]').scrollWidth > document.documentElement.clientWidth + 1"


class Visit:
    """A page and everything that went wrong on it."""

    def __init__(self, chrome, app: Server, path: str = "", **context) -> None:
        self.context = chrome.new_context(**(context or DESKTOP))
        self.errors: list[str] = []
        self.way = next((way for way, settings in WAYS.items() if settings == (context or DESKTOP)), None)
        self.open(app, path)

    def open(self, app: Server, path: str = "", quiet: bool = True) -> None:
        """Open a page in a new tab; wait until it is quiet, which it is not while a training is shown."""
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.errors.append(message.text) if self.matters(message) else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(app.url + path)
        if quiet:
            wait_until_quiet(self.page)

    @staticmethod
    def matters(message) -> bool:
        """Whether a message in the console is an error; a deep link's page looks for its settings in two places."""
        return message.type == "error" and "/_stcore/" not in str(message.location.get("url"))

    def close(self) -> None:
        assert self.errors == [], self.errors
        self.context.close()

    def picture(self, kind: str) -> np.ndarray:
        """A plot as grey values (height, width); taken again when the plot is replaced meanwhile, as in a training."""
        from playwright.sync_api import Error

        for _ in range(PICTURE_ATTEMPTS - 1):
            with suppress(Error):
                return self._picture(kind)
            self.page.wait_for_timeout(100)
        return self._picture(kind)

    def _picture(self, kind: str) -> np.ndarray:
        content = self.page.locator(CANVAS.format(kind)).first.screenshot()
        return np.asarray(Image.open(io.BytesIO(content)).convert("L"))

    def pictures(self) -> list[np.ndarray]:
        return [self.picture(kind) for kind in KINDS]

    def changes(self, kind: str, before: np.ndarray, share: float = 0.01, seconds: float = 60) -> None:
        """Wait until more than a share of a plot's pixels differ from an earlier picture of it."""
        end = time.monotonic() + seconds
        while (before != self.picture(kind)).mean() <= share:
            assert time.monotonic() < end, f"the plot of the {kind} stands still"
            self.page.wait_for_timeout(100)

    def scrolls_sideways(self) -> bool:
        return self.page.evaluate(SIDEWAYS)

    def look(self, way: str) -> None:
        """Go on with another screen, colour scheme and pointer, as after turning a device or switching the system."""
        if way == self.way:
            return
        self.way, settings = way, WAYS[way]
        self.page.set_viewport_size(settings["viewport"])
        self.page.emulate_media(color_scheme=settings.get("color_scheme", "light"))
        touch = {"enabled": settings.get("has_touch", False)}
        self.context.new_cdp_session(self.page).send("Emulation.setTouchEmulationEnabled", touch)
        self.page.wait_for_timeout(200)
        wait_until_quiet(self.page)

    def keeps_nobody_out(self) -> None:
        """Assert, in the ways farthest apart, that axe finds nothing serious and nothing scrolls sideways.

        The page stays in the last one, and the next time begins with it.
        """
        for way in sorted(FARTHEST, key=lambda way: way != self.way):
            self.look(way)
            found = serious_violations(self.page)
            assert found == [], (way, found)
            assert not self.scrolls_sideways(), way

    def says(self, text: str, where: str = STRIP, seconds: float = 60) -> None:
        self.page.locator(where).get_by_text(text).first.wait_for(timeout=1000 * seconds)


def serious_violations(page) -> list[str]:
    """What axe finds that matters, with the first element concerned."""
    from axe_playwright_python.sync_playwright import Axe

    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
