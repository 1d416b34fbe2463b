"""The plane under the cursor in a real browser: its decoder, what a move costs, and how far it is from PyTorch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.support.app_server import wait_until_quiet
from tests.support.helpers import ROOT
from vae_core.config import KINDS, ModelConfig, TrainConfig
from vae_core.runs import Run, list_runs

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


SCRIPT = ROOT / "tests" / "support" / "decoder_app.py"
PLANE = ".plot"
AREA = ".plot > canvas"  # without the axes


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
    page.locator(".side figcaption", has_text="=").wait_for()
    return page.locator(PLANE)


def move_about(plane: Locator, moves: int) -> list[float]:
    """Lead the mouse along a spiral, a frame for each move; milliseconds that each frame's script took."""
    page, box = plane.page, plane.page.locator(AREA).first.bounding_box()
    assert box is not None
    page.locator(".spaces").evaluate("""spaces => {
        window.decoded = [];
        spaces.addEventListener("measured", ({ detail }) => detail.name === "decode" && window.decoded.push(detail.ms));
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


def shipped_runs() -> list[str]:
    """Ids of an MNIST run of each kind at the lecture's settings, and of the cVAE with a learned condition."""
    models = [*map(ModelConfig, KINDS), ModelConfig("cvae", condition="embedding")]
    infos = list_runs(ROOT / "checkpoints")
    found = [infos.find(model, TrainConfig()) for model in models]
    return [info.id for info in found if info is not None]
