"""Settings of a model and of its training: frozen, checked where they are made, JSON both ways. Imports no torch."""

import functools
import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from itertools import pairwise
from typing import Any, Self

from .datasets import DATASETS as DATASETS
from .errors import SettingError
from .setting import Setting

# Settings that came after the first run files, with what those files were trained with: left out where they are that,
# so that the hash of a file that was written without them still holds.
LATER: Mapping[str, Any] = {
    "kld_warmup": 0, "classes": (), "images": 0, "activation": "relu", "schedule": "one_cycle",
    "adam_epsilon": 1e-8, "samples": 1, "bound": "elbo", "validation": 0, "patience": 0,
    "prior": "standard",
}  # fmt: skip
MAX_LAYERS = 8
MAX_WEIGHTS = 100_000_000  # of 16 bits: with latents and snapshots they fit into the 256 MB of a run file
MAX_ROWS = 65_536  # of a step: images times samples
# exp(logvar) stays finite in float32 and sigma stays above 3e-7; a beta of 0 presses on the lower end.
LOGVAR_MIN, LOGVAR_MAX = -30.0, 20.0


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, no NaN (ValueError), ASCII only.

    >>> canonical_json({"b": 1, "a": [1.5, None]})
    '{"a":[1.5,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _is_conditional(model: "ModelConfig") -> bool:
    return model.kind == "cvae"


def _has_kld(model: "ModelConfig") -> bool:
    return model.kind != "ae"


# In the order in which they are listed on screen. The image's shape and the number of classes follow from the data set.
SETTINGS: Mapping[str, Setting] = {
    "kind": Setting(
        "Model",
        "an autoencoder has no KLD; a conditional VAE is given the label",
        {"ae": "Autoencoder", "vae": "VAE", "cvae": "Conditional VAE"},
    ),
    "dataset": Setting("Data set", "images and labels", {name: info.title for name, info in DATASETS.items()}),
    "beta": Setting("KLD weight β", "weight of the KLD in the loss", limits=(0.0, 1000.0), applies=_has_kld),
    "latent_dim": Setting("Latent dimensions", "dimensions of the latent space", limits=(1, 64)),
    "condition": Setting(
        "Condition encoding",
        "vector that stands for the label: a single 1, or learned",
        {"one_hot": "one-hot", "embedding": "embedding"},
        applies=_is_conditional,
    ),
    "condition_dim": Setting(
        "Length of the embedding",
        "length of the learned vector",
        limits=(1, 512),
        applies=lambda model: model.kind == "cvae" and model.condition == "embedding",
    ),
    "condition_in": Setting(
        "Condition goes into",
        "networks that are given the condition; one alone is an ablation",
        {"both": "encoder and decoder", "encoder": "encoder only", "decoder": "decoder only"},
        applies=_is_conditional,
    ),
    "prior": Setting(
        "Prior p(z)",
        "what the KLD brings the codes to; a Gaussian for each label separates the classes where the decoder is not "
        "given the condition, and with the condition in both networks it is a change of variables of N(0, I)",
        {"standard": "N(0, I)", "label": "p(z|c), learned for each label"},
        applies=_is_conditional,
    ),
    "hidden": Setting(
        "Hidden layers",
        "widths of the encoder's hidden layers, as 512, 256; the decoder has them in reverse",
        limits=(1, 8192),
        several=True,
    ),
    "activation": Setting(
        "Activation",
        "function between the layers",
        {"relu": "ReLU", "tanh": "tanh", "gelu": "GELU"},
    ),
    "likelihood": Setting(
        "Likelihood p(x|z)",
        "distribution of a pixel given z, whose mean is the sigmoid of the decoder's output",
        {"bernoulli": "Bernoulli", "gaussian": "Gaussian"},
    ),
    "likelihood_std": Setting(
        "σ of the likelihood",
        "standard deviation of the Gaussian likelihood, for pixels in [0, 1]",
        limits=(1e-3, 10.0),
        applies=lambda model: model.likelihood == "gaussian",
    ),
    "epochs": Setting(
        "Epochs", "passes over the training images; 0 means the data set's own number", limits=(0, 10_000)
    ),
    "batch_size": Setting("Batch size", "images per step", limits=(1, 65_536)),
    "learning_rate": Setting("Learning rate", "the highest one of the schedule", limits=(1e-7, 1.0)),
    "schedule": Setting(
        "Learning-rate schedule",
        "how the learning rate changes over training; the stages are those of Burda et al. 2015",
        {"one_cycle": "one cycle", "constant": "constant", "stages": "stages of 1, 3, 9 … epochs"},
    ),
    "adam_epsilon": Setting("Adam's ε", "added to the root of the mean squared gradient", limits=(1e-12, 0.1)),
    "seed": Setting("Seed", "seed of the initial weights, the order of images and the noise", limits=(0, 2**31 - 1)),
    "binarize": Setting(
        "Binarized pixels",
        "grey values, or black and white pixels, each drawn with its grey value as the probability",
        {"none": "no, grey values", "dynamic": "drawn anew at each use", "fixed": "drawn once"},
    ),
    "samples": Setting(
        "Samples per image", "how many z are drawn for an image in a step", limits=(1, 1000), applies=_has_kld
    ),
    "bound": Setting(
        "Bound of log p(x)",
        "what training makes large: the mean ELBO of the samples, or the importance weighted bound, which needs β = 1",
        {"elbo": "ELBO", "iwae": "importance weighted (IWAE)"},
        applies=_has_kld,
    ),
    "kld_warmup": Setting(
        "KLD warm-up, epochs",
        "epochs over which the KLD weight grows linearly from 0, so that fewer dimensions collapse",
        limits=(0, 10_000),
        applies=_has_kld,
    ),
    "validation": Setting(
        "Validation images",
        "how many of the training images are left out of it, the last ones; the weights that do best on them are kept",
        limits=(0, 1_000_000), empty="none",
    ),
    "patience": Setting(
        "Patience, epochs",
        "training stops after so many epochs, warm-up aside, without a better loss on the validation images; 0: never",
        limits=(0, 10_000), empty="to the end",
    ),
    "classes": Setting(
        "Classes", "labels of the images that are used, in both splits, as 0, 1", limits=(0, 999), several=True,
        empty="all",
    ),
    "images": Setting(
        "Training images", "how many of the training images are used, the first ones; 0 means all",
        limits=(0, 1_000_000), empty="all",
    ),
}  # fmt: skip
KINDS, CONDITIONS, CONDITION_PLACES, LIKELIHOODS, BINARIZATIONS = (
    tuple(SETTINGS[name].choices) for name in ("kind", "condition", "condition_in", "likelihood", "binarize")
)


class _Settings:
    """The checks, and JSON both ways, of the frozen settings below."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name in SETTINGS and not (name == "beta" and value is None):
                SETTINGS[name].check(name, value)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, one key per field; those of `LATER` only where they are something else."""
        values = {key: value for key, value in asdict(self).items() if key not in LATER or value != LATER[key]}  # type: ignore[call-overload]
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Read what `to_json` wrote. ValueError names what is missing, unknown or out of range."""
        if not isinstance(values, dict):
            raise SettingError(cls.__name__, "a JSON object", values)
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        if "kind" in names - set(values):
            raise ValueError(f"{cls.__name__} needs the setting kind")
        if unknown := sorted(set(values) - names):
            raise ValueError(f"{cls.__name__} has no setting {', '.join(unknown)}")
        values = {key: value for key, value in LATER.items() if key in names} | values
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


@dataclass(frozen=True)
class ModelConfig(_Settings):
    """What a model is; `SETTINGS` says what each field means and may be.
    `image_shape` is height and width of an image in pixels; labels are 0 … `num_classes` − 1.

    >>> ModelConfig("vae", latent_dim=0)
    Traceback (most recent call last):
    vae_core.errors.SettingError: latent_dim must be a whole number from 1 to 64, got 0
    """

    kind: str
    image_shape: tuple[int, int] = (28, 28)
    num_classes: int = 10
    latent_dim: int = 2
    hidden: tuple[int, ...] = (512, 256, 128)
    activation: str = "gelu"
    condition: str = "one_hot"
    condition_dim: int = 8
    condition_in: str = "both"
    prior: str = "standard"
    likelihood: str = "bernoulli"
    likelihood_std: float = 0.1

    def __post_init__(self) -> None:
        if not isinstance(self.image_shape, tuple) or len(self.image_shape) != 2:
            raise SettingError("image_shape", "(height, width)", self.image_shape)
        for side in self.image_shape:
            Setting("", "", limits=(1, 512)).check("image_shape", side)
        Setting("", "", limits=(1, 1000)).check("num_classes", self.num_classes)
        super().__post_init__()
        if not 1 <= len(self.hidden) <= MAX_LAYERS:
            raise SettingError("hidden", f"1 to {MAX_LAYERS} layer widths", self.hidden)
        if self.multiplications > MAX_WEIGHTS:
            raise SettingError("hidden", f"layers with at most {MAX_WEIGHTS:,} weights together", self.hidden)

    @property
    def pixels(self) -> int:
        """D, the number of pixels of an image."""
        return self.image_shape[0] * self.image_shape[1]

    @property
    def condition_size(self) -> int:
        """C, the length of the condition's vector; 0 without a condition."""
        sizes = {"one_hot": self.num_classes, "embedding": self.condition_dim}
        return sizes[self.condition] if self.kind == "cvae" else 0

    @property
    def has_label_prior(self) -> bool:
        """Whether p(z|c) is learned for each class, and N(0, I) is the prior in units of it alone."""
        return self.kind == "cvae" and self.prior == "label"

    def condition_inputs(self, network: str) -> int:
        """Return how many inputs the condition adds to a network, "encoder" or "decoder"."""
        return self.condition_size if self.condition_in in ("both", network) else 0

    @property
    def encoder_widths(self) -> tuple[int, ...]:
        """Widths of the encoder's layers, from D + C to the parameters of q(z|x).

        >>> ModelConfig("vae").encoder_widths
        (784, 512, 256, 128, 4)
        """
        parameters = self.latent_dim * (1 if self.kind == "ae" else 2)
        return (self.pixels + self.condition_inputs("encoder"), *self.hidden, parameters)

    @property
    def decoder_widths(self) -> tuple[int, ...]:
        """Widths of the decoder's layers, from d + C to D.

        >>> ModelConfig("cvae").decoder_widths
        (12, 128, 256, 512, 784)
        """
        return (self.latent_dim + self.condition_inputs("decoder"), *reversed(self.hidden), self.pixels)

    @property
    def multiplications(self) -> int:
        """Multiplications per image in a forward pass, which decide how long a training takes."""
        return sum(a * b for widths in (self.encoder_widths, self.decoder_widths) for a, b in pairwise(widths))


@dataclass(frozen=True)
class TrainConfig(_Settings):
    """How a model is trained; `SETTINGS` says what each field means and may be.

    An AE has no KLD: its `beta` is None (see `for_kind`). A `kld_warmup` lasts `epochs` at most.
    """

    dataset: str = "mnist"
    beta: float | None = 1.0
    epochs: int = 0  # replaced below by the data set's own number
    kld_warmup: int = 0
    learning_rate: float = 5e-3
    schedule: str = "one_cycle"
    adam_epsilon: float = 1e-8
    batch_size: int = 256
    binarize: str = "none"
    samples: int = 1
    bound: str = "elbo"
    validation: int = 0
    patience: int = 0
    classes: tuple[int, ...] = ()
    images: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.beta is not None:
            object.__setattr__(self, "beta", float(self.beta))  # 1 and 1.0 are one setting
        if self.epochs == 0:
            object.__setattr__(self, "epochs", DATASETS[self.dataset].epochs)
        if self.kld_warmup > self.epochs:
            raise SettingError("kld_warmup", f"a whole number from 0 to {self.epochs}", self.kld_warmup)
        if self.bound == "iwae" and (self.beta != 1 or self.kld_warmup):
            raise SettingError("bound", "elbo, or iwae at a KLD weight of 1 without a warm-up", self.bound)
        if self.samples * self.batch_size > MAX_ROWS:
            raise SettingError("samples", f"at most {MAX_ROWS:,} in a step of all images together", self.samples)
        data = DATASETS[self.dataset]
        if self.images > data.images[0]:
            raise SettingError("images", f"a whole number from 0 to {data.images[0]}", self.images)
        if self.images == data.images[0]:
            object.__setattr__(self, "images", 0)  # all, which is one setting as well
        if self.validation >= (self.images or data.images[0]):
            raise SettingError("validation", "fewer than the training images", self.validation)
        if self.patience and not self.validation:
            raise SettingError("patience", "0 without validation images", self.patience)
        labels = tuple(sorted(set(self.classes)))
        if labels and labels[-1] >= data.num_classes:
            raise SettingError("classes", f"labels from 0 to {data.num_classes - 1}", self.classes)
        object.__setattr__(self, "classes", labels if len(labels) < data.num_classes else ())

    @property
    def image_counts(self) -> tuple[int, int]:
        """About how many images it is trained and tested on, as if all classes had equally many.

        >>> TrainConfig(classes=(0, 1), images=500).image_counts
        (500, 2000)
        """
        data = DATASETS[self.dataset]
        share = len(self.classes or data.class_names) / data.num_classes
        training, test = (round(count * share) for count in data.images)
        return min(self.images or training, training), test

    def for_kind(self, kind: str) -> Self:
        """Return these settings for a model kind: an AE has no KLD, so its beta is None; the others need a number."""
        if kind == "ae":
            return replace(self, beta=None, kld_warmup=0, samples=1, bound="elbo")
        if self.beta is None:
            raise SettingError("beta", f"a number for a {kind}", None)
        return self


DEFAULTS: Mapping[str, Any] = {
    field.name: field.default
    for config in (ModelConfig, TrainConfig)
    for field in fields(config)
    if field.default is not MISSING
}


def make_configs(kind: str, values: Mapping[str, Any]) -> tuple[ModelConfig, TrainConfig]:
    """Make both configs from settings by name, the rest at their defaults; the data set decides the images' shape.

    >>> make_configs("ae", {"dataset": "digits", "latent_dim": 3})[0].image_shape
    (8, 8)
    """
    names = {field.name for field in fields(TrainConfig)}
    train = TrainConfig(**{name: value for name, value in values.items() if name in names})
    data = DATASETS[train.dataset]
    model = {name: value for name, value in values.items() if name not in names}
    return ModelConfig(kind, data.image_shape, data.num_classes, **model), train.for_kind(kind)


def parse_numbers(name: str, text: str) -> tuple[int, ...]:
    """Read a setting of several whole numbers, with commas or spaces between them. SettingError if they are none.

    >>> parse_numbers("hidden", "512, 256"), parse_numbers("classes", "all")
    ((512, 256), ())
    """
    try:
        return () if text == SETTINGS[name].empty else tuple(int(number) for number in text.replace(",", " ").split())
    except ValueError:
        raise SettingError(name, "whole numbers with commas, as 512, 256", text[:40]) from None


@functools.lru_cache(maxsize=4096)
def identity(model: ModelConfig, train: TrainConfig) -> str:
    """Return what the settings say about a training's result: equal texts mean equal trainings.

    Canonical JSON without defaults and without settings that the model does not use, such as a VAE's condition.

    >>> identity(ModelConfig("vae", condition="embedding"), TrainConfig(beta=4, epochs=3))
    '{"beta":4.0,"epochs":3,"kind":"vae"}'
    """
    values = asdict(model) | asdict(train.for_kind(model.kind))
    unused = {name for name, setting in SETTINGS.items() if not setting.applies(model)}
    described = {name: value for name, value in values.items() if name not in unused and value != DEFAULTS.get(name)}
    return canonical_json(described)
