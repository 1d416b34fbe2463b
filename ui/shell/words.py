"""Names and numbers as people read them: model kinds, runs, settings' values, percentages, durations."""

import re
from datetime import datetime
from typing import Any

from vae_core.config import SETTINGS
from vae_core.evidence import Verdict
from vae_core.runs import Metric, RunInfo

TITLES = {"ae": "Autoencoder · no KLD", "vae": "VAE · KLD", "cvae": "Conditional VAE · KLD + condition"}
SHORT = {"ae": "AE", "vae": "VAE", "cvae": "cVAE"}
VALUES = {**SETTINGS["condition"].choices, **SETTINGS["dataset"].choices}
CREDIT = "After “Tutorial 6: AE, VAE, cVAE” of the course Practical Deep Learning for Science, N. Kakati, 16 May 2024."
NO_LIKELIHOOD = "The cross-entropy of grey values is no likelihood."
LISTED = 4  # entries of a list that are shown
ICONS = {
    "holds": ":green[:material/check_circle:]",
    "does not hold": ":red[:material/cancel:]",
    "not defined": ":gray[:material/do_not_disturb_on:]",
    "not determined": ":gray[:material/help:]",
}


def title(kind: str) -> str:
    """Return a model kind's name with what is special about its loss."""
    return TITLES[kind]


def short(kind: str) -> str:
    """Return a model kind's short name, where there is no room for its title."""
    return SHORT[kind]


def subtitle(info: RunInfo, beta: bool = True) -> str:
    """Return what distinguishes a run from others of its kind: β (unless a slider says it), condition, seed."""
    settings = [f"β = {info.train.beta:g}"] if beta and info.train.beta is not None else []
    if info.model.kind == "cvae":
        settings.append(f"{value_text(info.model.condition)} condition{condition_place(info)}")
    settings += [f"prior {prior(info)}"] if info.model.has_label_prior else []
    return ", ".join((*settings, f"seed {info.train.seed}", *part_of_data(info)))


def part_of_data(info: RunInfo) -> list[str]:
    """Return which part of the data set a run was trained on; nothing for all of it."""
    classes = [info.class_names[label] for label in info.train.classes]
    named = [f"only {', '.join(classes)}"] if classes else []
    return named + ([f"{info.train.images:,} training images"] if info.train.images else [])


def condition_place(info: RunInfo) -> str:
    """Return which network gets a cVAE's condition, with a leading comma; nothing if both do."""
    return "" if info.model.condition_in == "both" else f", {info.model.condition_in} only"


def prior(info: RunInfo) -> str:
    """Return the distribution that a run's z are drawn from."""
    return "p(z|c)" if info.model.has_label_prior else "N(0, I)"


def origin(info: RunInfo) -> str:
    """Return where a run comes from, its epochs, how long they took if that was here, and the day (Markdown)."""
    source, time = "shipped", ""
    if not info.shipped:  # how long another machine took, and what else it did, tells nothing here
        source, time = "trained here", f" in {info.seconds:.0f} s on {plain(info.device)}"
    day = datetime.fromisoformat(info.created).strftime("%d %b %Y").lstrip("0")
    return f"{source} · {info.train.epochs} epochs{time} · {day}"


def value_text(value: Any) -> str:
    """Return a setting's value as people read it: "MNIST", "0.25", "one-hot"."""
    return VALUES.get(value, f"{value:g}" if isinstance(value, float) else str(value))


def duration(seconds: float) -> str:
    """Return a time as people say it: "20 s", "3 min"."""
    return f"{max(round(seconds), 1)} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def three(value: float) -> str:
    """Return a number with three significant digits.

    >>> three(0.5), three(123.4)
    ('0.500', '123')
    """
    return f"{value:#.3g}".rstrip(".")


def percent(share: float) -> str:
    """Return a share in percent, with one digit or as many as it needs not to be 0.

    >>> percent(0.5), percent(0.0004)
    ('50.0%', '0.04%')
    """
    digits = next((digits for digits in range(1, 4) if share >= 0.5 * 10.0 ** -(digits + 2)), 1)
    return f"{share:.{digits}%}"


def amount(value: float, unit: str, error: float | None = None) -> str:
    """Return a number of some unit with its standard error; a share in percent.

    >>> amount(0.5036, "σ", 0.0041), amount(0.974, "share")
    ('0.504 ± 0.0041 σ', '97.4%')
    """
    if unit == "share":
        return f"{value:.1%}".replace("-", "−") + ("" if error is None else f" ± {error:.1%}")
    return three(value) + ("" if error is None else f" ± {error:#.2g}") + f" {unit}"


def plain(text: str) -> str:
    """Return text from a visitor or a file as Markdown that shows it literally: no links, images or icons."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])", r"\\\1", text)


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
        return metric.missing.label if metric.missing is not None else ""
    error = f" ± {value_in_words(metric.stderr)}" if isinstance(metric.stderr, float) else ""
    return value_in_words(metric.value) + error


def verdict_line(verdict: Verdict) -> str:
    """Write a claim with its verdict, in one line of Markdown."""
    return f"{ICONS[verdict.verdict]} **{verdict.claim.sentence}**: {verdict.verdict}"
