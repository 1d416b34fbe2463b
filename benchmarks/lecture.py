"""The lecture in a real browser: from the arrow key to the next step, until the page is quiet.

    VAE_DATA=../shared/data python -m benchmarks.lecture [--rounds 3]

Prints one JSON object; seconds from the key until nothing runs for four looks in a row, 0.1 s apart, less the time of
those looks. The first step after the start of the server is not counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import TYPE_CHECKING, Any

from tests.support.app_server import browser, serve, wait_until_quiet
from tests.support.steps import turn

if TYPE_CHECKING:
    pass

STEPS = 9


def measure(rounds: int) -> dict[str, Any]:
    """All figures of this module."""
    found: dict[int, list[float]] = {number: [] for number in range(1, STEPS + 1)}
    with browser() as launched, serve() as server:
        for _ in range(rounds):  # each a visitor of its own
            page = launched.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.goto(f"{server.url}Lecture")
            wait_until_quiet(page)
            for number in range(2, STEPS + 1):
                found[number].append(turn(page, "ArrowRight", number))
            for number in range(STEPS - 1, 0, -1):
                found[number].append(turn(page, "ArrowLeft", number))
            page.context.close()
    every = [seconds for times in found.values() for seconds in times]
    return {
        "steps": {number: {"median_s": round(statistics.median(times), 2), "largest_s": round(max(times), 2)}
                  for number, times in found.items()},
        "median_s": round(statistics.median(every), 2),
        "largest_s": round(max(every), 2),
    }  # fmt: skip


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    print(json.dumps(measure(parser.parse_args().rounds)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
