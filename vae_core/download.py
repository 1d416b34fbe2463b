"""Fetching a data set that torchvision has: verified first, and only then moved into place."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .config import DATASETS, canonical_json
from .data import load_dataset, md5_of
from .datasets import CHECKSUMS, IDX, SPLITS, data_root
from .errors import DataError

STALE_S = 86_400.0  # age of a download folder whose process must have been killed
STEP_S = 0.2  # between two looks at what has come

_downloading = threading.Lock()


class DownloadProgress(NamedTuple):
    """Bytes received so far; `done` when the data set is verified and in place."""

    received: int
    done: bool


def download_dataset(name: str, root: str | Path | None = None, patience_s: float = 60.0) -> Iterator[DownloadProgress]:
    """Download a data set through torchvision, and yield the bytes received several times a second.

    The files are fetched into a folder of their own, verified, and only then moved into place, so that a download
    that was cut off leaves nothing behind. It is given up after `patience_s` seconds without a byte. DataError says why
    it failed; it can be called again.
    """
    if name not in IDX:
        raise DataError(f"{name!r} cannot be downloaded")
    if not _downloading.acquire(blocking=False):
        raise DataError("a download is already running on this server; try again when it is done")
    try:
        root = Path(root) if root is not None else data_root()
        with _work_folder(root) as work:
            yield from _fetch(name, work, patience_s)
            received = _archive_bytes(work)
            with _writing(root):
                _install(name, work, root)
            yield DownloadProgress(received, done=True)
    finally:
        _downloading.release()


@contextmanager
def _work_folder(root: Path) -> Iterator[Path]:
    """Make a folder for one download, which is removed at the end with all that is in it."""
    with _writing(root):
        root.mkdir(parents=True, exist_ok=True)
        for stale in root.glob(".download-*"):  # of a download whose process was killed
            if time.time() - stale.stat().st_mtime > STALE_S:
                shutil.rmtree(stale, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=".download-", dir=root))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    """Turn an operating system's error into a DataError."""
    try:
        yield
    except OSError as error:
        raise DataError(f"cannot write to the data folder {root}: {error.strerror}") from None


def _fetch(name: str, work: Path, patience_s: float) -> Iterator[DownloadProgress]:
    """Run torchvision's download in a thread and watch the folder grow."""
    failures: list[Exception] = []
    abandoned = threading.Event()

    def fetch() -> None:
        try:
            from torchvision import datasets  # here only: it needs a torchvision that fits the torch installed

            getattr(datasets, IDX[name].folder)(str(work), download=True, **IDX[name].arguments)
        except Exception as error:
            failures.append(error)
        finally:
            if abandoned.is_set():  # it may have gone on, to the next mirror, after nobody waited any more
                shutil.rmtree(work, ignore_errors=True)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    size, last_change = -1, time.monotonic()
    try:
        while thread.is_alive():
            received, before, size = _archive_bytes(work), size, _folder_bytes(work)
            if size != before:
                last_change = time.monotonic()
            elif time.monotonic() - last_change > patience_s:
                raise DataError(f"the download of {DATASETS[name].title} stopped coming; try again later")
            yield DownloadProgress(received, done=False)
            thread.join(STEP_S)
    finally:
        abandoned.set()
    if failures:
        reason = " ".join(str(failures[0]).split())[:200]
        raise DataError(f"{DATASETS[name].title} could not be downloaded: {reason}")


def _archive_bytes(folder: Path) -> int:
    """Count the bytes of the archives that are coming in, without what is unpacked from them."""
    return _folder_bytes(folder, (".gz", ".zip"))


def _folder_bytes(folder: Path, suffixes: tuple[str, ...] = ()) -> int:
    size = 0
    for path in folder.rglob("*"):
        try:
            size += path.stat().st_size if not suffixes or path.suffix in suffixes else 0
        except OSError:  # it was removed in the meantime
            continue
    return size


def _install(name: str, work: Path, root: Path) -> None:
    """Verify a finished download by reading it, record its sums, move it into place."""
    for split in SPLITS:
        load_dataset(name, work, split)
    source, target = work / IDX[name].folder / "raw", root / IDX[name].folder / "raw"
    target.mkdir(parents=True, exist_ok=True)
    files = [file for split in SPLITS for file in IDX[name].files(split)]
    sums = {file: md5_of((source / file).read_bytes()) for file in files}
    (source / CHECKSUMS).write_text(canonical_json(sums), encoding="utf-8")
    for file in (*files, CHECKSUMS):
        os.replace(source / file, target / file)
