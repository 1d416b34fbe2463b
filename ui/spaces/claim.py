"""The claim below a latent space: what to see in it, with its numbers."""

from typing import NamedTuple

from ui.shell.words import three
from vae_core.evidence import ignores_image, multiple
from vae_core.runs import Metric, RunInfo


class Claim(NamedTuple):
    """What to see in a latent space, and the numbers that say so."""

    finding: str
    numbers: str


def claim(info: RunInfo, metrics: dict[str, Metric]) -> Claim:
    """Return what to see in a run's latent space, with its numbers."""
    distance, accuracy = metrics["sliced_wasserstein"].value, metrics["knn_accuracy"].value
    spread = metrics["spread"].value
    chance = 1 / info.class_count
    reference = metrics["sliced_wasserstein"].null
    if ignores_image(metrics):
        finding = "Gaussian only because it ignores the image"
    else:
        finding = f"{_shape(distance / reference)}, {_classes(accuracy / chance)}"
    widths = " × ".join(three(value) for value in spread[:3]) + (" …" if len(spread) > 3 else "")
    numbers = (
        f"Spread {widths} σ (prior: 1); distance to N(0, I) {three(distance)} σ; "
        f"neighbours share the label for {accuracy:.0%} (chance: {chance:.0%})."
    )
    return Claim(finding, numbers)


def _shape(ratio: float) -> str:
    """Return a distance to the prior in words, given its ratio to a Gaussian model's."""
    if ratio <= multiple("almost_gaussian", "sliced_wasserstein"):
        return "Almost a perfect Gaussian"
    return "Gaussian-like" if ratio <= multiple("gaussian_like", "sliced_wasserstein") else "Not Gaussian, gaps"


def _classes(ratio: float) -> str:
    """Return a k-NN accuracy in words, given its ratio to chance."""
    if ratio <= multiple("classes_mixed", "knn_accuracy"):
        return "classes mixed"
    return "classes apart" if ratio >= multiple("classes_apart", "knn_accuracy") else "classes partly apart"
