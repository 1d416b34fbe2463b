"""Run files on disk: save, load, list, and what is kept beside them. The old file or the new one, never half."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from .. import evidence
from ..config import ModelConfig, TrainConfig, identity
from ..errors import RunError
from . import atomic
from .content import MAX_HEADER_BYTES, Run, from_bytes, parse_header, to_bytes
from .info import LOCAL, SUFFIX, RunInfo

__all__ = [
    "check_quota",
    "checkpoints_root",
    "find_run",
    "keep_metrics",
    "kept_metrics",
    "list_runs",
    "load_run",
    "metrics",
    "metrics_changed",
    "publish",
    "publish_bytes",
    "quota_mb",
    "read_info",
    "save_run",
    "sweep_orphans",
    "unreadable",
    "used_mb",
    "write_atomically",
]

EVIDENCE = ".evidence.json"
JUDGE = "judge-"  # classifiers lie in the same folder and are no runs
MAX_BYTES = 256 * 2**20
ORPHAN_AGE_S = 3600.0
QUOTA_MB = 2000.0


def checkpoints_root() -> Path:
    """Folder of the run files: the environment's VAE_CHECKPOINTS, or `checkpoints`."""
    return Path(os.environ.get("VAE_CHECKPOINTS") or "checkpoints")


def save_run(path: str | Path, run: Run) -> RunInfo:
    """Write a run file: the whole of it, or nothing. RunError if it cannot be written."""
    write_atomically(Path(path), to_bytes(run))
    return replace(run.info, path=Path(path))


def publish(run: Run, folder: Path) -> RunInfo:
    """Save a run under its own id in a folder that is made if it is missing, with its metrics beside it."""
    return publish_bytes(to_bytes(run), folder)


def publish_bytes(content: bytes, folder: Path, measured: Mapping[str, evidence.Metric] | None = None) -> RunInfo:
    """Verify the content of a run file, and save it as it is, as `publish` does.

    Arguments:
        content: Of a run file.
        folder: Made if it is missing.
        measured: Its metrics if they are known; else they are computed.
    """
    run = from_bytes(content)
    info = replace(run.info, path=folder / f"{run.info.id}{SUFFIX}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the folder {folder}: {error.strerror}") from None
    write_atomically(folder / f"{run.info.id}{SUFFIX}", content)
    if measured is None:
        metrics(replace(run, info=info))
    else:
        with suppress(RunError):
            keep_metrics(info, measured)
    return info


def used_mb(folder: Path) -> float:
    """Size of the run files in a folder, in MB."""
    sizes = 0
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError):  # deleted while we looked
            sizes += path.stat().st_size
    return sizes / 1e6


def quota_mb() -> float:
    """What the local run files may take: the environment's VAE_LOCAL_MB, or 2,000 MB."""
    try:
        return float(os.environ.get("VAE_LOCAL_MB") or QUOTA_MB)
    except ValueError:
        return QUOTA_MB


def check_quota(folder: Path) -> None:
    """RunError if a folder holds as much as local run files may take."""
    used, quota = used_mb(folder), quota_mb()
    if used >= quota:
        raise RunError(f"the run files take {used:.0f} MB of the {quota:.0f} MB allowed: delete some, or allow more")


def find_run(model: ModelConfig, train: TrainConfig, infos: Iterable[RunInfo]) -> RunInfo | None:
    """A run that was trained with these settings: of several a shipped one, then the newest; None if there is none."""
    wanted = identity(model, train)
    same = [info for info in infos if identity(info.model, info.train) == wanted]
    return max(same, key=lambda info: (info.shipped, info.created), default=None)


def load_run(path: str | Path) -> Run:
    """Read and verify a run file. RunError says in one sentence what is wrong with it."""
    path = Path(path)
    with _naming(path):
        if _size(path) > MAX_BYTES:
            raise RunError(f"it is larger than {MAX_BYTES // 2**20} MB")
        return from_bytes(path.read_bytes(), path)


def read_info(path: str | Path) -> RunInfo:
    """A run file's settings and figures from its header alone, not verified against its hash."""
    path = Path(path)
    with _naming(path):
        size = _size(path)
        with path.open("rb") as file:
            first = file.read(8)
            length = min(int.from_bytes(first, "little"), MAX_HEADER_BYTES)
            return RunInfo.from_json(parse_header(first + file.read(length), size), path)


def list_runs(folder: str | Path | None = None) -> list[RunInfo]:
    """The runs in a folder and in its subfolder `local`, by id, without the files that are `unreadable`."""
    infos, _ = _readable(Path(folder) if folder is not None else checkpoints_root())
    return sorted(infos, key=lambda info: info.id)


def unreadable(folder: str | Path | None = None) -> list[str]:
    """What is wrong with each file that `list_runs` leaves out, in one sentence."""
    return _readable(Path(folder) if folder is not None else checkpoints_root())[1]


def _readable(root: Path) -> tuple[list[RunInfo], list[str]]:
    infos, reasons = [], []
    for path in sorted((*root.glob(f"*{SUFFIX}"), *(root / LOCAL).glob(f"*{SUFFIX}"))):
        if path.name.startswith((JUDGE, ".")):
            continue
        try:
            infos.append(read_info(path))
        except RunError as error:
            reasons.append(str(error))
    return infos, reasons


def metrics(run: Run) -> dict[str, evidence.Metric]:
    """A run's diagnostics as far as they are kept beside it; the quick ones are computed if none are.

    A folder that cannot be written costs the time to compute them again, nothing else.
    """
    kept = kept_metrics(run.info)
    if kept is not None:
        return kept
    computed = evidence.summarize(run.latents, run.info.latent_seed)
    with suppress(RunError):
        keep_metrics(run.info, computed)
    return computed


def keep_metrics(info: RunInfo, measured: Mapping[str, evidence.Metric]) -> None:
    """Write a run's diagnostics to `NAME.evidence.json` beside it. RunError if that cannot be done."""
    if info.path is None:
        return
    values = {name: metric._asdict() for name, metric in measured.items()}
    content = {"version": evidence.VERSION, "run": info.sha256, "metrics": values}
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    write_atomically(info.path.with_suffix(EVIDENCE), text.encode())


def kept_metrics(info: RunInfo) -> dict[str, evidence.Metric] | None:
    """What `keep_metrics` wrote for this very run; None if there is nothing of this version that can be read."""
    if info.path is None:
        return None
    try:
        content = json.loads(info.path.with_suffix(EVIDENCE).read_text())
        if content["version"] != evidence.VERSION or content["run"] != info.sha256:
            return None
        kept = {name: evidence.Metric(**values) for name, values in content["metrics"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return kept or None


def metrics_changed(info: RunInfo) -> int:
    """When a run's kept diagnostics were written, in nanoseconds; 0 if there are none."""
    try:
        return 0 if info.path is None else info.path.with_suffix(EVIDENCE).stat().st_mtime_ns
    except OSError:
        return 0


def sweep_orphans(folder: Path, age_s: float = ORPHAN_AGE_S) -> int:
    """Remove temporary files that a killed writer left behind more than `age_s` seconds ago; how many."""
    removed = 0
    for path in (*folder.glob(".tmp-*"), *(folder / LOCAL).glob(".tmp-*")):
        try:
            if time.time() - path.stat().st_mtime > age_s:
                path.unlink()
                removed += 1
        except OSError:
            continue
    return removed


def _size(path: Path) -> int:
    if not path.is_file():
        raise RunError("there is no such file")
    return path.stat().st_size


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say which file it was about; an operating system's error is a RunError as well."""
    try:
        yield
    except RunError as error:
        raise RunError(str(error), path) from None
    except OSError as error:
        raise RunError(error.strerror or str(error), path) from None


def write_atomically(path: Path, content: bytes) -> None:
    """As `atomic.write_atomically`; RunError says why it cannot be written."""
    try:
        atomic.write_atomically(path, content)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from None
