"""The lecture's claims as sentences that can be false, and the one table of thresholds that decides them.

A threshold is a multiple of a reference value, so that it asks the same of few images and of many. The multiples are
round numbers, set after measuring the shipped runs. KL(q(z) ‖ p) and the mass of holes are not in the table: where
posteriors are wide their references all but vanish, and any model would be many times nothing.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..runs import Metric, Missing


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
    Claim("classes_apart", "vae", "Classes stay apart: a 7 is reconstructed as a 7"),
    Claim("almost_gaussian", "cvae", "Almost a perfect Gaussian"),
    Claim("hardly_empty_spaces", "cvae", "Hardly any empty spaces"),
    Claim("classes_mixed", "cvae", "Classes need not stay apart"),
    Claim("asked_digit", "cvae", "The digit asked for is drawn"),
)

AT_MOST, AT_LEAST, NOT = "at most", "at least", "not"
GAUSSIAN, REAL, CHANCE, LABEL = "a Gaussian model's", "real images'", "chance", "the whole label"  # ln of the classes
RECONSTRUCTIONS = "its own reconstructions'"  # what the decoder can do at best: a blurred one draws no sharp samples
OF_RECONSTRUCTIONS = {"recognised": "reconstruction_recognised", "coverage": "reconstruction_coverage"}


class Threshold(NamedTuple):
    """What a claim asks of one number; it holds if all its rows do.

    Arguments:
        claim, metric: Names of the claim and of the number.
        operator: "at most" or "at least" so many times the reference value; or "not", for what is true or false.
        multiple: Of the reference value; 0 with "not".
        reference: Whose number that is; "" with "not".
        label: The number in plain words; with "not" what is said if it is true.
    """

    claim: str
    metric: str
    operator: str
    multiple: float
    reference: str
    label: str


# By number: whose number it is compared with, and its label.
COMPARED = {
    "sliced_wasserstein": (GAUSSIAN, "distance to N(0, I)"),
    "sliced_wasserstein_whitened": (GAUSSIAN, "distance to N(0, I) after whitening"),
    "far_share": (GAUSSIAN, "share of prior draws far from any code"),
    "overlap": (GAUSSIAN, "overlap of codes and prior"),
    "collapsed": ("", "Gaussian only because it ignores the image"),
    "coverage": (RECONSTRUCTIONS, "share of real images near a sample"),
    "recognised": (RECONSTRUCTIONS, "share of samples that the classifier recognises"),
    "knn_accuracy": (CHANCE, "k-NN accuracy (k = 15)"),
    "class_information": (LABEL, "I(c;z), what z says about the class"),
    "reconstruction_label": (REAL, "share of reconstructions classified as their label"),
    "label_agreement": (REAL, "share of samples classified as the digit asked for"),
}

ASKED: Mapping[str, tuple[tuple[str, str, float], ...]] = {  # by claim
    "not_gaussian": (("sliced_wasserstein", AT_LEAST, 15), ("sliced_wasserstein_whitened", AT_LEAST, 15)),
    "has_empty_spaces": (("far_share", AT_LEAST, 3),),
    "sampling_tricky": (("coverage", AT_MOST, 0.5),),
    "gaussian_like": (
        ("sliced_wasserstein", AT_MOST, 15), ("sliced_wasserstein_whitened", AT_MOST, 15), ("collapsed", NOT, 0)
    ),
    "fewer_empty_spaces": (("far_share", AT_MOST, 2), ("overlap", AT_LEAST, 0.7)),
    "easy_to_sample": (("coverage", AT_LEAST, 0.7), ("recognised", AT_LEAST, 0.8), ("collapsed", NOT, 0)),
    "classes_apart": (("knn_accuracy", AT_LEAST, 6), ("reconstruction_label", AT_LEAST, 0.5)),
    "almost_gaussian": (
        ("sliced_wasserstein", AT_MOST, 8), ("sliced_wasserstein_whitened", AT_MOST, 8), ("collapsed", NOT, 0)
    ),
    "hardly_empty_spaces": (("far_share", AT_MOST, 2), ("overlap", AT_LEAST, 0.95)),
    "classes_mixed": (("knn_accuracy", AT_MOST, 2), ("class_information", AT_MOST, 0.2)),
    "asked_digit": (("label_agreement", AT_LEAST, 0.95),),
}  # fmt: skip

THRESHOLDS = tuple(Threshold(claim, *row, *COMPARED[row[0]]) for claim, rows in ASKED.items() for row in rows)


class Reason(NamedTuple):
    """What one row of the table comes to for a run.

    Arguments:
        threshold: The row, with `metric`, `operator`, `multiple` and the words for number and reference.
        holds: Whether the row holds; None where the number or its reference is missing.
        number: The value that decides; None if it is missing.
        reference: The reference value; None with the operator "not" or if it is missing.
        limit: The reference value times the multiple; None where there is no reference value.
        missing: Why number or reference is missing.
    """

    threshold: Threshold
    holds: bool | None
    number: Any = None
    reference: float | None = None
    limit: float | None = None
    missing: Missing | None = None

    @property
    def operator(self) -> str:
        """Return "at most", "at least" or "not"."""
        return self.threshold.operator

    @property
    def sentence(self) -> str:
        """Say the reason in one line; "" where nothing speaks against "not".

        >>> Reason(THRESHOLDS[2], True, 0.0425, 0.01, 0.03).sentence
        "share of prior draws far from any code: 0.0425 = 4.25 × a Gaussian model's 0.0100 (limit: at least 3 ×)"
        """
        row = self.threshold
        if self.missing is not None:
            return str(self.missing)
        if self.reference is None:
            return row.label if self.number else ""
        times = f"= {_three(self.number / self.reference)} ×" if self.reference > 0 else "beside"
        return (
            f"{row.label}: {_three(self.number)} {times} {row.reference} {_three(self.reference)} "
            f"(limit: {row.operator} {row.multiple:g} ×)"
        )


class Verdict(NamedTuple):
    """Whether a claim holds for a run.

    Arguments:
        verdict: "holds", "does not hold", "not defined" or "not determined".
        holds: True, False, or None for the last two.
        value, null: The first number that decides, else the claim's first one, and its reference value.
        reasons: The rows that decide, each said once.
    """

    claim: Claim
    verdict: str
    holds: bool | None
    value: Any
    null: Any
    reasons: tuple[Reason, ...]

    @property
    def because(self) -> str:
        """Say all reasons in one line."""
        return "; ".join(reason.sentence for reason in self.reasons)


FAILS, UNDEFINED, UNDETERMINED, HOLDS = "does not hold", "not defined", "not determined", "holds"
MEANING = {FAILS: False, UNDEFINED: None, UNDETERMINED: None, HOLDS: True}  # one row decides, the first in this order
UNMEASURED = Missing("unmeasured")


def verdicts(metrics: Mapping[str, Metric], kind: str, num_classes: int) -> list[Verdict]:
    """Return a verdict on every claim about models of a kind, by their metrics; an absent one is not measured yet.

    A claim fails if one of its rows does, whatever is unknown about the others.
    """
    return [_verdict(claim, metrics, num_classes) for claim in CLAIMS if claim.kind == kind]


def _verdict(claim: Claim, metrics: Mapping[str, Metric], num_classes: int) -> Verdict:
    reasons = [_reason(row, metrics, num_classes) for row in THRESHOLDS if row.claim == claim.name]
    results = [_result(reason) for reason in reasons]
    verdict = next(result for result in MEANING if result in results)
    deciding = [reason for reason, result in zip(reasons, results, strict=True) if result == verdict]
    first = next((reason for reason in deciding if reason.reference is not None), reasons[0])
    by_sentence = {reason.sentence: reason for reason in deciding if reason.sentence}
    return Verdict(claim, verdict, MEANING[verdict], first.number, first.reference, tuple(by_sentence.values()))


def _result(reason: Reason) -> str:
    if reason.missing is None:
        return HOLDS if reason.holds else FAILS
    return UNDEFINED if reason.missing.kind == "undefined" else UNDETERMINED


def _reason(row: Threshold, metrics: Mapping[str, Metric], num_classes: int) -> Reason:
    metric = metrics.get(row.metric)
    if metric is None or metric.value is None:
        return Reason(row, None, missing=UNMEASURED if metric is None else metric.missing or UNMEASURED)
    if row.operator == NOT:
        return Reason(row, not metric.value, metric.value)
    reference = _reference(row, metrics, num_classes)
    if reference is None:
        return Reason(row, None, metric.value, missing=UNMEASURED)
    limit = row.multiple * reference
    holds = metric.value <= limit if row.operator == AT_MOST else metric.value >= limit
    return Reason(row, holds, metric.value, reference, limit)


def _reference(row: Threshold, metrics: Mapping[str, Metric], num_classes: int) -> float | None:
    """Return the number that a row's multiple is of; None if it has not been measured."""
    metric = metrics[row.metric]
    if row.reference == RECONSTRUCTIONS:
        of_reconstructions = metrics.get(OF_RECONSTRUCTIONS[row.metric])
        return None if of_reconstructions is None else of_reconstructions.value
    return {CHANCE: 1 / num_classes, LABEL: math.log(num_classes)}.get(row.reference, metric.null)


def multiple(claim: str, metric: str) -> float:
    """Return how many times the reference value a claim asks of a number; KeyError if it asks nothing of it."""
    return {(row.claim, row.metric): row.multiple for row in THRESHOLDS}[claim, metric]


def _three(value: float) -> str:
    """Write a number with three significant digits."""
    return f"{value:#.3g}".rstrip(".")
