"""The commands about run files: `list`, `show`, `verify` and `sample`."""

import argparse
from pathlib import Path
from typing import Any

from ..errors import ClassifierError, RunError, UsageError
from ..evidence import known_metrics
from ..runs import CLASSIFIER, checkpoints_root, list_runs, load_run, read_info
from .common import Add, find, show_json, show_list, summary


def add(command: Add) -> None:
    """Add the commands to the parser."""
    sub = command("list", _list, show_list, "List the run files with their settings and figures.")
    sub.add_argument("--folder", type=Path, help="folder to look in (default: VAE_CHECKPOINTS, or checkpoints)")

    sub = command("show", _show, show_json, "Show one run: settings, figures, history.")
    sub.add_argument("run", type=Path, metavar="RUN")

    sub = command(
        "verify",
        _verify,
        _show_verdicts,
        "Check files of runs and classifiers; exit status 1 and a plain reason for a bad one.",
    )
    sub.add_argument("runs", type=Path, metavar="RUN", nargs="+")

    sub = command("sample", _sample, _show_sample, "Draw images from the prior.")
    sub.add_argument("run", type=Path, metavar="RUN")
    sub.add_argument("--label", type=int, help="the class to draw, for a cVAE (default: all classes in turn)")
    sub.add_argument("--count", type=int, default=64)
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--temperature", type=float, default=1.0, help="standard deviation of z")
    sub.add_argument("--out", type=Path, required=True, help=".png (one sheet) or .npz (x, y, z)")


def _list(args: argparse.Namespace) -> dict[str, Any]:
    folder = args.folder or checkpoints_root()
    if not folder.is_dir():
        raise RunError(f"there is no folder {folder}")
    return {"runs": [summary(info) for info in list_runs(folder)]}


def _show(args: argparse.Namespace) -> dict[str, Any]:
    run = load_run(find(args.run))
    measured = {name: metric.value for name, metric in known_metrics(run.info, lambda _: run).items()}
    return summary(run.info) | {"settings": run.info.to_json(), "metrics": measured}


def _verify(args: argparse.Namespace) -> dict[str, Any]:
    files = []
    for path in args.runs:
        try:
            if path.name.startswith(CLASSIFIER):
                from ..evidence.classifier import read_classifier

                read_classifier(path)
            else:
                load_run(find(path)).model()
            files.append({"run": str(path), "ok": True, "reason": None})
        except (RunError, ClassifierError) as error:
            files.append({"run": str(path), "ok": False, "reason": str(error)})
    return {"files": files}


def _sample(args: argparse.Namespace) -> dict[str, Any]:
    info = read_info(find(args.run))
    if args.out.suffix not in (".png", ".npz"):
        raise UsageError(f"--out must end in .png or .npz, got {args.out.name!r}")
    if not 1 <= args.count <= 100_000:
        raise UsageError(f"--count must be from 1 to 100000, got {args.count}")
    if args.label is not None and info.model.kind != "cvae":
        raise UsageError(f"only a cVAE can be asked for a label; this run is a {info.model.kind}")
    if args.label is not None and not 0 <= args.label < info.model.num_classes:
        raise UsageError(f"--label must be from 0 to {info.model.num_classes - 1}, got {args.label}")
    if not args.out.parent.is_dir():
        raise UsageError(f"there is no folder {args.out.parent}")
    import torch

    from ..latents import sample_prior
    from ..sheets import save_images

    y = None
    if info.model.kind == "cvae":
        y = (
            torch.arange(args.count) % info.model.num_classes
            if args.label is None
            else torch.full((args.count,), args.label)
        )
    generator = torch.Generator().manual_seed(args.seed)
    x, z = sample_prior(load_run(find(args.run)).model(), args.count, y, generator, args.temperature)
    save_images(args.out, x.numpy(), None if y is None else y.numpy(), z.numpy())
    return {"out": str(args.out), "count": args.count}


def _show_verdicts(result: dict[str, Any]) -> None:
    for file in result["files"]:
        print(f"ok  {file['run']}" if file["ok"] else f"BAD {file['run']}: {file['reason']}")


def _show_sample(result: dict[str, Any]) -> None:
    print(f"{result['count']} images in {result['out']}")
