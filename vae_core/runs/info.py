"""What a run file says of itself: settings, figures, history; the JSON of its header, checked field by field."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from ..config import SETTINGS, ModelConfig, TrainConfig
from ..errors import RunError
from ..history import Losses

FORMAT = 1
SUFFIX = ".safetensors"
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
        parts_of_id += [] if model.latent_dim == 2 else [f"d{model.latent_dim}"]
        parts_of_id += [] if model.likelihood == "bernoulli" else [model.likelihood]
        return "-".join((*parts_of_id, f"s{train.seed}", self.sha256[:8]))

    def setting(self, name: str) -> Any:
        """Return the value of a setting of model or training; None where the run's kind has no such setting."""
        if name in SETTINGS and not SETTINGS[name].applies(self.model):
            return None
        return getattr(self.model if hasattr(self.model, name) else self.train, name)

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
            if values["format"] != FORMAT:
                raise RunError(f"its format is {values['format']!r}, this version reads {FORMAT}")
            info = cls(
                model=ModelConfig.from_json(values["model"]),
                train=TrainConfig.from_json(values["train"]),
                test=Losses.from_json(values["test"]),
                history=tuple(
                    (Losses.from_json(epoch["train"]), Losses.from_json(epoch["test"])) for epoch in values["history"]
                ),
                snapshot_epochs=tuple(int(epoch) for epoch in values["snapshot_epochs"]),
                class_names=tuple(str(name) for name in values["class_names"]),
                fingerprints=(str(values["fingerprints"]["train"]), str(values["fingerprints"]["test"])),
                precision=str(values["precision"]),
                device=str(values["device"]),
                seconds=float(values["seconds"]),
                images_per_second=float(values["images_per_second"]),
                created=datetime.fromisoformat(values["created"]).isoformat(),
                versions=tuple(sorted((str(name), str(text)) for name, text in values["versions"].items())),
                sha256=values["sha256"],
                path=path,
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise RunError(f"its settings are wrong: {reason}") from None
        if not isinstance(info.sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", info.sha256):
            raise RunError("its hash is not a SHA-256")
        if (info.model.kind == "ae") != (info.train.beta is None):
            raise RunError("its KLD weight does not fit its kind")
        for losses in (info.test, *(losses for epoch in info.history for losses in epoch)):
            if (losses.kld is None) != (info.model.kind == "ae"):
                raise RunError(f"its losses {losses.to_json()} do not fit its kind")
        if len(info.class_names) != info.model.num_classes:
            raise RunError(f"it names {len(info.class_names)} classes and has {info.model.num_classes}")
        return info
