"""Verdicts on latent spaces made on purpose, and on numbers made on purpose at each threshold."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_latents import clumps, codes, collapsed, gaussian, islands, labels, normal, posteriors, ring
from tests.support.helpers import each_kind, one_sentence
from vae_core.evidence import CLAIMS, NOT_DEFINED, THRESHOLDS, Threshold, Verdict, assess, evidence, judge, verdicts
from vae_core.evidence.table import GENERATION, names_of
from vae_core.runs import Metric, Missing

MAKE = {
    "gaussian": gaussian,
    "ring": ring,
    "islands": islands,
    "collapsed": collapsed,
    "wrong scale": lambda n: gaussian(n, scale=3),
    "clumps": clumps,
}


IMAGES = 8000  # the fewer they are, the larger the nulls and the less can be told


@cache
def metrics_of(name: str, with_density: bool) -> dict[str, Metric]:
    latents = MAKE[name](IMAGES)
    if not with_density:
        latents = codes(latents.sample(0), latents.y)
    return evidence(latents, np.full(IMAGES, 100.0), 0)


def verdicts_on(name: str, kind: str) -> dict[str, Verdict]:
    """Compared with an autoencoder whose codes lie on a ring."""
    found = verdicts(metrics_of(name, kind != "ae"), kind, 10, metrics_of("ring", False))
    return {verdict.claim.name: verdict for verdict in found}


# ---- latent spaces made on purpose ----


@pytest.mark.parametrize(
    ("name", "not_gaussian", "gaussian_like", "almost_gaussian"),
    [
        ("gaussian", False, True, True),
        ("clumps", True, False, False),
        ("ring", False, False, False),
        ("islands", False, False, False),
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
    assert scale == ["kl_aggregate", "sliced_wasserstein"]
    assert "sliced_wasserstein_whitened" in shape


def test_a_collapsed_model_is_gaussian_for_a_bad_reason():
    for kind, claim in (("vae", "gaussian_like"), ("cvae", "almost_gaussian")):
        verdict = verdicts_on("collapsed", kind)[claim]
        assert verdict.holds is False
        assert [(reason.threshold.metric, reason.value) for reason in verdict.reasons] == [("active_units", 0)]
        assert next(one for one in verdict.rows if one.threshold.metric == "sliced_wasserstein").measured == (
            metrics_of("collapsed", True)["sliced_wasserstein"].value
        )


@pytest.mark.parametrize(
    ("name", "has", "fewer", "hardly"),
    [("gaussian", False, True, True), ("ring", True, False, False), ("islands", True, True, False)],
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
    claim = next(claim for claim in CLAIMS if claim.name == "hardly_empty_spaces")
    assert {one.claim.name: one for one in verdicts(narrow, "vae", 10)}["gaussian_like"].holds
    verdict = judge(claim, narrow, 10)
    assert verdict.verdict == "not determined"
    assert "too few for posteriors this narrow" in verdict.reasons[0].missing.why


# ---- the table ----

ROWS = pytest.mark.parametrize("row", THRESHOLDS, ids=lambda row: f"{row.claim}-{row.metric}")
DIMENSIONS = 2
AE = {"far_share_whitened": Metric(0.5)}


def number(metric: str, value: object, null: float | None = 0.01, stderr: float | None = None) -> dict[str, Metric]:
    return {metric: Metric(value, null, stderr)}


def measured(row: Threshold, effect: float, stderr: float | None = None) -> dict[str, Metric]:
    """The number that comes to an effect size."""
    value = {
        "value": effect,
        "√(value² − null²)": math.hypot(effect, 0.01),
        "value − null": effect + 0.01,
        "the autoencoder's − value": AE["far_share_whitened"].value - effect,
        "value / its own reconstructions'": effect,
        "value / number of classes": 10 * effect,
        "value / latent dimensions": DIMENSIONS * effect,
    }[row.effect]
    return number(row.metric, value, stderr=stderr)


def beyond(row: Threshold, by: float) -> float:
    """An effect size on the side of the limit where the row holds; on the other one if `by` is negative."""
    return row.limit - by if row.direction == "at most" else row.limit + by


def passing(kind: str) -> dict[str, Metric]:
    """Numbers with which every claim about a kind holds, just beyond its limits."""
    names = {claim.name for claim in CLAIMS if claim.kind == kind}
    found = number("reconstruction_coverage", 1.0) | {"spread": Metric([1.0] * DIMENSIONS)}
    for row in THRESHOLDS:
        if row.claim in names:
            found |= measured(row, beyond(row, 1e-9))
    return found


def judged(row: Threshold, metrics: dict[str, Metric]) -> Verdict:
    kind = next(claim.kind for claim in CLAIMS if claim.name == row.claim)
    return {one.claim.name: one for one in verdicts(metrics, kind, 10, AE)}[row.claim]


def passing_but(row: Threshold, metrics: dict[str, Metric]) -> Verdict:
    return judged(row, passing(next(claim.kind for claim in CLAIMS if claim.name == row.claim)) | metrics)


@each_kind
def test_claims_hold_at_their_limits(kind):
    found = verdicts(passing(kind), kind, 10, AE)
    assert [verdict.claim for verdict in found] == [claim for claim in CLAIMS if claim.kind == kind]
    assert all(verdict.holds and verdict.verdict == "holds" for verdict in found)
    assert all(one_sentence(verdict.because) for verdict in found)


@ROWS
def test_each_row_alone_can_fail_its_claim(row):
    verdict = passing_but(row, measured(row, beyond(row, -1e-6)))
    assert verdict.verdict == "does not hold"
    assert verdict.holds is False
    (reason,) = verdict.reasons
    assert (reason.threshold, reason.verdict) == (row, "does not hold")
    assert reason.value == pytest.approx(beyond(row, -1e-6), abs=1e-7)


@ROWS
@pytest.mark.parametrize(("margin", "word"), [(1.9, "not determined"), (2.1, "holds"), (-2.1, "does not hold")])
def test_a_row_is_decided_two_standard_errors_from_its_limit(row, margin, word):
    error = 1e-3
    scale = {"value / number of classes": 10, "value / latent dimensions": DIMENSIONS}.get(row.effect, 1)
    verdict = passing_but(row, measured(row, beyond(row, margin * error), error * scale))
    if row.effect == "value / latent dimensions":
        return  # a count, without an error
    assert verdict.verdict == word
    assert verdict.decisive.threshold == row
    assert verdict.decisive.margin == pytest.approx(margin, rel=0.01)


@ROWS
def test_each_row_alone_can_leave_its_claim_open(row):
    kind = next(claim.kind for claim in CLAIMS if claim.name == row.claim)
    absent = {name: metric for name, metric in passing(kind).items() if name != row.metric}
    too_few = Missing("undetermined", "too few")
    for found, word, missing in (
        (absent, "not determined", Missing("unmeasured")),
        (absent | {row.metric: Metric(None, missing=too_few)}, "not determined", too_few),
        (absent | {row.metric: Metric(None, missing=NOT_DEFINED)}, "not defined", NOT_DEFINED),
    ):
        verdict = judged(row, found)
        assert (verdict.verdict, verdict.holds, verdict.because) == (word, None, str(missing))
        assert [(reason.verdict, reason.missing) for reason in verdict.reasons] == [(word, missing)]


def test_what_fails_fails_whatever_is_unknown_about_the_rest():
    (row,) = (
        row for row in THRESHOLDS if (row.claim, row.effect) == ("fewer_empty_spaces", "the autoencoder's − value")
    )
    assert judged(row, measured(row, -0.1)).verdict == "does not hold"
    assert judged(row, measured(row, 0.1)).verdict == "not determined"


def test_fewer_takes_the_autoencoder_to_compare_with():
    found = {one.claim.name: one for one in verdicts(passing("vae"), "vae", 10)}["fewer_empty_spaces"]
    assert found.verdict == "not determined"
    assert "autoencoder" in found.because


@pytest.mark.parametrize(("null", "word"), [(0.074, "holds"), (0.076, "not determined")])
def test_nothing_is_determined_where_chance_comes_to_more_than_half_a_limit(null, word):
    near = number("sliced_wasserstein", null, null) | number("sliced_wasserstein_whitened", null, null)
    metrics = passing("vae") | near
    verdict = {one.claim.name: one for one in verdicts(metrics, "vae", 10, AE)}["gaussian_like"]
    assert verdict.verdict == word


def test_what_chance_adds_to_a_distance_is_taken_off():
    """As many images as there are must not decide: 0.15 beyond a null of 0.01 or of 0.09 is the same distance."""
    for null in (0.01, 0.09):
        metrics = number("sliced_wasserstein", math.hypot(0.15, null), null)
        (row,) = (one for one in THRESHOLDS if (one.claim, one.metric) == ("gaussian_like", "sliced_wasserstein"))
        assert assess(row, metrics, 10).value == pytest.approx(0.15)


def test_a_reason_has_the_number_its_null_its_effect_size_and_the_limit():
    verdict = verdicts(number("far_share_whitened", 0.0425, 0.01, 0.002), "ae", 10)[1]
    (reason,) = verdict.rows
    assert (reason.measured, reason.null, reason.error) == (0.0425, 0.01, 0.002)
    assert (reason.value, reason.margin) == (pytest.approx(0.0325), pytest.approx(1.25))
    assert (verdict.verdict, reason.missing.kind) == ("not determined", "undetermined")
    assert all(text in verdict.because for text in ("0.0325", "± 0.00200", "at least 0.0300", "1.3 standard errors"))


def test_two_rows_with_one_reason_say_it_once():
    undefined = {name: Metric(None, missing=NOT_DEFINED) for name in ("knn_accuracy", "class_information")}
    (verdict,) = (one for one in verdicts(undefined, "cvae", 10) if one.claim.name == "classes_mixed")
    assert len(verdict.reasons) == 1


@pytest.mark.parametrize(("own", "word"), [(0.1, "does not hold"), (0.5, "holds"), (None, "not determined")])
def test_sampling_is_measured_by_the_models_own_reconstructions(own, word):
    """The same samples are few beside sharp reconstructions, and all there can be beside none."""
    metrics = (
        number("coverage", 0.2, 0.95)
        | number("effective_classes_fitted", 5.0)
        | ({} if own is None else number("reconstruction_coverage", own))
    )
    found = {one.claim.name: one for one in verdicts(metrics, "ae", 10)}["sampling_tricky"]
    assert found.verdict == word


def test_easy_to_sample_has_a_floor():
    """At β = 16 a decoder's reconstructions are as poor as its draws."""
    poor = passing("vae") | number("recognised", 0.099)
    assert {one.claim.name: one.holds for one in verdicts(poor, "vae", 10, AE)}["easy_to_sample"] is False


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
    generation = names_of(GENERATION)
    assert {row.metric for row in THRESHOLDS} <= latent | generation


def test_with_one_class_there_is_nothing_to_keep_apart():
    latents = posteriors(normal(200, 2), 0.3)
    found = {one.claim.name: one for one in verdicts(evidence(latents, np.zeros(200), 0), "cvae", 1)}
    assert found["classes_mixed"].holds
