"""Training a classifier: real images with their labels, and on purpose some whose label nobody can tell.

Without the latter a network is sure of everything, of noise as of a black image, and its confidence says nothing.
"""

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ...data import ImageSet
from ...devices import autocast, resolve_device
from .classifier import Classifier, ClassifierInfo, Network, build_network

STEPS = 1200  # 5 passes over MNIST; the same for every data set
BATCH_SIZE = 256
LEARNING_RATE = 3e-3


class Batch(NamedTuple):
    """Images (n, H, W) in [0, 1] and the probability that each label shall get, (n, classes)."""

    x: Tensor
    target: Tensor


def train_classifier(
    data: ImageSet, test: ImageSet, seed: int = 0, device: str | torch.device = "auto", steps: int = STEPS
) -> Classifier:
    """Train a classifier on `data`, its accuracy measured on `test`, its weights rounded to the float16 of its file.

    Adam with a one-cycle learning rate, bf16 autocast where the hardware has it. Equal seeds give equal weights on the
    same machine, device and number of threads; the global random stream is not touched. A step is on 256 images and 128
    more that are made of them. The device is as for `resolve_device`, and so is its DeviceError.
    """
    target = resolve_device(device) if isinstance(device, str) else device
    data, test = data.to(target), test.to(target)
    height, width = data.x.shape[1:]
    network = build_network((height, width), len(data.class_names), torch.Generator().manual_seed(seed)).to(target)
    generator = torch.Generator(target).manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=target.type in ("cpu", "cuda"))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, steps, cycle_momentum=False)
    for _ in range(steps):
        index = torch.randint(len(data), (BATCH_SIZE,), generator=generator, device=target)
        batch = _batch(data.images(index), data.y[index], len(data.class_names), generator)
        with autocast(target):
            logits = network(batch.x)
        loss = F.cross_entropy(logits.float(), batch.target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    return _finished(network, data, test, seed)


def _finished(network: Network, data: ImageSet, test: ImageSet, seed: int) -> Classifier:
    """Return the classifier as its file will hold it, with its accuracy."""
    network.eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.copy_(parameter.half().float())
    height, width = data.x.shape[1:]
    info = ClassifierInfo(data.name, (height, width), data.class_names, 0.0, data.fingerprint, seed)
    label = Classifier(info, network)(test.images()).label
    return Classifier(replace(info, accuracy=float((label == test.y.cpu().numpy()).mean())), network)


def _batch(x: Tensor, y: Tensor, classes: int, generator: torch.Generator) -> Batch:
    """Return images x (B, H, W) with labels y (B,), shifted a little; then B/4 blends of two and B/4 of nothing.

    A blend shall get half of each label (mixup; Zhang et al. 2018), nothing all labels alike (outlier exposure;
    Hendrycks et al. 2019).
    """
    quarter = len(x) // 4
    target = F.one_hot(y, classes).float()
    blend, blend_target = ((values[:quarter] + values[quarter : 2 * quarter]) / 2 for values in (x, target))
    nothing = _nothing(x[2 * quarter : 3 * quarter], generator)
    images = torch.cat((_shifted(x, generator), blend, nothing))
    return Batch(images, torch.cat((target, blend_target, torch.full_like(target[:quarter], 1 / classes))))


def _shifted(x: Tensor, generator: torch.Generator) -> Tensor:
    """Shift images x (B, H, W), each by up to 1/14 of its side (two pixels of MNIST, but at least one) on black."""
    batch, height, width = x.shape
    reach = max(1, min(height, width) // 14)
    down, right = torch.randint(2 * reach + 1, (2, batch, 1), generator=generator, device=x.device)  # (B, 1) each
    rows = (down + torch.arange(height, device=x.device))[:, :, None]  # (B, H, 1)
    columns = (right + torch.arange(width, device=x.device))[:, None, :]  # (B, 1, W)
    return F.pad(x, (reach, reach, reach, reach))[torch.arange(batch, device=x.device)[:, None, None], rows, columns]


def _nothing(x: Tensor, generator: torch.Generator) -> Tensor:
    """Make images of the shape of x (n, H, W) that show nothing: noise, an even grey (mostly dark), shuffled pixels."""
    third = len(x) // 3
    noise = torch.rand(x[:third].shape, generator=generator, device=x.device)
    level = torch.rand((third, 1, 1), generator=generator, device=x.device).square()
    order = torch.randperm(x[0].numel(), generator=generator, device=x.device)
    shuffled = x[2 * third :].flatten(1)[:, order].view_as(x[2 * third :])
    return torch.cat((noise, level.expand_as(noise), shuffled))
