"""All evidence about one run: its latent space, what the judge says of its images, and its likelihood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..runs import LOCAL, Run, checkpoints_root
from .metric import Metric
from .report import evidence

if TYPE_CHECKING:
    from ..data import ImageSet
    from .classifier import Judge

__all__ = ["NLL_IMAGES", "find_judge", "lacking", "measure"]

NLL_IMAGES = 1000  # all 10,000 take ten times as long
LATENT, GENERATION, LIKELIHOOD = (
    "kl_aggregate",
    "recognised",
    "nll",
)  # metrics that stand for what is measured with them


def find_judge(dataset: str) -> Judge | None:
    """The judge of a data set: trained here, among the checkpoints, or shipped with the library; None if there is none.

    ClassifierError if its file is damaged.
    """
    from .classifier import load_judge

    root = checkpoints_root()
    folders = (root / LOCAL, root, Path(__file__).resolve().parents[2] / "checkpoints")
    return next((judge for folder in folders if (judge := load_judge(dataset, folder)) is not None), None)


def lacking(metrics: Mapping[str, Metric]) -> tuple[str, ...]:
    """Which parts of a run's evidence have not been measured: "latent space", "generation", "likelihood"."""
    parts = {LATENT: "latent space", GENERATION: "generation", LIKELIHOOD: "likelihood"}
    return tuple(words for name, words in parts.items() if name not in metrics)


def measure(
    run: Run,
    images: tuple[ImageSet, ImageSet] | None,
    judge: Judge | None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, Metric] | None:
    """Every number that can be measured; None when told to stop. The seed of all draws is the run's own.

    Arguments:
        run: What is measured.
        images: Training and test split of its data set; None leaves generation and likelihood out.
        judge: Of its data set; None leaves generation out.
        should_stop: Asked between the parts, each of which takes some seconds.
    """
    stopped = should_stop or (lambda: False)
    seed = run.info.latent_seed
    measured = evidence(run.latents, run.recon, seed)
    if images is not None and not stopped():
        measured |= _of_images(run, images, judge, stopped)
    return None if stopped() else measured


def _of_images(
    run: Run, images: tuple[ImageSet, ImageSet], judge: Judge | None, stopped: Callable[[], bool]
) -> dict[str, Metric]:
    """Generation, if there is a judge, and likelihood."""
    import torch

    from ..models import AE
    from . import likelihood

    (train, test), seed = images, run.info.latent_seed
    measured: dict[str, Metric] = {}
    model = run.model(str(test.x.device))
    if judge is not None:
        from .generation import generation

        measured |= generation(model, run.latents, judge, train, test, seed)
    found = None
    rate = run.latents.kld()
    if rate is not None and not isinstance(model, AE) and not stopped():
        generator = torch.Generator(test.x.device).manual_seed(seed)
        bounds = torch.from_numpy(run.recon + rate)  # −elbo of each image
        found = likelihood.nll(
            model, test, images=NLL_IMAGES, binarize=run.info.train.binarize, generator=generator, exact=False,
            bounds=bounds,
        )  # fmt: skip
    return measured | likelihood.as_metric(found)
