"""Ten epochs of 2-D models on MNIST: this project's recipe against the usual tutorial loop, in turn, in one process.

    VAE_DATA=../shared/data python -m benchmarks.training_speed [--device cuda] [--models ae,vae,cvae] [--together]

The tutorial loop trains the VAE of `benchmarks.speedrun`: 784-400-2, torchvision with ToTensor per image, a DataLoader
of batches of 128, Adam at 1e-3. Both begin with the files on the disk and a process that has trained before, for a
device's first training loads its kernels; this recipe's time includes its evaluations.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import torch

from benchmarks.speedrun import images_one_by_one, neg_elbo, tutorial_loop
from vae_core.config import KINDS, ModelConfig, TrainConfig
from vae_core.data import ImageSet, load_dataset
from vae_core.devices import describe_device, own_stream, resolve_device
from vae_core.training import Trained, train


def whole_tutorial_loop(epochs: int, device: torch.device) -> dict[str, float]:
    """Train as tutorials do; return seconds, and −elbo in nats per test image, which costs no time."""
    began = time.perf_counter()
    *_, model = tutorial_loop(epochs, images_one_by_one(device), device)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    seconds = time.perf_counter() - began
    return {"seconds": round(seconds, 2), "neg_elbo": round(neg_elbo(model.cpu()), 2)}


def this_recipe(kinds: list[str], epochs: int, device: torch.device, together: bool = False) -> dict[str, object]:
    """Train a model of each kind, one after another or side by side; return seconds for all and figures of each."""
    began = time.perf_counter()
    data, test = (load_dataset("mnist", split=split, device=device) for split in ("train", "test"))
    if device.type == "cuda":
        torch.cuda.synchronize(device)  # for the streams that read the images

    def trained(kind: str) -> Trained:
        with own_stream(device) if together else nullcontext():
            return _trained(kind, epochs, data, test, device)

    with ThreadPoolExecutor(len(kinds) if together else 1) as pool:
        models = dict(zip(kinds, pool.map(trained, kinds), strict=True))
    seconds = time.perf_counter() - began
    return {"seconds": round(seconds, 2), "models": {kind: _figures(model) for kind, model in models.items()}}


def _trained(kind: str, epochs: int, data: ImageSet, test: ImageSet, device: torch.device) -> Trained:
    *_, last = train(ModelConfig(kind), TrainConfig(epochs=epochs), data, test, device)
    if last.trained is None:
        raise RuntimeError("training ended without a model")
    return last.trained


def _figures(trained: Trained) -> dict[str, object]:
    """Return what a training took and what it gave; −elbo of an AE is None."""
    losses = trained.evaluation.loss()
    return {
        "seconds": round(trained.seconds, 3),
        "images_per_second": round(trained.images_per_second),
        "recon": round(losses.recon, 2),
        "neg_elbo": None if losses.elbo is None else round(-losses.elbo, 2),
        "precision": trained.precision,
    }


def main() -> None:
    """Run both in turn and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:N or mps (default: VAE_DEVICE, or auto)")
    parser.add_argument("--models", default="vae", help=f"of {','.join(KINDS)}; default vae")
    parser.add_argument("--together", action="store_true", help="the models side by side as well, a thread for each")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    device, kinds = resolve_device(args.device), args.models.split(",")
    began = time.perf_counter()
    this_recipe(kinds[:1], 1, device)
    result: dict[str, object] = {
        "device": describe_device(device),
        "torch": torch.__version__,
        "first_epoch_of_the_process_s": round(time.perf_counter() - began, 2),
    }
    rounds = []
    for _ in range(args.rounds):
        figures = {"one_by_one": this_recipe(kinds, args.epochs, device)}
        if args.together:
            figures["together"] = this_recipe(kinds, args.epochs, device, together=True)
        rounds.append(figures | {"tutorial_loop": whole_tutorial_loop(args.epochs, device)})
    result["rounds"] = rounds
    if kinds == ["vae"]:
        ratios = [figures["one_by_one"]["seconds"] / figures["tutorial_loop"]["seconds"] for figures in rounds]
        result["median_ratio_of_seconds"] = round(statistics.median(ratios), 3)
    if device.type == "cuda":
        result["peak_memory_mb"] = round(torch.cuda.max_memory_allocated(device) / 2**20)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
