"""The command line: `python -m vae_core COMMAND --help` explains itself.

Results go to standard output (with --json one JSON object and nothing else), progress to standard error. Exit status:
0 done, 1 the work failed, 2 wrong usage; an error is one plain line on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from .config import DATASETS, KINDS, ModelConfig, TrainConfig
from .runs import (
    LOCAL,
    SUFFIX,
    RunError,
    RunInfo,
    checkpoints_root,
    from_trained,
    list_runs,
    load_run,
    metrics,
    publish,
    read_info,
    save_run,
)

HELP = {
    "latent_dim": "dimensions of the latent space, 1 to 64",
    "hidden": "widths of the encoder's hidden layers, as 512,256",
    "condition": "how a cVAE is told the label: one_hot or embedding",
    "condition_dim": "length of a learned vector (embedding)",
    "condition_in": "where the condition goes: both, encoder or decoder",
    "likelihood": "p(x|z): bernoulli or gaussian",
    "likelihood_std": "standard deviation of the Gaussian likelihood",
    "dataset": f"one of {', '.join(DATASETS)}",
    "beta": "the KLD weight, 0 to 1000; not for an AE",
    "epochs": "passes over the training images (0: the data set's own number)",
    "batch_size": "images per step",
    "learning_rate": "peak of the one-cycle schedule",
    "seed": "of everything random",
    "binarize": "none (grey values) or dynamic (pixels drawn anew at each use)",
}
# The data set decides these, and --model names the kind.
NO_OPTION = {"kind", "image_shape", "num_classes"}


class UsageError(Exception):
    """Options that do not go together or have no sense."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    args = _parser().parse_args(arguments)
    try:
        result = args.command(args)
    except (UsageError, ValueError) as error:
        return _fail(error, 2)
    except (RunError, OSError) as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("stopped; nothing was written", 1)
    except Exception as error:
        if type(error).__module__.startswith(
            f"{__package__}."
        ):  # the library's own errors, without importing torch here
            return _fail(error, 1)
        raise
    if args.json:
        print(json.dumps(result, allow_nan=False))
    else:
        args.show(result)
    return 0 if all(file["ok"] for file in result.get("files", ())) else 1


def _fail(reason: object, status: int) -> int:
    print(f"vae_core: {reason}", file=sys.stderr)
    return status


# ---- options ----


class _Parser(argparse.ArgumentParser):
    """Wrong usage is one plain line as well."""

    def error(self, message: str) -> NoReturn:
        raise SystemExit(_fail(message, 2))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m vae_core", description="Train and inspect AE, VAE and cVAE.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., Any], show: Callable[..., None], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=run, show=show)
        sub.add_argument("--json", action="store_true", help="print one JSON object on standard output")
        return sub

    sub = command("train", _train, _show_training, "Train a model and write its run file.")
    sub.add_argument("--model", choices=KINDS, required=True)
    _add_settings(sub)
    sub.add_argument("--device", default=None, help="auto, cpu, cuda, cuda:N or mps (default: VAE_DEVICE, or auto)")
    sub.add_argument(
        "--out", type=Path, help="run file to write (default: under its own name in the local checkpoints)"
    )

    sub = command("list", _list, _show_list, "List the run files with their settings and figures.")
    sub.add_argument("--folder", type=Path, help="folder to look in (default: VAE_CHECKPOINTS, or checkpoints)")

    sub = command("show", _show, _show_run, "Show one run: settings, figures, history.")
    sub.add_argument("run", type=Path, metavar="RUN")

    sub = command("verify", _verify, _show_verdicts, "Check run files; exit status 1 and a plain reason for a bad one.")
    sub.add_argument("runs", type=Path, metavar="RUN", nargs="+")

    sub = command(
        "sample",
        _sample,
        lambda result: print(f"{result['count']} images in {result['out']}"),
        "Draw images from the prior.",
    )
    sub.add_argument("run", type=Path, metavar="RUN")
    sub.add_argument("--label", type=int, help="the class to draw, for a cVAE (default: all classes in turn)")
    sub.add_argument("--count", type=int, default=64)
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--temperature", type=float, default=1.0, help="standard deviation of z")
    sub.add_argument("--out", type=Path, required=True, help=".png (one sheet) or .npz (x, y, z)")
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """One option per field of the two configs."""
    for config in (ModelConfig, TrainConfig):
        for field in fields(config):
            if field.name in NO_OPTION:
                continue
            read: Callable[[str], Any] = type(field.default)
            default, text = field.default, HELP[field.name] + " (default: %(default)s)"
            if field.name == "hidden":
                read = _widths
            elif field.name == "beta":  # None tells whether it was given: an AE refuses it
                read, default, text = float, None, HELP["beta"] + " (default: 1)"
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=read, default=default, help=text)


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(width) for width in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"widths must be whole numbers with commas, as 512,256, got {text!r}"
        ) from None


def _configs(args: argparse.Namespace) -> tuple[ModelConfig, TrainConfig]:
    """The settings that the options ask for. ValueError or UsageError if they make no sense."""
    if args.model == "ae" and args.beta is not None:
        raise UsageError("an AE has no KLD: leave --beta out")
    chosen = {name: getattr(args, name) for name in HELP}
    chosen["beta"] = 1.0 if chosen["beta"] is None else chosen["beta"]
    train_names = {field.name for field in fields(TrainConfig)}
    train_config = TrainConfig(**{name: value for name, value in chosen.items() if name in train_names})
    info = DATASETS[train_config.dataset]
    model_settings = {name: value for name, value in chosen.items() if name not in train_names}
    model_config = ModelConfig(args.model, info.image_shape, info.num_classes, **model_settings)
    return model_config, train_config.for_kind(args.model)


# ---- commands ----


def _train(args: argparse.Namespace) -> dict[str, Any]:
    model_config, train_config = _configs(args)
    if args.out is not None and not args.out.parent.is_dir():
        raise UsageError(f"there is no folder {args.out.parent}")
    from tqdm import tqdm

    from .data import load_dataset
    from .devices import resolve_device
    from .training import train

    device = resolve_device(args.device)
    data, test = (load_dataset(train_config.dataset, split=split) for split in ("train", "test"))
    trained = None
    with tqdm(total=train_config.epochs, unit="epoch", file=sys.stderr, disable=None) as bar:
        for progress in train(model_config, train_config, data, test, device):
            bar.update(progress.epoch - bar.n)
            figures = {"recon": progress.test.recon} | ({} if progress.test.kld is None else {"kld": progress.test.kld})
            bar.set_postfix({name: f"{value:.2f}" for name, value in figures.items()})
            trained = progress.trained
    if trained is None:
        raise RunError("training ended without a model")
    run = from_trained(trained, data, test)
    info = publish(run, checkpoints_root() / LOCAL) if args.out is None else save_run(args.out, run)
    return {
        "run": str(info.path),
        "device": info.device,
        "seconds": round(info.seconds, 3),
        "images_per_second": round(info.images_per_second, 1),
        "epochs": info.train.epochs,
        "test": info.test._asdict(),
    }


def _list(args: argparse.Namespace) -> dict[str, Any]:
    folder = args.folder or checkpoints_root()
    if not folder.is_dir():
        raise RunError(f"there is no folder {folder}")
    return {"runs": [_summary(info) for info in list_runs(folder)]}


def _show(args: argparse.Namespace) -> dict[str, Any]:
    run = load_run(_find(args.run))
    measured = {name: metric.value for name, metric in metrics(run).items()}
    return _summary(run.info) | {"settings": run.info.to_json(), "metrics": measured}


def _verify(args: argparse.Namespace) -> dict[str, Any]:
    files = []
    for path in args.runs:
        try:
            load_run(_find(path)).model()
            files.append({"run": str(path), "ok": True, "reason": None})
        except RunError as error:
            files.append({"run": str(path), "ok": False, "reason": str(error)})
    return {"files": files}


def _sample(args: argparse.Namespace) -> dict[str, Any]:
    info = read_info(_find(args.run))
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

    from .latents import sample_prior
    from .sheets import save_images

    y = None
    if info.model.kind == "cvae":
        y = (
            torch.arange(args.count) % info.model.num_classes
            if args.label is None
            else torch.full((args.count,), args.label)
        )
    generator = torch.Generator().manual_seed(args.seed)
    x, z = sample_prior(load_run(_find(args.run)).model(), args.count, y, generator, args.temperature)
    save_images(args.out, x.numpy(), None if y is None else y.numpy(), z.numpy())
    return {"out": str(args.out), "count": args.count}


def _find(run: Path) -> Path:
    """A run by its file, or by its id among the checkpoints."""
    if run.suffix == SUFFIX or run.exists():
        return run
    return next((info.path for info in list_runs() if info.id == str(run) and info.path), run)


def _summary(info: RunInfo) -> dict[str, Any]:
    return {
        "run": str(info.path),
        "kind": info.model.kind,
        "dataset": info.train.dataset,
        "beta": info.train.beta,
        "latent_dim": info.model.latent_dim,
        "condition": info.model.condition if info.model.kind == "cvae" else None,
        "seed": info.train.seed,
        "epochs": info.train.epochs,
        "test": info.test._asdict(),
    }


# ---- for people ----


def _nats(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


def _show_training(result: dict[str, Any]) -> None:
    test = result["test"]
    print(f"recon {_nats(test['recon'])}, kld {_nats(test['kld'])}, elbo {_nats(test['elbo'])} nats per test image")
    print(f"{result['seconds']:.1f} s on {result['device']}, {result['images_per_second']:.0f} images/s")
    print(result["run"])


def _show_list(result: dict[str, Any]) -> None:
    print(f"{'recon':>8} {'kld':>7} {'elbo':>9}  run")
    for entry in result["runs"]:
        test = entry["test"]
        print(f"{_nats(test['recon']):>8} {_nats(test['kld']):>7} {_nats(test['elbo']):>9}  {entry['run']}")


def _show_run(result: dict[str, Any]) -> None:
    print(json.dumps(result, indent=2, ensure_ascii=False))


def _show_verdicts(result: dict[str, Any]) -> None:
    for file in result["files"]:
        print(f"ok  {file['run']}" if file["ok"] else f"BAD {file['run']}: {file['reason']}")


if __name__ == "__main__":
    raise SystemExit(main())
