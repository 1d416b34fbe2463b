"""Training a judge: real images with their labels, and on purpose some whose label nobody can tell.

Without the latter a network is sure of everything, of noise as of a black image, and its confidence says nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ...data import ImageSet
from ...devices import autocast, resolve_device
from .classifier import Judge, JudgeInfo, Network, build_network

__all__ = ["STEPS", "train_judge"]

STEPS = 1200  # 5 passes over MNIST; the same for every data set
BATCH = 256
LEARNING_RATE = 3e-3


class Lesson(NamedTuple):
    """Images (n, H, W) in [0, 1] and the probability that each label shall get, (n, classes)."""

    x: Tensor
    target: Tensor


def train_judge(
    data: ImageSet, test: ImageSet, seed: int = 0, device: str | torch.device = "auto", steps: int = STEPS
) -> Judge:
    """Train a judge on `data`, its accuracy measured on `test`, its weights rounded to the float16 of its file.

    Adam with a one-cycle learning rate, bf16 autocast where the hardware has it. Equal seeds give equal weights on the
    same machine, device and number of threads; the global random stream is not touched.

    Arguments:
        data, test: The two splits; moved to the device if they are elsewhere.
        seed: Of everything random.
        device: As for `resolve_device`.
        steps: Of gradient descent, each on 256 images and 128 more that are made of them.

    Raises:
        DeviceError: There is no such device.
    """
    target = resolve_device(device) if isinstance(device, str) else device
    data, test = data.to(target), test.to(target)
    height, width = data.x.shape[1:]
    network = build_network((height, width), len(data.class_names), torch.Generator().manual_seed(seed)).to(target)
    generator = torch.Generator(target).manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=target.type in ("cpu", "cuda"))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, steps, cycle_momentum=False)
    for _ in range(steps):
        index = torch.randint(len(data), (BATCH,), generator=generator, device=target)
        lesson = _lesson(data.images(index), data.y[index], len(data.class_names), generator)
        with autocast(target):
            logits = network(lesson.x)
        loss = F.cross_entropy(logits.float(), lesson.target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    return _finished(network, data, test, seed)


def _finished(network: Network, data: ImageSet, test: ImageSet, seed: int) -> Judge:
    """The judge as its file will hold it, with its accuracy."""
    network.eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.copy_(parameter.half().float())
    height, width = data.x.shape[1:]
    info = JudgeInfo(data.name, (height, width), data.class_names, 0.0, data.fingerprint, seed)
    label = Judge(info, network)(test.images()).label
    return Judge(replace(info, accuracy=float((label == test.y.cpu().numpy()).mean())), network)


def _lesson(x: Tensor, y: Tensor, classes: int, generator: torch.Generator) -> Lesson:
    """Images x (B, H, W) with labels y (B,), shifted a little; then B/4 blends of two and B/4 that show nothing.

    A blend shall get half of each label (mixup; Zhang et al. 2018), nothing all labels alike (outlier exposure;
    Hendrycks et al. 2019).
    """
    few = len(x) // 4
    target = F.one_hot(y, classes).float()
    blend, blend_target = ((part[:few] + part[few : 2 * few]) / 2 for part in (x, target))
    nothing = _nothing(x[2 * few : 3 * few], generator)
    images = torch.cat((_shifted(x, generator), blend, nothing))
    return Lesson(images, torch.cat((target, blend_target, torch.full_like(target[:few], 1 / classes))))


def _shifted(x: Tensor, generator: torch.Generator) -> Tensor:
    """Images x (B, H, W), each moved by up to 1/14 of its side (two pixels of MNIST, but at least one) on black."""
    batch, height, width = x.shape
    reach = max(1, min(height, width) // 14)
    down, right = torch.randint(2 * reach + 1, (2, batch, 1), generator=generator, device=x.device)  # (B, 1) each
    rows = (down + torch.arange(height, device=x.device))[:, :, None]  # (B, H, 1)
    columns = (right + torch.arange(width, device=x.device))[:, None, :]  # (B, 1, W)
    return F.pad(x, (reach, reach, reach, reach))[torch.arange(batch, device=x.device)[:, None, None], rows, columns]


def _nothing(x: Tensor, generator: torch.Generator) -> Tensor:
    """Images of the shape of x (n, H, W) that show nothing: noise, one even grey (mostly dark), shuffled pixels."""
    third = len(x) // 3
    noise = torch.rand(x[:third].shape, generator=generator, device=x.device)
    level = torch.rand((third, 1, 1), generator=generator, device=x.device).square()
    order = torch.randperm(x[0].numel(), generator=generator, device=x.device)
    shuffled = x[2 * third :].flatten(1)[:, order].view_as(x[2 * third :])
    return torch.cat((noise, level.expand_as(noise), shuffled))
