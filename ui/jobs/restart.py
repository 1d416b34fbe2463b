"""Trainings that were under way when the server ended: written down while they are live, told when it is back."""

import functools
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from ui import store
from ui.shell import words
from vae_core import runs
from vae_core.config import identity
from vae_core.jobs import Job, Queue

PREFIX = ".live-"  # of the files in the folder of local runs; each server has one, named after its process
TOLD = "restart_told"  # session key


class Lost(NamedTuple):
    """A training that a server took with it.

    Arguments:
        visitors: Who had asked for it.
        models: What determines each of its models, as `identity` gives it.
        title: What it trained, in words.
    """

    visitors: list[str]
    models: list[str]
    title: str


_written: dict[Path, list[Lost]] = {}  # the latest content of this server's file


def write(queue: Queue) -> None:
    """Write down what is under way; where the folder cannot be written, nothing is known after a restart."""
    folder = runs.checkpoints_root() / runs.LOCAL
    left_behind(folder)  # before this server's own file is there: an earlier process may have had the same number
    found = [_entry(job) for job in queue.live() if not job.request.measured]
    path = folder / f"{PREFIX}{os.getpid()}.json"
    if found == _written.get(path, []):
        return
    _written[path] = found
    with suppress(OSError):
        if found:
            folder.mkdir(parents=True, exist_ok=True)
            half = path.with_suffix(".half")
            half.write_text(json.dumps(found), encoding="utf-8")
            os.replace(half, path)
        else:
            path.unlink(missing_ok=True)


def _entry(job: Job) -> Lost:
    train = job.tasks[0].train
    kinds = ", ".join(words.short(task.model.kind) for task in job.tasks)
    beta = next((f" at β = {task.train.beta:g}" for task in job.tasks if task.train.beta is not None), "")
    models = [identity(task.model, task.train) for task in job.tasks]
    return Lost(sorted(job.visitors), models, f"{kinds}{beta} on {words.value_text(train.dataset)}")


@functools.lru_cache(maxsize=2)
def left_behind(folder: Path) -> Sequence[Lost]:
    """Read, and delete, what servers have written down that are gone."""
    import psutil  # comes with Dask

    found: list[Lost] = []
    for path in sorted(folder.glob(f"{PREFIX}*.json")):
        number = path.stem.removeprefix(PREFIX)
        if number.isdigit() and int(number) != os.getpid() and psutil.pid_exists(int(number)):
            continue
        with suppress(OSError, ValueError, TypeError):
            found += [Lost(*entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
        with suppress(OSError):
            path.unlink()
    return found


def lost_for(visitor: str) -> list[str]:
    """Return the titles of a visitor's trainings that ended with an earlier server, but for those that were saved."""
    mine = [entry for entry in left_behind(runs.checkpoints_root() / runs.LOCAL) if visitor in entry.visitors]
    if not mine:
        return []
    saved = {identity(info.model, info.train) for info in store.catalogue()}
    return [entry.title for entry in mine if not saved.issuperset(entry.models)]


def tell(visitor: str) -> None:
    """Say what is gone, until this visit dismisses it."""
    if st.session_state.get(TOLD) or not (titles := lost_for(visitor)):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="lost-jobs"):
        gone = "a training is" if len(titles) == 1 else f"{len(titles)} trainings are"
        text = f"The server was restarted, and {gone} gone; nothing was saved: {'; '.join(titles)}."
        st.markdown(f":material/error: {words.plain(text)}", width="content")
        st.button(
            "Dismiss", key="lost-dismiss", type="tertiary", on_click=st.session_state.__setitem__, args=(TOLD, True)
        )
