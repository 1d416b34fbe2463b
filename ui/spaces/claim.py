"""The claim below a latent space: what to see in it, with its numbers."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ui.shell.words import three
from vae_core.evidence import CLAIMS, ignores_image, judge
from vae_core.runs import Metric, RunInfo

BY_NAME = {claim.name: claim for claim in CLAIMS}
SHAPES = {  # in words, by the claim that must hold; the first one counts
    "almost_gaussian": "almost a perfect Gaussian",
    "gaussian_like": "Gaussian-like",
    "not_gaussian": "not Gaussian at all",
}


class Claim(NamedTuple):
    """What to see in a latent space, and the numbers that say so."""

    finding: str
    numbers: str


def claim(info: RunInfo, metrics: dict[str, Metric]) -> Claim:
    """Return what to see in a run's latent space, by the verdicts on it, with its numbers."""
    distance, accuracy, spread = (metrics[name] for name in ("sliced_wasserstein", "knn_accuracy", "spread"))
    if ignores_image(metrics):
        finding = "One cloud, Gaussian only because it ignores the image"
    else:
        holding = [name for name in BY_NAME if _holds(name, info, metrics)]
        shapes = (words for name, words in SHAPES.items() if name in holding and not _lacks(name, info, metrics))
        finding = f"{_picture(info, holding)}: {next(shapes, 'not quite Gaussian')}"
    widths = " × ".join(three(value) for value in spread.value[:3]) + (" …" if len(spread.value) > 3 else "")
    numbers = (
        f"Spread {widths} σ (prior: 1); distance to N(0, I) {three(distance.value)} σ "
        f"(as many points of it: {three(distance.null)}); "
        f"neighbours share the label for {accuracy.value:.0%} (chance: {1 / info.class_count:.0%})."
    )
    return Claim(finding, numbers)


def _picture(info: RunInfo, holding: Collection[str]) -> str:
    """Say in plain words what a latent space looks like, by the names of the claims that hold for it."""
    if "classes_mixed" in holding:
        reason = "the digit is told separately" if info.model.condition_inputs("decoder") else "classes mixed"
        return f"One cloud, {reason}"
    if "gaussian_like" in holding:
        return "Islands pushed together"
    islands = "Ten islands" if info.class_count == 10 else "Islands"
    return f"{islands} with gaps" if "has_empty_spaces" in holding else f"{islands} spread out"


def _holds(name: str, info: RunInfo, metrics: Mapping[str, Metric]) -> bool:
    """Tell whether the rows of a claim hold, of which there must be one, as far as they have been measured."""
    rows = [row for row in judge(BY_NAME[name], metrics, info.class_count).rows if row.value is not None]
    return bool(rows) and all(row.verdict == "holds" for row in rows)


def _lacks(name: str, info: RunInfo, metrics: Mapping[str, Metric]) -> bool:
    """Tell whether a row of a claim has not been measured yet."""
    rows = judge(BY_NAME[name], metrics, info.class_count).rows
    return any(row.missing is not None and row.missing.kind == "unmeasured" for row in rows)
