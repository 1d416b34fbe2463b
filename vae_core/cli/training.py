"""The commands that train: `train`, `sweep` and the engine of the app."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import KINDS
from ..errors import RunError, UsageError
from ..evidence import summarize
from ..runs import LOCAL, SUFFIX, checkpoints_root, from_trained, publish, save_run
from .common import Add, listed, nats, show_json, show_list, summary
from .options import add_settings, configs

if TYPE_CHECKING:
    import torch

    from ..jobs import Request
    from ..runs import Run


def add(command: Add) -> None:
    """Add the commands to the parser."""
    sub = command("train", _train, _show_training, "Train a model and write its run file.")
    sub.add_argument("--model", choices=KINDS, required=True)
    add_settings(sub)
    sub.add_argument("--device", default=None, help="auto, cpu, cuda, cuda:N or mps (default: VAE_DEVICE, or auto)")
    sub.add_argument(
        "--out", type=Path, help="run file to write (default: under its own name in the local checkpoints)"
    )
    sub.add_argument(
        "--resume", type=Path, help="file that keeps where the training stands: the same command goes on from there"
    )

    sub = command("sweep", _sweep, _show_sweep, "Train many runs through the same job queue as the app's.")
    sub.add_argument("--models", type=listed(str), default=("vae", "cvae"), help="of ae,vae,cvae; default vae,cvae")
    sub.add_argument("--betas", type=listed(float), default=(1.0,), help="KLD weights, as 0,0.1,1,4 (default: 1)")
    sub.add_argument("--seeds", type=listed(int), default=(0,), help="as 0,1,2 (default: 0)")
    add_settings(sub, without={"beta", "seed"})

    command("engine", _engine, show_json, "The local training engine: started by the app, ends with standard input.")


def _train(args: argparse.Namespace) -> dict[str, Any]:
    model_config, train_config = configs(args, args.model)
    if args.out is not None:
        if not args.out.parent.is_dir():
            raise UsageError(f"there is no folder {args.out.parent}")
        if args.out.is_dir():
            raise UsageError(f"--out must be a file, {args.out} is a folder")
        if args.out.suffix != SUFFIX:  # a file of another name would be in no list
            args.out = args.out.with_name(args.out.name + SUFFIX)
    if args.resume is not None and not args.resume.parent.is_dir():
        raise UsageError(f"there is no folder {args.resume.parent}")
    from tqdm import tqdm

    from ..data import load_splits
    from ..devices import gpu_fault, on_device_or_cpu, resolve_device
    from ..jobs.worker import FULL
    from ..training import train

    device = resolve_device(args.device)
    if fault := gpu_fault(args.device):
        print(fault, file=sys.stderr)
    data, test = load_splits(train_config)

    def work(device: torch.device) -> Run:
        with tqdm(total=train_config.epochs, unit="epoch", file=sys.stderr, disable=None) as bar:
            trained = None
            for progress in train(model_config, train_config, data, test, device, resume=args.resume):
                bar.update(progress.epoch - bar.n)
                losses = {} if progress.test is None else progress.test._asdict()
                bar.set_postfix({name: f"{value:.2f}" for name, value in losses.items() if value is not None})
                trained = progress.trained
        if trained is None:
            raise RunError("training ended without a model")
        return from_trained(trained, data, test)

    run, fell_back = on_device_or_cpu(work, device)
    if fell_back:
        print(FULL, file=sys.stderr)
    if args.out is None:
        info = publish(run, checkpoints_root() / LOCAL, summarize(run.latents, run.info.latent_seed))
    else:
        info = save_run(args.out, run)
    if args.resume is not None:
        args.resume.unlink(missing_ok=True)  # not before: an interrupted save would lose the training
    return {
        "run": str(info.path),
        "device": info.device,
        "seconds": round(info.seconds, 3),
        "images_per_second": round(info.images_per_second, 1),
        "epochs": info.train.epochs,
        "test": info.test.to_json(),
    }


def _sweep(args: argparse.Namespace) -> dict[str, Any]:
    from tqdm import tqdm

    from ..jobs import DONE, Job, Order, Queue

    requests = _sweep_requests(args)
    queue = Queue(order=Order(None, None))
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
        {"kind": task.model.kind, "beta": task.train.beta, "seed": task.train.seed, "reason": job.reason}
        for job in jobs for task in job.tasks if task.state != DONE
    ]  # fmt: skip
    return {"runs": [summary(task.run) for task in tasks if task.run is not None], "failed": failed}


def _sweep_requests(args: argparse.Namespace) -> list[Request]:
    """Make one request per beta and seed, its models side by side; an AE, which has no beta, once per seed."""
    from ..jobs import Request

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
    from ..jobs.engine import serve

    serve()


def _show_training(result: dict[str, Any]) -> None:
    test = result["test"]
    print(f"recon {nats(test['recon'])}, kld {nats(test['kld'])}, elbo {nats(test['elbo'])} nats per test image")
    print(f"{result['seconds']:.1f} s on {result['device']}, {result['images_per_second']:.0f} images/s")
    print(result["run"])


def _show_sweep(result: dict[str, Any]) -> None:
    show_list(result)
    for entry in result["failed"]:
        print(f"FAILED {entry['kind']} beta {entry['beta']} seed {entry['seed']}: {entry['reason']}")
