"""What training jobs need of run files: publish bytes that came from elsewhere, find an equal run, keep to a quota."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.helpers import EPOCHS, each_kind, one_sentence, small_model, small_training
from vae_core import evidence
from vae_core.errors import RunError
from vae_core.runs import (
    RunInfo,
    check_quota,
    find_run,
    list_runs,
    load_run,
    metrics,
    publish_bytes,
    quota_mb,
    to_bytes,
    used_mb,
)

TRAINING = small_training(epochs=EPOCHS)  # of the runs in conftest.py


def kept(info: RunInfo, path: str, day: int = 1) -> RunInfo:
    """The same run as a file that was made on some day."""
    return replace(info, path=Path(path), created=f"2026-01-{day:02d}T00:00:00+00:00")


# ---- find a run ----


@each_kind
def test_a_run_is_found_by_its_settings(kind, run_files):
    infos = list_runs(run_files[kind].parent)
    found = find_run(small_model(kind), TRAINING.for_kind(kind), infos)
    assert found.path == run_files[kind]
    assert find_run(small_model(kind), TRAINING.for_kind(kind), iter(infos)) == found
    assert find_run(small_model(kind), TRAINING.for_kind(kind), []) is None


OTHERS = {
    "hidden": (small_model("vae", hidden=(32, 64)), TRAINING),
    "latent_dim": (small_model("vae", latent_dim=3), TRAINING),
    "likelihood": (small_model("vae", likelihood="gaussian"), TRAINING),
    "kld_warmup": (small_model("vae"), replace(TRAINING, kld_warmup=1)),
    "beta": (small_model("vae"), replace(TRAINING, beta=1.5)),
    "epochs": (small_model("vae"), replace(TRAINING, epochs=EPOCHS + 1)),
    "seed": (small_model("vae"), replace(TRAINING, seed=1)),
    "binarize": (small_model("vae"), replace(TRAINING, binarize="dynamic")),
    "dataset": (small_model("vae"), replace(TRAINING, dataset="mnist")),
    "condition": (small_model("cvae", condition="embedding"), TRAINING),
}


@pytest.mark.parametrize(("model", "train"), OTHERS.values(), ids=OTHERS)
def test_a_run_with_one_other_setting_is_not_found(model, train, run_files):
    assert find_run(model, train, list_runs(run_files["vae"].parent)) is None


def test_settings_that_a_model_does_not_use_do_not_matter(runs):
    infos = [run.info for run in runs.values()]
    assert find_run(small_model("vae", condition="embedding", likelihood_std=0.5), TRAINING, infos) == runs["vae"].info


def test_an_autoencoder_is_found_whatever_the_kld_weight(runs):
    """As `identity` and `train` have it: an AE ignores beta."""
    infos = [run.info for run in runs.values()]
    assert find_run(small_model("ae"), replace(TRAINING, beta=4.0, kld_warmup=3), infos) == runs["ae"].info


def test_a_shipped_run_comes_first_and_then_the_newest(runs):
    info = runs["vae"].info
    shipped = [kept(info, "checkpoints/a", day=1), kept(info, "checkpoints/b", day=2)]
    local = [kept(info, "checkpoints/local/c", day=3), kept(info, "checkpoints/local/d", day=4)]
    for infos in ([*shipped, *local], [*local[::-1], *shipped[::-1]]):
        assert find_run(info.model, info.train, infos) == shipped[1]
    for infos in (local, local[::-1]):
        assert find_run(info.model, info.train, infos) == local[1]


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


@each_kind
def test_metrics_that_were_measured_elsewhere_are_kept(kind, runs, tmp_path, monkeypatch):
    measured = evidence.summarize(runs[kind].latents, runs[kind].info.latent_seed)
    measured["knn_accuracy"] = measured["knn_accuracy"]._replace(value=0.123)  # no computation gives this

    def compute(*_: object) -> None:
        pytest.fail("the metrics were computed")

    monkeypatch.setattr(evidence, "summarize", compute)
    info = publish_bytes(to_bytes(runs[kind]), tmp_path, measured)
    assert metrics(load_run(info.path)) == measured


@each_kind
def test_metrics_that_nobody_measured_are_computed(kind, runs, tmp_path, monkeypatch):
    expected = evidence.summarize(runs[kind].latents, runs[kind].info.latent_seed)
    info = publish_bytes(to_bytes(runs[kind]), tmp_path)
    monkeypatch.setattr(evidence, "summarize", lambda *_: pytest.fail("they were not kept"))
    assert metrics(load_run(info.path)) == expected


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
