"""What training jobs need of run files: publish bytes that came from elsewhere, find an equal run, keep to a quota."""

import pytest

from tests.support.helpers import EPOCHS, each_kind, one_sentence, small_training
from vae_core.errors import RunError
from vae_core.runs import (
    check_quota,
    load_run,
    publish_bytes,
    quota_mb,
    to_bytes,
    used_mb,
)

TRAINING = small_training(epochs=EPOCHS)  # of the runs in conftest.py


# ---- publish bytes ----


@each_kind
def test_published_bytes_are_kept_as_they_are(kind, runs, tmp_path):
    content = to_bytes(runs[kind])
    info = publish_bytes(content, tmp_path / "new" / "local")
    assert info.path.read_bytes() == content
    assert info.path.name == f"{runs[kind].info.id}.safetensors"
    assert load_run(info.path).info == info


def damaged(content: bytes, at: float) -> bytes:
    """The content with one bit flipped, at a share of its length."""
    where = int(at * (len(content) - 1))
    return content[:where] + bytes([content[where] ^ 1]) + content[where + 1 :]


@pytest.mark.parametrize("at", [0, 0.02, 0.5, 1])
def test_damaged_bytes_are_refused_and_nothing_is_written(at, runs, tmp_path):
    with pytest.raises(RunError) as caught:
        publish_bytes(damaged(to_bytes(runs["vae"]), at), tmp_path / "local", {})
    assert one_sentence(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no run", b"\x80\x04N."], ids=["empty", "text", "pickle"])
def test_foreign_bytes_are_refused_and_nothing_is_written(content, tmp_path):
    with pytest.raises(RunError):
        publish_bytes(content, tmp_path / "local")
    assert list(tmp_path.iterdir()) == []


def test_bytes_are_published_over_a_damaged_file_of_the_same_run(runs, tmp_path):
    content = to_bytes(runs["cvae"])
    path = publish_bytes(content, tmp_path).path
    path.write_bytes(content[:1000])
    assert publish_bytes(content, tmp_path).path.read_bytes() == content
    assert not list(tmp_path.glob(".tmp-*"))


# ---- quota ----


def test_the_used_size_is_that_of_the_run_files(tmp_path):
    assert used_mb(tmp_path / "nowhere") == used_mb(tmp_path) == 0
    for name, size in (("a.safetensors", 1_500_000), ("b.safetensors", 500_000), ("a.evidence.json", 3_000_000)):
        (tmp_path / name).write_bytes(bytes(size))
    assert used_mb(tmp_path) == pytest.approx(2.0)


@pytest.mark.parametrize(("text", "mb"), [(None, 2000), ("", 2000), ("12.5", 12.5), ("0", 0), ("plenty", 2000)])
def test_the_quota_comes_from_the_environment(text, mb, monkeypatch):
    monkeypatch.delenv("VAE_LOCAL_MB", raising=False)
    if text is not None:
        monkeypatch.setenv("VAE_LOCAL_MB", text)
    assert quota_mb() == mb


def test_a_full_folder_is_refused_and_one_with_room_is_not(tmp_path, monkeypatch):
    (tmp_path / "a.safetensors").write_bytes(bytes(2_000_000))
    monkeypatch.setenv("VAE_LOCAL_MB", "2.1")
    check_quota(tmp_path)
    monkeypatch.setenv("VAE_LOCAL_MB", "2")
    with pytest.raises(RunError, match="2 MB of the 2 MB") as caught:
        check_quota(tmp_path)
    assert one_sentence(caught.value)
    (tmp_path / "a.safetensors").unlink()
    check_quota(tmp_path)
    check_quota(tmp_path / "nowhere")
