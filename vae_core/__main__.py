"""The command line: `python -m vae_core COMMAND --help` explains itself.

Results go to standard output (with --json one JSON object and nothing else), progress to standard error. Exit status:
0 done, 1 the work failed, 2 wrong usage; an error is one plain line on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .config import KINDS
from .options import UsageError, add_settings, configs
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

if TYPE_CHECKING:
    from .jobs import Request


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
    return 0 if all(file["ok"] for file in result.get("files", ())) and not result.get("failed") else 1


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
    add_settings(sub)
    sub.add_argument("--device", default=None, help="auto, cpu, cuda, cuda:N or mps (default: VAE_DEVICE, or auto)")
    sub.add_argument(
        "--out", type=Path, help="run file to write (default: under its own name in the local checkpoints)"
    )

    sub = command("sweep", _sweep, _show_sweep, "Train many runs through the same job queue as the app's.")
    sub.add_argument("--models", type=_listed(str), default=("vae", "cvae"), help="of ae,vae,cvae; default vae,cvae")
    sub.add_argument("--betas", type=_listed(float), default=(1.0,), help="KLD weights, as 0,0.1,1,4 (default: 1)")
    sub.add_argument("--seeds", type=_listed(int), default=(0,), help="as 0,1,2 (default: 0)")
    add_settings(sub, without={"beta", "seed"})

    command("engine", _engine, _show_run, "The local training engine: started by the app, ends with standard input.")

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


def _listed(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Reads values with commas between them."""

    def listed(text: str) -> tuple[Any, ...]:
        try:
            return tuple(dict.fromkeys(read(value.strip()) for value in text.split(",")))
        except ValueError:
            raise argparse.ArgumentTypeError(f"values must have commas between them, as 0,1,2, got {text!r}") from None

    return listed


# ---- commands ----


def _train(args: argparse.Namespace) -> dict[str, Any]:
    model_config, train_config = configs(args, args.model)
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


def _sweep(args: argparse.Namespace) -> dict[str, Any]:
    from tqdm import tqdm

    from .jobs import DONE, Job, Queue

    requests = _sweep_requests(args)
    queue = Queue(max_waiting=None, max_waiting_each=None)
    try:
        jobs: list[Job] = queue.submit_all(requests, "sweep")
        with tqdm(total=len(jobs), unit="job", file=sys.stderr, disable=None) as bar:
            while any(job.live for job in jobs):
                next(job for job in jobs if job.live).wait(0.5)
                bar.n = round(sum(1.0 if not job.live else job.progress() for job in jobs), 2)
                bar.refresh()
    finally:
        queue.close()
    tasks = [task for job in jobs for task in job.tasks]
    failed = [
        {"kind": task.model.kind, "beta": task.train.beta, "seed": task.train.seed, "reason": task.note or job.reason}
        for job in jobs for task in job.tasks if task.state != DONE
    ]  # fmt: skip
    return {"runs": [_summary(task.run) for task in tasks if task.run is not None], "failed": failed}


def _sweep_requests(args: argparse.Namespace) -> list[Request]:
    """One request per beta and seed, its models side by side; an AE, which has no beta, once per seed."""
    from .jobs import Request

    if wrong := [kind for kind in args.models if kind not in KINDS]:
        raise UsageError(f"--models must be of {', '.join(KINDS)}, got {wrong[0]!r}")
    requests = []
    for seed in args.seeds:
        if "ae" in args.models:
            requests.append(Request((configs(args, "ae", seed=seed),)))
        kinds = [kind for kind in KINDS if kind in args.models and kind != "ae"]
        requests += [
            Request(tuple(configs(args, kind, beta=beta, seed=seed) for kind in kinds))
            for beta in (args.betas if kinds else ())
        ]
    return requests


def _engine(args: argparse.Namespace) -> dict[str, Any]:
    from .jobs.engine import serve_engine

    serve_engine()


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


def _show_sweep(result: dict[str, Any]) -> None:
    _show_list(result)
    for entry in result["failed"]:
        print(f"FAILED {entry['kind']} beta {entry['beta']} seed {entry['seed']}: {entry['reason']}")


def _show_run(result: dict[str, Any]) -> None:
    print(json.dumps(result, indent=2, ensure_ascii=False))


def _show_verdicts(result: dict[str, Any]) -> None:
    for file in result["files"]:
        print(f"ok  {file['run']}" if file["ok"] else f"BAD {file['run']}: {file['reason']}")


if __name__ == "__main__":
    raise SystemExit(main())
