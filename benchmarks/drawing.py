"""Test images drawn again as strokes on the large canvas, put through `as_trained`, and read by the shipped judge.

    VAE_DATA=../shared/data python -m benchmarks.drawing [--images 2000] [--brushes 6 12 16 20 24 28]

Prints one JSON object, in shares of the images: `judge` reads them rightly as they are; `again` reads them as before
after `as_trained`; `strokes` reads the label from strokes of 18 to 22 pixels, the canvas's own, and `by_brush` from
strokes of each width; `as_trained_ms` is the time for one drawing. Every digit is drawn along its middle lines, in a
size and at a place drawn at random.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.app_server import ROOT
from ui.explore.drawing import as_trained
from vae_core.data import load_dataset
from vae_core.evidence.classifier import load_judge

CANVAS = 280  # pixels a side, as in the app
SIZES = (0.7, 1.1)  # of a drawing, against the image blown up to the canvas
AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))  # clockwise from above
Grey = NDArray[np.uint8]


def skeleton(image: Grey) -> NDArray[np.bool_]:
    """The middle lines of what is brighter than half, about a pixel wide, shape (H, W).

    Source: Zhang & Suen 1984, "A fast parallel algorithm for thinning digital patterns".
    """
    lines, before = np.pad(image > 127, 1), -1
    while lines.sum() != before:
        before = lines.sum()
        for first in (True, False):
            near = np.stack([np.roll(lines, (-down, -right), (0, 1)) for down, right in AROUND])  # (8, H, W)
            up, right, down, left = near[::2]
            count, turns = near.sum(axis=0), (~near & np.roll(near, -1, axis=0)).sum(axis=0)
            edge = ~(right & down & (up | left)) if first else ~(up & left & (right | down))
            lines = lines & ~((count >= 2) & (count <= 6) & (turns == 1) & edge)
    return lines[1:-1, 1:-1]


def strokes(image: Grey, rng: np.random.Generator, brush: float | None = None) -> Grey:
    """A digit drawn anew with a round brush, white on a black canvas, shape (280, 280).

    Arguments:
        image: Grey, strokes bright, shape (H, W).
        rng: Chooses size and place on the canvas, and the brush.
        brush: Its diameter in pixels of the canvas (default: from 18 to 22).
    """
    brush = rng.uniform(18, 22) if brush is None else brush
    cells = np.argwhere(skeleton(image))[:, ::-1]  # (n, 2), x before y
    points = cells * (CANVAS / max(image.shape) * rng.uniform(*SIZES))
    before, after = brush / 2 - points.min(axis=0), CANVAS - brush / 2 - points.max(axis=0)
    points += rng.uniform(np.minimum(before, after), np.maximum(before, after))
    places = dict(zip(map(tuple, cells.tolist()), points.tolist(), strict=True))
    canvas = Image.new("L", (CANVAS, CANVAS))
    pen = ImageDraw.Draw(canvas)
    for (column, row), place in places.items():
        pen.circle(place, brush / 2, fill=255)
        for down, right in AROUND[:4]:
            neighbour = places.get((column + right, row + down))
            if neighbour:
                pen.line((*place, *neighbour), fill=255, width=round(brush))
    return np.asarray(canvas)


def milliseconds(drawing: Grey, times: int = 100) -> float:
    """What `as_trained` takes for a drawing, on average."""
    began = time.perf_counter()
    for _ in range(times):
        as_trained(drawing, (28, 28))
    return 1000 * (time.perf_counter() - began) / times


def measure(images: int, brushes: list[float], seed: int) -> dict[str, Any]:
    """All figures of this module, of the first MNIST test images."""
    test, judge = load_dataset("mnist", split="test"), load_judge("mnist", ROOT / "checkpoints")
    if judge is None:
        raise FileNotFoundError("there is no judge of MNIST in checkpoints/")
    x, y = test.x[:images].numpy(), test.y[:images].numpy()

    def read(drawings: Iterable[Grey]) -> NDArray[np.int64]:
        return judge(torch.from_numpy(np.stack([as_trained(drawing, (28, 28)) for drawing in drawings]))).label

    def right(brush: float | None) -> float:
        drawings = (strokes(image, np.random.default_rng((seed, i)), brush) for i, image in enumerate(x))
        return round(float((read(drawings) == y).mean()), 4)

    label = judge(test.images(slice(images))).label
    return {
        "images": len(x),
        "judge": round(float((label == y).mean()), 4),
        "again": round(float((read(x) == label).mean()), 4),
        "strokes": right(None),
        "by_brush": {f"{brush:g}": right(brush) for brush in brushes},
        "as_trained_ms": round(milliseconds(strokes(x[0], np.random.default_rng(seed))), 2),
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--brushes", type=float, nargs="*", default=[6, 12, 16, 20, 24, 28], metavar="PIXELS")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(json.dumps(measure(args.images, args.brushes, args.seed)))


if __name__ == "__main__":
    main()
