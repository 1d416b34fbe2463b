"""The commands that measure: `evidence`, `nll` and `classifier`."""

import json
import math
from pathlib import Path

import pytest
import torch

from tests.support.helpers import ROOT, assembled, each_kind, one_plain_line, parts, sealed, shipped
from vae_core.cli import measuring
from vae_core.evidence import CLAIMS, NUMBERS, find_classifier, lacking, likelihood, measure, read_metrics, verdicts
from vae_core.evidence.classifier import load_classifier
from vae_core.runs import LOCAL, Metric, keep_metrics, kept_metrics, load_run, read_info

METRIC = {"value", "null", "unit", "better", "stderr", "missing"}
GENERATION = ("recognised", "coverage", "label_agreement", "confusion")


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing may be measured."""

    def measure_again(*_: object) -> None:
        raise AssertionError("it was measured again")

    monkeypatch.setattr(measuring, "measure_run", measure_again)


@pytest.fixture
def without_images(run_files: dict[str, Path]) -> Path:
    """A run whose file says that it was trained on images that are not on this machine."""
    header, tensors = parts(run_files["vae"].read_bytes())
    header["fingerprints"]["train"] = "0" * 64
    path = run_files["vae"].with_name("far.safetensors")
    path.write_bytes(assembled(sealed(header, tensors), tensors))
    return path


def sidecar(path: Path) -> Path:
    """Where numbers go that are measured of a run which lies as shipped ones do."""
    return path.parent / LOCAL / path.with_suffix(".evidence.json").name


def as_answered(metrics: dict[str, Metric]) -> dict:
    """Metrics as `evidence --json` has them."""
    values = {
        name: {
            "value": metric.value, "null": metric.null, "stderr": metric.stderr,
            "unit": NUMBERS[name].unit, "better": NUMBERS[name].better,
            "missing": None if metric.missing is None else metric.missing._asdict(),
        }
        for name, metric in metrics.items()
    }  # fmt: skip
    return json.loads(json.dumps(values))


def kept(path: Path) -> dict:
    return as_answered(read_metrics(read_info(path)))


# ---- evidence ----


@each_kind
def test_evidence_is_everything_that_can_be_measured_with_the_verdicts(kind, answer, run_files, digits):
    path = run_files[kind]
    result = answer("evidence", path)
    assert set(result) == {"run", "metrics", "verdicts"}
    assert result["run"] == str(path)
    assert all(set(metric) == METRIC for metric in result["metrics"].values())
    run, classifier = load_run(path), load_classifier("digits", ROOT / "checkpoints")
    expected = measure(run, tuple(digits), classifier)
    assert list(result["metrics"]) == list(NUMBERS)
    assert result["metrics"] == as_answered(expected)
    assert result["verdicts"] == [
        {
            "claim": one.claim.sentence,
            "source": one.claim.source,
            "verdict": one.verdict,
            "holds": one.holds,
            "margin": one.decisive.margin,
            "because": one.because,
        }
        for one in verdicts(expected, kind, 10, kept_metrics(read_info(run_files["ae"])))
    ]
    assert [one["claim"] for one in result["verdicts"]] == [one.sentence for one in CLAIMS if one.kind == kind]


def test_what_a_model_does_not_have_is_null_with_a_reason(answer, run_files):
    metrics = answer("evidence", run_files["ae"])["metrics"]
    for name in ("kl_aggregate", "rate", "hole_mass", "nll", "class_information"):
        assert metrics[name]["value"] is None
        assert metrics[name]["missing"]["kind"] == "undefined"
    assert metrics["sliced_wasserstein"]["value"] > metrics["sliced_wasserstein"]["null"] > 0
    assert metrics["sliced_wasserstein"]["missing"] is None


def test_evidence_is_kept_and_read_the_second_time_and_nothing_is_written_beside_the_run(
    answer, call, run_files, request
):
    first = answer("evidence", run_files["cvae"])
    assert kept(run_files["cvae"]) == first["metrics"]
    assert sidecar(run_files["cvae"]).is_file()
    assert not list(run_files["cvae"].parent.glob("*.evidence.json"))
    request.getfixturevalue("untouched")
    assert answer("evidence", run_files["cvae"]) == first
    with pytest.raises(AssertionError, match="measured again"):
        call("evidence", run_files["cvae"], "--anew")


def test_measured_anew_an_edited_number_is_right_again(answer, run_files):
    path = sidecar(run_files["vae"])
    first = answer("evidence", run_files["vae"])
    content = json.loads(path.read_text())
    content["metrics"]["overlap"]["value"] = 0.123
    path.write_text(json.dumps(content))
    assert answer("evidence", run_files["vae"])["metrics"]["overlap"]["value"] == 0.123
    assert answer("evidence", run_files["vae"], "--anew") == first
    assert kept(run_files["vae"]) == first["metrics"]


def test_a_run_of_which_only_the_quick_numbers_are_known_is_measured(answer, run_files):
    metrics = answer("show", run_files["vae"])["metrics"]
    assert len(metrics) == 6
    assert not sidecar(run_files["vae"]).exists()
    keep_metrics(read_info(run_files["vae"]), {name: Metric(value) for name, value in metrics.items()})
    assert lacking(kept_metrics(read_info(run_files["vae"]))) == ("latent space", "generation", "likelihood")
    assert lacking(answer("evidence", run_files["vae"])["metrics"]) == ()
    assert lacking(kept_metrics(read_info(run_files["vae"]))) == ()


def test_without_images_the_latent_space_is_measured_and_the_rest_said_to_be_left_out(call, without_images):
    status, out, error = call("evidence", without_images, "--json")
    assert status == 0
    assert one_plain_line(error), error
    assert "Generation and likelihood are left out" in error
    result = json.loads(out)
    assert lacking(result["metrics"]) == ("generation", "likelihood")
    assert result["metrics"]["sliced_wasserstein"]["value"] > 0
    assert kept(without_images) == result["metrics"]
    known = {one["claim"]: one["verdict"] for one in result["verdicts"]}
    assert known["Easy to sample"] == "not determined"
    assert known["Gaussian-like"] in ("holds", "does not hold")


def test_measuring_anew_without_images_loses_nothing_that_was_known(answer, without_images, run_files):
    known = answer("evidence", run_files["vae"])["metrics"]
    sidecar(without_images).write_text(sidecar(run_files["vae"]).read_text().replace(
        read_info(run_files["vae"]).sha256, read_info(without_images).sha256
    ))  # fmt: skip
    result = answer("evidence", without_images, "--anew")["metrics"]
    assert result["nll"] == known["nll"]
    assert set(result) == set(known)
    assert lacking(kept_metrics(read_info(without_images))) == ()


def test_images_that_are_others_are_not_taken(call, run_files):
    header, tensors = parts(run_files["vae"].read_bytes())
    header["fingerprints"]["train"] = "0" * len(header["fingerprints"]["train"])
    run_files["vae"].write_bytes(assembled(sealed(header, tensors), tensors))
    status, out, error = call("evidence", run_files["vae"], "--json")
    assert status == 0
    assert "not those that the run was trained on" in error
    assert "nll" not in json.loads(out)["metrics"]
    assert call("nll", run_files["vae"])[0] == 1


def test_a_folder_that_cannot_be_written_costs_only_the_time_to_measure_again(answer, run_files):
    sidecar(run_files["ae"]).mkdir(parents=True)
    assert lacking(answer("evidence", run_files["ae"])["metrics"]) == ()


def test_numbers_go_into_the_folder_that_is_named(answer, call, run_files, tmp_path):
    answer("evidence", run_files["ae"], "--out", tmp_path)
    assert (tmp_path / sidecar(run_files["ae"]).name).is_file()
    assert not sidecar(run_files["ae"]).exists()
    assert call("evidence", run_files["ae"], "--out", tmp_path / "nowhere")[0] == 2


def test_evidence_for_people_is_the_verdicts_and_then_the_numbers(call, run_files):
    status, out, error = call("evidence", run_files["cvae"])
    assert (status, error) == (0, "")
    found = kept_metrics(read_info(run_files["cvae"]))
    for one in verdicts(found, "cvae", 10):
        assert f"{one.verdict.upper()}  {one.claim.sentence}: {one.because}" in out
    lines = {line.split()[0]: line for line in out.partition("\n\n")[2].splitlines()}
    assert set(lines) == set(found)
    nll = found["nll"]
    assert f"{nll.value:.3g} ± {nll.stderr:.3g} nats" in lines["nll"]
    assert f"(reference: {found['overlap'].null:.3g})" in lines["overlap"]
    assert "100 numbers" not in lines["spread"]


# ---- nll ----


def test_nll_is_an_estimate_with_its_error(answer, digits):
    path = shipped("cvae", dataset="digits").path
    result = answer("nll", path, "--samples", 20, "--images", 100, "--seed", 3)
    assert set(result) == {"run", "nll", "stderr", "samples"}
    assert (result["run"], result["samples"]) == (str(path), 20)
    run, alone = load_run(path), torch.Generator().manual_seed(3)
    plain = likelihood.nll(run.model(), digits.test, 20, 100, generator=alone)
    bounds = torch.from_numpy(run.recon + run.latents.kld())
    again = torch.Generator().manual_seed(3)
    expected = likelihood.nll(run.model(), digits.test, 20, 100, generator=again, bounds=bounds)
    assert (result["nll"], result["stderr"]) == (expected.value, expected.stderr)
    assert result["stderr"] < plain.stderr / 2


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_nll_falls_from_the_bound_as_samples_are_added(kind, answer, run_files):
    one, many = (answer("nll", run_files[kind], "--samples", samples) for samples in (1, 50))
    bound = -read_info(run_files[kind]).test.elbo
    assert one["nll"] == pytest.approx(bound, abs=0.5)
    assert many["nll"] < one["nll"]
    assert 0 < many["stderr"] < 1


def test_nll_of_all_images_is_more_certain_than_of_a_few(answer, run_files):
    few, every = (answer("nll", run_files["vae"], "--samples", 5, *some) for some in (("--images", 20), ()))
    assert few["stderr"] == pytest.approx(every["stderr"] * math.sqrt(360 / 20), rel=0.5)


def test_an_autoencoder_has_no_likelihood(answer, call, run_files):
    result = answer("nll", run_files["ae"], "--samples", 5)
    assert (result["nll"], result["stderr"], result["samples"]) == (None, None, 5)
    assert "not defined" in call("nll", run_files["ae"])[1]


def test_nll_for_people_is_one_line(call, run_files):
    status, out, _ = call("nll", run_files["vae"], "--samples", 2, "--images", 50)
    assert status == 0
    assert out.count("\n") == 1
    assert "nats per image, 2 samples each" in out


def test_nll_without_images_is_a_failure_in_a_sentence(call, without_images):
    status, out, error = call("nll", without_images)
    assert (status, out) == (1, "")
    assert one_plain_line(error)


# ---- classifier ----


def test_a_classifier_is_trained_kept_among_the_local_runs_and_used_from_then_on(answer, checkpoints, run_files):
    result = answer("classifier", "--dataset", "digits", "--seed", 4)
    path = checkpoints / LOCAL / "classifier-digits.safetensors"
    assert set(result) == {"classifier", "accuracy", "seconds"}
    assert result["classifier"] == str(path)
    classifier = load_classifier("digits", path.parent)
    assert result["accuracy"] == classifier.info.accuracy > 0.95
    assert (classifier.info.dataset, classifier.info.seed) == ("digits", 4)
    assert find_classifier("digits").info == classifier.info
    assert len(answer("list")["runs"]) == len(run_files)  # it is no run
