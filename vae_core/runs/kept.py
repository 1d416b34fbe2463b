"""Numbers that were measured of a run, kept in `NAME.evidence.json`; reading them never writes.

Those of a run that was trained here lie beside it. Nothing is written beside a run that came with the app: what is
measured of it here lies in the subfolder `local`, and counts before what it came with.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..atomic import write_atomically
from ..errors import RunError
from .fields import MAX_NUMBER
from .info import LOCAL, RunInfo

EVIDENCE = ".evidence.json"
LABELS = {"undefined": "not defined", "undetermined": "not determined", "unmeasured": "not measured yet"}


class Missing(NamedTuple):
    """Why there is no number: the model has no such thing, the data cannot tell, or nobody measured it."""

    kind: Literal["undefined", "undetermined", "unmeasured"]
    why: str = ""

    @property
    def label(self) -> str:
        """Say it in a few words: "not defined", "not determined" or "not measured yet"."""
        return LABELS[self.kind]

    def __str__(self) -> str:
        return f"{self.label}: {self.why}" if self.why else self.label


class Metric(NamedTuple):
    """One number with what it needs to be read, in plain Python types; its unit and direction are `NUMBERS[name]`'s.

    Arguments:
        value: A number, a truth value or a list; None if it is missing.
        null: The same for a model that is exactly Gaussian (latents) or for real images (generation); None if there
            is no such thing.
        stderr: Standard error of a value that is estimated from draws or a sample, of the same shape.
        missing: Why value is None.
        version: Of the number's definition.
    """

    value: Any
    null: Any = None
    stderr: Any = None
    missing: Missing | None = None
    version: int = 1


def kept_metrics(info: RunInfo) -> dict[str, Metric]:
    """Read every number that is kept of this very run, whatever its version; what cannot be read is left out.

    Of two with one name the newer definition counts, then the one that was measured here.
    """
    metrics: dict[str, Metric] = {}
    for path in _paths(info):
        for name, metric in _read(path, info.sha256).items():
            if name not in metrics or metric.version >= metrics[name].version:
                metrics[name] = metric
    return metrics


def keep_metrics(info: RunInfo, metrics: Mapping[str, Metric], folder: Path | None = None) -> None:
    """Keep numbers of a run, and those that are kept in the same file under other names.

    Of a run without a file nothing is kept. No folder means the run's own if it was trained here, and `local` in it if
    it came with the app. RunError if they cannot be written.
    """
    if info.path is None:
        return
    path = _paths(info)[-1] if folder is None else folder / _paths(info)[0].name
    content = {
        "run": info.sha256,
        "metrics": {name: _to_json(metric) for name, metric in {**_read(path, info.sha256), **metrics}.items()},
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from None


def metrics_changed(info: RunInfo) -> int:
    """Return when a run's kept numbers were last written, in nanoseconds; 0 if there are none."""
    times = [0]
    for path in _paths(info):
        with suppress(OSError):
            times.append(path.stat().st_mtime_ns)
    return max(times)


def _paths(info: RunInfo) -> tuple[Path, ...]:
    """Return where numbers of a run may lie, the file that is written to last."""
    if info.path is None:
        return ()
    beside = info.path.with_suffix(EVIDENCE)
    return (beside, beside.parent / LOCAL / beside.name) if info.shipped else (beside,)


def _read(path: Path, sha256: str) -> dict[str, Metric]:
    try:
        content = json.loads(path.read_bytes())
        entries = content["metrics"].items() if content["run"] == sha256 else ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    metrics = {}
    for name, entry in entries:
        with suppress(KeyError, TypeError, ValueError):
            metrics[name] = _from_json(entry)
    return metrics


def _to_json(metric: Metric) -> dict[str, Any]:
    return metric._asdict() | {"missing": None if metric.missing is None else metric.missing._asdict()}


def _from_json(entry: Any) -> Metric:
    metric = Metric(**entry)
    missing = None if metric.missing is None else Missing(**entry["missing"])
    if (missing is None) == (metric.value is None) or (missing and missing.kind not in LABELS):
        raise ValueError("a number is there, or it is said why not")
    if not all(_is_plain(value) for value in (metric.value, metric.null, metric.stderr)):
        raise ValueError("what is measured is a finite number, a truth value, or a list of such")
    if isinstance(metric.version, bool) or not isinstance(metric.version, int):
        raise ValueError(f"version must be a whole number, got {metric.version!r}")
    return metric._replace(missing=missing)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or (isinstance(value, int | float) and abs(value) <= MAX_NUMBER)
