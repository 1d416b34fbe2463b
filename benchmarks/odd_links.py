"""Odd links: open many of them by Streamlit's test harness, and report exceptions and refusals that were not said.

    python -m benchmarks.odd_links [--links 5000] [--seed 0] [--seconds 600]

Prints a line for each finding, then one JSON object. Ends after the links, or after the seconds.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time

from tests.support.helpers import ROOT, SHIPPED
from tests.support.odd_links import USUAL, odd_links, recorded, visited
from tests.support.screens import opened
from ui.shell.navigation import PAGES


def parameters() -> dict[str, list[str]]:
    """Names of every parameter that a page checks in one of its usual states."""
    names: dict[str, list[str]] = {}
    for page, usual in USUAL.items():
        with recorded() as rules:
            for value in next(iter(usual.values())):
                opened(PAGES[page].path, **{next(iter(usual)): value})
        names[page] = sorted(rules)
    return names


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ["VAE_CHECKPOINTS"] = str(SHIPPED)
    logging.disable(logging.WARNING)
    names, began = parameters(), time.monotonic()
    opened_links = exceptions = unsaid = 0
    for page, link in odd_links(names, options.seed, options.links):
        if time.monotonic() - began > options.seconds:
            break
        found = visited(page, link)
        opened_links, exceptions, unsaid = (
            opened_links + 1, exceptions + bool(found.exceptions), unsaid + len(found.unsaid)
        )  # fmt: skip
        if found.exceptions or found.unsaid:
            short = {name: [text[:20] for text in texts[:3]] for name, texts in link.items()}
            print(page, short, found.exceptions, sorted(found.unsaid), flush=True)
    totals = {
        "links": opened_links,
        "parameters": sum(map(len, names.values())),
        "exceptions": exceptions,
        "unsaid": unsaid,
    }
    print(json.dumps(totals | {"seconds": round(time.monotonic() - began)}))
    return int(bool(exceptions or unsaid))


if __name__ == "__main__":
    raise SystemExit(main())
