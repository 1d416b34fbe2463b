"""Ten epochs of a 2-D VAE on MNIST: this project's recipe against the usual tutorial loop, in turn, in one process.

    VAE_DATA=../shared/data python -m benchmarks.training_speed [--epochs 10] [--rounds 1]

The tutorial loop: torchvision with ToTensor per image, a DataLoader of batches of 128, Adam at 1e-3, 784-400-2.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import torch
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from vae_core.config import ModelConfig, TrainConfig
from vae_core.data import data_root, load_dataset
from vae_core.evaluation import evaluate
from vae_core.losses import terms
from vae_core.models import build_model
from vae_core.training import train


def tutorial_loop(epochs: int) -> tuple[float, float]:
    """Seconds and −elbo (nats per test image) of the usual loop."""
    began = time.perf_counter()
    images = datasets.MNIST(str(data_root()), train=True, transform=transforms.ToTensor())
    loader = DataLoader(images, batch_size=128, shuffle=True, generator=torch.Generator().manual_seed(0))
    model = build_model(ModelConfig("vae", hidden=(400,)))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        total = 0.0
        for batch, _ in loader:
            x = batch[:, 0]
            loss = terms(model(x, generator=generator), x).loss(1.0)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
    seconds = time.perf_counter() - began
    return seconds, -(evaluate(model, load_dataset("mnist", split="test"), generator).loss().elbo or 0.0)


def this_recipe(epochs: int) -> tuple[float, float]:
    """Seconds, evaluations of the test images included, and −elbo of this project's training."""
    began = time.perf_counter()
    data, test = (load_dataset("mnist", split=split) for split in ("train", "test"))
    *_, last = train(ModelConfig("vae"), TrainConfig(epochs=epochs), data, test, device="cpu")
    return time.perf_counter() - began, -(last.test.elbo or 0.0)


def main() -> None:
    """Run both in turn and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    rounds = [(this_recipe(args.epochs), tutorial_loop(args.epochs)) for _ in range(args.rounds)]
    ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in rounds)
    print(
        json.dumps(
            {
                "this_recipe": [{"seconds": round(ours[0], 2), "neg_elbo": round(ours[1], 2)} for ours, _ in rounds],
                "tutorial_loop": [
                    {"seconds": round(theirs[0], 2), "neg_elbo": round(theirs[1], 2)} for _, theirs in rounds
                ],
                "median_ratio_of_seconds": round(ratio, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
