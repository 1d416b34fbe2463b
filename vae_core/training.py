"""The training loop, as a generator of `Progress`; it knows nothing of who watches, and draws nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .config import ModelConfig, TrainConfig
from .data import ImageSet
from .devices import autocast, describe_device, resolve_device, uses_bf16
from .errors import TrainingError
from .evaluation import Evaluation, binarized, evaluate
from .history import Losses
from .losses import terms
from .models import AE, CVAE, VAE, build_model

__all__ = ["TRAINING_VERSION", "Progress", "Snapshot", "Trained", "train"]

TRAINING_VERSION = 1  # changes when equal settings no longer give equal weights

SNAPSHOT_POINTS = 1000  # test images whose latents are kept over training
SNAPSHOT_IMAGES = 10  # test images whose reconstructions are kept with them
MAX_SNAPSHOTS = 100  # in a run file; longer trainings keep every second, third … epoch
# Offsets that give every use of randomness a stream of its own, all from the run's seed.
ORDER_STREAM, EVALUATION_STREAM = 1 << 32, 2 << 32


class Snapshot(NamedTuple):
    """One moment of training, on the CPU: mu and logvar of fixed test images (n, d), x_hat of ten (10, H, W)."""

    epoch: int
    mu: Tensor
    logvar: Tensor | None
    x_hat: Tensor


@dataclass(frozen=True)
class Trained:
    """What training ends with; the model's weights are those that a run file keeps (rounded to float16).

    `seconds` is the whole time, `images_per_second` that of training alone, evaluation left out.
    """

    model: AE | VAE | CVAE
    train_config: TrainConfig
    evaluation: Evaluation
    history: tuple[tuple[Losses, Losses], ...]
    snapshots: tuple[Snapshot, ...]
    snapshot_index: Tensor
    device: str
    precision: str
    seconds: float
    images_per_second: float


@dataclass(frozen=True)
class Progress:
    """Where training stands after `epoch` whole epochs (0: before the first step), or somewhere in the next one.

    Arguments:
        epoch, epochs: How many are done, and how many there will be.
        done: Share of all steps that are done, 0 to 1.
        train: Mean loss over this epoch's training images so far, as they were trained on; None before the first.
        test: Mean loss over the test split after `epoch` epochs.
        seconds: Since the start.
        images_per_second: Training images a second since the start, evaluation left out.
        snapshot: The latents of fixed test images now.
        trained: The finished model and its figures; None until the last progress.
    """

    epoch: int
    epochs: int
    done: float
    train: Losses | None
    test: Losses
    seconds: float
    images_per_second: float
    snapshot: Snapshot
    trained: Trained | None = None


def train(
    model_config: ModelConfig,
    train_config: TrainConfig,
    data: ImageSet,
    test: ImageSet,
    device: str | torch.device = "auto",
    should_stop: Callable[[], bool] | None = None,
    every_s: float | None = None,
) -> Iterator[Progress]:
    """Train a model, yielding a `Progress` before the first step and after every epoch; the last carries the model.

    The recipe: fused Adam, a one-cycle learning rate, the whole data set as one tensor on the device, bf16 autocast
    where the hardware has it. Equal settings on the same machine and device give bit-equal weights. Nothing is
    written, and the global random stream is not touched.

    Arguments:
        model_config, train_config: The settings; for an AE, beta is ignored and recorded as None.
        data, test: The two splits; moved to the device if they are elsewhere.
        device: As for `resolve_device`.
        should_stop: Asked before every step; once it is true the generator ends without a trained model.
        every_s: Yield within an epoch as well, when so many seconds have passed; the weights stay the same.

    Raises:
        TrainingError: The settings do not fit the data, or the loss is no longer finite.
        DeviceError: There is no such device.
    """
    train_config = train_config.for_kind(model_config.kind)
    _check_fit(model_config, data, test)
    target = resolve_device(device) if isinstance(device, str) else device
    data, test = data.to(target), test.to(target)
    run = _Training(model_config, train_config, data, test, target)
    yield run.progress(0, None)
    for epoch in range(1, train_config.epochs + 1):
        loss = yield from run.epoch(should_stop, every_s)
        if loss is None:
            return
        yield run.progress(epoch, loss)


def _check_fit(config: ModelConfig, data: ImageSet, test: ImageSet) -> None:
    for part in (data, test):
        if tuple(part.x.shape[1:]) != config.image_shape:
            raise TrainingError(
                f"the model is for images of {config.image_shape}, the data has {tuple(part.x.shape[1:])}"
            )
        if config.kind == "cvae" and int(part.y.max()) >= config.num_classes:
            raise TrainingError(f"the model has {config.num_classes} classes, the data has label {int(part.y.max())}")


class _Training:
    """The state of one training: model, optimiser, schedule, generators and what has been recorded."""

    def __init__(
        self, model_config: ModelConfig, config: TrainConfig, data: ImageSet, test: ImageSet, device: torch.device
    ) -> None:
        self.config, self.data, self.test, self.device = config, data, test, device
        self.model = build_model(model_config, config.seed).to(device)
        self.steps = -(-len(data) // config.batch_size)  # the last batch of an epoch may be smaller
        fused = device.type in ("cpu", "cuda")
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=config.learning_rate, fused=fused)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, config.learning_rate, total_steps=max(config.epochs * self.steps, 6),
            pct_start=0.2, div_factor=10, final_div_factor=100, cycle_momentum=False,
        )  # fmt: skip
        self.generator = torch.Generator(device).manual_seed(ORDER_STREAM + config.seed)
        self.snapshot_index = snapshot_index(test.y)
        self.followed = test.at(self.snapshot_index.to(device))
        self.history: list[tuple[Losses, Losses]] = []
        self.snapshots: list[Snapshot] = []
        self.step = 0
        self.began, self.stepping_s = time.perf_counter(), 0.0
        self.told = self.began  # when the weights were last shown within an epoch: evaluation takes none on

    def epoch(
        self, should_stop: Callable[[], bool] | None, every_s: float | None
    ) -> Generator[Progress, None, Losses | None]:
        """Train on every image once; the mean loss, or None when told to stop."""
        began = time.perf_counter()
        total = torch.zeros(2, device=self.device, dtype=torch.float64)  # recon and kld, seldom read
        order = torch.randperm(len(self.data), generator=self.generator, device=self.device)
        seen = 0
        for index in order.split(self.config.batch_size):
            if should_stop is not None and should_stop():
                return None
            if every_s is not None and seen and time.perf_counter() - self.told >= every_s:
                now = time.perf_counter()
                yield self._within(self._mean(total, seen), seen, self.stepping_s + now - began)
                self.told = time.perf_counter()
                began += self.told - now  # the watcher's time is not training's
            total += self._step(index)
            seen += len(index)
        loss = self._mean(total, seen)
        self.stepping_s += time.perf_counter() - began
        if every_s is not None and time.perf_counter() - self.told >= every_s / 2:  # the evaluation to come is slow
            yield self._within(loss, seen, self.stepping_s)
            self.told = time.perf_counter()
        if not torch.isfinite(total).all():
            raise TrainingError(
                f"the loss is no longer finite in epoch {len(self.history) + 1}: "
                f"try a learning rate below {self.config.learning_rate:g}"
            )
        return loss

    def _mean(self, total: Tensor, seen: int) -> Losses:
        distortion, rate = (total / seen).tolist()
        return Losses(distortion, None if self.model.config.kind == "ae" else rate)

    def _within(self, loss: Losses, seen: int, stepping_s: float) -> Progress:
        """Progress in the middle of an epoch, `seen` images into it."""
        epoch, images = len(self.history), len(self.history) * len(self.data) + seen
        return Progress(
            epoch, self.config.epochs, images / (self.config.epochs * len(self.data)), loss, self.tested,
            time.perf_counter() - self.began, images / stepping_s, self._snapshot(epoch),
        )  # fmt: skip

    def _step(self, index: Tensor) -> Tensor:
        """One step of gradient descent on the images at `index`; their summed recon and kld, shape (2,)."""
        x = binarized(self.data.images(index), self.config.binarize, self.generator)
        with autocast(self.device):
            output = self.model(x, self.data.y[index], self.generator)
        parts = terms(output, x, self.model.config.likelihood, self.model.config.likelihood_std)
        self.optimizer.zero_grad(set_to_none=True)
        parts.loss(self._beta()).backward()
        self.optimizer.step()
        self.schedule.step()
        self.step += 1
        return torch.stack((parts.recon.detach().sum(), parts.kld.detach().sum()))

    def _beta(self) -> float:
        """The KLD weight at this step: it grows linearly over the warm-up's epochs."""
        warmup = self.config.kld_warmup * self.steps
        return (self.config.beta or 0.0) * (min(self.step / warmup, 1.0) if warmup else 1.0)

    def progress(self, epoch: int, loss: Losses | None) -> Progress:
        """Evaluate, record, and at the end put the finished model together."""
        last = epoch == self.config.epochs
        if last:
            _round_to_float16(self.model)
        generator = torch.Generator(self.device).manual_seed(EVALUATION_STREAM + self.config.seed)
        evaluation = evaluate(self.model, self.test, generator, self.config.binarize, exact=last)
        self.tested = evaluation.loss()
        snapshot = self._snapshot(epoch)
        if last and not all(bool(torch.isfinite(part).all()) for part in evaluation if part is not None):
            raise TrainingError("the trained model's figures on the test images are not finite")
        if last or epoch % -(-self.config.epochs // MAX_SNAPSHOTS) == 0:
            self.snapshots.append(snapshot)
        if loss is not None:
            self.history.append((loss, self.tested))
        speed = epoch * len(self.data) / self.stepping_s if epoch else 0.0
        trained = self._trained(evaluation, speed) if last else None
        seconds = time.perf_counter() - self.began
        return Progress(
            epoch, self.config.epochs, epoch / self.config.epochs, loss, self.tested, seconds, speed, snapshot, trained
        )

    @torch.no_grad()
    def _snapshot(self, epoch: int) -> Snapshot:
        y = self.followed.y
        mu, logvar = self.model.encode(self.followed.images(), y)
        x_hat = self.model.decode(mu[:SNAPSHOT_IMAGES], y[:SNAPSHOT_IMAGES])
        return Snapshot(epoch, mu.cpu(), None if logvar is None else logvar.cpu(), x_hat.cpu())

    def _trained(self, evaluation: Evaluation, speed: float) -> Trained:
        return Trained(
            model=self.model.eval(), train_config=self.config, evaluation=evaluation, history=tuple(self.history),
            snapshots=tuple(self.snapshots), snapshot_index=self.snapshot_index, device=describe_device(self.device),
            precision="bf16" if uses_bf16(self.device) else "fp32", seconds=time.perf_counter() - self.began,
            images_per_second=speed,
        )  # fmt: skip


def snapshot_index(y: Tensor) -> Tensor:
    """Indices of the fixed subset of test images, on the CPU: one image of each class first, then the first ones."""
    y = y.cpu()
    firsts = [int((y == label).nonzero()[0]) for label in y.unique()[:SNAPSHOT_IMAGES]]
    rest = [index for index in range(min(len(y), SNAPSHOT_POINTS + len(firsts))) if index not in set(firsts)]
    return torch.tensor([*firsts, *rest][:SNAPSHOT_POINTS])


@torch.no_grad()
def _round_to_float16(model: torch.nn.Module) -> None:
    """Round the weights to what a run file keeps, so that its figures are those of the model in it."""
    for parameter in model.parameters():
        parameter.copy_(parameter.half().float())
