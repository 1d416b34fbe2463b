"""The lecture's claims as sentences that can be false, and the one table of thresholds that decides them.

A threshold is a multiple of a yardstick, so that it asks the same of few images and of many. The multiples are round
numbers, set after measuring the shipped runs. KL(q(z) ‖ p) and the mass of holes are not in the table: where posteriors
are wide their nulls all but vanish, and any model would be many times nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from .metric import NOT_DETERMINED, Metric

__all__ = ["CLAIMS", "THRESHOLDS", "Claim", "Threshold", "Verdict", "multiple", "verdicts"]


class Claim(NamedTuple):
    """A sentence of the lecture about models of one kind ("ae", "vae" or "cvae")."""

    name: str
    kind: str
    sentence: str


CLAIMS = (
    Claim("not_gaussian", "ae", "Not Gaussian at all"),
    Claim("has_empty_spaces", "ae", "Has empty spaces"),
    Claim("sampling_tricky", "ae", "Sampling is tricky"),
    Claim("gaussian_like", "vae", "Gaussian-like"),
    Claim("fewer_empty_spaces", "vae", "Fewer empty spaces"),
    Claim("easy_to_sample", "vae", "Easy to sample"),
    Claim("classes_apart", "vae", "Classes stay apart: a 7 is rebuilt as a 7"),
    Claim("almost_gaussian", "cvae", "Almost a perfect Gaussian"),
    Claim("hardly_empty_spaces", "cvae", "Hardly any empty spaces"),
    Claim("classes_mixed", "cvae", "Classes need not stay apart"),
    Claim("asked_digit", "cvae", "The asked digit is drawn"),
)

AT_MOST, AT_LEAST, NOT = "at most", "at least", "not"
GAUSSIAN, REAL, CHANCE, LABEL = "a Gaussian model's", "real images'", "chance", "the whole label"  # ln of the classes
OWN = "its own reconstructions'"  # what the decoder can do at best: a blurred one draws no sharp samples
OF_OWN = {"recognised": "rebuilt_recognised", "coverage": "rebuilt_coverage"}  # the same for the reconstructions


class Threshold(NamedTuple):
    """What a claim asks of one metric; it holds if all its rows do.

    Arguments:
        claim: Name of the claim.
        metric: Name of the metric.
        comparison: "at most" or "at least" so many times the yardstick; or "not", for what is true or false.
        multiple: Of the yardstick; 0 with "not".
        yardstick: Whose number that is; "" with "not".
        words: The metric in plain words; with "not" what is said if it is true.
    """

    claim: str
    metric: str
    comparison: str
    multiple: float
    yardstick: str
    words: str


DISTANCE, WHITENED = "distance to N(0, I)", "distance to N(0, I) after whitening"
FAR, OVERLAP = "share of prior draws far from any code", "overlap of codes and prior"
NEIGHBOURS, RECOGNISED = "label accuracy of the neighbours", "share of samples that the judge recognises"
COVERAGE = "share of real images near a sample"
IGNORED = "Gaussian only because it ignores the image"

THRESHOLDS = (
    Threshold("not_gaussian", "sliced_wasserstein", AT_LEAST, 15, GAUSSIAN, DISTANCE),
    Threshold("not_gaussian", "sliced_wasserstein_whitened", AT_LEAST, 15, GAUSSIAN, WHITENED),
    Threshold("has_empty_spaces", "far_share", AT_LEAST, 3, GAUSSIAN, FAR),
    Threshold("sampling_tricky", "coverage", AT_MOST, 0.5, OWN, COVERAGE),
    Threshold("gaussian_like", "sliced_wasserstein", AT_MOST, 15, GAUSSIAN, DISTANCE),
    Threshold("gaussian_like", "sliced_wasserstein_whitened", AT_MOST, 15, GAUSSIAN, WHITENED),
    Threshold("gaussian_like", "collapsed", NOT, 0, "", IGNORED),
    Threshold("fewer_empty_spaces", "far_share", AT_MOST, 2, GAUSSIAN, FAR),
    Threshold("fewer_empty_spaces", "overlap", AT_LEAST, 0.7, GAUSSIAN, OVERLAP),
    Threshold("easy_to_sample", "coverage", AT_LEAST, 0.7, OWN, COVERAGE),
    Threshold("easy_to_sample", "recognised", AT_LEAST, 0.8, OWN, RECOGNISED),
    Threshold("easy_to_sample", "collapsed", NOT, 0, "", IGNORED),
    Threshold("classes_apart", "knn_accuracy", AT_LEAST, 6, CHANCE, NEIGHBOURS),
    Threshold("classes_apart", "rebuilt_label", AT_LEAST, 0.5, REAL, "share of images rebuilt with their label"),
    Threshold("almost_gaussian", "sliced_wasserstein", AT_MOST, 8, GAUSSIAN, DISTANCE),
    Threshold("almost_gaussian", "sliced_wasserstein_whitened", AT_MOST, 8, GAUSSIAN, WHITENED),
    Threshold("almost_gaussian", "collapsed", NOT, 0, "", IGNORED),
    Threshold("hardly_empty_spaces", "far_share", AT_MOST, 2, GAUSSIAN, FAR),
    Threshold("hardly_empty_spaces", "overlap", AT_LEAST, 0.95, GAUSSIAN, OVERLAP),
    Threshold("classes_mixed", "knn_accuracy", AT_MOST, 2, CHANCE, NEIGHBOURS),
    Threshold("classes_mixed", "class_information", AT_MOST, 0.2, LABEL, "I(c;z), what z tells of the class"),
    Threshold("asked_digit", "label_agreement", AT_LEAST, 0.95, REAL, "share of samples judged to be the asked digit"),
)


class Verdict(NamedTuple):
    """Whether a claim holds for a run.

    Arguments:
        claim: What is claimed.
        verdict: "holds", "does not hold", "not defined" or "not determined".
        holds: True, False, or None for the last two.
        value, null: The first number that decides, else the claim's first one, and its yardstick.
        because: One line of why.
    """

    claim: Claim
    verdict: str
    holds: bool | None
    value: Any
    null: Any
    because: str


FAILS, UNDEFINED, UNDETERMINED, HOLDS = "does not hold", "not defined", "not determined", "holds"
MEANING = {FAILS: False, UNDEFINED: None, UNDETERMINED: None, HOLDS: True}  # one row decides, the first in this order
NOT_MEASURED = f"{NOT_DETERMINED}not measured yet"


class _Finding(NamedTuple):
    """What one row of the table comes to."""

    verdict: str
    value: Any
    yardstick: float | None
    because: str


def verdicts(metrics: Mapping[str, Metric], kind: str, num_classes: int) -> list[Verdict]:
    """A verdict on every claim about models of a kind.

    A claim fails if one of its rows does, whatever is unknown about the others.

    Arguments:
        metrics: By name; one that is absent has not been measured yet.
        kind: "ae", "vae" or "cvae".
        num_classes: Of the data set, at least 1.
    """
    return [_verdict(claim, metrics, num_classes) for claim in CLAIMS if claim.kind == kind]


def _verdict(claim: Claim, metrics: Mapping[str, Metric], num_classes: int) -> Verdict:
    findings = [_finding(row, metrics, num_classes) for row in THRESHOLDS if row.claim == claim.name]
    verdict = next(word for word in MEANING if word in {finding.verdict for finding in findings})
    deciding = [finding for finding in findings if finding.verdict == verdict]
    shown = next((finding for finding in deciding if finding.yardstick is not None), findings[0])
    because = "; ".join(dict.fromkeys(finding.because for finding in deciding if finding.because))
    return Verdict(claim, verdict, MEANING[verdict], shown.value, shown.yardstick, because)


def _finding(row: Threshold, metrics: Mapping[str, Metric], num_classes: int) -> _Finding:
    metric = metrics.get(row.metric)
    if metric is None or metric.value is None:
        missing = NOT_MEASURED if metric is None else metric.missing
        return _Finding(UNDEFINED if missing.startswith(UNDEFINED) else UNDETERMINED, None, None, missing)
    if row.comparison == NOT:
        return _Finding(FAILS if metric.value else HOLDS, metric.value, None, row.words if metric.value else "")
    yardstick = _yardstick(row, metrics, num_classes)
    if yardstick is None:
        return _Finding(UNDETERMINED, metric.value, None, NOT_MEASURED)
    limit = row.multiple * yardstick
    holds = metric.value <= limit if row.comparison == AT_MOST else metric.value >= limit
    times = f"= {_three(metric.value / yardstick)} ×" if yardstick > 0 else "beside"
    because = (
        f"{row.words}: {_three(metric.value)} {times} {row.yardstick} {_three(yardstick)} "
        f"(asked: {row.comparison} {row.multiple:g} ×)"
    )
    return _Finding(HOLDS if holds else FAILS, metric.value, yardstick, because)


def _yardstick(row: Threshold, metrics: Mapping[str, Metric], num_classes: int) -> float | None:
    """The number that a row's multiple is of; None if it has not been measured."""
    metric = metrics[row.metric]
    if row.yardstick == OWN:
        own = metrics.get(OF_OWN[row.metric])
        return None if own is None else own.value
    return {CHANCE: 1 / num_classes, LABEL: math.log(num_classes)}.get(row.yardstick, metric.null)


def multiple(claim: str, metric: str) -> float:
    """How many times the yardstick a claim asks of a metric; KeyError if it asks nothing of it."""
    return {(row.claim, row.metric): row.multiple for row in THRESHOLDS}[claim, metric]


def _three(value: float) -> str:
    """A number with three significant digits."""
    return f"{value:#.3g}".rstrip(".")
