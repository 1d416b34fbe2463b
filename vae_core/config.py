"""Settings of a model and of its training: frozen, checked where they are made, JSON both ways. Imports no torch."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, NamedTuple, Self

from .errors import SettingError

__all__ = [
    "BINARIZATIONS",
    "CONDITIONS",
    "CONDITION_PLACES",
    "DATASETS",
    "KINDS",
    "LIKELIHOODS",
    "DatasetInfo",
    "ModelConfig",
    "TrainConfig",
    "canonical_json",
    "identity",
]

KINDS = ("ae", "vae", "cvae")
CONDITIONS = ("one_hot", "embedding")
CONDITION_PLACES = ("both", "encoder", "decoder")
LIKELIHOODS = ("bernoulli", "gaussian")
BINARIZATIONS = ("none", "dynamic")
# Settings that came after the first run files, with their defaults: left out there, so that the hash of a file that
# was written without them still holds.
LATER: Mapping[str, Any] = {"kld_warmup": 0}


class DatasetInfo(NamedTuple):
    """What the settings need to know of a data set before anything is loaded."""

    title: str
    epochs: int
    image_shape: tuple[int, int]
    num_classes: int
    images: tuple[int, int]  # for training, and for the test
    download_mb: float


# digits has 1,437 training images, 6 steps an epoch: ten epochs would leave it untrained.
DATASETS: Mapping[str, DatasetInfo] = {
    "mnist": DatasetInfo("MNIST", 10, (28, 28), 10, (60_000, 10_000), 11.6),
    "fashion_mnist": DatasetInfo("Fashion-MNIST", 10, (28, 28), 10, (60_000, 10_000), 30.9),
    "kmnist": DatasetInfo("KMNIST", 10, (28, 28), 10, (60_000, 10_000), 21.0),
    "emnist_letters": DatasetInfo("EMNIST letters", 10, (28, 28), 26, (124_800, 20_800), 562),
    "digits": DatasetInfo("Digits", 200, (8, 8), 10, (1_437, 360), 0),
}


def canonical_json(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, no NaN (ValueError), ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _one_of(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingError(name, f"one of {', '.join(allowed)}", value)


def _whole(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SettingError(name, f"a whole number from {low} to {high}", value)


def _real(name: str, value: Any, low: float, high: float) -> None:
    """A number in [low, high]; NaN is in no range."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SettingError(name, f"a number from {low:g} to {high:g}", value)


class _Settings:
    """JSON both ways for the frozen settings below."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, one key per field; those of `LATER` only where they are not the default."""
        values = {key: value for key, value in asdict(self).items() if key not in LATER or value != LATER[key]}  # type: ignore[call-overload]
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """The settings that `to_json` wrote. ValueError names what is missing, unknown or out of range."""
        if not isinstance(values, dict):
            raise SettingError(cls.__name__, "a JSON object", values)
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        if "kind" in names - set(values):
            raise ValueError(f"{cls.__name__} needs the setting kind")
        if unknown := sorted(set(values) - names):
            raise ValueError(f"{cls.__name__} has no setting {', '.join(unknown)}")
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


@dataclass(frozen=True)
class ModelConfig(_Settings):
    """What a model is.

    Arguments:
        kind: "ae" (no KLD), "vae" (KLD) or "cvae" (KLD + condition).
        image_shape: Height and width of an image in pixels.
        num_classes: How many labels there are; labels are 0 … num_classes − 1.
        latent_dim: Dimensions d of the latent space, 1 to 64.
        hidden: Widths of the encoder's hidden layers; the decoder has them in reverse.
        condition: How a cVAE is told the label: "one_hot" or "embedding" (a learned vector per class).
        condition_dim: Length of a learned vector (unused for one_hot).
        condition_in: Where the condition goes: "both", or as an ablation "encoder" or "decoder" alone.
        likelihood: p(x|z), "bernoulli" or "gaussian" (mean = sigmoid of the logits).
        likelihood_std: Standard deviation of the Gaussian likelihood, in units of pixel values in [0, 1].

    >>> ModelConfig("vae", latent_dim=0)
    Traceback (most recent call last):
    vae_core.errors.SettingError: latent_dim must be a whole number from 1 to 64, got 0
    """

    kind: str
    image_shape: tuple[int, int] = (28, 28)
    num_classes: int = 10
    latent_dim: int = 2
    hidden: tuple[int, ...] = (512, 256, 128)
    condition: str = "one_hot"
    condition_dim: int = 8
    condition_in: str = "both"
    likelihood: str = "bernoulli"
    likelihood_std: float = 0.1

    def __post_init__(self) -> None:
        _one_of("kind", self.kind, KINDS)
        if not isinstance(self.image_shape, tuple) or len(self.image_shape) != 2:
            raise SettingError("image_shape", "(height, width)", self.image_shape)
        for side in self.image_shape:
            _whole("image_shape", side, 1, 512)
        _whole("num_classes", self.num_classes, 1, 1000)
        _whole("latent_dim", self.latent_dim, 1, 64)
        if not isinstance(self.hidden, tuple) or not 1 <= len(self.hidden) <= 8:
            raise SettingError("hidden", "1 to 8 layer widths", self.hidden)
        for width in self.hidden:
            _whole("hidden", width, 1, 8192)
        _one_of("condition", self.condition, CONDITIONS)
        _whole("condition_dim", self.condition_dim, 1, 512)
        _one_of("condition_in", self.condition_in, CONDITION_PLACES)
        _one_of("likelihood", self.likelihood, LIKELIHOODS)
        _real("likelihood_std", self.likelihood_std, 1e-3, 10.0)

    @property
    def pixels(self) -> int:
        """D, the number of pixels of an image."""
        return self.image_shape[0] * self.image_shape[1]


@dataclass(frozen=True)
class TrainConfig(_Settings):
    """How a model is trained.

    Arguments:
        dataset: A name of `DATASETS`.
        beta: The KLD weight, 0 to 1000; None for an AE, which has no KLD (see `for_kind`).
        epochs: Passes over the training images; left out or 0, the data set's own number.
        batch_size: Images per step.
        learning_rate: Peak of the one-cycle schedule.
        seed: Of everything random: initial weights, order of images, noise.
        binarize: "none" (grey values) or "dynamic" (pixels drawn anew at each use).
        kld_warmup: Epochs over which the KLD weight grows linearly from 0 to beta; at most `epochs`.
    """

    dataset: str = "mnist"
    beta: float | None = 1.0
    epochs: int = 0  # replaced below by the data set's own number
    batch_size: int = 256
    learning_rate: float = 3e-3
    seed: int = 0
    binarize: str = "none"
    kld_warmup: int = 0

    def __post_init__(self) -> None:
        _one_of("dataset", self.dataset, tuple(DATASETS))
        if self.beta is not None:
            _real("beta", self.beta, 0.0, 1000.0)
            object.__setattr__(self, "beta", float(self.beta))  # 1 and 1.0 are one setting
        _whole("epochs", self.epochs, 0, 10_000)
        if self.epochs == 0:
            object.__setattr__(self, "epochs", DATASETS[self.dataset].epochs)
        _whole("batch_size", self.batch_size, 1, 65_536)
        _real("learning_rate", self.learning_rate, 1e-7, 1.0)
        _whole("seed", self.seed, 0, 2**31 - 1)
        _one_of("binarize", self.binarize, BINARIZATIONS)
        _whole("kld_warmup", self.kld_warmup, 0, self.epochs)

    def for_kind(self, kind: str) -> TrainConfig:
        """These settings for a model kind: an AE has no KLD, so its beta is None; the others need a number."""
        if kind == "ae":
            return replace(self, beta=None, kld_warmup=0)
        if self.beta is None:
            raise SettingError("beta", f"a number for a {kind}", None)
        return self


@functools.lru_cache(maxsize=4096)
def identity(model: ModelConfig, train: TrainConfig) -> str:
    """What the settings say about a training's result: equal texts mean equal trainings.

    Canonical JSON without defaults and without settings that the model does not use, such as a VAE's condition.

    >>> identity(ModelConfig("vae", condition="embedding"), TrainConfig(beta=4, epochs=3))
    '{"beta":4.0,"epochs":3,"kind":"vae"}'
    """
    unused = {"condition", "condition_dim", "condition_in"} if model.kind != "cvae" else set()
    unused |= {"condition_dim"} if model.condition == "one_hot" else set()
    unused |= {"likelihood_std"} if model.likelihood == "bernoulli" else set()
    train = train.for_kind(model.kind)
    described: dict[str, Any] = {}
    for config in (model, train):
        default = {field.name: field.default for field in fields(config)}
        values = asdict(config)
        described |= {name: value for name, value in values.items() if name not in unused and value != default[name]}
    return canonical_json(described)
