"""Numbers, metrics and verdicts in words, for every page that shows them."""

from __future__ import annotations

from typing import Any

from vae_core.evidence import Metric, Verdict

LISTED = 4  # entries of a list that are shown
ICONS = {
    "holds": ":green[:material/check_circle:]",
    "does not hold": ":red[:material/cancel:]",
    "not defined": ":gray[:material/do_not_disturb_on:]",
    "not determined": ":gray[:material/help:]",
}


def three(value: float) -> str:
    """Write a number with three significant digits.

    >>> three(0.012345), three(120)
    ('0.0123', '120')
    """
    return f"{value:#.3g}".rstrip(".")


def value_in_words(value: Any) -> str:
    """Write a metric's value: three significant digits, the first entries of a list, nothing for None.

    >>> value_in_words([1.0, None, 3, 4, 5]), value_in_words(True)
    ('(1.00, –, 3, 4, …)', 'yes')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        entries = ", ".join(value_in_words(entry) or "–" for entry in value[:LISTED])
        return f"({entries}{', …' if len(value) > LISTED else ''})"
    if isinstance(value, int):
        return str(value)
    return "0" if value == 0 else three(value)


def metric_in_words(metric: Metric | None) -> str:
    """Write a metric with its standard error, or in a few words why there is none."""
    if metric is None:
        return "not measured yet"
    if metric.value is None:
        return metric.missing.partition(":")[0]
    error = f" ± {value_in_words(metric.stderr)}" if isinstance(metric.stderr, float) else ""
    return value_in_words(metric.value) + error


def verdict_line(verdict: Verdict) -> str:
    """Write a claim with its verdict, in one line of Markdown."""
    return f"{ICONS[verdict.verdict]} **{verdict.claim.sentence}**: {verdict.verdict}"
