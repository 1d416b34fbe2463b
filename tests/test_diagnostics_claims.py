"""Verdicts on latent spaces made on purpose, and on numbers made on purpose at each threshold."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_latents import codes, collapsed, gaussian, islands, labels, normal, posteriors, ring
from tests.support.helpers import each_kind, one_sentence
from vae_core.evidence import CLAIMS, NOT_DEFINED, THRESHOLDS, Verdict, evidence, verdicts
from vae_core.runs import Metric, Missing

MAKE = {
    "gaussian": gaussian,
    "ring": ring,
    "islands": islands,
    "collapsed": collapsed,
    "wrong scale": lambda n: gaussian(n, scale=3),
}


IMAGES = 8000  # the fewer they are, the larger the nulls and the less can be told


@cache
def metrics_of(name: str, with_density: bool) -> dict[str, Metric]:
    latents = MAKE[name](IMAGES)
    if not with_density:
        latents = codes(latents.sample(0), latents.y)
    return evidence(latents, np.full(IMAGES, 100.0), 0)


def verdicts_on(name: str, kind: str) -> dict[str, Verdict]:
    return {verdict.claim.name: verdict for verdict in verdicts(metrics_of(name, kind != "ae"), kind, 10)}


# ---- latent spaces made on purpose ----


@pytest.mark.parametrize(
    ("name", "not_gaussian", "gaussian_like", "almost_gaussian"),
    [
        ("gaussian", False, True, True),
        ("ring", True, False, False),
        ("islands", True, False, False),
        ("collapsed", False, False, False),
        ("wrong scale", False, False, False),
    ],
)
def test_what_is_gaussian(name, not_gaussian, gaussian_like, almost_gaussian):
    assert verdicts_on(name, "ae")["not_gaussian"].holds == not_gaussian
    assert verdicts_on(name, "vae")["gaussian_like"].holds == gaussian_like
    assert verdicts_on(name, "cvae")["almost_gaussian"].holds == almost_gaussian


def test_a_wrong_scale_and_a_wrong_shape_are_told_apart():
    scale, shape = (
        [reason.threshold.metric for reason in verdicts_on(name, "cvae")["almost_gaussian"].reasons]
        for name in ("wrong scale", "ring")
    )
    assert scale == ["sliced_wasserstein"]
    assert "sliced_wasserstein_whitened" in shape


def test_a_collapsed_model_is_gaussian_for_a_bad_reason():
    for kind, claim in (("vae", "gaussian_like"), ("cvae", "almost_gaussian")):
        verdict = verdicts_on("collapsed", kind)[claim]
        assert verdict.holds is False
        assert [(reason.threshold.metric, reason.operator) for reason in verdict.reasons] == [("collapsed", "not")]
        assert verdict.value == metrics_of("collapsed", True)["sliced_wasserstein"].value


@pytest.mark.parametrize(
    ("name", "has", "fewer", "hardly"),
    [("gaussian", False, True, True), ("ring", True, False, False), ("islands", True, False, False)],
)
def test_what_has_empty_spaces(name, has, fewer, hardly):
    assert verdicts_on(name, "ae")["has_empty_spaces"].holds == has
    assert verdicts_on(name, "vae")["fewer_empty_spaces"].holds == fewer
    assert verdicts_on(name, "cvae")["hardly_empty_spaces"].holds == hardly


@pytest.mark.parametrize(("name", "mixed"), [("gaussian", True), ("islands", False), ("ring", False)])
def test_where_classes_are_mixed(name, mixed):
    assert verdicts_on(name, "cvae")["classes_mixed"].holds == mixed
    assert verdicts_on(name, "vae")["classes_apart"].holds == (False if mixed else None)  # else nothing is rebuilt yet


def test_narrow_posteriors_are_not_called_anything_that_needs_their_density():
    """As a VAE at β = 0: a Gaussian shape, and no way to know whether it overlaps the prior."""
    narrow = evidence(posteriors(normal(4000, 2), 1e-5, labels(4000)), np.zeros(4000), 0)
    found = {verdict.claim.name: verdict for verdict in verdicts(narrow, "vae", 10)}
    assert found["gaussian_like"].holds
    assert found["fewer_empty_spaces"].verdict == "not determined"
    assert "too few for posteriors this narrow" in found["fewer_empty_spaces"].reasons[0].missing.why


# ---- the table ----


def number(metric: str, value: object, null: object = 1.0) -> dict[str, Metric]:
    return {metric: Metric(value, null)}


def passing(kind: str) -> dict[str, Metric]:
    """Numbers with which every claim about a kind holds, exactly at its thresholds."""
    names = {claim.name for claim in CLAIMS if claim.kind == kind}
    references = {"chance": 0.1, "the whole label": math.log(10)}
    found = number("reconstruction_coverage", 1.0) | number("reconstruction_recognised", 1.0)
    for row in THRESHOLDS:
        if row.claim in names:
            value = False if row.operator == "not" else row.multiple * references.get(row.reference, 1.0)
            found |= number(row.metric, value)
    return found


@each_kind
def test_claims_hold_at_their_thresholds(kind):
    found = verdicts(passing(kind), kind, 10)
    assert [verdict.claim for verdict in found] == [claim for claim in CLAIMS if claim.kind == kind]
    assert all(verdict.holds and verdict.verdict == "holds" for verdict in found)
    assert all(one_sentence(verdict.because) for verdict in found)


@pytest.mark.parametrize("row", THRESHOLDS, ids=lambda row: f"{row.claim}-{row.metric}")
def test_each_row_alone_can_fail_its_claim(row):
    kind = next(claim.kind for claim in CLAIMS if claim.name == row.claim)
    found = passing(kind)
    if row.operator == "not":
        found |= number(row.metric, True)
    else:
        off = 1.001 if row.operator == "at most" else 0.999
        found |= number(row.metric, off * found[row.metric].value)
    verdict = {one.claim.name: one for one in verdicts(found, kind, 10)}[row.claim]
    assert verdict.verdict == "does not hold"
    assert verdict.holds is False
    (reason,) = verdict.reasons
    assert (reason.threshold, reason.holds, reason.number) == (row, False, found[row.metric].value)
    assert row.operator == "not" or reason.limit == pytest.approx(row.multiple * reason.reference)


@pytest.mark.parametrize("row", THRESHOLDS, ids=lambda row: f"{row.claim}-{row.metric}")
def test_each_row_alone_can_leave_its_claim_open(row):
    kind = next(claim.kind for claim in CLAIMS if claim.name == row.claim)
    absent = {name: metric for name, metric in passing(kind).items() if name != row.metric}
    too_few = Missing("undetermined", "too few")
    for found, word, missing in (
        (absent, "not determined", Missing("unmeasured")),
        (absent | {row.metric: Metric(None, missing=too_few)}, "not determined", too_few),
        (absent | {row.metric: Metric(None, missing=NOT_DEFINED)}, "not defined", NOT_DEFINED),
    ):
        verdict = {one.claim.name: one for one in verdicts(found, kind, 10)}[row.claim]
        assert (verdict.verdict, verdict.holds, verdict.because) == (word, None, str(missing))
        assert [(reason.holds, reason.missing) for reason in verdict.reasons] == [(None, missing)]


def test_what_fails_fails_whatever_is_unknown_about_the_rest():
    far = number("far_share", 0.5, 0.01)
    assert verdicts(far, "vae", 10)[1].verdict == "does not hold"
    near = number("far_share", 0.01, 0.01)
    assert verdicts(near, "vae", 10)[1].verdict == "not determined"


def test_without_real_images_to_compare_with_nothing_is_said():
    metrics = number("label_agreement", 0.9, None)
    verdict = {one.claim.name: one for one in verdicts(metrics, "cvae", 10)}["asked_digit"]
    assert verdict.verdict == "not determined"


def test_a_reason_has_the_number_its_reference_value_and_the_limit():
    verdict = verdicts(number("far_share", 0.0425, 0.01), "ae", 10)[1]
    assert (verdict.value, verdict.null) == (0.0425, 0.01)
    (reason,) = verdict.reasons
    assert (reason.number, reason.reference, reason.operator) == (0.0425, 0.01, "at least")
    assert (reason.limit, reason.holds, reason.missing) == (pytest.approx(0.03), True, None)
    assert all(text in verdict.because for text in ("0.0425", "4.25 ×", "0.0100", "at least 3 ×"))


def test_two_rows_with_one_reason_say_it_once():
    undefined = {name: Metric(None, missing=NOT_DEFINED) for name in ("knn_accuracy", "class_information")}
    (verdict,) = (one for one in verdicts(undefined, "cvae", 10) if one.claim.name == "classes_mixed")
    assert len(verdict.reasons) == 1


@pytest.mark.parametrize(("own", "word"), [(0.1, "does not hold"), (0.5, "holds"), (None, "not determined")])
def test_sampling_is_measured_by_the_models_own_reconstructions(own, word):
    """The same samples are few beside sharp reconstructions, and all there can be beside none."""
    metrics = number("coverage", 0.2, 0.95) | ({} if own is None else number("reconstruction_coverage", own))
    found = {one.claim.name: one for one in verdicts(metrics, "ae", 10)}["sampling_tricky"]
    assert found.verdict == word
    assert found.null == own


@pytest.mark.parametrize(("classes", "mixed"), [(2, False), (10, True), (26, False)])
def test_chance_and_the_label_depend_on_the_number_of_classes(classes, mixed):
    """A fifth of ln 2 is 0.14 and of ln 10 is 0.46; twice chance is 1, 0.2 and 0.08."""
    metrics = number("knn_accuracy", 0.15) | number("class_information", 0.3)
    assert {one.claim.name: one.holds for one in verdicts(metrics, "cvae", classes)}["classes_mixed"] == mixed


@given(st.dictionaries(st.sampled_from([row.metric for row in THRESHOLDS]), st.floats(0, 1e6)), st.integers(1, 50))
def test_any_numbers_have_a_verdict_on_each_claim(values, classes):
    metrics = {name: Metric(value, 0.01) for name, value in values.items()}
    for kind in ("ae", "vae", "cvae"):
        for verdict in verdicts(metrics, kind, classes):
            assert verdict.verdict in ("holds", "does not hold", "not determined")
            assert verdict.because
            assert verdict.holds == {"holds": True, "does not hold": False}.get(verdict.verdict)


def test_every_claim_has_a_row_and_every_row_a_claim():
    assert {row.claim for row in THRESHOLDS} == {claim.name for claim in CLAIMS}
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)


def test_the_metrics_that_rows_ask_for_exist():
    latent = set(metrics_of("gaussian", True))
    generation = {"recognised", "coverage", "label_agreement", "reconstruction_label"}
    assert {row.metric for row in THRESHOLDS} <= latent | generation


def test_with_one_class_there_is_nothing_to_keep_apart():
    latents = posteriors(normal(200, 2), 0.3)
    found = {one.claim.name: one for one in verdicts(evidence(latents, np.zeros(200), 0), "cvae", 1)}
    assert found["classes_mixed"].holds
