"""Train every run that ships in `checkpoints/`: `python -m benchmarks.shipped_runs` (about 15 minutes on 2 cores).

Runs that are there already with the same settings are kept, so that an interrupted call can be repeated.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from vae_core.config import CONDITION_PLACES, DATASETS, KINDS, ModelConfig, TrainConfig
from vae_core.data import load_dataset
from vae_core.evidence import summarize
from vae_core.runs import RunInfo, from_trained, list_runs, publish
from vae_core.training import train

BETAS = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
SEEDS = (0, 1, 2)


def shipped() -> Iterator[tuple[ModelConfig, TrainConfig]]:
    """Yield the settings of every shipped run.

    The default three on three seeds, the grid over beta, an embedding, the cVAE with its condition in one place only,
    and digits.
    """
    for kind, seed in itertools.product(KINDS, SEEDS):
        yield _settings(kind, seed=seed)
    for kind, beta in itertools.product(KINDS[1:], BETAS):
        if beta != 1:
            yield _settings(kind, beta=beta)
    yield _settings("cvae", condition="embedding")
    for place in CONDITION_PLACES[1:]:
        yield _settings("cvae", condition_in=place)
    for kind in KINDS:
        yield _settings(kind, dataset="digits")


def _settings(
    kind: str,
    dataset: str = "mnist",
    beta: float = 1.0,
    seed: int = 0,
    condition: str = "one_hot",
    condition_in: str = "both",
) -> tuple[ModelConfig, TrainConfig]:
    info = DATASETS[dataset]
    model = ModelConfig(kind, info.image_shape, info.num_classes, condition=condition, condition_in=condition_in)
    return model, TrainConfig(dataset, beta=beta, seed=seed).for_kind(kind)


def main() -> int:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("checkpoints"))
    args = parser.parse_args()
    shipped_settings = {(info.model, info.train) for info in list_runs(args.out)}
    lacking = [settings for settings in shipped() if settings not in shipped_settings]
    for model_config, train_config in tqdm(lacking, unit="run", file=sys.stderr):
        info = make(model_config, train_config, args.out)
        print(f"{info.id}: recon {info.test.recon:.2f}, kld {info.test.kld}, {info.seconds:.1f} s", flush=True)
    return 0


def make(model_config: ModelConfig, train_config: TrainConfig, out: Path) -> RunInfo:
    """Train one run and write it with its metrics."""
    data, test = (load_dataset(train_config.dataset, split=split) for split in ("train", "test"))
    *_, last = train(model_config, train_config, data, test)
    if last.trained is None:
        raise RuntimeError("training ended without a model")
    run = from_trained(last.trained, data, test)
    return publish(run, out, summarize(run.latents, run.info.latent_seed))


if __name__ == "__main__":
    raise SystemExit(main())
