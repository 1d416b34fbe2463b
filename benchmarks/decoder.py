"""The decoder in a real browser: script time per move, what a move sends to the server, and how far from PyTorch it is.

    python -m benchmarks.decoder [--moves 300] [--latents 200] [--run ID ...]

Prints one JSON object with an entry per run; without --run a shipped MNIST run of each kind, and the one with a learned
condition. `ms` is the time that decoding and drawing took in each frame that followed a move of the mouse, `sent` what
the browser sent to the server meanwhile, `kept_bytes_received` what it got for a rerun after a point was kept.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.app_server import ROOT, browser, serve, wait_until_quiet
from ui.components.decoder import decoder_payload
from vae_core.config import KINDS, ModelConfig, TrainConfig
from vae_core.runs import Run, find_run, list_runs, load_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

SCRIPT = ROOT / "tests" / "decoder_app.py"
PLANE = ".plane"


class Traffic:
    """What a page and its server have sent each other by websocket, one number of bytes per message."""

    def __init__(self, page: Page) -> None:
        self.sent: list[int] = []
        self.received: list[int] = []
        page.on("websocket", self._watch)

    def _watch(self, socket: Any) -> None:
        socket.on("framesent", lambda frame: self.sent.append(len(frame)))
        socket.on("framereceived", lambda frame: self.received.append(len(frame)))


def open_plane(page: Page, url: str, run_id: str) -> Locator:
    """The plane of a run, once its decoder is there."""
    page.goto(f"{url}?run={run_id}")
    wait_until_quiet(page)
    page.locator("figcaption", has_text="=").wait_for()
    return page.locator(PLANE)


def move_about(plane: Locator, moves: int) -> list[float]:
    """Lead the mouse along a spiral, a frame for each move; milliseconds that each frame's script took."""
    page, box = plane.page, plane.bounding_box()
    assert box is not None  # noqa: S101
    plane.evaluate("""plane => {
        window.decoded = [];
        plane.addEventListener("decoded", (event) => window.decoded.push(event.detail));
    }""")
    for number in range(moves):
        turn, reach = number * 0.15, 0.48 * number / moves
        x, y = 0.5 + reach * math.cos(turn), 0.5 + reach * math.sin(turn)
        page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        page.evaluate("new Promise(requestAnimationFrame)")
    return list(page.evaluate("window.decoded"))


def largest_difference(plane: Locator, run: Run, latents: int, seed: int = 0) -> float:
    """Between the browser's pixels in [0, 1] and PyTorch's, for latents from twice the prior's width."""
    import torch

    model = run.model()
    z = 2 * torch.randn(latents, run.info.model.latent_dim, generator=torch.Generator().manual_seed(seed))
    y = torch.arange(latents) % run.info.model.num_classes
    labels = y.tolist() if run.info.model.kind == "cvae" else [None] * latents
    decode = "(plane, [z, labels]) => z.map((one, number) => plane.decode(one, labels[number]))"
    there = np.array(plane.evaluate(decode, [z.tolist(), labels]))  # (latents, D)
    return float(np.abs(there - model.decode(z, y).flatten(1).numpy()).max())


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
    page.get_by_text("1 of 12 kept").wait_for()
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
        "decoder_bytes": len(decoder_payload(run)),
        "first_visit_bytes_received": first_visit,
        "kept_bytes_received": sum(traffic.received),
    }


def shipped_runs() -> list[str]:
    """Ids of an MNIST run of each kind at the lecture's settings, and of the cVAE with a learned condition."""
    models = [*map(ModelConfig, KINDS), ModelConfig("cvae", condition="embedding")]
    infos = list_runs(ROOT / "checkpoints")
    found = [find_run(model, TrainConfig(), infos) for model in models]
    return [info.id for info in found if info is not None]


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
