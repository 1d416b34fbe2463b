"""The commands that measure: `evidence`, `nll` and `classifier`."""

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..config import DATASETS
from ..errors import RunError, UsageError
from ..evidence import NUMBERS, images_of, lacking, measure_run, read_metrics, verdicts_of
from ..runs import LOCAL, Catalogue, Metric, Missing, Run, checkpoints_root, keep_metrics, list_runs, load_run
from .common import Add, find


def add(command: Add) -> None:
    """Add the commands to the parser."""
    sub = command(
        "evidence", _evidence, _show_evidence, "Every number about a run, with its reference value, and the verdicts."
    )
    sub.add_argument("run", type=Path, metavar="RUN")
    sub.add_argument("--anew", action="store_true", help="measure again what is kept of the run")
    sub.add_argument("--out", type=Path, help="folder to keep the numbers in (default: beside a run that was trained "
                     "here, and in `local` for one that came with the app)")  # fmt: skip

    sub = command("nll", _nll, _show_nll, "Importance-weighted estimate of -log p(x) on the test split; no likelihood "
                  "where images have grey values.")  # fmt: skip
    sub.add_argument("run", type=Path, metavar="RUN")
    sub.add_argument("--samples", type=int, default=500, help="z per image (default: 500)")
    sub.add_argument("--images", type=int, help="test images, drawn at random (default: all)")
    sub.add_argument("--seed", type=int, default=0)

    sub = command("classifier", _classifier, _show_classifier, "Train the classifier that labels generated images.")
    sub.add_argument("--dataset", choices=tuple(DATASETS), default="mnist")
    sub.add_argument("--seed", type=int, default=0)


def _evidence(args: argparse.Namespace) -> dict[str, Any]:
    if args.out is not None and not args.out.is_dir():
        raise UsageError(f"there is no folder {args.out}")
    run = load_run(find(args.run))
    metrics = {} if args.anew else read_metrics(run.info)
    if lacking(metrics):
        metrics = _measure(run, args.out)
    runs = list_runs(run.info.path.parent) if run.info.path is not None else Catalogue()
    found = verdicts_of(run.info, runs, lambda info: metrics if info == run.info else read_metrics(info))
    return {
        "run": str(run.info.path),
        "metrics": {name: _entry(name, metric) for name, metric in metrics.items()},
        "verdicts": [
            {
                "claim": entry.claim.sentence,
                "source": entry.claim.source,
                "verdict": entry.verdict,
                "holds": entry.holds,
                "margin": entry.decisive.margin,
                "because": entry.because,
            }
            for entry in found
        ],
    }


def _entry(name: str, metric: Metric) -> dict[str, Any]:
    return {
        "value": metric.value,
        "null": metric.null,
        "unit": NUMBERS[name].unit,
        "better": NUMBERS[name].better,
        "stderr": metric.stderr,
        "missing": None if metric.missing is None else metric.missing._asdict(),
    }


def _measure(run: Run, folder: Path | None) -> dict[str, Metric]:
    """Measure what this machine allows, and keep it; what it does not allow is said."""
    measured = measure_run(run, "cpu")
    if measured is None:
        return read_metrics(run.info)
    for note in measured.notes:
        print(f"vae_core: {note}", file=sys.stderr)
    with suppress(RunError):  # a folder that cannot be written costs the time to measure again
        keep_metrics(run.info, measured.metrics, folder)
    return read_metrics(run.info) | measured.metrics  # perhaps more was measured on a machine that has the images


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
    rate = run.latents.kld()
    bounds = None if rate is None else torch.from_numpy(run.recon + rate)  # −elbo of each image
    estimate = nll(
        model, images_of(run)[1], args.samples, args.images, run.info.train.binarize, generator, bounds=bounds
    )
    return {"run": str(run.info.path), "nll": estimate.value, "stderr": estimate.stderr, "samples": estimate.samples}


def _classifier(args: argparse.Namespace) -> dict[str, Any]:
    from ..data import load_dataset
    from ..evidence.classifier import save_classifier, train_classifier

    data, test = (load_dataset(args.dataset, split=split) for split in ("train", "test"))
    began = time.perf_counter()
    classifier = train_classifier(data, test, args.seed)
    seconds = time.perf_counter() - began
    path = save_classifier(classifier, checkpoints_root() / LOCAL)
    return {"classifier": str(path), "accuracy": classifier.info.accuracy, "seconds": round(seconds, 1)}


def _show_evidence(result: dict[str, Any]) -> None:
    for verdict in result["verdicts"]:
        print(f"{verdict['verdict'].upper():>15}  {verdict['claim']}: {verdict['because']}")
    print()
    for name, metric in result["metrics"].items():
        value, null = (_short(metric[key]) for key in ("value", "null"))
        error = "" if not isinstance(metric["stderr"], float) else f" ± {_short(metric['stderr'])}"
        print(f"{name:>28}  {value or Missing(**metric['missing'])}{error} {metric['unit'] if value else ''}"
              + (f"  (reference: {null})" if null else ""))  # fmt: skip


def _short(value: Any) -> str:
    """Write a number with three significant digits, or several; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(_short(entry) or "-" for entry in value) if len(value) <= 12 else f"{len(value)} numbers"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _show_nll(result: dict[str, Any]) -> None:
    if result["nll"] is None:
        print("not defined: an autoencoder has no density")
    else:
        print(f"nll {result['nll']:.2f} ± {result['stderr']:.2f} nats per image, {result['samples']} samples each")


def _show_classifier(result: dict[str, Any]) -> None:
    accuracy, seconds = f"{result['accuracy']:.2%}", f"{result['seconds']:.0f} s"
    print(f"right for {accuracy} of the test images after {seconds}: {result['classifier']}")
