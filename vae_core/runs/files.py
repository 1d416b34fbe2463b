"""Run files on disk: save, load, list, and what is kept beside them. The old file or the new one, never half."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from .. import atomic
from ..errors import RunError
from ..places import place
from .catalogue import Catalogue
from .content import MAX_HEADER_BYTES, Run, from_bytes, parse_header, to_bytes
from .info import LOCAL, SUFFIX, RunInfo
from .kept import Metric, keep_metrics

CLASSIFIER = "classifier-"  # classifiers lie in the same folder and are no runs
MAX_BYTES = 256 * 2**20
ORPHAN_AGE_S = 3600.0
QUOTA_MB = 2000.0


def checkpoints_root() -> Path:
    """Return the folder of the run files: the environment's VAE_CHECKPOINTS, or `checkpoints` beside the app."""
    return place("VAE_CHECKPOINTS", "checkpoints")


def save_run(path: str | Path, run: Run) -> RunInfo:
    """Write a run file: the whole of it, or nothing. RunError if it cannot be written."""
    write_atomically(Path(path), to_bytes(run))
    return replace(run.info, path=Path(path))


def publish(run: Run, folder: Path, metrics: Mapping[str, Metric] | None = None) -> RunInfo:
    """Save a run under its own id in a folder, made if missing, with its numbers beside it; RunError if it cannot."""
    return publish_bytes(to_bytes(run), folder, metrics)


def publish_bytes(content: bytes, folder: Path, metrics: Mapping[str, Metric] | None = None) -> RunInfo:
    """Verify the content of a run file, and save it as it is, as `publish` does. RunError if it is refused."""
    run = from_bytes(content)
    info = replace(run.info, path=folder / f"{run.info.id}{SUFFIX}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the folder {folder}: {error.strerror}") from None
    write_atomically(folder / f"{run.info.id}{SUFFIX}", content)
    if metrics:
        with suppress(RunError):  # they can be measured again
            keep_metrics(info, metrics, folder)
    return info


def used_mb(folder: Path) -> float:
    """Return the size of the run files in a folder, in MB."""
    sizes = 0
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError):  # deleted while we looked
            sizes += path.stat().st_size
    return sizes / 1e6


def quota_mb() -> float:
    """Return how many MB the local run files may take: the environment's VAE_LOCAL_MB, or 2,000."""
    try:
        return float(os.environ.get("VAE_LOCAL_MB") or QUOTA_MB)
    except ValueError:
        return QUOTA_MB


def check_quota(folder: Path) -> None:
    """Check that a folder has room for another run. RunError if it holds as much as local run files may take."""
    used, quota = used_mb(folder), quota_mb()
    if used >= quota:
        raise RunError(f"the run files take {used:.0f} MB of the {quota:.0f} MB allowed: delete some, or allow more")


def load_run(path: str | Path) -> Run:
    """Read and verify a run file. RunError says in one sentence what is wrong with it."""
    path = Path(path)
    with _naming(path):
        if _size(path) > MAX_BYTES:
            raise RunError(f"it is larger than {MAX_BYTES // 2**20} MB")
        return from_bytes(path.read_bytes(), path)


def read_info(path: str | Path) -> RunInfo:
    """Read a run file's settings and figures from its header alone, not verified against its hash."""
    path = Path(path)
    with _naming(path):
        size = _size(path)
        with path.open("rb") as file:
            first = file.read(8)
            length = min(int.from_bytes(first, "little"), MAX_HEADER_BYTES)
            return RunInfo.from_json(parse_header(first + file.read(length), size), path)


def list_runs(folder: str | Path | None = None) -> Catalogue:
    """List the runs in a folder and in its subfolder `local`, by id, without the files that are `unreadable`."""
    infos, _ = _readable(Path(folder) if folder is not None else checkpoints_root())
    return Catalogue(sorted(infos, key=lambda info: info.id))


def unreadable(folder: str | Path | None = None) -> dict[Path, str]:
    """Return what is wrong with each file that `list_runs` leaves out, in one sentence that names the file."""
    return _readable(Path(folder) if folder is not None else checkpoints_root())[1]


def _readable(root: Path) -> tuple[list[RunInfo], dict[Path, str]]:
    infos, reasons = [], {}
    for path in sorted((*root.glob(f"*{SUFFIX}"), *(root / LOCAL).glob(f"*{SUFFIX}"))):
        if path.name.startswith((CLASSIFIER, ".")):
            continue
        try:
            infos.append(read_info(path))
        except RunError as error:
            reasons[path] = str(error)
    return infos, reasons


def sweep_orphans(folder: Path, age_s: float = ORPHAN_AGE_S) -> int:
    """Remove temporary files that a killed writer left behind more than `age_s` seconds ago; return how many."""
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
    """Write as `atomic.write_atomically`; RunError says why it cannot be done."""
    try:
        atomic.write_atomically(path, content)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from None
