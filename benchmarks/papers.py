"""Train a model with a paper's settings, and print the figure beside the paper's.

    VAE_DATA=../shared/data python -m benchmarks.papers examples-20d
    VAE_DATA=../shared/data python -m benchmarks.papers svae-2d --seed 1 --folder papers

A training that is interrupted goes on when the same command is given again. Prints JSON; figures are nats per test
image. Where a training is cut short by `--epochs` or `--stages`, the figure is that of a shorter training.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tqdm import tqdm

from vae_core.config import make_configs
from vae_core.data import load_splits
from vae_core.devices import describe_device, resolve_device, uses_bf16
from vae_core.evidence.likelihood import nll
from vae_core.training import Trained, train

SVAE = {
    "hidden": (256, 128), "schedule": "constant", "learning_rate": 1e-3, "batch_size": 64, "binarize": "dynamic",
    "epochs": 1000, "kld_warmup": 100, "validation": 10_000, "patience": 50,
}  # fmt: skip
IWAE = {
    "latent_dim": 50, "hidden": (200, 200), "activation": "tanh", "schedule": "stages", "learning_rate": 1e-3,
    "batch_size": 20, "adam_epsilon": 1e-4, "binarize": "dynamic",
}  # fmt: skip
STAGES = 8  # of the training of Burda et al.: of 1, 3, 9 … epochs


class Paper(NamedTuple):
    """A figure of a paper, as −log p(x) or −elbo in nats per image: where it stands, and what it was reached with.

    `samples` is how many samples estimate −log p(x); 0 where the paper reports −elbo.
    """

    source: str
    figures: Mapping[str, float]
    settings: Mapping[str, Any]
    samples: int


def _svae(latent_dim: int, figures: Mapping[str, float]) -> Paper:
    return Paper("Davidson et al. 2018, table 1", figures, SVAE | {"latent_dim": latent_dim}, 500)


def _iwae(figure: float, **settings: Any) -> Paper:
    return Paper("Burda et al. 2015, table 1", {"nll": figure}, IWAE | settings, 5000)


PAPERS = {
    "examples-20d": Paper(
        "pytorch/examples, vae",
        {"neg_elbo": 106.7},
        {
            "latent_dim": 20, "hidden": (400,), "schedule": "constant", "learning_rate": 1e-3, "batch_size": 128,
            "epochs": 7,
        },
        0,
    ),
    "svae-2d": _svae(2, {"nll": 135.73, "recon": 129.84, "kld": 7.24}),
    "svae-5d": _svae(5, {"nll": 110.21}),
    "svae-20d": _svae(20, {"nll": 88.90}),
    "iwae-vae": _iwae(86.76),
    "iwae-vae-k5": _iwae(86.47, samples=5),
    "iwae-vae-k50": _iwae(86.35, samples=50),
    "iwae-k5": _iwae(85.54, samples=5, bound="iwae"),
    "iwae-k50": _iwae(84.78, samples=50, bound="iwae"),
}  # fmt: skip


def stages_epochs(stages: int) -> int:
    """Return the epochs of so many stages.

    >>> stages_epochs(8)
    3280
    """
    return (3**stages - 1) // 2


def measured(trained: Trained, paper: Paper, images: int | None, device: torch.device) -> dict[str, float]:
    """Return the model's figures on the test images by name, and the standard error of `nll`."""
    losses, rate = trained.evaluation.loss(), trained.evaluation.kld
    ours = {"neg_elbo": -(losses.elbo or 0.0), "recon": losses.recon, "kld": losses.kld or 0.0}
    if not paper.samples or rate is None:
        return ours
    model, config = trained.model.to(device), trained.train_config
    bounds = trained.evaluation.recon + rate
    generator = torch.Generator(device).manual_seed(config.seed)
    test = load_splits(config, device=device)[1]
    estimate = nll(model, test, paper.samples, images, config.binarize, generator, exact=False, bounds=bounds)  # type: ignore[arg-type]
    return ours | {"nll": estimate.value, "nll_stderr": estimate.stderr}


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=PAPERS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="fewer than the paper's")
    parser.add_argument(
        "--stages", type=int, choices=range(1, STAGES + 1), default=STAGES, help="of the IWAE's training"
    )
    parser.add_argument("--images", type=int, default=2000, help="test images for −log p(x); the rest by their −elbo")
    parser.add_argument("--device", default=None)
    parser.add_argument("--folder", type=Path, default=Path(), help="where an interrupted training is kept")
    args = parser.parse_args()
    paper, device = PAPERS[args.name], resolve_device(args.device)
    settings = {"epochs": stages_epochs(args.stages)} | paper.settings | {"seed": args.seed}
    if args.epochs is not None:
        settings |= {"epochs": args.epochs, "kld_warmup": min(settings.get("kld_warmup", 0), args.epochs)}
    model, config = make_configs("vae", settings)
    state = args.folder / f"{args.name}-seed{args.seed}-{config.epochs}.state"
    with tqdm(total=config.epochs, unit="epoch", file=sys.stderr, disable=None) as bar:
        for frame in train(model, config, *load_splits(config, device=device), device, resume=state):
            bar.update(frame.epoch - bar.n)
    trained = frame.trained
    ours = measured(trained, paper, args.images, device)
    result = {
        "name": args.name, "source": paper.source, "seed": args.seed, "epochs": len(trained.history),
        "of_at_most": config.epochs, "seconds": round(trained.seconds, 1), "device": describe_device(device),
        "bf16": uses_bf16(device), "ours": {name: round(value, 2) for name, value in ours.items()},
        "paper": dict(paper.figures),
        "difference": {name: round(ours[name] - value, 2) for name, value in paper.figures.items()},
    }  # fmt: skip
    print(json.dumps(result, ensure_ascii=False, indent=1))
    state.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
