"""What the page shows of each kind: its run, and the evidence that has been measured."""

from __future__ import annotations

from typing import NamedTuple

from ui import store
from ui.shell import messages, words
from vae_core.config import KINDS
from vae_core.errors import RunError
from vae_core.runs import Metric, RunInfo

__all__ = ["Shown", "metrics_of", "names", "same_but_beta", "same_but_seed", "shown_of", "with_runs"]


class Shown(NamedTuple):
    """A model kind, its run (None if there is none that can be read), and what was measured of it, by name."""

    kind: str
    info: RunInfo | None
    metrics: dict[str, Metric]

    @property
    def run(self) -> RunInfo:
        """The run, where it is known that there is one."""
        assert self.info is not None  # noqa: S101
        return self.info


def shown_of(chosen: dict[str, RunInfo | None]) -> list[Shown]:
    """All kinds in their order. A file that cannot be read is named on the page."""
    return [_shown(kind, chosen.get(kind)) for kind in KINDS]


def _shown(kind: str, info: RunInfo | None) -> Shown:
    if info is None or not messages.readable(info):
        return Shown(kind, None, {})
    return Shown(kind, info, store.metrics(info))


def with_runs(shown: list[Shown]) -> list[Shown]:
    """Those that have a run."""
    return [one for one in shown if one.info is not None]


def names() -> tuple[str, ...]:
    """Short names of the kinds, in their order."""
    return tuple(words.short(kind) for kind in KINDS)


def metrics_of(info: RunInfo) -> dict[str, Metric]:
    """What was measured of a run; nothing where its file cannot be read."""
    try:
        return store.metrics(info)
    except RunError:
        return {}


def same_but_seed(info: RunInfo) -> list[RunInfo]:
    """The trainings that differ from one in nothing but the seed, one of each seed, by seed."""
    return list(store.catalogue().along(info, "seed").values())


def same_but_beta(info: RunInfo) -> dict[float, RunInfo]:
    """The trainings that differ from one, which is no AE, in nothing but beta, by beta."""
    return store.catalogue().along(info, "beta")
