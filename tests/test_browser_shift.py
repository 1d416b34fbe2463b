"""Nothing jumps while a page loads for the first time, as Chromium itself measures it."""

from tests.support.app_server import wait_until_quiet
from tests.support.visits import DESKTOP, PHONE

PATHS = ("", "Lecture", "KLD_weight", "Generate", "Explore", "Evidence", "Runs")
MOST = 0.05  # of Chromium's layout shift score; what web.dev calls good ends at 0.1
AFTERWARDS_MS = 500
MEASURE = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shift += entry.hadRecentInput ? 0 : entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


HEIGHT = "document.querySelector('[data-testid=stMain]').scrollHeight"


def test_home_fits_a_low_projector(visit):
    shown = visit(viewport={"width": 1280, "height": 720})
    assert shown.page.evaluate(HEIGHT) == 720


def test_no_page_jumps_while_it_loads(chrome, app):
    visits = [(path, DESKTOP) for path in PATHS] + [("KLD_weight", PHONE)]
    shifts = [_shift(chrome, app.url + path, way) for path, way in visits]
    assert max(shifts) <= MOST, shifts


def _shift(chrome, url: str, way: dict) -> float:
    with chrome.new_context(**way) as context:
        page = context.new_page()
        page.add_init_script(MEASURE)
        page.goto(url)
        wait_until_quiet(page)
        page.wait_for_timeout(AFTERWARDS_MS)
        return page.evaluate("window.shift")
