"""The decoder in a real browser: script time per move, what a move sends to the server, and how far from PyTorch it is.

    python -m benchmarks.decoder [--moves 300] [--latents 200] [--run ID ...]

Prints one JSON object with an entry per run; without --run a shipped MNIST run of each kind, and the one with a learned
condition. `ms` is the time that decoding and drawing took in each frame that followed a move of the mouse, `sent` what
the browser sent to the server meanwhile, `pinned_bytes_received` what it got for a rerun after a point was pinned.
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.support.app_server import browser, serve, wait_until_quiet
from tests.support.helpers import ROOT
from tests.support.plane import SCRIPT, Traffic, largest_difference, move_about, open_plane, shipped_runs
from ui.components.decoder_export import decoder_message
from vae_core.runs import Run, load_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def measure_run(launched: Browser, url: str, run: Run, moves: int, latents: int) -> dict[str, Any]:
    """All figures of one run, for a visitor of its own."""
    page = launched.new_context(viewport={"width": 1440, "height": 900}).new_page()
    traffic = Traffic(page)
    plane = open_plane(page, url, run.info.id)
    first_visit, sent = sum(traffic.received), len(traffic.sent)
    times = move_about(plane, moves)
    sent = len(traffic.sent) - sent
    traffic.received.clear()
    page.mouse.down()
    page.mouse.up()
    page.get_by_text("1 of 12 pinned").wait_for()
    page.wait_for_timeout(1000)
    wait_until_quiet(page)
    difference = largest_difference(plane, run, latents)
    page.context.close()
    return {
        "frames": len(times),
        "ms_median": round(statistics.median(times), 2),
        "ms_p99": round(float(np.quantile(times, 0.99)), 2),
        "ms_max": round(max(times), 2),
        "sent": sent,
        "largest_difference_of_255": round(255 * difference, 4),
        "decoder_bytes": len(decoder_message(run)),
        "first_visit_bytes_received": first_visit,
        "pinned_bytes_received": sum(traffic.received),
    }


def measure(run_ids: list[str], moves: int, latents: int) -> dict[str, Any]:
    """The figures of several runs, by id."""
    found = {}
    with serve(SCRIPT, {"VAE_CHECKPOINTS": str(ROOT / "checkpoints")}) as server, browser() as launched:
        for run_id in run_ids:
            run = load_run(ROOT / "checkpoints" / f"{run_id}.safetensors")
            found[run_id] = measure_run(launched, server.url, run, moves, latents)
    return found


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=300)
    parser.add_argument("--latents", type=int, default=200)
    parser.add_argument("--run", action="append", help="a run's id, in checkpoints/")
    args = parser.parse_args()
    print(json.dumps(measure(args.run or shipped_runs(), args.moves, args.latents)))


if __name__ == "__main__":
    main()
