"""The training loop, as a generator of frames; it knows nothing of who watches, and draws nothing."""

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from .config import ModelConfig, TrainConfig, identity
from .data import ImageSet
from .devices import describe_device, resolve_device, uses_bf16
from .errors import TrainingError
from .evaluation import Evaluation, evaluate
from .history import Losses
from .latents import Frame
from .models import AE, CVAE, VAE
from .resumption import read_state, write_state
from .sheets import pixels
from .steps import Descent

TRAINING_VERSION = 2  # changes when equal settings no longer give equal weights

SNAPSHOT_POINTS = 1000  # test images whose latents are kept over training
SNAPSHOT_IMAGES = 10  # test images whose reconstructions are kept with them
MAX_SNAPSHOTS = 100  # in a run file; longer trainings keep every second, third … epoch
SAVE_EVERY_S = 30.0  # at least, between two times that a training is kept to be resumed
EVALUATION_STREAM = 2 << 32  # gives evaluation a random stream of its own, from the run's seed


@dataclass(frozen=True)
class Trained:
    """What training ends with; the model's weights are those that a run file keeps (rounded to float16).

    `seconds` is the whole time, `images_per_second` that of training alone, evaluation left out.
    """

    model: AE | VAE | CVAE
    train_config: TrainConfig
    evaluation: Evaluation
    history: tuple[tuple[Losses, Losses], ...]
    snapshots: tuple[Frame, ...]
    device: str
    precision: str
    seconds: float
    images_per_second: float


def train(
    model_config: ModelConfig,
    train_config: TrainConfig,
    data: ImageSet,
    test: ImageSet,
    device: str | torch.device = "auto",
    should_stop: Callable[[], bool] | None = None,
    every_s: float | None = None,
    resume: Path | None = None,
) -> Iterator[Frame]:
    """Train a model, yielding a frame before the first step and after every epoch; the last carries the model.

    The recipe: fused Adam, a scheduled learning rate, the whole data set as one tensor on the device, bf16 autocast
    where the hardware has it. Equal settings on the same machine and device give bit-equal weights. Nothing is
    written, and the global random stream is not touched.

    Arguments:
        train_config: For an AE, its beta is ignored and recorded as None.
        data, test: The two splits; moved to the device if they are elsewhere.
        device: As for `resolve_device`.
        should_stop: Asked before every step; once it is true the generator ends without a trained model.
        every_s: Yield within an epoch as well, when so many seconds have passed; the weights stay the same.
        resume: A file that keeps where the training stands after an epoch, at most once in half a minute. If it is
            there, the same training goes on from it, and ends with the same weights. Who asked for it deletes it.

    Raises:
        TrainingError: The settings do not fit the data or the file, or the loss is no longer finite.
        DeviceError: There is no such device.

    >>> from .data import load_dataset
    >>> splits = load_dataset("digits", split="train"), load_dataset("digits", split="test")
    >>> before, after = train(ModelConfig("vae", (8, 8)), TrainConfig(epochs=1), *splits, device="cpu")
    >>> after.test.recon < before.test.recon, after.trained.model.config.kind
    (True, 'vae')
    """
    train_config = train_config.for_kind(model_config.kind)
    _check_fit(model_config, train_config, data, test)
    target = resolve_device(device) if isinstance(device, str) else device
    data, test = data.to(target), test.to(target)
    run, saved = _Training(model_config, train_config, data, test), time.monotonic()
    if resume is not None and resume.exists():
        run.restore(read_state(resume, run.key))
    frame = run.evaluated(None)
    yield frame
    while frame.trained is None:
        loss = yield from run.epoch(should_stop, every_s)
        if loss is None:
            return
        frame = run.evaluated(loss)
        yield frame
        if resume is not None and frame.trained is None and time.monotonic() - saved >= SAVE_EVERY_S:
            write_state(resume, run.key, run.state())
            saved = time.monotonic()


def _check_fit(config: ModelConfig, train_config: TrainConfig, data: ImageSet, test: ImageSet) -> None:
    if train_config.validation >= len(data):
        raise TrainingError(
            f"there are {len(data):,} training images, too few to leave {train_config.validation:,} out"
        )
    for split in (data, test):
        shape, label = tuple(split.x.shape[1:]), int(split.y.max())
        if shape != config.image_shape:
            raise TrainingError(f"the model is for images of {config.image_shape}, the data has {shape}")
        if config.kind == "cvae" and label >= config.num_classes:
            raise TrainingError(f"the model has {config.num_classes} classes, the data has label {label}")
        if train_config.binarize == "fixed" and not bool(((split.x == 0) | (split.x == 255)).all()):
            raise TrainingError("the images are to be binarized once, and these have grey values")


class _Training:
    """The state of one training: the descent, what has been recorded, and the time it took."""

    def __init__(self, model_config: ModelConfig, config: TrainConfig, data: ImageSet, test: ImageSet) -> None:
        self.key = f"{TRAINING_VERSION} {identity(model_config, config)} {data.fingerprint} {data.x.device.type}"
        self.data, self.validation = data, None
        if config.validation:
            index = torch.arange(len(data), device=data.x.device)
            self.data, self.validation = data.at(index[: -config.validation]), data.at(index[-config.validation :])
        self.config, self.test, self.device = config, test, data.x.device
        self.best: tuple[float, int, dict[str, Tensor]] = (math.inf, 0, {})  # loss, epoch, weights
        self.descent = Descent(model_config, config, self.data)
        self.model = self.descent.model
        index = snapshot_index(test.y)
        self.followed = test.at(index.to(self.device))
        self.index, self.y = index.numpy().astype("int32"), test.y.cpu()[index].numpy()
        self.history: list[tuple[Losses, Losses]] = []
        self.snapshots: list[Frame] = []
        self.began = time.perf_counter()
        self.resumed, self.stepping_s = self.began, 0.0  # steps alone count: no evaluation, no time of who watches
        self.last_look = self.began  # within an epoch: an evaluation shows no new weights

    def epoch(
        self, should_stop: Callable[[], bool] | None, every_s: float | None
    ) -> Generator[Frame, None, Losses | None]:
        """Train on every image once; return the mean loss, or None when told to stop."""
        self.resumed, images = time.perf_counter(), 0
        sums = torch.zeros(self.descent.batches, 2, device=self.device)  # recon and kld of each step, seldom read
        for step, index in enumerate(self.descent.order()):
            if should_stop is not None and should_stop():
                return None
            if step and self._is_due(every_s):
                yield from self._look(sums, images)
            sums[step] = self.descent.step(index)
            images += len(index)
        if every_s is not None and self._is_due(every_s / 2):  # the evaluation to come is slow
            yield from self._look(sums, images)
        return self._pause(sums, images)

    def _is_due(self, every_s: float | None) -> bool:
        return every_s is not None and time.perf_counter() - self.last_look >= every_s

    def _look(self, sums: Tensor, images: int) -> Iterator[Frame]:
        """Yield a frame in the middle of an epoch, so many images into it."""
        yield self._frame(self._pause(sums, images), images)
        self.resumed = self.last_look = time.perf_counter()

    def _pause(self, sums: Tensor, images: int) -> Losses:
        """Stop the clock of the steps, and return the mean loss over so many images."""
        total = sums.cpu().double().sum(dim=0)  # waits for the device; on the CPU because MPS has no double precision
        self.stepping_s += time.perf_counter() - self.resumed
        if not torch.isfinite(total).all():
            raise TrainingError(
                f"the loss is no longer finite in epoch {len(self.history) + 1}: "
                f"try a learning rate below {self.config.learning_rate:g}"
            )
        recon, kld = (total / images).tolist()
        return Losses(recon, None if self.model.config.kind == "ae" else kld)

    def state(self) -> dict[str, Any]:
        """Return where the training stands after an epoch, as tensors and numbers."""
        return {
            "descent": self.descent.state(), "best": self.best, "stepping_s": self.stepping_s,
            "seconds": time.perf_counter() - self.began,
            "history": [[tuple(losses) for losses in epoch] for epoch in self.history],
            "snapshots": [
                (frame.epoch, *map(_tensor, (frame.mu, frame.logvar, frame.x_hat))) for frame in self.snapshots
            ],
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken."""
        self.descent.restore(state["descent"])
        loss, epoch, weights = state["best"]
        self.best = loss, epoch, {name: weight.to(self.device) for name, weight in weights.items()}
        self.stepping_s, self.began = state["stepping_s"], time.perf_counter() - state["seconds"]
        self.history = [(Losses(*train), Losses(*test)) for train, test in state["history"]]
        self.tested = self.history[-1][1]
        now = self._frame(None)
        for epoch, mu, logvar, x_hat in state["snapshots"]:
            frame = replace(now, epoch=epoch, mu=mu.numpy(), x_hat=x_hat.numpy())
            self.snapshots.append(frame if logvar is None else replace(frame, logvar=logvar.numpy()))

    def _is_over(self, epoch: int) -> bool:
        """Look at the validation images after an epoch; return whether it was the last, with the weights to keep."""
        over = epoch == self.config.epochs
        if self.validation is None:
            return over
        generator = torch.Generator(self.device).manual_seed(EVALUATION_STREAM + self.config.seed)
        losses = evaluate(self.model, self.validation, generator, self.config.binarize, exact=False).loss()
        loss = losses.recon + (self.config.beta or 0.0) * (losses.kld or 0.0)
        if epoch > self.config.kld_warmup and loss < self.best[0]:
            weights = {name: weight.clone() for name, weight in self.model.state_dict().items()}
            self.best = loss, epoch, weights
        waited = epoch - max(self.best[1], self.config.kld_warmup)
        over = over or 0 < self.config.patience <= waited
        if over and self.best[2]:
            self.model.load_state_dict(self.best[2])
        return over

    def evaluated(self, loss: Losses | None) -> Frame:
        """Evaluate and record an epoch, and at the end put the finished model together; no loss: before the first."""
        epoch = len(self.history) + (loss is not None)
        last = epoch > 0 and self._is_over(epoch)
        if last:
            _round_to_float16(self.model)
        generator = torch.Generator(self.device).manual_seed(EVALUATION_STREAM + self.config.seed)
        evaluation = evaluate(self.model, self.test, generator, self.config.binarize, exact=last)
        self.tested = evaluation.loss()
        if last and not all(bool(torch.isfinite(values).all()) for values in evaluation if values is not None):
            raise TrainingError("the trained model's figures on the test images are not finite")
        if loss is not None:
            self.history.append((loss, self.tested))
        frame = self._frame(loss)
        due = last or epoch % -(-self.config.epochs // MAX_SNAPSHOTS) == 0
        if due and epoch not in {snapshot.epoch for snapshot in self.snapshots}:
            self.snapshots.append(frame)
        return replace(frame, done=1.0, trained=self._trained(evaluation, frame.images_per_second)) if last else frame

    @torch.no_grad()
    def _frame(self, loss: Losses | None, images: int = 0) -> Frame:
        """Return where the training stands, so many images into the epoch after the recorded ones."""
        mu, logvar = self.model.encode(self.followed.images(), self.followed.y)
        x_hat = self.model.decode(mu[:SNAPSHOT_IMAGES], self.followed.y[:SNAPSHOT_IMAGES])
        epoch, epochs = len(self.history), self.config.epochs
        seen = epoch * len(self.data) + images
        return Frame(
            mu=mu.cpu().numpy(), logvar=None if logvar is None else logvar.cpu().numpy(), y=self.y, index=self.index,
            x_hat=pixels(x_hat.cpu().numpy()), class_names=self.test.class_names, epoch=epoch, epochs=epochs,
            train=loss, test=self.tested, done=seen / (epochs * len(self.data)),
            seconds=time.perf_counter() - self.began, images_per_second=seen / self.stepping_s if seen else 0.0,
            device=describe_device(self.device),
        )  # fmt: skip

    def _trained(self, evaluation: Evaluation, speed: float) -> Trained:
        self.model.zero_grad()  # gradients are as large as the weights, and keep a recorded step's memory
        return Trained(
            model=self.model.eval(), train_config=self.config, evaluation=evaluation, history=tuple(self.history),
            snapshots=tuple(self.snapshots), device=describe_device(self.device),
            precision="bf16" if uses_bf16(self.device) else "fp32", seconds=time.perf_counter() - self.began,
            images_per_second=speed,
        )  # fmt: skip


def snapshot_index(y: Tensor) -> Tensor:
    """Return the index of the test images that snapshots follow, on the CPU: one of each class, then the first ones.

    >>> snapshot_index(torch.tensor([1, 1, 0, 1]))
    tensor([2, 0, 1, 3])
    """
    y = y.cpu()
    firsts = [int((y == label).nonzero()[0]) for label in y.unique()[:SNAPSHOT_IMAGES]]
    rest = [index for index in range(min(len(y), SNAPSHOT_POINTS + len(firsts))) if index not in set(firsts)]
    return torch.tensor([*firsts, *rest][:SNAPSHOT_POINTS])


def _tensor(array: NDArray[Any] | None) -> Tensor | None:
    return None if array is None else torch.from_numpy(array)


@torch.no_grad()
def _round_to_float16(model: torch.nn.Module) -> None:
    """Round the weights to what a run file keeps, so that its figures are those of the model in it."""
    for parameter in model.parameters():
        parameter.copy_(parameter.half().float())
