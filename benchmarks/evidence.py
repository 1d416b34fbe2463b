"""The evidence of the shipped three: seconds of each part, and memory above the process before.

    VAE_DATA=../shared/data python -m benchmarks.evidence [--repeat 3]

Prints one JSON object. The first repetition, which also imports libraries, counts for memory and not for time.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

from vae_core import evidence
from vae_core.config import KINDS, ModelConfig, TrainConfig
from vae_core.data import load_dataset
from vae_core.evidence import find_classifier, measure
from vae_core.runs import Run, list_runs, load_run


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak_mb() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def shipped_three() -> dict[str, Run]:
    """Load the runs that Home shows first."""
    runs = list_runs()
    infos = {kind: runs.find(ModelConfig(kind), TrainConfig()) for kind in KINDS}
    return {kind: load_run(info.path) for kind, info in infos.items() if info is not None and info.path is not None}


def measured(run: Run, repeat: int) -> dict[str, Any]:
    """Measure seconds of the latent space and of the rest, and memory."""
    images = load_dataset("mnist", split="train"), load_dataset("mnist", split="test")
    classifier, before = find_classifier("mnist"), peak_mb()
    latent, everything = [], []
    for _ in range(repeat + 1):
        latent.append(seconds(lambda: evidence.evidence(run.latents, run.recon, run.info.latent_seed)))
        everything.append(seconds(lambda: measure(run, images, classifier)))
    total_s, latent_s = statistics.median(everything[1:]), statistics.median(latent[1:])
    return {
        "latent_space_s": round(latent_s, 2), "generation_and_likelihood_s": round(total_s - latent_s, 2),
        "memory_above_mb": round(peak_mb() - before),
    }  # fmt: skip


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    print(json.dumps({kind: measured(run, args.repeat) for kind, run in shipped_three().items()}))


if __name__ == "__main__":
    main()
