"""What a run file says of itself: settings, figures, history; the JSON of its header, checked field by field."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ..config import DATASETS, SETTINGS, ModelConfig, TrainConfig
from ..errors import RunError
from ..history import Losses
from . import fields
from .sealed import HASH

FORMAT = 1
SUFFIX = ".safetensors"
MAX_REASON = 300  # characters of a refusal, which may quote what stands in a file
LOCAL = "local"  # subfolder for runs trained here; everything beside it is shipped


@dataclass(frozen=True)
class RunInfo:
    """All that a run file says of itself without its tensors; `path` is where it was read, None before it is saved."""

    model: ModelConfig
    train: TrainConfig
    test: Losses
    history: tuple[tuple[Losses, Losses], ...]
    snapshot_epochs: tuple[int, ...]
    class_names: tuple[str, ...]
    fingerprints: tuple[str, str]
    precision: str
    device: str
    seconds: float
    images_per_second: float
    created: str
    versions: tuple[tuple[str, str], ...]
    sha256: str = ""
    path: Path | None = None

    @property
    def id(self) -> str:
        """Return what is readable, unique and the file's name: `mnist-cvae-beta1-onehot-s0-1a2b3c4d`."""
        model, train = self.model, self.train
        parts_of_id = [train.dataset.replace("_", ""), model.kind]
        if train.beta is not None:
            parts_of_id.append(f"beta{train.beta:g}")
        if model.kind == "cvae":
            parts_of_id.append(model.condition.replace("_", ""))
            parts_of_id += [] if model.condition_in == "both" else [f"{model.condition_in}only"]
            parts_of_id += ["labelprior"] if model.has_label_prior else []
        parts_of_id += [] if model.latent_dim == 2 else [f"d{model.latent_dim}"]
        parts_of_id += [] if model.likelihood == "bernoulli" else [model.likelihood]
        parts_of_id += ["part"] if train.classes or train.images else []
        return "-".join((*parts_of_id, f"s{train.seed}", self.sha256[:8]))

    def setting(self, name: str) -> Any:
        """Return the value of a setting of model or training; None where the run's kind has no such setting."""
        if name in SETTINGS and not SETTINGS[name].applies(self.model):
            return None
        return getattr(self.model if hasattr(self.model, name) else self.train, name)

    @property
    def class_count(self) -> int:
        """Count the classes of the images that the run was trained and tested on."""
        return len(self.train.classes) or self.model.num_classes

    @property
    def shipped(self) -> bool:
        """Tell whether the run came with the app; others were trained here."""
        return self.path is not None and self.path.parent.name != LOCAL

    @property
    def latent_seed(self) -> int:
        """Return the seed of this run's sampled z, the same for every visitor."""
        return int(self.sha256[:8], 16)

    def to_json(self) -> dict[str, Any]:
        """Return the header's JSON without its hash."""
        return {
            "format": FORMAT,
            "model": self.model.to_json(),
            "train": self.train.to_json(),
            "test": self.test.to_json(),
            "history": [{"train": train.to_json(), "test": test.to_json()} for train, test in self.history],
            "snapshot_epochs": list(self.snapshot_epochs),
            "class_names": list(self.class_names),
            "fingerprints": {"train": self.fingerprints[0], "test": self.fingerprints[1]},
            "precision": self.precision,
            "device": self.device,
            "seconds": self.seconds,
            "images_per_second": self.images_per_second,
            "created": self.created,
            "versions": dict(self.versions),
        }

    @classmethod
    def from_json(cls, values: Any, path: Path | None = None) -> Self:
        """Check the header's JSON field by field. RunError names the first thing that is wrong."""
        try:
            if type(values["format"]) is not int or values["format"] != FORMAT:
                raise RunError(f"its format is {values['format']!r}, this version reads {FORMAT}"[:MAX_REASON])
            model, train = ModelConfig.from_json(values["model"]), TrainConfig.from_json(values["train"])
            info = cls(
                model=model,
                train=train,
                test=_losses(values["test"]),
                history=tuple((_losses(epoch["train"]), _losses(epoch["test"])) for epoch in values["history"]),
                snapshot_epochs=fields.epochs("snapshot_epochs", values["snapshot_epochs"], len(values["history"])),
                class_names=fields.names("class_names", values["class_names"], model.num_classes),
                fingerprints=(_fingerprint(values, "train"), _fingerprint(values, "test")),
                precision=fields.text("precision", values["precision"]),
                device=fields.text("device", values["device"]),
                seconds=fields.number("seconds", values["seconds"]),
                images_per_second=fields.number("images_per_second", values["images_per_second"]),
                created=fields.time("created", values["created"]),
                versions=fields.versions("versions", values["versions"]),
                sha256=fields.digest("its hash", values[HASH]),
                path=path,
            )
            fields.unknown(values, (*info.to_json(), HASH))
            info._check()
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())
            raise RunError(f"its settings are wrong: {reason}"[:MAX_REASON]) from None
        return info

    def _check(self) -> None:
        """Raise a ValueError for fields that do not fit each other, or the data set."""
        data = DATASETS[self.train.dataset]
        if (self.model.image_shape, self.model.num_classes) != (data.image_shape, data.num_classes):
            found = f"{self.model.image_shape} in {self.model.num_classes} classes"
            raise ValueError(
                f"{data.title} has images of {data.image_shape} in {data.num_classes} classes, not {found}"
            )
        if (self.model.kind == "ae") != (self.train.beta is None):
            raise ValueError("the KLD weight does not fit the kind")
        fewest = 1 if self.train.patience else self.train.epochs
        if not fewest <= len(self.history) <= self.train.epochs:
            raise ValueError(f"the history has {len(self.history)} epochs, the training had {self.train.epochs}")
        for losses in (self.test, *(losses for epoch in self.history for losses in epoch)):
            if (losses.kld is None) != (self.model.kind == "ae"):
                raise ValueError(f"the losses {losses.to_json()} do not fit the kind")


def _losses(values: Any) -> Losses:
    losses = Losses.from_json(values)
    for term in losses:
        if term is not None:
            fields.number("each loss", term, -fields.MAX_NUMBER)
    return losses


def _fingerprint(values: Any, split: str) -> str:
    return fields.digest(f"the fingerprint of the {split} split", values["fingerprints"][split])
