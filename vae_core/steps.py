"""Gradient descent, a step at a time: the model, its optimiser, the schedules, and the randomness of a training."""

import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from .config import ModelConfig, TrainConfig
from .data import ImageSet
from .devices import autocast, can_record, record
from .evaluation import draw_pixels
from .losses import importance_weighted, terms
from .models import build_model

ORDER_STREAM = 1 << 32  # gives the order of images and the noise a random stream of their own, from the run's seed
STAGES = 8  # of the schedule of Burda et al.
EAGER_STEPS = 3  # before a step is recorded: the first ones allocate and load what later ones use


class Descent:
    """Gradient descent: fused Adam, a scheduled learning rate, bf16 autocast where the hardware has it.

    The decoder begins with the mean training image, which takes more than ten nats off an epoch's −elbo.

    On CUDA a step is recorded once and replayed: its hundred kernels are so short that launching each by itself takes
    ten times as long. What changes from step to step is therefore in tensors there: the images' index, the learning
    rate, and the KLD weight while it warms up. The data are on the device that computes.
    """

    def __init__(self, model_config: ModelConfig, config: TrainConfig, data: ImageSet) -> None:
        self.config, self.data, self.device = config, data, data.x.device
        self.model = build_model(model_config, config.seed).to(self.device)
        self.model.start_from(data.mean_image())
        self.batches = -(-len(data) // config.batch_size)  # in an epoch; the last one may be smaller
        self.can_record = can_record(self.device)
        rate = torch.full((), config.learning_rate, device=self.device) if self.can_record else config.learning_rate
        fused = self.device.type in ("cpu", "cuda")
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), rate, eps=config.adam_epsilon, fused=fused, capturable=self.can_record
        )
        self.schedule = _schedule(self.optimizer, config, self.batches)
        self.generator = torch.Generator(self.device).manual_seed(ORDER_STREAM + config.seed)
        self.count = 0
        self.index = torch.empty(config.batch_size, dtype=torch.int64, device=self.device)  # of a recorded step
        self.weight: float | Tensor = 0.0
        if self.can_record and config.kld_warmup:
            self.weight = torch.zeros((), device=self.device)
        self.replay: Callable[[], Tensor] | None = None

    def state(self) -> dict[str, Any]:
        """Return all that the next steps depend on, as tensors and numbers."""
        return {
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(), "generator": self.generator.get_state(), "count": self.count,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken, before the first step."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])
        self.count = state["count"]

    def order(self) -> tuple[Tensor, ...]:
        """Draw an epoch's order of images: the index of each step's, on the device."""
        order = torch.randperm(len(self.data), generator=self.generator, device=self.device)
        return order.split(self.config.batch_size)

    def beta(self) -> float:
        """Return the KLD weight at the next step: it grows linearly over the warm-up's epochs."""
        warmup = self.config.kld_warmup * self.batches
        return (self.config.beta or 0.0) * (min(self.count / warmup, 1.0) if warmup else 1.0)

    def step(self, index: Tensor) -> Tensor:
        """Take a step on the images at an index; return their summed recon and kld, shape (2,), until the next step."""
        if isinstance(self.weight, Tensor):
            self.weight.fill_(self.beta())
        else:
            self.weight = self.beta()
        if self.can_record and self.count >= EAGER_STEPS and len(index) == len(self.index):
            self.index.copy_(index)
            self.replay = self.replay or record(lambda: self.descend(self.index), self.generator)
            sums = self.replay()
        else:
            sums = self.descend(index)
        self.schedule.step()
        self.count += 1
        return sums

    def descend(self, index: Tensor) -> Tensor:
        """Compute the gradient on the images at an index and update the weights; return as `step` does."""
        samples = self.config.samples
        x = draw_pixels(self.data.images(index), self.config.binarize, self.generator)
        with autocast(self.device):
            output = self.model(x, self.data.y[index], self.generator, samples)
        x = x if samples == 1 else x.repeat_interleave(samples, dim=0)
        costs = terms(output, x, self.model.config.likelihood, self.model.config.likelihood_std)
        self.optimizer.zero_grad(set_to_none=True)
        if self.config.bound == "iwae":
            importance_weighted(output, costs.recon, samples).mean().backward()
        else:
            costs.loss(self.weight).backward()
        self.optimizer.step()
        return torch.stack((costs.recon.detach().sum(), costs.kld.detach().sum())) / samples


def _schedule(optimizer: torch.optim.Optimizer, config: TrainConfig, batches: int) -> LRScheduler:
    """Return the schedule of a learning rate that has so many steps an epoch, as `config.schedule` says."""
    if config.schedule == "one_cycle":
        return OneCycleLR(
            optimizer, config.learning_rate, total_steps=max(config.epochs * batches, 6), pct_start=0.2,
            div_factor=10, final_div_factor=100, cycle_momentum=False,
        )  # fmt: skip
    staged = config.schedule == "stages"
    return LambdaLR(optimizer, lambda step: stage_factor(step // batches) if staged else 1.0)


def stage_factor(epoch: int) -> float:
    """Return the learning rate after so many epochs, of the first: eight stages of 1, 3, 9 … 2,187 epochs.

    Source: Burda et al. 2015, "Importance weighted autoencoders", section 5.

    >>> [stage_factor(epoch) for epoch in (0, 1, 4, 3279, 3280)]
    [1.0, 0.72, 0.52, 0.1, 0.1]
    """
    ends = itertools.accumulate(3**stage for stage in range(STAGES - 1))
    stage = sum(end <= epoch for end in ends)
    return round(10 ** (1 - stage / (STAGES - 1)), 1) / 10
