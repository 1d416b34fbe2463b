"""The commands that measure: `evidence`, `nll` and `judge`."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import DATASETS
from ..errors import DataError, RunError, UsageError
from ..evidence import Metric, verdicts
from ..evidence.measure import find_judge, lacking, measure
from ..runs import LOCAL, Run, checkpoints_root, keep_metrics, kept_metrics, load_run
from .common import Add, find

if TYPE_CHECKING:
    from ..data import ImageSet

__all__ = ["add"]

SHOWN = ("value", "null", "unit", "better", "stderr", "missing")


def add(command: Add) -> None:
    """Add the commands to the parser."""
    sub = command("evidence", _evidence, _show_evidence, "Every number about a run, with its null, and the verdicts.")
    sub.add_argument("run", type=Path, metavar="RUN")
    sub.add_argument("--anew", action="store_true", help="measure again what is kept beside the run")

    sub = command("nll", _nll, _show_nll, "Importance-weighted estimate of -log p(x) on the test split.")
    sub.add_argument("run", type=Path, metavar="RUN")
    sub.add_argument("--samples", type=int, default=500, help="z per image (default: 500)")
    sub.add_argument("--images", type=int, help="test images, drawn at random (default: all)")
    sub.add_argument("--seed", type=int, default=0)

    sub = command("judge", _judge, _show_judge, "Train the classifier that grades generated images.")
    sub.add_argument("--dataset", choices=tuple(DATASETS), default="mnist")
    sub.add_argument("--seed", type=int, default=0)


def _images(run: Run) -> tuple[ImageSet, ImageSet]:
    """Both splits of a run's data set; RunError if they are not those that it was trained on."""
    from ..data import load_dataset

    train, test = (load_dataset(run.info.train.dataset, split=split) for split in ("train", "test"))
    if (train.fingerprint, test.fingerprint) != run.info.fingerprints:
        raise RunError("the images on this machine are not those that the run was trained on")
    return train, test


def _evidence(args: argparse.Namespace) -> dict[str, Any]:
    run = load_run(find(args.run))
    found = None if args.anew else kept_metrics(run.info)
    if found is None or lacking(found):
        found = _measure(run)
    verdict = verdicts(found, run.info.model.kind, run.info.model.num_classes)
    return {
        "run": str(run.info.path),
        "metrics": {name: {key: getattr(metric, key) for key in SHOWN} for name, metric in found.items()},
        "verdicts": [
            {"claim": one.claim.sentence, "verdict": one.verdict, "holds": one.holds, "because": one.because}
            for one in verdict
        ],
    }


def _measure(run: Run) -> dict[str, Metric]:
    """Measure what this machine allows, and keep it; what it does not allow is said."""

    images = None
    try:
        images = _images(run)
    except (DataError, RunError) as error:
        print(f"vae_core: generation and likelihood are left out: {error}", file=sys.stderr)
    judge = find_judge(run.info.train.dataset)
    if judge is None:
        command = f"python -m vae_core judge --dataset {run.info.train.dataset}"
        print(f"vae_core: generation is left out: there is no judge; {command} trains one", file=sys.stderr)
    measured = measure(run, images, judge) or {}
    known = kept_metrics(run.info) or {}  # perhaps measured on a machine that has the images
    measured |= {name: metric for name, metric in known.items() if name not in measured}
    with suppress(RunError):  # a folder that cannot be written costs the time to measure again
        keep_metrics(run.info, measured)
    return measured


def _nll(args: argparse.Namespace) -> dict[str, Any]:
    import torch

    from ..evidence.likelihood import nll
    from ..models import AE

    run = load_run(find(args.run))
    if args.samples < 1:
        raise UsageError(f"--samples must be at least 1, got {args.samples}")
    if args.images is not None and args.images < 2:
        raise UsageError(f"--images must be at least 2, got {args.images}")
    model = run.model()
    if isinstance(model, AE):
        return {"run": str(run.info.path), "nll": None, "stderr": None, "samples": args.samples}
    generator = torch.Generator().manual_seed(args.seed)
    found = nll(model, _images(run)[1], args.samples, args.images, run.info.train.binarize, generator)
    return {"run": str(run.info.path), "nll": found.value, "stderr": found.stderr, "samples": found.samples}


def _judge(args: argparse.Namespace) -> dict[str, Any]:
    from ..data import load_dataset
    from ..evidence.classifier import save_judge, train_judge

    data, test = (load_dataset(args.dataset, split=split) for split in ("train", "test"))
    began = time.perf_counter()
    judge = train_judge(data, test, args.seed)
    seconds = time.perf_counter() - began
    path = save_judge(judge, checkpoints_root() / LOCAL)
    return {"judge": str(path), "accuracy": judge.info.accuracy, "seconds": round(seconds, 1)}


# ---- for people ----


def _show_evidence(result: dict[str, Any]) -> None:
    for verdict in result["verdicts"]:
        print(f"{verdict['verdict'].upper():>15}  {verdict['claim']}: {verdict['because']}")
    print()
    for name, metric in result["metrics"].items():
        value, null = (_short(metric[key]) for key in ("value", "null"))
        error = "" if not isinstance(metric["stderr"], float) else f" ± {_short(metric['stderr'])}"
        print(f"{name:>28}  {value or metric['missing']}{error} {metric['unit'] if value else ''}"
              + (f"  (null: {null})" if null else ""))  # fmt: skip


def _short(value: Any) -> str:
    """A number with three significant digits, or several; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(_short(one) or "-" for one in value) if len(value) <= 12 else f"{len(value)} numbers"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _show_nll(result: dict[str, Any]) -> None:
    if result["nll"] is None:
        print("not defined: an autoencoder has no density")
    else:
        print(f"nll {result['nll']:.2f} ± {result['stderr']:.2f} nats per image, {result['samples']} samples each")


def _show_judge(result: dict[str, Any]) -> None:
    print(f"right for {result['accuracy']:.2%} of the test images after {result['seconds']:.0f} s: {result['judge']}")
