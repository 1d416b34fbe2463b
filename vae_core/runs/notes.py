"""What people add to a run, a title and a note, kept in `NAME.note.json` beside it: run files never change."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..errors import RunError
from .files import load_run, write_atomically
from .info import LOCAL, SUFFIX, RunInfo

MAX_TITLE, MAX_NOTE = 80, 2000  # characters
MAX_BYTES = 2**16  # of a note's file: 2,080 characters, each escaped


class Note(NamedTuple):
    """A title of one line, and a text."""

    title: str = ""
    text: str = ""

    def checked(self) -> Note:
        """Remove white space around it and control characters. RunError if it is too long."""
        title = " ".join(_printable(self.title).split())
        text = _printable(self.text.replace("\r\n", "\n")).strip()
        for name, value, limit in (("title", title, MAX_TITLE), ("note", text, MAX_NOTE)):
            if len(value) > limit:
                raise RunError(f"a {name} has at most {limit:,} characters, this one has {len(value):,}")
        return Note(title, text)


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")


def read_note(info: RunInfo) -> Note:
    """Read a run's title and note; an empty one where there is none that can be read."""
    if info.path is None:
        return Note()
    try:
        with _beside(info.path, "note").open("rb") as file:
            content = json.loads(file.read(MAX_BYTES))
        return Note(str(content["title"]), str(content["note"])).checked()
    except (OSError, ValueError, KeyError, TypeError, RecursionError, RunError):
        return Note()


def write_note(info: RunInfo, note: Note) -> Note:
    """Write a run's title and note, or remove an empty one; return it as it was written. RunError if it cannot be."""
    note = note.checked()
    if info.path is None or not info.path.is_file():
        raise RunError("the run has no file any more that a note could lie beside")
    if note == Note():
        _remove(_beside(info.path, "note"))
    else:
        content = json.dumps({"title": note.title, "note": note.text}, indent=1) + "\n"
        write_atomically(_beside(info.path, "note"), content.encode())
    return note


def delete_run(info: RunInfo) -> None:
    """Remove a run that was trained here, and what lies beside it. RunError if it was not, or cannot be."""
    if info.path is None or info.shipped:
        raise RunError(f"{info.id} came with the app and cannot be deleted")
    _delete(info.path)


def delete_unreadable(path: Path) -> None:
    """Remove a file among the runs trained here that cannot be read as one, and what lies beside it.

    RunError if it is not among them, can be read after all, or cannot be removed.
    """
    if path.parent.name != LOCAL or path.suffix != SUFFIX:
        raise RunError(f"{path.name} was not put here by this app and cannot be deleted")
    try:
        load_run(path)
    except RunError:
        _delete(path)
    else:
        raise RunError(f"{path.name} can be read")


def _delete(path: Path) -> None:
    _remove(path)
    for companion in ("evidence", "note"):
        with suppress(RunError):
            _remove(_beside(path, companion))


def _beside(path: Path, content: str) -> Path:
    return path.with_name(f"{path.stem}.{content}.json")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"cannot remove {path}: {error.strerror}") from None
