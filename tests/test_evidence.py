"""All evidence about a run: what is measured together, what is left out, and as a job of the queue."""

import json
import math
from dataclasses import replace

import pytest

from tests.support.helpers import ROOT, assembled, each_kind, one_sentence, parts, sealed
from tests.support.queues import until
from vae_core.errors import ClassifierError, RunError
from vae_core.evidence import NUMBERS, Estimate, find_classifier, lacking, measure, measure_run
from vae_core.evidence.classifier import load_classifier
from vae_core.evidence.table import as_metrics, names_of
from vae_core.jobs import CANCELLED, DONE, FAILED, Request
from vae_core.runs import Metric, keep_metrics, kept_metrics, load_run, publish, publish_bytes, to_bytes

LATENT = names_of("latent space")
OF_IMAGES = names_of("generation") | names_of("likelihood")


@pytest.fixture
def classifier():
    return load_classifier("digits", ROOT / "checkpoints")


def plain(value: tuple) -> bool:
    """Whether a value is JSON as it stands, without NaN."""
    return json.loads(json.dumps(value, allow_nan=False)) == list(value)


@each_kind
def test_everything_is_measured_and_is_plain(kind, runs, digits, classifier):
    measured = measure(runs[kind], tuple(digits), classifier)
    assert set(measured) == LATENT | OF_IMAGES
    assert lacking(measured) == ()
    assert all(plain(metric[:3]) for metric in measured.values())
    for metric in measured.values():
        assert (metric.value is None) == (metric.missing is not None)
    assert (measured["nll"].value is None) == (kind == "ae")
    assert (measured["confusion"].value is None) == (kind != "cvae")


@each_kind
def test_measuring_again_gives_the_same_numbers(kind, runs, digits, classifier):
    assert measure(runs[kind], tuple(digits), classifier) == measure(runs[kind], tuple(digits), classifier)


def test_the_likelihood_lies_between_the_bound_and_the_reconstruction(runs, digits, classifier):
    measured = measure(runs["vae"], tuple(digits), classifier)
    nll, bound = measured["nll"], -runs["vae"].info.test.elbo
    assert measured["distortion"].value < nll.value < bound
    assert 0 < nll.stderr < 1


def test_without_images_only_the_latent_space_is_measured(runs, classifier):
    measured = measure(runs["vae"], None, classifier)
    assert set(measured) == LATENT
    assert lacking(measured) == ("generation", "likelihood")


def test_without_a_classifier_there_is_still_a_likelihood(runs, digits):
    assert lacking(measure(runs["vae"], tuple(digits), None)) == ("generation",)


def test_a_run_is_measured_with_the_images_of_this_machine_and_the_shipped_classifier(runs, digits, classifier):
    measured = measure_run(runs["cvae"], "cpu")
    assert measured.metrics == measure(runs["cvae"], tuple(digits), classifier)
    assert measured.notes == ()


@pytest.mark.parametrize("split", [0, 1])
def test_neither_split_may_be_another(split, runs):
    """A run that was trained on other images is not compared with these, and one that was tested on others neither."""
    info = runs["vae"].info
    fingerprints = list(info.fingerprints)
    fingerprints[split] = "other images"
    measured = measure_run(replace(runs["vae"], info=replace(info, fingerprints=tuple(fingerprints))), "cpu")
    assert set(measured.metrics) == LATENT
    (note,) = measured.notes
    assert one_sentence(note)
    assert "not those that the run was trained on" in note


def test_what_is_missing_is_named(runs):
    """Neither images nor a classifier of KMNIST are here."""
    info = runs["vae"].info
    measured = measure_run(replace(runs["vae"], info=replace(info, train=replace(info.train, dataset="kmnist"))), "cpu")
    assert set(measured.metrics) == LATENT
    assert len(measured.notes) == 2
    assert all(map(one_sentence, measured.notes))
    assert "classifier --dataset kmnist" in measured.notes[1]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_measuring_stops_between_its_parts(at, runs, digits, classifier):
    asked = iter([False] * at + [True] * 3)
    assert measure(runs["vae"], tuple(digits), classifier, lambda: next(asked)) is None


def test_a_classifier_that_was_trained_here_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path))
    assert find_classifier("digits").info.dataset == "digits"  # the shipped one
    assert find_classifier("kmnist") is None
    (tmp_path / "local").mkdir()
    damaged = tmp_path / "local" / "classifier-digits.safetensors"
    damaged.write_bytes((ROOT / "checkpoints" / damaged.name).read_bytes()[:-9])
    with pytest.raises(ClassifierError) as caught:
        find_classifier("digits")
    assert one_sentence(caught.value)


# ---- as a job ----


@pytest.fixture
def infos(runs, local):
    return {kind: publish(run, local) for kind, run in runs.items()}


def test_evidence_is_measured_as_one_job_and_kept(queue, infos):
    request = Request.evidence(*infos.values())
    job = queue.submit(request, "ada")
    assert queue.submit(Request.evidence(*infos.values()), "bob") is job
    assert job.wait(120)
    assert (job.state, job.reason) == (DONE, "")
    assert [task.run for task in job.tasks] == list(infos.values())
    for info in infos.values():
        assert lacking(kept_metrics(info)) == ()
        assert load_run(info.path).info == info  # the run itself is as it was
    assert queue.order.trained_by("ada") == set()  # to measure a run is not to own it


def test_what_is_measured_is_not_measured_again(queue, infos):
    info = infos["vae"]
    metrics = {name: Metric(0.5, version=number.version) for name, number in NUMBERS.items()}
    keep_metrics(info, metrics)
    job = queue.submit(Request.evidence(info), "ada")
    assert job.wait(60)
    assert job.state == DONE
    assert kept_metrics(info) == metrics


def test_what_cannot_be_measured_here_is_not_lost(queue, runs, local):
    """Of a run on images that this machine does not have, only the latent space can be measured."""
    header, tensors = parts(to_bytes(runs["vae"]))
    header["fingerprints"]["test"] = "0" * 64
    info = publish_bytes(assembled(sealed(header, tensors), tensors), local)
    known = {name: Metric(0.5, 0.9) for name in names_of("generation")}
    keep_metrics(info, known)
    job = queue.submit(Request.evidence(info), "ada")
    assert job.wait(60)
    assert job.state == DONE
    assert "not those that the run was trained on" in job.tasks[0].note
    assert {name: kept_metrics(info)[name] for name in known} == known
    assert lacking(kept_metrics(info)) == ("likelihood",)


def test_requests_for_evidence_and_for_training_are_different(infos):
    trained = Request(((infos["vae"].model, infos["vae"].train),))
    ids = {trained.id, *(Request.evidence(info).id for info in infos.values()), Request.evidence(*infos.values()).id}
    assert len(ids) == 2 + len(infos)


def test_a_run_that_is_gone_is_a_failure_in_a_sentence(queue, infos):
    infos["vae"].path.unlink()
    job = queue.submit(Request.evidence(infos["vae"]), "ada")
    assert job.wait(60)
    assert job.state == FAILED
    assert one_sentence(job.reason)


def test_a_failure_leaves_the_measured_run_alone(queue, infos, monkeypatch):
    from vae_core import runs as files

    def full(*_: object) -> None:
        raise RunError("the disk is full")

    monkeypatch.setattr(files, "keep_metrics", full)
    job = queue.submit(Request.evidence(infos["vae"]), "ada")
    assert job.wait(120)
    assert (job.state, job.reason) == (FAILED, "The disk is full")
    assert load_run(infos["vae"].path).info == infos["vae"]


def test_a_cancelled_measurement_leaves_what_was_there(queue, infos):
    before = kept_metrics(infos["cvae"])
    job = queue.submit(Request.evidence(infos["cvae"]), "ada")
    assert until(lambda: job.tasks[0].future)
    queue.leave(job, "ada")
    assert job.state == CANCELLED
    again = queue.submit(Request.evidence(infos["cvae"]), "ada")
    assert kept_metrics(infos["cvae"]) == before
    assert again.wait(120)
    assert lacking(kept_metrics(infos["cvae"])) == ()


def test_a_measurement_has_an_expected_time(queue, infos, local, monkeypatch):
    monkeypatch.setenv("VAE_CHECKPOINTS", str(local.parent))  # the pace is that of runs that were trained here
    queue.warm()
    assert until(lambda: queue.ready)
    one, two = (queue.expected(Request.evidence(*list(infos.values())[:n])) for n in (1, 2))
    assert 1 < one <= two < math.inf


def test_a_number_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="unheard"):
        as_metrics({"rate": Estimate(6.6), "unheard": Estimate(1.0)}, {})
