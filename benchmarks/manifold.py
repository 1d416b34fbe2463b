"""The decoded manifold: milliseconds of decoding, and from a choice to the picture on the screen.

    VAE_DATA=../shared/data python -m benchmarks.manifold [--steps 20] [--decodings 60] [--choices 12]

Prints one JSON object: the median milliseconds in which each shipped MNIST run (seed 0, β = 1) decodes a grid, and in
the browser those from a click on another class to the frame with the new picture of the cVAE.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import TYPE_CHECKING, Any

import torch

from tests.support.app_server import browser, serve, wait_until_quiet
from tests.support.helpers import ROOT
from vae_core.config import KINDS, ModelConfig, TrainConfig
from vae_core.latents import manifold
from vae_core.runs import list_runs, load_run

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURE = ".st-key-strip-manifold img"
WATCH = """(selector) => {
    window.shown = new Promise((resolve) => {
        let clicked;
        addEventListener("pointerup", () => { clicked = performance.now(); }, { capture: true, once: true });
        const before = document.querySelector(selector).src;
        const look = () => {
            const image = document.querySelector(selector);
            if (clicked !== undefined && image && image.src !== before && image.complete && image.naturalWidth) {
                requestAnimationFrame(() => resolve(performance.now() - clicked));
            } else {
                requestAnimationFrame(look);
            }
        };
        look();
    });
}"""


def decoding_ms(kind: str, steps: int, times: int) -> float:
    """Median milliseconds of a grid of steps × steps images."""
    info = list_runs(ROOT / "checkpoints").find(ModelConfig(kind), TrainConfig())
    if info is None or info.path is None:
        raise LookupError(f"there is no {kind} among the shipped runs")
    model, y = load_run(info.path).model(), 7 if kind == "cvae" else None
    manifold(model, steps, y)
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        manifold(model, steps, y)
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent)


def to_screen_ms(page: Page, label: str) -> float:
    """Milliseconds from a click on a class to the frame with its picture."""
    page.evaluate(WATCH, PICTURE)
    page.locator(".st-key-class button").get_by_text(label, exact=True).click()
    spent = float(page.evaluate("window.shown"))
    wait_until_quiet(page)
    return spent


def measure(steps: int, decodings: int, choices: int) -> dict[str, Any]:
    """All figures of this module."""
    decoded = {kind: round(decoding_ms(kind, steps, decodings), 2) for kind in KINDS}
    with browser() as launched, serve() as server:
        page = launched.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{server.url}Explore?model=cVAE&grid={steps}")
        wait_until_quiet(page)
        shown = [to_screen_ms(page, str((3 * number + 1) % 10)) for number in range(choices + 1)]
    return {
        "steps": steps,
        "threads": torch.get_num_threads(),
        "decoding_ms": decoded,
        "to_screen_ms": [round(value) for value in shown],
        "to_screen_ms_median_after_first": round(statistics.median(shown[1:])),
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--decodings", type=int, default=60)
    parser.add_argument("--choices", type=int, default=12)
    args = parser.parse_args()
    print(json.dumps(measure(args.steps, args.decodings, args.choices)))


if __name__ == "__main__":
    main()
