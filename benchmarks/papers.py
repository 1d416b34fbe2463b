"""Train a model with a paper's settings, and print the figure beside the paper's.

    VAE_DATA=../shared/data python -m benchmarks.papers examples-20d
    VAE_DATA=../shared/data python -m benchmarks.papers svae-2d --seed 1 --folder papers
    VAE_DATA=../shared/data python -m benchmarks.papers svae-2d --seed 1 --folder papers --so-far

A training that is interrupted goes on when the same command is given again; `--so-far` measures where it stands. Prints
JSON, and keeps it for the page Evidence; figures are nats per test image. Where a training is cut short by `--epochs`
or `--stages`, the figure is that of a shorter training.

Every setting that decides a figure is named here, whatever the app's own recipe is. Initial weights are the exception:
a model has one initialisation.
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

from vae_core.config import ModelConfig, TrainConfig, make_configs
from vae_core.data import load_splits
from vae_core.devices import describe_device, resolve_device, uses_bf16
from vae_core.evaluation import evaluate
from vae_core.evidence.likelihood import nll
from vae_core.models import AE, CVAE, VAE, build_model
from vae_core.places import LITERATURE
from vae_core.training import train

PLAIN = {"condition": "one_hot", "condition_in": "both", "likelihood": "bernoulli", "beta": 1.0, "dataset": "mnist"}
SVAE = PLAIN | {
    "hidden": (256, 128), "activation": "relu", "schedule": "constant", "learning_rate": 1e-3, "adam_epsilon": 1e-8,
    "batch_size": 64, "binarize": "dynamic", "epochs": 1000, "kld_warmup": 100, "validation": 10_000, "patience": 50,
}  # fmt: skip
IWAE = PLAIN | {
    "latent_dim": 50, "hidden": (200, 200), "activation": "tanh", "schedule": "stages", "learning_rate": 1e-3,
    "batch_size": 20, "adam_epsilon": 1e-4, "binarize": "dynamic", "kld_warmup": 0,
}  # fmt: skip
EXAMPLES = PLAIN | {
    "latent_dim": 20, "hidden": (400,), "activation": "relu", "schedule": "constant", "learning_rate": 1e-3,
    "adam_epsilon": 1e-8, "batch_size": 128, "binarize": "none", "epochs": 7, "kld_warmup": 0,
}  # fmt: skip
STAGES = 8  # of the training of Burda et al.: of 1, 3, 9 … epochs


class Paper(NamedTuple):
    """Figures of a paper in nats per image, by name: where they stand, and what they were reached with.

    `samples` is how many samples estimate −log p(x); 0 where the paper reports −elbo.
    """

    setting: str
    source: str
    figures: Mapping[str, float]
    settings: Mapping[str, Any]
    samples: int
    kind: str = "vae"


def _svae(latent_dim: int, figures: Mapping[str, float]) -> Paper:
    setting = f"VAE 784-256-128-{latent_dim}, KLD warm-up over 100 epochs, binarized anew"
    return Paper(setting, "Davidson et al. 2018, table 1", figures, SVAE | {"latent_dim": latent_dim}, 500)


def _iwae(
    setting: str, figure: float, kind: str = "vae", source: str = "Burda et al. 2015, table 1", **settings: Any
) -> Paper:
    setting = f"{setting}, 784-200-200-50 tanh, binarized anew"
    return Paper(setting, source, {"nll": figure}, IWAE | settings, 5000, kind)


PAPERS = {
    "examples-20d": Paper(
        "VAE 784-400-20, grey values, 7 epochs", "pytorch/examples, vae", {"neg_elbo": 106.7}, EXAMPLES, 0
    ),
    "svae-2d": _svae(2, {"nll": 135.73, "recon": 129.84, "kld": 7.24}),
    "svae-5d": _svae(5, {"nll": 110.21}),
    "svae-20d": _svae(20, {"nll": 88.90}),
    "iwae-vae": _iwae("VAE, one sample", 86.76),
    "iwae-vae-k5": _iwae("VAE, mean of 5 samples", 86.47, samples=5),
    "iwae-vae-k50": _iwae("VAE, mean of 50 samples", 86.35, samples=50),
    "iwae-k5": _iwae("Importance weighted, 5 samples", 85.54, samples=5, bound="iwae"),
    "iwae-k50": _iwae("Importance weighted, 50 samples", 84.78, samples=50, bound="iwae"),
    "cvae-label": _iwae("cVAE with p(z|c), −log p(x|c)", 82.32, "cvae", "nbip, IWAE code", prior="label"),
}


def stages_epochs(stages: int) -> int:
    """Return the epochs of so many stages.

    >>> stages_epochs(8)
    3280
    """
    return (3**stages - 1) // 2


def measured(
    model: AE | VAE | CVAE, config: TrainConfig, paper: Paper, images: int | None, device: torch.device
) -> dict[str, float]:
    """Return the model's figures on the test images by name, and the standard error of `nll`."""
    generator = torch.Generator(device).manual_seed(config.seed)
    test = load_splits(config, device=device)[1]
    evaluation = evaluate(model.to(device), test, generator, config.binarize)
    losses, rate = evaluation.loss(), evaluation.kld
    ours = {"neg_elbo": -(losses.elbo or 0.0), "recon": losses.recon, "kld": losses.kld or 0.0}
    if not paper.samples or rate is None:
        return ours
    bounds = evaluation.recon + rate
    estimate = nll(model, test, paper.samples, images, config.binarize, generator, exact=False, bounds=bounds)  # type: ignore[arg-type]
    return ours | {"nll": estimate.value, "nll_stderr": estimate.stderr}


def so_far(model_config: ModelConfig, state: Path) -> tuple[AE | VAE | CVAE, int, float]:
    """Return the model of a training under way, the best so far on validation images, its epochs and seconds."""
    kept = torch.load(state, map_location="cpu", weights_only=True)
    model = build_model(model_config)
    model.load_state_dict(kept["best"][2] or kept["descent"]["model"])
    return model.eval(), len(kept["history"]), kept["seconds"]


def keep(name: str, seed: int, result: Mapping[str, Any]) -> None:
    """Put a result into the file that the page Evidence shows, with every paper's own figures.

    One that was reached before the end does not take the place of a finished training of the same seed.
    """
    known = json.loads(LITERATURE.read_text(encoding="utf-8")) if LITERATURE.exists() else {}
    before = known.get(name, {}).get("runs", {}).get(str(seed))
    if before is not None and before["finished"] and not result["finished"]:
        return
    literature = {
        key: {
            "setting": paper.setting, "source": paper.source, "paper": dict(paper.figures),
            "runs": known.get(key, {}).get("runs", {}) | ({str(seed): result} if key == name else {}),
        }
        for key, paper in PAPERS.items()
    }  # fmt: skip
    LITERATURE.write_text(json.dumps(literature, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


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
    parser.add_argument("--so-far", action="store_true", help="measure an interrupted training as it stands")
    args = parser.parse_args()
    paper, device = PAPERS[args.name], resolve_device(args.device)
    settings = {"epochs": stages_epochs(args.stages)} | paper.settings | {"seed": args.seed}
    if args.epochs is not None:
        settings |= {"epochs": args.epochs, "kld_warmup": min(settings["kld_warmup"], args.epochs)}
    model_config, config = make_configs(paper.kind, settings)
    state = args.folder / f"{args.name}-seed{args.seed}-{config.epochs}.state"
    if args.so_far and not state.exists():
        parser.error(f"there is no interrupted training in {state}")
    if args.so_far:
        model, epochs, seconds = so_far(model_config, state)
    else:
        with tqdm(total=config.epochs, unit="epoch", file=sys.stderr, disable=None) as bar:
            for frame in train(model_config, config, *load_splits(config, device=device), device, resume=state):
                bar.update(frame.epoch - bar.n)
        model, epochs, seconds = frame.trained.model, len(frame.trained.history), frame.trained.seconds
    ours = measured(model, config, paper, args.images, device)
    most = paper.settings.get("epochs", stages_epochs(STAGES))
    result = {
        "epochs": epochs, "of_at_most": most, "finished": not args.so_far and config.epochs == most,
        "seconds": round(seconds, 1), "device": describe_device(device), "bf16": uses_bf16(device),
        "ours": {name: round(value, 2) for name, value in ours.items()},
    }  # fmt: skip
    difference = {name: round(ours[name] - value, 2) for name, value in paper.figures.items()}
    described = {"name": args.name, "seed": args.seed} | result | {"paper": dict(paper.figures)}
    print(json.dumps(described | {"difference": difference}, ensure_ascii=False, indent=1))
    keep(args.name, args.seed, result)
    if not args.so_far:
        state.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
