"""Titles and notes beside run files, and the deletion of local runs."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.helpers import one_sentence
from vae_core.errors import RunError
from vae_core.runs import (
    LOCAL,
    MAX_NOTE,
    MAX_TITLE,
    Metric,
    Note,
    Run,
    RunInfo,
    delete_run,
    keep_metrics,
    list_runs,
    publish,
    read_info,
    read_note,
    unreadable,
    write_note,
)


@pytest.fixture
def info(run_files: dict[str, Path]) -> RunInfo:
    return read_info(run_files["vae"])


def test_a_note_comes_back_and_the_run_file_stays_as_it_was(info: RunInfo) -> None:
    before = info.path.read_bytes()
    assert read_note(info) == Note()
    write_note(info, Note("First one", "two\nlines, ä and β"))
    assert read_note(info) == Note("First one", "two\nlines, ä and β")
    assert info.path.read_bytes() == before
    assert info.path.with_name(f"{info.id}.note.json").is_file()
    assert [one.id for one in list_runs(info.path.parent)].count(info.id) == 1


@given(st.text(max_size=MAX_TITLE), st.text(max_size=MAX_NOTE))
def test_any_text_within_the_limits_comes_back_the_same_the_second_time(title: str, text: str) -> None:
    once = Note(title, text).checked()
    assert once.checked() == once
    assert "\n" not in once.title
    assert len(once.title) <= MAX_TITLE


def test_the_longest_note_comes_back(info: RunInfo) -> None:
    longest = Note("𝛽" * MAX_TITLE, "𝛽" * MAX_NOTE)
    write_note(info, longest)
    assert read_note(info) == longest


@pytest.mark.parametrize("note", [Note("x" * (MAX_TITLE + 1)), Note("", "x" * (MAX_NOTE + 1))])
def test_a_note_that_is_too_long_is_refused_and_the_old_one_stays(info: RunInfo, note: Note) -> None:
    write_note(info, Note("old"))
    with pytest.raises(RunError) as error:
        write_note(info, note)
    assert one_sentence(error.value)
    assert read_note(info) == Note("old")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"title": "x"}', b"\xff\xfe", b"[" * 100_000,
     json.dumps({"title": "x" * 5000, "note": ""}).encode()],
)  # fmt: skip
def test_a_damaged_note_is_no_note(info: RunInfo, content: bytes) -> None:
    info.path.with_name(f"{info.id}.note.json").write_bytes(content)
    assert read_note(info) == Note()


def test_an_empty_note_leaves_no_file(info: RunInfo) -> None:
    write_note(info, Note("x"))
    write_note(info, Note(" ", "\n"))
    assert not list(info.path.parent.glob("*.note.json"))


def test_a_note_that_cannot_be_written_is_told(info: RunInfo) -> None:
    info.path.with_name(f"{info.id}.note.json").mkdir()
    for note in (Note("x"), Note()):
        with pytest.raises(RunError) as error:
            write_note(info, note)
        assert one_sentence(error.value)
    assert read_note(info) == Note()


def test_a_note_for_a_run_that_is_gone_is_refused(info: RunInfo) -> None:
    info.path.unlink()
    with pytest.raises(RunError) as error:
        write_note(info, Note("x"))
    assert one_sentence(error.value)
    assert not list(info.path.parent.glob("*.note.json"))


def test_a_local_run_is_deleted_with_all_that_lies_beside_it(runs: dict[str, Run], tmp_path: Path) -> None:
    folder = tmp_path / LOCAL
    gone, kept = (publish(runs[kind], folder) for kind in ("vae", "cvae"))
    for info in (gone, kept):
        write_note(info, Note("x"))
        keep_metrics(info, {"overlap": Metric(0.5)})
    delete_run(gone)
    assert {path.name.split(".")[0] for path in folder.iterdir()} == {kept.id}
    assert len(list(folder.iterdir())) == 3
    delete_run(gone)  # somebody else was faster


def test_a_shipped_run_is_not_deleted(info: RunInfo) -> None:
    for other in (info, replace(info, path=None)):
        with pytest.raises(RunError) as error:
            delete_run(other)
        assert one_sentence(error.value)
    assert info.path.is_file()


def test_files_that_are_no_runs_are_named(run_files: dict[str, Path]) -> None:
    folder = run_files["vae"].parent
    assert unreadable(folder) == {}
    (folder / "cut.safetensors").write_bytes(run_files["vae"].read_bytes()[:500])
    shutil.copy(run_files["vae"], folder / "classifier-mnist.safetensors")
    (folder / LOCAL).mkdir()
    (folder / LOCAL / "foreign.safetensors").write_bytes(b"\x80\x04")
    reasons = list(unreadable(folder).values())
    assert [reason.split(":")[0] for reason in reasons] == ["cut.safetensors", "foreign.safetensors"]
    assert all(map(one_sentence, reasons))
