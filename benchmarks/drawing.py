"""Test images drawn again as strokes on the large canvas, put through `as_trained`, and read by the shipped classifier.

    VAE_DATA=../shared/data python -m benchmarks.drawing [--images 2000] [--brushes 6 12 16 20 24 28]

Prints one JSON object, in shares of the images: `classifier` reads them rightly as they are; `again` reads them as
before after `as_trained`; `strokes` reads the label from strokes of 18 to 22 pixels, the canvas's own, and `by_brush`
from strokes of each width; `as_trained_ms` is the time for one drawing. Every digit is drawn along its middle lines,
in a size and at a place drawn at random.
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

from tests.support.helpers import ROOT
from tests.support.strokes import Grey, strokes
from ui.explore.normalize import as_trained
from vae_core.data import load_dataset
from vae_core.evidence.classifier import load_classifier


def milliseconds(drawing: Grey, times: int = 100) -> float:
    """What `as_trained` takes for a drawing, on average."""
    began = time.perf_counter()
    for _ in range(times):
        as_trained(drawing, (28, 28))
    return 1000 * (time.perf_counter() - began) / times


def measure(images: int, brushes: list[float], seed: int) -> dict[str, Any]:
    """All figures of this module, of the first MNIST test images."""
    test, classifier = load_dataset("mnist", split="test"), load_classifier("mnist", ROOT / "checkpoints")
    if classifier is None:
        raise FileNotFoundError("there is no classifier of MNIST in checkpoints/")
    x, y = test.x[:images].numpy(), test.y[:images].numpy()

    def read(drawings: Iterable[Grey]) -> NDArray[np.int64]:
        return classifier(torch.from_numpy(np.stack([as_trained(drawing, (28, 28)) for drawing in drawings]))).label

    def right(brush: float | None) -> float:
        drawings = (strokes(image, np.random.default_rng((seed, i)), brush) for i, image in enumerate(x))
        return round(float((read(drawings) == y).mean()), 4)

    label = classifier(test.images(slice(images))).label
    return {
        "images": len(x),
        "classifier": round(float((label == y).mean()), 4),
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
