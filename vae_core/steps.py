"""Gradient descent, a step at a time: the model, its optimiser, the schedules, and the randomness of a training."""

from collections.abc import Callable

import torch
from torch import Tensor

from .config import ModelConfig, TrainConfig
from .data import ImageSet
from .devices import autocast, can_record, record
from .evaluation import draw_pixels
from .losses import terms
from .models import build_model

ORDER_STREAM = 1 << 32  # gives the order of images and the noise a random stream of their own, from the run's seed
EAGER_STEPS = 3  # before a step is recorded: the first ones allocate and load what later ones use


class Descent:
    """Gradient descent: fused Adam, a one-cycle learning rate, bf16 autocast where the hardware has it.

    On CUDA a step is recorded once and replayed: its hundred kernels are so short that launching each by itself takes
    ten times as long. What changes from step to step is therefore in tensors there: the images' index, the learning
    rate, and the KLD weight while it warms up. The data are on the device that computes.
    """

    def __init__(self, model_config: ModelConfig, config: TrainConfig, data: ImageSet) -> None:
        self.config, self.data, self.device = config, data, data.x.device
        self.model = build_model(model_config, config.seed).to(self.device)
        self.batches = -(-len(data) // config.batch_size)  # in an epoch; the last one may be smaller
        self.can_record = can_record(self.device)
        rate = torch.full((), config.learning_rate, device=self.device) if self.can_record else config.learning_rate
        fused = self.device.type in ("cpu", "cuda")
        self.optimizer = torch.optim.Adam(self.model.parameters(), rate, fused=fused, capturable=self.can_record)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, config.learning_rate, total_steps=max(config.epochs * self.batches, 6),
            pct_start=0.2, div_factor=10, final_div_factor=100, cycle_momentum=False,
        )  # fmt: skip
        self.generator = torch.Generator(self.device).manual_seed(ORDER_STREAM + config.seed)
        self.count = 0
        self.index = torch.empty(config.batch_size, dtype=torch.int64, device=self.device)  # of a recorded step
        self.weight: float | Tensor = 0.0
        if self.can_record and config.kld_warmup:
            self.weight = torch.zeros((), device=self.device)
        self.replay: Callable[[], Tensor] | None = None

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
        x = draw_pixels(self.data.images(index), self.config.binarize, self.generator)
        with autocast(self.device):
            output = self.model(x, self.data.y[index], self.generator)
        costs = terms(output, x, self.model.config.likelihood, self.model.config.likelihood_std)
        self.optimizer.zero_grad(set_to_none=True)
        costs.loss(self.weight).backward()
        self.optimizer.step()
        return torch.stack((costs.recon.detach().sum(), costs.kld.detach().sum()))
