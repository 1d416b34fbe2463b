"""The class picker in a real browser: from New samples, or from more of each class, to the images on screen.

    VAE_DATA=../shared/data python -m benchmarks.generate [--draws 9] [--count 100]

Prints one JSON object; times are in the browser, from the event to the frame in which every new image is decoded.
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import TYPE_CHECKING, Any

from tests.support.app_server import browser, serve, wait_until_quiet
from tests.support.gallery import more, new_samples

if TYPE_CHECKING:
    pass


def measure(draws: int, count: int) -> dict[str, Any]:
    """All figures of this module."""
    with browser() as launched, serve() as server:
        page = launched.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{server.url}Generate?count={count}")
        wait_until_quiet(page)
        page.wait_for_timeout(3000)
        sampled = [new_samples(page) for _ in range(draws + 1)]
        page.goto(f"{server.url}Generate?draw=1000")
        wait_until_quiet(page)
        grown = more(page)
    return {
        "images": 10 * count,
        "new_samples_ms": [round(value) for value in sampled],
        "new_samples_ms_median_after_first": round(statistics.median(sampled[1:])),
        "from_8_to_100_of_each_ms": round(grown),
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=9)
    parser.add_argument("--count", type=int, default=100)
    args = parser.parse_args()
    print(json.dumps(measure(args.draws, args.count)))


if __name__ == "__main__":
    main()
