"""Train the classifiers that ship in `checkpoints/`: `python -m benchmarks.classifiers` (a minute on one core).

Prints one JSON object a classifier: accuracy and recognised share of the test images, calibration error, seconds, size.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch

from tests.support.calibration import calibration_error
from vae_core.config import DATASETS
from vae_core.data import load_dataset
from vae_core.evidence.classifier import save_classifier, train_classifier

SHIPPED = ("mnist", "digits")


def make(dataset: str, seed: int, device: str, out: Path) -> dict[str, Any]:
    """Train one classifier, write it and return its figures."""
    data, test = (load_dataset(dataset, split=split) for split in ("train", "test"))
    began = time.perf_counter()
    classifier = train_classifier(data, test, seed, device)
    seconds = time.perf_counter() - began
    path = save_classifier(classifier, out)
    predictions = classifier(test.images())
    return {
        "classifier": path.name,
        "accuracy": classifier.info.accuracy,
        "recognised": round(float(predictions.recognised.mean()), 4),
        "calibration_error": round(calibration_error(predictions, test.y.numpy()), 4),
        "seconds": round(seconds, 1),
        "bytes": path.stat().st_size,
    }


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", nargs="+", choices=tuple(DATASETS), default=SHIPPED, metavar="NAME")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="the shipped files are those of one thread")
    parser.add_argument("--out", type=Path, default=Path("checkpoints"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for dataset in args.datasets:
        print(json.dumps(make(dataset, args.seed, args.device, args.out)), flush=True)


if __name__ == "__main__":
    main()
