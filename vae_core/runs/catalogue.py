"""The runs there are, and the one answer to which of them is meant."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..config import KINDS, ModelConfig, TrainConfig, identity
from .info import RunInfo

Settings = tuple[ModelConfig, TrainConfig]


class Catalogue(tuple[RunInfo, ...]):
    """Runs in a fixed order.

    Where several are meant, one rule decides: the one that is asked for by its id, then a shipped one, then the newest,
    then the last by id.

    >>> from vae_core.runs import list_runs
    >>> runs = list_runs("checkpoints")
    >>> runs.find(ModelConfig("vae"), TrainConfig()).id[:18]
    'mnist-vae-beta1-s0'
    >>> [f"{beta:g}" for beta in runs.along((ModelConfig("vae"), TrainConfig()), "beta")][:4]
    ['0', '0.1', '0.25', '0.5']
    """

    __slots__ = ()

    def get(self, run_id: str | None) -> RunInfo | None:
        """Return the run with an id; None if there is none."""
        return next((info for info in self if info.id == run_id), None)

    def where(self, condition: Callable[[RunInfo], bool]) -> Catalogue:
        """Return the runs that meet a condition, in their order."""
        return Catalogue(filter(condition, self))

    def fitting(self, settings: Mapping[str, Any]) -> Catalogue:
        """Return the runs that contradict none of these settings; one that a kind does not have contradicts nothing."""
        return self.where(lambda info: all(info.setting(name) in (value, None) for name, value in settings.items()))

    def best(self, run_id: str | None = None) -> RunInfo | None:
        """Return the run that the rule decides for, perhaps the one asked for by its id; None of none."""
        return _best(self, run_id)

    def find(self, model: ModelConfig, train: TrainConfig) -> RunInfo | None:
        """Return the run that was trained with these settings; those that a model does not use do not count."""
        text = identity(model, train)
        return _best((info for info in self if identity(info.model, info.train) == text), None)

    def along(self, settings: RunInfo | Settings, name: str) -> dict[Any, RunInfo]:
        """Return the runs that differ from a run, or from settings, in nothing but one setting, by its rising values.

        A run stands for its own value. Of a kind that does not have the setting there are none.
        """
        run_id = settings.id if isinstance(settings, RunInfo) else None
        model, train = (settings.model, settings.train) if isinstance(settings, RunInfo) else settings
        text = _identity_without(name, model, train)
        by_value: dict[Any, list[RunInfo]] = {}
        for info in self:
            if info.model.kind == model.kind and _identity_without(name, info.model, info.train) == text:
                by_value.setdefault(info.setting(name), []).append(info)
        best = {value: _best(infos, run_id) for value, infos in by_value.items() if value is not None}
        return {value: info for value, info in sorted(best.items()) if info is not None}

    def of_each_kind(self, run_id: str | None = None) -> dict[str, RunInfo | None]:
        """Return the `best` run of each kind, by kind; None where there is none."""
        return {kind: _best((info for info in self if info.model.kind == kind), run_id) for kind in KINDS}

    def usual(self, kind: str, dataset: str, latent_dim: int) -> RunInfo | None:
        """Return the run of a kind, on a data set, with the fewest settings other than the default; None of none."""
        settings = {"kind": kind, "dataset": dataset, "latent_dim": latent_dim}
        fewest: dict[int, list[RunInfo]] = {}
        for info in self.fitting(settings):
            fewest.setdefault(len(_described(info.model, info.train)), []).append(info)
        return _best(fewest[min(fewest)], None) if fewest else None


def _best(infos: Iterable[RunInfo], run_id: str | None) -> RunInfo | None:
    return max(infos, key=lambda info: (info.id == run_id, info.shipped, info.created, info.id), default=None)


def _described(model: ModelConfig, train: TrainConfig) -> dict[str, Any]:
    """Return the settings that are not the default."""
    return json.loads(identity(model, train))


@functools.lru_cache(maxsize=4096)
def _identity_without(name: str, model: ModelConfig, train: TrainConfig) -> str:
    """Return the settings as a text, as `identity` does, without one of them."""
    return json.dumps({key: value for key, value in _described(model, train).items() if key != name})
