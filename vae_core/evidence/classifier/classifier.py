"""A classifier: a small convolutional network for the images of one data set.

x (B, H, W) ─ 3 × (convolution, pooling, ReLU) ─▶ 4 × 4 cells ─ linear, ReLU ─▶ features (B, 64) ─ linear ─▶ logits
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

RECOGNISED = 0.9  # confidence from which an image counts as recognised
FEATURES = 64
CELLS = 4  # a side, at most, whatever the size of an image
BATCH = 250  # larger ones leave the processor's cache, smaller ones make threads wait for each other


class Predictions(NamedTuple):
    """What a classifier makes of n images: a label (n,), and its confidence (n,), the largest softmax output."""

    label: NDArray[np.int64]
    confidence: NDArray[np.float32]

    @property
    def recognised(self) -> NDArray[np.bool_]:
        """Tell which images it recognises: those with a confidence of at least `RECOGNISED`, shape (n,)."""
        return self.confidence >= RECOGNISED


class Network(nn.Module):
    """Images to logits of their labels: (B, H, W) → (B, classes)."""

    def __init__(self, image_shape: tuple[int, int], classes: int) -> None:
        super().__init__()
        height, width = (min(CELLS, -(-side // 4)) for side in image_shape)
        self.body = nn.Sequential(  # for MNIST
            nn.Conv2d(1, 16, 3, padding=1), nn.MaxPool2d(2, ceil_mode=True), nn.ReLU(),  # (B, 16, 14, 14)
            nn.Conv2d(16, 32, 3, padding=1), nn.MaxPool2d(2, ceil_mode=True), nn.ReLU(),  # (B, 32, 7, 7)
            nn.Conv2d(32, 64, 3, padding=1), nn.AdaptiveMaxPool2d((height, width)), nn.ReLU(),  # (B, 64, 4, 4)
            nn.Flatten(), nn.Linear(64 * height * width, FEATURES), nn.ReLU(),  # (B, 64)
        )  # fmt: skip
        self.head = nn.Linear(FEATURES, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return what the last layer reads of images x (B, H, W) in [0, 1], shape (B, 64)."""
        return self.body((2 * x - 1).unsqueeze(1).contiguous(memory_format=torch.channels_last))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


def blank_network(image_shape: tuple[int, int], classes: int) -> Network:
    """Return a network with shapes but no storage (PyTorch's meta device)."""
    with torch.device("meta"):  # the constructors' own initialisation would draw from the global stream
        return Network(image_shape, classes)


def build_network(image_shape: tuple[int, int], classes: int, generator: torch.Generator) -> Network:
    """Return a network with fresh weights that depend on the generator alone, on the CPU."""
    network = blank_network(image_shape, classes).to_empty(device="cpu").to(memory_format=torch.channels_last)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = 1 / math.sqrt(layer.weight[0].numel())  # PyTorch's own default
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            if layer.bias is not None:
                nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return network


@dataclass(frozen=True)
class ClassifierInfo:
    """What a classifier is for and how good it is.

    Arguments:
        accuracy: Share of the test images whose label it sees.
        fingerprint: That of the images it was trained on, as in `ImageSet`.
        seed: Of its training.
    """

    dataset: str
    image_shape: tuple[int, int]
    class_names: tuple[str, ...]
    accuracy: float
    fingerprint: str
    seed: int


@dataclass(frozen=True)
class Classifier:
    """A trained classifier and what is known of it. It takes tensors on any device and answers in NumPy arrays."""

    info: ClassifierInfo
    network: Network

    def __call__(self, x: Tensor) -> Predictions:
        """Return label and confidence for images x (n, H, W) in [0, 1]."""
        return self.predict(self.features(x))

    @torch.no_grad()
    def features(self, x: Tensor) -> NDArray[np.float32]:
        """Return what the last layer reads of images x (n, H, W) in [0, 1], (n, 64); ValueError for other sizes."""
        if x.ndim != 3 or tuple(x.shape[1:]) != self.info.image_shape:
            height, width = self.info.image_shape
            raise ValueError(f"this classifier takes images of shape (n, {height}, {width}), got {tuple(x.shape)}")
        device = self.network.head.weight.device
        return torch.cat([self.network.features(batch.to(device)).float().cpu() for batch in x.split(BATCH)]).numpy()

    @torch.no_grad()
    def predict(self, features: NDArray[np.float32]) -> Predictions:
        """Return label and confidence for images of which `features` (n, 64) are known."""
        logits = self.network.head(torch.from_numpy(features).to(self.network.head.weight.device))  # (n, classes)
        confidence, label = F.softmax(logits.float(), dim=1).max(dim=1)
        return Predictions(label.cpu().numpy(), confidence.cpu().numpy())

    def to(self, device: str | torch.device) -> Self:
        """Return this classifier with its network moved to another device."""
        return replace(self, network=self.network.to(device))
