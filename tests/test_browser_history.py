"""The browser's Back, Forward and reload: each shows the page and the state that was there."""

import os
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support import spaces
from tests.support.app_server import wait_until_quiet
from tests.support.visits import Visit

pytestmark = pytest.mark.browser
CHOSEN = "[role=radio][aria-checked=true], [role=checkbox][aria-checked=true], button[aria-pressed=true]"
FIELDS = "[data-testid=stMain] input"
VALUES = "(all) => all.map((e) => [e.type, e.value, e.checked])"
PATIENCE_S = 60
STEPS = int(os.environ.get("STEPS", "16"))  # of the visit; all 30 take minutes
STRIDE = int(os.environ.get("STRIDE", "4"))  # entries of the history from one look to the next on the way forward


def state(visit: Visit) -> tuple[object, ...]:
    """What a visitor sees of the state: address, title, what is chosen, what is in the fields, what is selected."""
    page = visit.page
    title = page.get_by_role("heading", level=1).all_inner_texts()
    choices = sorted(page.locator(CHOSEN).all_inner_texts())
    fields = page.locator(FIELDS).evaluate_all(VALUES)
    selected = page.locator(".spaces").evaluate_all("(all) => all.map((e) => e.spaces.selected())")
    address = urlsplit(page.url)
    return (address.path, sorted(parse_qsl(address.query))), title, choices, fields, selected


def settled(visit: Visit, expected: tuple[object, ...] | None = None) -> tuple[object, ...]:
    """The state once it stands still, or is the expected one."""
    end, before = time.monotonic() + PATIENCE_S, None
    while True:
        wait_until_quiet(visit.page)
        now = state(visit)
        if now == expected or (now == before and (expected is None or time.monotonic() > end)):
            return now
        before = now
        visit.page.wait_for_timeout(300)


def button(name: str) -> Callable[[Visit], None]:
    return lambda visit: visit.page.get_by_role("button", name=name, exact=True).first.click()


def radio(name: str, within: str = "[data-testid=stMain]") -> Callable[[Visit], None]:
    return lambda visit: visit.page.locator(within).get_by_role("radio", name=name, exact=True).first.click()


def link(name: str) -> Callable[[Visit], None]:
    return lambda visit: visit.page.get_by_role("link", name=name, exact=True).first.click()


def key(name: str) -> Callable[[Visit], None]:
    return lambda visit: visit.page.keyboard.press(name)


def text(name: str) -> Callable[[Visit], None]:
    return lambda visit: visit.page.get_by_text(name, exact=True).first.click()


def drag(visit: Visit) -> None:
    spaces.drag(visit.page, 1, (0.4, 0.35), (0.55, 0.55))


def reveal(visit: Visit) -> None:
    visit.page.locator(".st-key-reveal button").click()


def along_beta(visit: Visit) -> None:
    spaces.when_ready(visit.page)
    visit.page.get_by_role("button", name="Next", exact=True).first.click()


CONTOURS = "Lines around half and nine tenths of each class"
VISIT = (
    button("7"), button("Points: mean mu"), drag, button(CONTOURS), link("Start the lecture"),
    key("ArrowRight"), key("ArrowRight"), radio("3", ".st-key-digit"), button("Draw ε"), key("ArrowRight"),
    radio("5", ".st-key-step"), text("Torn into separate islands"), reveal, text("Speaker mode"), link("Slider at 4"),
    along_beta, radio("Compare"), link("Generate"), button("New samples"), radio("Latent traversal"),
    link("Explore"), radio("AE"), radio("Interpolation"), link("Evidence"), radio("Seeds"),
    link("Runs"), radio("New run"), link("KLD weight"), link("Three latent spaces"), button("3"),
)  # fmt: skip


def test_back_and_forward_through_a_visit_show_each_state_as_it_was(visit):
    shown = visit()
    spaces.when_ready(shown.page)
    states = [settled(shown)]
    for step in VISIT[:STEPS]:
        before = shown.page.url
        step(shown)
        shown.page.wait_for_url(lambda url, before=before: url != before, timeout=1000 * PATIENCE_S)
        states.append(settled(shown))
        assert states[-1][0] != states[-2][0], f"step {len(states) - 1} is not in the address"
    for expected in states[-2::-1]:
        shown.page.go_back()
        assert settled(shown, expected) == expected
    for expected in states[STRIDE::STRIDE]:
        shown.page.evaluate(f"history.go({STRIDE})")
        assert settled(shown, expected) == expected
