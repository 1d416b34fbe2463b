"""Seconds to a given −elbo on MNIST, by the rules of docs/SPEEDRUN.md: two tutorial loops and this project, in turn.

    VAE_DATA=../shared/data python -m benchmarks.speedrun [--rounds 3] [--threads 1 2] [--busy] [--growth]

Every entry trains in a process of its own, which has the images in memory before the clock starts; evaluations stop
it. `cpu_s` counts the processor's time, which other programs on the machine disturb less. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
from tqdm import tqdm

from vae_core.config import KINDS, ModelConfig, TrainConfig
from vae_core.data import data_root, load_dataset
from vae_core.devices import uses_bf16
from vae_core.steps import Descent

TARGETS = (153.3, 143.0, 138.0)  # −elbo of the test images in nats; the first is the usual loop's after ten epochs
OUR_EPOCHS = (1, 3, 8)  # of this project for each target: its schedule is made for a number of epochs
CPU = torch.device("cpu")


class TutorialVAE(nn.Module):
    """The VAE of the usual tutorials, 784-400-2: ReLU, PyTorch's own initial weights."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.posterior = nn.Linear(784, 400), nn.Linear(400, 4)
        self.from_z, self.output = nn.Linear(2, 400), nn.Linear(400, 784)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (B, 784), mu and logvar (B, 2) of images (B, 784), with one sampled z for each."""
        mu, logvar = self.posterior(F.relu(self.hidden(x))).chunk(2, dim=1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.output(F.relu(self.from_z(z))), mu, logvar


def tutorial_loop(epochs: int, batches: Any, device: torch.device = CPU) -> Iterator[nn.Module]:
    """Train as tutorials do, with a function that begins an epoch's batches (B, 784); yield after each epoch."""
    model = TutorialVAE().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(epochs):
        for x in batches():
            logits, mu, logvar = model(x)
            recon = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
            kld = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum()
            optimizer.zero_grad()
            ((recon + kld) / len(x)).backward()
            optimizer.step()
        yield model


def images_one_by_one(device: torch.device = CPU) -> Any:
    """Return what begins an epoch with ToTensor for each image and a DataLoader."""
    images = datasets.MNIST(str(data_root()), train=True, transform=transforms.ToTensor())
    loader = DataLoader(images, batch_size=128, shuffle=True)
    return lambda: (x.flatten(1).to(device) for x, _ in loader)


def images_as_a_tensor() -> Any:
    """Return what begins an epoch on the images as one tensor of float32."""
    images = load_dataset("mnist", split="train").images().flatten(1)
    return lambda: (images[index] for index in torch.randperm(len(images)).split(128))


def this_project(model: ModelConfig, config: TrainConfig) -> Iterator[nn.Module]:
    """Train by this project's recipe; yield before the first step, with the images in memory, and after each epoch."""
    data = load_dataset("mnist", split="train").part(images=config.images)
    yield nn.Identity()
    descent = Descent(model, config, data)
    for _ in range(config.epochs):
        for index in descent.order():
            descent.step(index)
        yield descent.model


def entries(name: str, epochs: int, seed: int) -> Iterator[nn.Module]:
    """Yield what the process of an entry trains: first anything, when the images are there, then each epoch's model."""
    torch.manual_seed(seed)
    if name == "this project":
        yield from this_project(ModelConfig("vae"), TrainConfig(epochs=epochs, seed=seed))
    else:
        batches = images_one_by_one() if name == "tutorial loop" else images_as_a_tensor()
        yield nn.Identity()
        yield from tutorial_loop(epochs, batches)


@torch.no_grad()
def neg_elbo(model: nn.Module, seed: int = 0) -> float:
    """Return the mean −elbo of the test images, grey values, one sampled z for each."""
    total, test = 0.0, load_dataset("mnist", split="test").images()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for x in test.split(2000):
            output = model(x.flatten(1)) if isinstance(model, TutorialVAE) else model(x)
            logits, mu, logvar = output[0].flatten(1), *output[-2:]
            recon = F.binary_cross_entropy_with_logits(logits, x.flatten(1), reduction="sum")
            total += (recon - 0.5 * (1 + logvar - mu.square() - logvar.exp()).sum()).item()
    return total / len(test)


def run(name: str, epochs: int, threads: int, seed: int) -> dict[str, Any]:
    """Train an entry in this process; return seconds and −elbo after each epoch, and what else is reported."""
    torch.set_num_threads(threads)
    steps = entries(name, epochs, seed)
    next(steps)
    curve: list[dict[str, float]] = []
    seconds = cpu_s = 0.0
    for _ in range(epochs):
        began, cpu_began = time.perf_counter(), time.process_time()
        model = next(steps)
        seconds, cpu_s = seconds + time.perf_counter() - began, cpu_s + time.process_time() - cpu_began
        curve.append({"seconds": seconds, "cpu_s": cpu_s, "neg_elbo": neg_elbo(model)})
    weights = [parameter.numel() for parameter in model.parameters() if parameter.ndim == 2]
    flops = 6 * sum(weights) - 2 * weights[0]  # of an image: nobody needs the gradient of the input
    images_per_second = 60_000 * epochs / seconds
    return {
        "curve": [{key: round(value, 2) for key, value in point.items()} for point in curve],
        "images_per_second": round(images_per_second),
        "share_of_matrix_rate": round(flops * images_per_second / matrix_rate(name == "this project"), 2),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def matrix_rate(autocast: bool, size: int = 1024, repeat: int = 20) -> float:
    """Return the operations a second of a large matrix product, in the precision that the entry uses."""
    a = torch.rand(size, size, dtype=torch.bfloat16 if autocast and uses_bf16(CPU) else torch.float32)
    best = float("inf")
    for _ in range(repeat):
        began = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def growth(threads: int) -> dict[str, dict[str, float]]:
    """Return the seconds of an epoch of this project's VAE by images, and of 6,000 images by what else may grow."""
    torch.set_num_threads(threads)

    def epoch_s(images: int = 6000, **settings: Any) -> float:
        kind = settings.pop("kind", "vae")
        steps = this_project(ModelConfig(kind, **settings), TrainConfig(epochs=1, images=images).for_kind(kind))
        next(steps)
        began = time.perf_counter()
        next(steps)
        return round(time.perf_counter() - began, 2)

    def together_s(kinds: tuple[str, ...]) -> float:
        began = time.perf_counter()
        with ThreadPoolExecutor(len(kinds)) as pool:
            list(pool.map(lambda kind: epoch_s(kind=kind), kinds))
        return round(time.perf_counter() - began, 2)

    epoch_s()  # the first one of a process is slower
    return {
        "images": {str(n): epoch_s(images=n) for n in (6_000, 15_000, 30_000, 60_000)},
        "latent dimensions": {str(d): epoch_s(latent_dim=d) for d in (2, 8, 32, 64)},
        "hidden layers of 256": {str(n): epoch_s(hidden=(256,) * n) for n in (1, 2, 4, 8)},
        "models side by side": {str(n): together_s(KINDS[:n]) for n in (1, 2, 3)},
    }


def in_own_process(function: Any, *arguments: Any) -> Any:
    """Call a function in a new process, so that its memory and its threads are its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _spin() -> None:
    while True:
        pass


@contextmanager
def busy_core(busy: bool) -> Iterator[None]:
    """Keep one core busy with something else."""
    process = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
    if busy:
        process.start()
    yield
    if busy:
        process.terminate()


def reached(curve: list[dict[str, float]], target: float) -> dict[str, float] | None:
    """Return the first point of a curve that is as good as the target, None without one."""
    return next((point for point in curve if point["neg_elbo"] <= target), None)


def one_round(threads: int, targets: list[float], loop_epochs: int, seed: int) -> dict[str, Any]:
    """Run all entries in turn; return each one's figures, and its first point at every target."""
    result: dict[str, Any] = {}
    for name in ("tutorial loop", "the same, images as a tensor") if loop_epochs else ():
        figures = in_own_process(run, name, loop_epochs, threads, seed)
        result[name] = figures | {"reached": {target: reached(figures["curve"], target) for target in targets}}
    for target, epochs in zip(TARGETS, OUR_EPOCHS, strict=True):
        if target in targets:
            figures = in_own_process(run, "this project", epochs, threads, seed)
            result[f"this project, {epochs} epochs"] = figures | {
                "reached": {target: reached(figures["curve"], target)}
            }
    return result


def main() -> None:
    """Run the entries in turn and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=float, nargs="+", choices=TARGETS, default=TARGETS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=1, help="each with another seed")
    parser.add_argument("--loop-epochs", type=int, default=10, help="of the two loops at most; 0: without them")
    parser.add_argument("--busy", action="store_true", help="all again beside a busy core")
    parser.add_argument("--growth", action="store_true", help="seconds of an epoch by images, layers and so on")
    args = parser.parse_args()
    result: dict[str, Any] = {"torch": torch.__version__, "bf16": uses_bf16(CPU), "cores": os.cpu_count(), "runs": []}
    tasks = [
        (seed, threads, busy)
        for seed in range(args.rounds)
        for threads in args.threads
        for busy in ([False, True] if args.busy else [False])
    ]
    for seed, threads, busy in tqdm(tasks, unit="round", disable=None):
        about = {"seed": seed, "threads": threads, "busy_core": busy, "load_before": round(os.getloadavg()[0], 1)}
        with busy_core(busy):
            result["runs"].append(about | one_round(threads, list(args.targets), args.loop_epochs, seed))
    if args.growth:
        result["growth"] = {threads: in_own_process(growth, threads) for threads in args.threads}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
