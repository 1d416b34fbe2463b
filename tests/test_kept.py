"""Numbers that are kept of a run: each by itself, never beside a shipped run, and never written by reading."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.helpers import ROOT, SHIPPED, each_kind, every_shipped_run
from vae_core import evidence
from vae_core.errors import RunError
from vae_core.evidence import NUMBERS, known_metrics, lacking, read_metrics
from vae_core.evidence.latent_space import SUMMARY
from vae_core.runs import (
    LOCAL,
    Metric,
    Missing,
    RunInfo,
    keep_metrics,
    kept_metrics,
    metrics_changed,
    publish,
    read_info,
)

NUMBER = Metric(0.123, 0.5, 0.01, version=NUMBERS["overlap"].version)
METRICS = {"overlap": NUMBER, "rate": Metric(None, missing=Missing("undefined", "an autoencoder has no density"))}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def sidecar(info: RunInfo) -> Path:
    return info.path.with_suffix(".evidence.json")


@pytest.fixture
def local(runs, tmp_path) -> RunInfo:
    """A run that was trained here, without numbers."""
    return publish(runs["vae"], tmp_path / "checkpoints" / LOCAL)


@pytest.fixture
def shipped(tmp_path) -> RunInfo:
    """A run that came with the app, with its numbers."""
    folder = tmp_path / "app"
    folder.mkdir()
    for path in SHIPPED.glob("digits-vae-*"):
        shutil.copy(path, folder)
    return read_info(next(folder.glob("*.safetensors")))


def test_numbers_come_back_as_they_were_kept(local):
    before = metrics_changed(local)
    keep_metrics(local, METRICS)
    assert kept_metrics(local) == METRICS
    assert metrics_changed(local) > before


def test_numbers_lie_beside_a_run_that_was_trained_here(local):
    keep_metrics(local, METRICS)
    assert sidecar(local).is_file()
    assert not (local.path.parent / LOCAL).exists()


def test_one_more_number_leaves_the_others(local):
    keep_metrics(local, METRICS)
    keep_metrics(local, {"nll": NUMBER})
    assert kept_metrics(local) == METRICS | {"nll": NUMBER}


def test_nothing_is_written_beside_a_shipped_run(shipped):
    folder = shipped.path.parent
    before, known = files(folder), kept_metrics(shipped)
    keep_metrics(shipped, {"overlap": NUMBER})
    written = files(folder)
    assert set(written) - set(before) == {f"{LOCAL}/{sidecar(shipped).name}"}
    assert {name: written[name] for name in before} == before
    assert kept_metrics(shipped) == known | {"overlap": NUMBER}
    assert json.loads(written[f"{LOCAL}/{sidecar(shipped).name}"])["metrics"].keys() == {"overlap"}


def test_a_folder_can_be_named(shipped, tmp_path):
    folder = tmp_path / "elsewhere"
    keep_metrics(shipped, METRICS, folder)
    assert set(files(folder)) == {sidecar(shipped).name}


@pytest.mark.parametrize(("version", "counts"), [(NUMBER.version + more, more >= 0) for more in (-1, 0, 1)])
def test_of_two_definitions_the_newer_counts_and_then_what_was_measured_here(version, counts, shipped):
    known = kept_metrics(shipped)["overlap"]
    keep_metrics(shipped, {"overlap": NUMBER._replace(version=version)})
    assert kept_metrics(shipped)["overlap"] == (NUMBER._replace(version=version) if counts else known)


def test_a_number_of_another_version_does_not_count_and_the_others_do(local):
    known = {name: NUMBER._replace(version=number.version) for name, number in NUMBERS.items()}
    keep_metrics(local, known)
    assert lacking(read_metrics(local)) == ()
    keep_metrics(local, {"nll": NUMBER._replace(version=NUMBERS["nll"].version + 1)})
    assert read_metrics(local) == {name: metric for name, metric in known.items() if name != "nll"}
    assert lacking(read_metrics(local)) == ("likelihood",)


def test_a_number_that_is_defined_anew_leaves_the_shipped_files_alone(shipped, monkeypatch):
    """Counting a version up, and reading as the pages do, once destroyed 33 tracked files."""
    before, known = files(shipped.path.parent), read_metrics(shipped)
    newer = NUMBERS["spread"]._replace(version=NUMBERS["spread"].version + 1)
    monkeypatch.setattr("vae_core.evidence.table.NUMBERS", {**NUMBERS, "spread": newer})
    metrics = known_metrics(shipped)
    assert files(shipped.path.parent) == before
    assert set(read_metrics(shipped)) == set(known) - {"spread"}
    assert metrics["spread"].version == newer.version
    assert {name: metrics[name] for name in known if name != "spread"} == {
        name: known[name] for name in known if name != "spread"
    }


@each_kind
def test_the_quick_numbers_are_computed_where_they_are_not_kept_and_not_written(kind, runs, run_files):
    info, before = read_info(run_files[kind]), files(run_files[kind].parent)
    assert known_metrics(info) == evidence.summarize(runs[kind].latents, info.latent_seed)
    assert files(run_files[kind].parent) == before


def test_what_is_kept_is_not_computed(local, monkeypatch):
    known = {name: NUMBER._replace(version=NUMBERS[name].version) for name in SUMMARY}
    keep_metrics(local, known)
    assert known_metrics(local, lambda _: pytest.fail("the run was read")) == known


def with_key(key, value):
    return lambda text: json.dumps(json.loads(text) | {key: value})


def entry(**values):
    return with_key("metrics", {"overlap": NUMBER._asdict() | values})


UNREADABLE = {
    "of another run": with_key("run", "0" * 64),
    "without numbers": with_key("metrics", None),
    "with unknown keys": entry(colour="red"),
    "neither there nor missing": entry(value=None),
    "there and missing": entry(missing={"kind": "undefined", "why": ""}),
    "missing in a way nobody knows": entry(value=None, missing={"kind": "lost", "why": ""}),
    "of no version": entry(version="new"),
    "a text": entry(value="1.0"),
    "not finite": entry(value=float("nan")),
    "beyond all that can be shown": entry(value=1e300),
    "a list of texts": entry(value=[0.5, "x"]),
    "with a reference that is none": entry(null={}),
    "an old file": with_key("metrics", {"overlap": {"value": 1.0, "null": None, "unit": "", "missing": ""}}),
    "cut off": lambda text: text[:50],
    "empty": lambda text: "",
    "a list": lambda text: "[]",
    "nested without end": lambda text: "[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("change", UNREADABLE.values(), ids=UNREADABLE)
def test_what_makes_no_sense_is_left_out_and_left_alone(change, local):
    keep_metrics(local, {"overlap": NUMBER})
    text = change(sidecar(local).read_text())
    sidecar(local).write_text(text)
    assert kept_metrics(local) == {}
    assert sidecar(local).read_text() == text


def test_a_number_that_cannot_be_read_does_not_spoil_the_others(local):
    keep_metrics(local, METRICS)
    content = json.loads(sidecar(local).read_text())
    content["metrics"]["overlap"]["value"] = None
    sidecar(local).write_text(json.dumps(content))
    assert kept_metrics(local) == {"rate": METRICS["rate"]}


def test_a_folder_that_cannot_be_written_is_an_error_in_a_sentence(local):
    sidecar(local).mkdir()
    with pytest.raises(RunError, match="cannot write"):
        keep_metrics(local, METRICS)
    assert kept_metrics(local) == {}


def test_a_run_without_a_file_has_no_numbers(local):
    nowhere = replace(local, path=None)
    keep_metrics(nowhere, METRICS)
    assert (kept_metrics(nowhere), metrics_changed(nowhere)) == ({}, 0)


def test_every_shipped_run_has_numbers_of_every_part():
    """Of every part, not every number: one that is added is measured where somebody asks for it."""
    for info in every_shipped_run():
        names = set(read_metrics(info))
        assert {"kl_aggregate", "recognised", "nll"} <= names <= set(NUMBERS), info.id
    assert not list((ROOT / "checkpoints").glob("*.tmp*"))
