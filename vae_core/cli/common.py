"""What several commands share: the run that is meant, and results in words."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..runs import SUFFIX, RunInfo, list_runs

# Adds a command: its name, what it does, how its result is shown to people, and one sentence.
Add = Callable[[str, Callable[..., Any], Callable[..., None], str], argparse.ArgumentParser]


def find(run: Path) -> Path:
    """Return a run's file, which may be given by the run's id among the checkpoints."""
    if run.suffix == SUFFIX or run.exists():
        return run
    info = list_runs().get(str(run))
    return run if info is None or info.path is None else info.path


def summary(info: RunInfo) -> dict[str, Any]:
    """Return what `list` and `show` say about a run."""
    return {
        "run": str(info.path),
        "kind": info.model.kind,
        "dataset": info.train.dataset,
        "beta": info.train.beta,
        "latent_dim": info.model.latent_dim,
        "condition": info.model.condition if info.model.kind == "cvae" else None,
        "seed": info.train.seed,
        "epochs": info.train.epochs,
        "test": info.test.to_json(),
    }


def nats(value: float | None) -> str:
    """Write a loss in nats, or a dash where there is none."""
    return "—" if value is None else f"{value:.2f}"


def show_list(result: dict[str, Any]) -> None:
    """Print runs with their losses, a line each."""
    print(f"{'recon':>8} {'kld':>7} {'elbo':>9}  run")
    for entry in result["runs"]:
        test = entry["test"]
        print(f"{nats(test['recon']):>8} {nats(test['kld']):>7} {nats(test['elbo']):>9}  {entry['run']}")


def show_json(result: dict[str, Any]) -> None:
    """Print a result as indented JSON."""
    print(json.dumps(result, indent=2, ensure_ascii=False))


def listed(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Make a reader of values with commas between them, each once.

    >>> listed(float)("0,1,0.5,1")
    (0.0, 1.0, 0.5)
    """

    def read_all(text: str) -> tuple[Any, ...]:
        try:
            return tuple(dict.fromkeys(read(value.strip()) for value in text.split(",")))
        except ValueError:
            raise argparse.ArgumentTypeError(f"values must have commas between them, as 0,1,2, got {text!r}") from None

    return read_all
