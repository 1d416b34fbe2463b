"""The training loop, as a generator of frames; it knows nothing of who watches, and draws nothing."""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from .config import ModelConfig, TrainConfig
from .data import ImageSet
from .devices import describe_device, resolve_device, uses_bf16
from .errors import TrainingError
from .evaluation import Evaluation, evaluate
from .history import Losses
from .latents import Frame
from .models import AE, CVAE, VAE
from .sheets import pixels
from .steps import Descent

TRAINING_VERSION = 1  # changes when equal settings no longer give equal weights

SNAPSHOT_POINTS = 1000  # test images whose latents are kept over training
SNAPSHOT_IMAGES = 10  # test images whose reconstructions are kept with them
MAX_SNAPSHOTS = 100  # in a run file; longer trainings keep every second, third … epoch
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
) -> Iterator[Frame]:
    """Train a model, yielding a frame before the first step and after every epoch; the last carries the model.

    The recipe: fused Adam, a one-cycle learning rate, the whole data set as one tensor on the device, bf16 autocast
    where the hardware has it. Equal settings on the same machine and device give bit-equal weights. Nothing is
    written, and the global random stream is not touched.

    Arguments:
        train_config: For an AE, its beta is ignored and recorded as None.
        data, test: The two splits; moved to the device if they are elsewhere.
        device: As for `resolve_device`.
        should_stop: Asked before every step; once it is true the generator ends without a trained model.
        every_s: Yield within an epoch as well, when so many seconds have passed; the weights stay the same.

    Raises:
        TrainingError: The settings do not fit the data, or the loss is no longer finite.
        DeviceError: There is no such device.

    >>> from .data import load_dataset
    >>> splits = load_dataset("digits", split="train"), load_dataset("digits", split="test")
    >>> before, after = train(ModelConfig("vae", (8, 8)), TrainConfig(epochs=1), *splits, device="cpu")
    >>> after.test.recon < before.test.recon, after.trained.model.config.kind
    (True, 'vae')
    """
    train_config = train_config.for_kind(model_config.kind)
    _check_fit(model_config, data, test)
    target = resolve_device(device) if isinstance(device, str) else device
    data, test = data.to(target), test.to(target)
    run = _Training(model_config, train_config, data, test)
    yield run.evaluated(None)
    for _ in range(train_config.epochs):
        loss = yield from run.epoch(should_stop, every_s)
        if loss is None:
            return
        yield run.evaluated(loss)


def _check_fit(config: ModelConfig, data: ImageSet, test: ImageSet) -> None:
    for split in (data, test):
        shape, label = tuple(split.x.shape[1:]), int(split.y.max())
        if shape != config.image_shape:
            raise TrainingError(f"the model is for images of {config.image_shape}, the data has {shape}")
        if config.kind == "cvae" and label >= config.num_classes:
            raise TrainingError(f"the model has {config.num_classes} classes, the data has label {label}")


class _Training:
    """The state of one training: the descent, what has been recorded, and the time it took."""

    def __init__(self, model_config: ModelConfig, config: TrainConfig, data: ImageSet, test: ImageSet) -> None:
        self.config, self.data, self.test, self.device = config, data, test, data.x.device
        self.descent = Descent(model_config, config, data)
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

    def evaluated(self, loss: Losses | None) -> Frame:
        """Evaluate and record an epoch, and at the end put the finished model together; no loss: before the first."""
        epoch = len(self.history) + (loss is not None)
        last = epoch == self.config.epochs
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
        if last or epoch % -(-self.config.epochs // MAX_SNAPSHOTS) == 0:
            self.snapshots.append(frame)
        return replace(frame, trained=self._trained(evaluation, frame.images_per_second)) if last else frame

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


@torch.no_grad()
def _round_to_float16(model: torch.nn.Module) -> None:
    """Round the weights to what a run file keeps, so that its figures are those of the model in it."""
    for parameter in model.parameters():
        parameter.copy_(parameter.half().float())
