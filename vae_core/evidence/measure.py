"""The one way to measure a run: its latent space, what a classifier says of its images, and its likelihood."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DataError
from ..places import ROOT
from ..runs import LOCAL, Metric, Run, RunInfo, checkpoints_root, load_run
from .latent_space import SUMMARY, evidence, summarize
from .table import read_metrics

if TYPE_CHECKING:
    import torch

    from ..data import ImageSet
    from .classifier import Classifier

NLL_IMAGES = 1000  # all 10,000 take ten times as long
Images = tuple["ImageSet", "ImageSet"]  # training and test split
SHIPPED = ROOT / "checkpoints"


class Measured(NamedTuple):
    """Numbers by name, in the order of `NUMBERS`, and a sentence on each part that could not be measured here."""

    metrics: dict[str, Metric]
    notes: tuple[str, ...]


def find_classifier(dataset: str) -> Classifier | None:
    """Find the classifier of a data set: trained here, among the checkpoints, or shipped; None if there is none.

    ClassifierError if its file is damaged.
    """
    from .classifier import load_classifier

    root = checkpoints_root()
    loaded = (load_classifier(dataset, folder) for folder in (root / LOCAL, root, SHIPPED))
    return next((classifier for classifier in loaded if classifier is not None), None)


def known_metrics(info: RunInfo, load: Callable[[RunInfo], Run] | None = None) -> dict[str, Metric]:
    """Return a run's numbers as far as they are kept; the six of `summarize` are computed where they are not.

    Nothing is written. `load` gets the run itself if it is needed; None reads its file, with a RunError if it cannot.
    """
    metrics = read_metrics(info)
    if metrics.keys() >= set(SUMMARY):
        return metrics
    run = load(info) if load is not None else load_run(info.path or "")
    return summarize(run.latents, run.info.latent_seed) | metrics


def measure_run(
    run: Run, device: str | torch.device = "auto", should_stop: Callable[[], bool] | None = None
) -> Measured | None:
    """Measure every number of a run that this machine allows; None when told to stop.

    Generation and likelihood need the images that the run was trained and tested on, generation a classifier as well.

    Arguments:
        device: Where images are decoded, as for `resolve_device`.
        should_stop: Asked between the parts, each of which takes some seconds.

    Raises:
        DeviceError: There is no such device.
        ClassifierError: The classifier's file is damaged.
    """
    from ..devices import resolve_device

    images, notes, dataset = None, [], run.info.train.dataset
    try:
        images = images_of(run, resolve_device(device) if isinstance(device, str) else device)
    except DataError as error:
        notes.append(f"Generation and likelihood are left out: {error}")
    classifier = find_classifier(dataset)
    if classifier is None:
        command = f"python -m vae_core classifier --dataset {dataset}"
        notes.append(f"Generation is left out: there is no classifier of these images. `{command}` trains one.")
    metrics = measure(run, images, classifier, should_stop)
    return None if metrics is None else Measured(metrics, tuple(notes))


def images_of(run: Run, device: str | torch.device = "cpu") -> Images:
    """Load both splits of a run's data set.

    DataError if they are not on this machine, or not those that the run was trained and tested on.
    """
    from ..data import load_splits

    train, test = load_splits(run.info.train, device=device)
    if train.fingerprint != run.info.fingerprints[0] or not run.is_of(test):
        raise DataError("the images on this machine are not those that the run was trained on")
    return train, test


def measure(
    run: Run,
    images: Images | None,
    classifier: Classifier | None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[str, Metric] | None:
    """Measure the numbers of a run that images and classifier allow; None when told to stop.

    The seed of all draws is the run's own, so that measuring again gives equal numbers. Without images, generation and
    likelihood are left out, without a classifier only generation. `should_stop` is asked between the parts.
    """
    stopped = should_stop or (lambda: False)
    metrics = evidence(run.latents, run.recon, run.info.latent_seed)
    if images is not None and not stopped():
        metrics |= _of_images(run, images, classifier, stopped)
    return None if stopped() else metrics


def _of_images(
    run: Run, images: Images, classifier: Classifier | None, stopped: Callable[[], bool]
) -> dict[str, Metric]:
    """Measure generation, if there is a classifier, and likelihood."""
    import torch

    from ..models import AE
    from . import likelihood

    (train, test), seed = images, run.info.latent_seed
    metrics: dict[str, Metric] = {}
    model = run.model(str(test.x.device))
    if classifier is not None:
        from .generation import generation

        metrics |= generation(model, run.latents, classifier, train, test, seed)
    estimate = None
    rate = run.latents.kld()
    if rate is not None and not isinstance(model, AE) and not stopped():
        generator = torch.Generator(test.x.device).manual_seed(seed)
        bounds = torch.from_numpy(run.recon + rate)  # −elbo of each image
        estimate = likelihood.nll(
            model, test, images=NLL_IMAGES, binarize=run.info.train.binarize, generator=generator, exact=False,
            bounds=bounds,
        )  # fmt: skip
    return metrics | likelihood.as_metric(estimate)
