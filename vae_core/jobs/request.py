"""What can be requested of the queue. Imports neither torch nor Dask."""

import hashlib
from dataclasses import dataclass
from typing import Any, Self

from ..config import ModelConfig, TrainConfig, canonical_json, identity
from ..runs import RunInfo

MAX_MODELS = 3  # of one request: they train side by side


@dataclass(frozen=True)
class Request:
    """One to three models to be trained side by side, such as VAE + cVAE at one beta; or runs to be measured.

    `measured` are runs with these settings whose evidence is wanted; none where models are to be trained.
    """

    models: tuple[tuple[ModelConfig, TrainConfig], ...]
    measured: tuple[RunInfo, ...] = ()

    @classmethod
    def evidence(cls, *infos: RunInfo) -> Self:
        """Return a request for the evidence of one to three runs."""
        return cls(tuple((info.model, info.train) for info in infos), infos)

    def __post_init__(self) -> None:
        if not 1 <= len(self.models) <= MAX_MODELS:
            raise ValueError(f"models must be 1 to {MAX_MODELS} pairs of settings, got {len(self.models)}")
        object.__setattr__(self, "models", tuple((model, train.for_kind(model.kind)) for model, train in self.models))

    @property
    def id(self) -> str:
        """Return 16 hexadecimal digits, equal for requests that mean the same trainings or measurements."""
        hashes = [info.sha256 for info in self.measured]
        return digest(hashes or [identity(model, train) for model, train in self.models])[:16]


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
