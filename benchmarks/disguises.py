"""How well a visitor's own digit is read in disguise: MNIST's test images as `tests/support/` dresses them.

    VAE_DATA=../shared/data python -m benchmarks.disguises [--images 50] [--only TEXT]

Prints one JSON object: the share of plain pictures that is read rightly; of every disguise [the share read rightly,
relative to plain ones; pictures asked about; pictures read wrongly with more than 90 % confidence].
"""

from __future__ import annotations

import argparse
import json
from typing import Any, NamedTuple

import numpy as np
import torch

from tests.support.disguises import PLAIN, UNFRAMED, Disguise, cover
from tests.support.frames import FRAMES
from tests.support.helpers import ROOT
from ui.explore.normalize import as_trained
from ui.explore.upload import read_image
from vae_core.data import load_dataset
from vae_core.errors import ImageError
from vae_core.evidence.classifier import Classifier, load_classifier

SURE = 0.9


class Reading(NamedTuple):
    """Counts of pictures: read rightly, asked about, and read wrongly with more than 90 % confidence."""

    right: int
    asked: int
    surely_wrong: int


def read(disguise: Disguise, images: np.ndarray, y: np.ndarray, classifier: Classifier) -> Reading:
    """Read images (N, 28, 28) with labels y (N,) in a disguise."""
    digits, labels, asked = [], [], 0
    for number, (image, label) in enumerate(zip(images, y, strict=True)):
        try:
            digits.append(as_trained(read_image(disguise(cover(image), np.random.default_rng(number))), (28, 28)))
            labels.append(label)
        except ImageError:
            asked += 1
    if not digits:
        return Reading(0, asked, 0)
    prediction = classifier(torch.from_numpy(np.stack(digits)))
    right = prediction.label == np.array(labels)
    return Reading(int(right.sum()), asked, int((~right & (prediction.confidence > SURE)).sum()))


def measure(count: int, only: str) -> dict[str, Any]:
    """All figures of this module, of the first MNIST test images."""
    test, classifier = load_dataset("mnist", split="test"), load_classifier("mnist", ROOT / "checkpoints")
    if classifier is None:
        raise FileNotFoundError("there is no classifier of MNIST in checkpoints/")
    x, y = test.x[:count].numpy(), test.y[:count].numpy()
    plain = read(PLAIN, x, y, classifier).right
    readings = {
        name: read(disguise, x, y, classifier) for name, disguise in (UNFRAMED | FRAMES).items() if only in name
    }
    return {
        "plain": round(plain / len(x), 4),
        "disguises": len(readings),
        "mean": round(sum(reading.right for reading in readings.values()) / max(len(readings), 1) / plain, 4),
        "below 95 %": {
            name: [round(reading.right / plain, 3), reading.asked, reading.surely_wrong]
            for name, reading in sorted(readings.items(), key=lambda item: item[1].right)
            if reading.right < 0.95 * plain
        },
        "surely wrong": {name: item.surely_wrong for name, item in readings.items() if item.surely_wrong},
        "surely wrong among frames": sum(item.surely_wrong for name, item in readings.items() if name in FRAMES),
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=50)
    parser.add_argument("--only", default="", metavar="TEXT", help="disguises whose names contain it")
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(json.dumps(measure(args.images, args.only), indent=1))


if __name__ == "__main__":
    main()
