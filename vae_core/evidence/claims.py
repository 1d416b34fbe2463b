"""Claims about the models as sentences that can be false, and the one table of limits that decides them.

A limit is a fixed effect size in natural units (σ, nats, shares), so that it asks the same of few images and of many;
what finite samples add to a number is taken off before it is compared. The limits are round numbers, set after
looking at the shipped runs of seeds 0 to 2.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..runs import Catalogue, Metric, Missing, RunInfo

LECTURE, OURS = "lecture", "ours"
DETERMINED = 2.0  # standard errors from the limit, at least, for a verdict


class Claim(NamedTuple):
    """A sentence in plain words about models of one kind ("ae", "vae" or "cvae"), the lecture's or ours."""

    name: str
    kind: str
    sentence: str
    source: str = LECTURE


CLAIMS = (
    Claim("not_gaussian", "ae", "Not Gaussian at all"),
    Claim("has_empty_spaces", "ae", "Has empty spaces"),
    Claim("sampling_tricky", "ae", "Sampling is tricky"),
    Claim("gaussian_like", "vae", "Gaussian-like"),
    Claim("fewer_empty_spaces", "vae", "Fewer empty spaces"),
    Claim("easy_to_sample", "vae", "Easy to sample"),
    Claim("classes_apart", "vae", "Classes stay apart: a 7 is reconstructed as a 7"),
    Claim("almost_gaussian", "cvae", "Almost a perfect Gaussian"),
    Claim("hardly_empty_spaces", "cvae", "Hardly any empty spaces", OURS),
    Claim("classes_mixed", "cvae", "Classes need not stay apart"),
    Claim("asked_digit", "cvae", "The digit asked for is drawn", OURS),
)

AT_MOST, AT_LEAST = "at most", "at least"
VALUE = "value"
ROOT = "√(value² − null²)"  # of a distance, to which chance adds in squares
EXCESS = "value − null"
LESS_THAN_AE = "the autoencoder's − value"
OF_RECONSTRUCTIONS = "value / its own reconstructions'"  # what the decoder can do at best
PER_CLASS, PER_DIMENSION = "value / number of classes", "value / latent dimensions"
RECONSTRUCTED = {"coverage": "reconstruction_coverage"}


class Threshold(NamedTuple):
    """What a claim asks of one number; it holds if all its rows do, and its first row is the one to draw.

    Arguments:
        claim, metric: Names of the claim and of the number.
        direction: "at most" or "at least".
        limit: In the unit.
        effect: How the effect size follows from the number; one of the constants above, which say the formula.
        unit: Of effect and limit: "σ", "nats" or "share".
        label: The effect in plain words.
    """

    claim: str
    metric: str
    direction: str
    limit: float
    effect: str
    unit: str
    label: str


EASY = 0.7  # share of what sampling could give: more is easy, less is tricky
DISTANCE = (ROOT, "σ", "distance to N(0, I)")
OF_OWN = (OF_RECONSTRUCTIONS, "share", "coverage of draws / of its reconstructions")
SHAPE = (ROOT, "σ", "distance of the shape to a Gaussian's, after whitening")
ALL_ACTIVE = ("active_units", AT_LEAST, 1.0, PER_DIMENSION, "share", "latent dimensions in use")
ASKED: Mapping[str, tuple[tuple[str, str, float, str, str, str], ...]] = {  # by claim
    "not_gaussian": (
        ("sliced_wasserstein_whitened", AT_LEAST, 0.3, *SHAPE),
        ("sliced_wasserstein", AT_LEAST, 0.3, *DISTANCE),
    ),
    "has_empty_spaces": (("far_share_whitened", AT_LEAST, 0.03, EXCESS, "share", "prior draws far from any code"),),
    "sampling_tricky": (
        ("coverage", AT_MOST, EASY, *OF_OWN),
        ("effective_classes_fitted", AT_MOST, EASY, PER_CLASS, "share", "classes among draws from one fitted Gaussian"),
    ),
    "gaussian_like": (
        ("sliced_wasserstein_whitened", AT_MOST, 0.15, *SHAPE),
        ("sliced_wasserstein", AT_MOST, 0.2, *DISTANCE),
        ALL_ACTIVE,
    ),
    "fewer_empty_spaces": (
        ("far_share_whitened", AT_LEAST, 0.03, LESS_THAN_AE, "share", "fewer draws far from any code than with the AE"),
        ALL_ACTIVE,
    ),
    "easy_to_sample": (
        ("recognised", AT_LEAST, 0.35, VALUE, "share", "draws that the classifier recognises"),
        ("effective_classes", AT_LEAST, EASY, PER_CLASS, "share", "classes among draws from N(0, I)"),
        ("coverage", AT_LEAST, EASY, *OF_OWN),
        ALL_ACTIVE,
    ),
    "classes_apart": (
        ("reconstruction_label", AT_LEAST, 0.8, VALUE, "share", "reconstructions classified as their label"),
        ("knn_accuracy", AT_LEAST, 0.5, EXCESS, "share", "k-NN accuracy above chance"),
    ),
    "almost_gaussian": (
        ("kl_aggregate", AT_MOST, 0.1, VALUE, "nats", "KL(q(z)‖p), less what chance gives"),
        ("sliced_wasserstein_whitened", AT_MOST, 0.1, *SHAPE),
        ("sliced_wasserstein", AT_MOST, 0.1, *DISTANCE),
        ALL_ACTIVE,
    ),
    "hardly_empty_spaces": (
        ("hole_mass", AT_MOST, 0.02, EXCESS, "share", "prior mass in holes"),
        ALL_ACTIVE,
    ),
    "classes_mixed": (
        ("class_information", AT_MOST, 0.3, VALUE, "nats", "I(c;z), what z says about the class"),
        ("knn_accuracy", AT_MOST, 0.1, EXCESS, "share", "k-NN accuracy above chance"),
        ALL_ACTIVE,
    ),
    "asked_digit": (("label_agreement", AT_LEAST, 0.95, VALUE, "share", "draws classified as the digit asked for"),),
}  # fmt: skip
THRESHOLDS = tuple(Threshold(claim, *row) for claim, rows in ASKED.items() for row in rows)

FAILS, UNDEFINED, UNDETERMINED, HOLDS = "does not hold", "not defined", "not determined", "holds"
MEANING = {FAILS: False, UNDEFINED: None, UNDETERMINED: None, HOLDS: True}  # one row decides, the first in this order
UNMEASURED = Missing("unmeasured")
NO_AE = Missing("unmeasured", "it takes the autoencoder of the same seed")


@dataclass(frozen=True)
class Reason:
    """What one row of the table comes to for a run.

    Arguments:
        threshold: The row, with `metric`, `direction`, `limit`, `unit` and the words for the effect.
        verdict: "holds", "does not hold", "not defined" or "not determined".
        value: The effect size, in the row's unit; None if it is missing.
        error: Its standard error; None where it is exact.
        null: The number of an exactly Gaussian model of as many images, or of real images, before any correction; None
            where there is none.
        measured: The number itself, before any correction.
        margin: How many standard errors the value lies beyond the limit, negative on the side where the row does not
            hold; None where there is no error.
        missing: Why there is no value, or why it cannot be told from the limit.
    """

    threshold: Threshold
    verdict: str
    value: float | None = None
    error: float | None = None
    null: float | None = None
    measured: float | None = None
    margin: float | None = None
    missing: Missing | None = None

    @property
    def sentence(self) -> str:
        """Say the reason in one line.

        >>> Reason(THRESHOLDS[0], "holds", 0.5036, 0.004).sentence
        "distance of the shape to a Gaussian's, after whitening: 0.504 ± 0.00400 σ (limit: at least 0.300 σ)"
        """
        row = self.threshold
        if self.value is None:
            return str(self.missing)
        unit = "" if row.unit == "share" else f" {row.unit}"
        error = f" ± {_three(self.error)}" if self.error else ""
        why = f"; {self.missing.why}" if self.missing else ""
        return f"{row.label}: {_three(self.value)}{error}{unit} (limit: {row.direction} {_three(row.limit)}{unit}{why})"


@dataclass(frozen=True)
class Verdict:
    """Whether a claim holds for a run.

    Arguments:
        claim: With its name, the kind of model, its sentence in plain words, and whose it is: `source`.
        verdict: "holds", "does not hold", "not defined" or "not determined".
        rows: What every row of the table comes to, in its order; the first is the one to draw.
        run: Id of the run; "" where only its numbers are known.
    """

    claim: Claim
    verdict: str
    rows: tuple[Reason, ...]
    run: str = ""

    @property
    def holds(self) -> bool | None:
        """Return True, False, or None for what is not defined or not determined."""
        return MEANING[self.verdict]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Return the rows that decide, each said once."""
        deciding = [reason for reason in self.rows if reason.verdict == self.verdict]
        return tuple({reason.sentence: reason for reason in deciding}.values())

    @property
    def decisive(self) -> Reason:
        """Return the row that decides by the least: the one with the smallest margin."""
        return min(self.reasons, key=lambda row: math.inf if row.margin is None else abs(row.margin))

    @property
    def because(self) -> str:
        """Say all reasons in one line."""
        return "; ".join(reason.sentence for reason in self.reasons)


def verdicts(
    metrics: Mapping[str, Metric], kind: str, num_classes: int, ae: Mapping[str, Metric] | None = None
) -> list[Verdict]:
    """Return a verdict on every claim about models of a kind, by their metrics; an absent one is not measured yet.

    A claim fails if one of its rows does, whatever is unknown about the others. What lies within two standard errors
    of a limit is not determined, nor is anything where chance alone comes to more than half a limit.

    Arguments:
        ae: The metrics of the autoencoder of the same seed, with which "fewer" compares.
    """
    return [judge(claim, metrics, num_classes, ae) for claim in CLAIMS if claim.kind == kind]


def verdicts_of(info: RunInfo, runs: Catalogue, metrics_of: Callable[[RunInfo], Mapping[str, Metric]]) -> list[Verdict]:
    """Return the verdicts on a run, compared with the autoencoder among the runs that was trained as it was."""
    ae = autoencoder_of(info, runs)
    found = verdicts(metrics_of(info), info.model.kind, info.class_count, None if ae is None else metrics_of(ae))
    return [replace(verdict, run=info.id) for verdict in found]


def autoencoder_of(info: RunInfo, runs: Catalogue) -> RunInfo | None:
    """Return the autoencoder that differs from a run in nothing but KLD and condition; None if there is none."""
    return runs.find(replace(info.model, kind="ae"), info.train)


def judge(
    claim: Claim, metrics: Mapping[str, Metric], num_classes: int, ae: Mapping[str, Metric] | None = None
) -> Verdict:
    """Return the verdict on one claim, which may be about models of another kind; see `verdicts`."""
    rows = tuple(assess(row, metrics, num_classes, ae) for row in THRESHOLDS if row.claim == claim.name)
    results = {row.verdict for row in rows}
    return Verdict(claim, next(result for result in MEANING if result in results), rows)


def assess(
    row: Threshold, metrics: Mapping[str, Metric], num_classes: int, ae: Mapping[str, Metric] | None = None
) -> Reason:
    """Return what one row of the table comes to for a model, of whatever kind; see `verdicts`."""
    metric = metrics.get(row.metric)
    if metric is None or metric.value is None:
        return _without_value(row, metric)
    measured, error, null = float(metric.value), metric.stderr, metric.null
    if row.effect == ROOT:
        return _distance(row, measured, error, null)
    value = measured
    if row.effect == EXCESS:
        if null is None:
            return _without_value(row, None)
        value -= null
    elif row.effect == PER_CLASS:
        value, error = value / num_classes, None if error is None else error / num_classes
    elif row.effect == PER_DIMENSION:
        spread = metrics.get("spread")
        if spread is None or spread.value is None:
            return _without_value(row, None)
        value /= len(spread.value)
    elif row.effect in (LESS_THAN_AE, OF_RECONSTRUCTIONS):
        compared = (
            metrics.get(RECONSTRUCTED[row.metric]) if row.effect == OF_RECONSTRUCTIONS else (ae or {}).get(row.metric)
        )
        if compared is None or compared.value is None:
            reason = _without_value(row, compared)
            return reason if row.effect == OF_RECONSTRUCTIONS else Reason(row, UNDETERMINED, missing=NO_AE)
        value, error = _compared(row, metric, compared)
    distance = (row.limit - value) if row.direction == AT_MOST else (value - row.limit)
    return _decided(row, distance, error, value, error, null, measured)


def _compared(row: Threshold, metric: Metric, other: Metric) -> tuple[float, float | None]:
    """Return the difference to another number, or the ratio, with its standard error."""
    errors = metric.stderr or 0.0, other.stderr or 0.0
    if row.effect == LESS_THAN_AE:
        return other.value - metric.value, math.hypot(*errors)
    if not other.value:
        return 0.0, None  # nothing to compare with: its own reconstructions cover nothing either
    ratio = metric.value / other.value
    return ratio, math.hypot(errors[0], ratio * errors[1]) / other.value


def _distance(row: Threshold, measured: float, error: float | None, null: float | None) -> Reason:
    """Compare a distance, less what chance adds to it, with the limit, both as they would be measured."""
    if null is None:
        return _without_value(row, None)
    value = _beyond(measured, null)
    spread = error or 0.0
    shown = None if error is None else (_beyond(measured + spread, null) - _beyond(measured - spread, null)) / 2
    limit = math.hypot(row.limit, null)
    distance = limit - measured if row.direction == AT_MOST else measured - limit
    if null > row.limit / 2:
        why = f"chance alone comes to {_three(null)}, more than half the limit"
        missing = Missing("undetermined", why)
        return Reason(row, UNDETERMINED, value, shown, null, measured, _margin(distance, error), missing)
    return _decided(row, distance, error, value, shown, null, measured)


def _beyond(measured: float, null: float) -> float:
    """Return √(measured² − null²), 0 where the distance is not above its null."""
    return math.sqrt(max(measured**2 - null**2, 0.0)) if measured > 0 else 0.0


def _decided(
    row: Threshold,
    distance: float,
    error: float | None,
    value: float,
    shown_error: float | None,
    null: float | None,
    measured: float,
) -> Reason:
    """Return a row's verdict by how far its number lies beyond the limit."""
    margin = _margin(distance, error)
    if margin is not None and abs(margin) < DETERMINED:
        missing = Missing("undetermined", f"{abs(margin):.1f} standard errors from it")
        return Reason(row, UNDETERMINED, value, shown_error, null, measured, margin, missing)
    verdict = HOLDS if distance >= 0 else FAILS
    return Reason(row, verdict, value, shown_error, null, measured, margin)


def _margin(distance: float, error: float | None) -> float | None:
    return None if not error else distance / error


def _without_value(row: Threshold, metric: Metric | None) -> Reason:
    missing = UNMEASURED if metric is None else metric.missing or UNMEASURED
    return Reason(row, UNDEFINED if missing.kind == "undefined" else UNDETERMINED, missing=missing)


def _three(value: float) -> str:
    """Write a number with three significant digits."""
    return f"{value:#.3g}".rstrip(".")
