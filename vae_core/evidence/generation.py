"""What a classifier says of a model's images, next to what it says of real ones.

Everything is measured on about 10,000 samples and on the test images; distances are those in the classifier's features.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data import ImageSet
from ..latents import Latents, sample_prior
from ..models import AE, CVAE, VAE
from ..runs import Metric, Missing
from .classifier.classifier import Classifier, Predictions
from .measures import Overlap, fitted_gaussian, frechet_distance, precision_recall_density_coverage
from .metric import Estimate
from .table import as_metrics

SAMPLES = 10_000
BATCH = 1000  # images that exist at a time
SUBSET = 2000  # points at most of a measure that costs the square of their number
REPEATS = 4  # at least, from whose scatter its standard error comes
RESAMPLES = 30  # of the bootstrap, whose standard error is then known to 13 %
NO_LABEL = Estimate(None, missing=Missing("undefined", "this model is given no label"))
Floats = NDArray[np.floating]
Hits = NDArray[np.bool_]
Pair = tuple[Estimate, Estimate]  # of the model, and of real images


class _Features(NamedTuple):
    """What the classifier sees in each set of images, shape (n, 64)."""

    test: Floats
    train: Floats
    prior: Floats
    fitted: Floats
    reconstructions: Floats


def generation(
    model: AE | VAE | CVAE,
    latents: Latents,
    classifier: Classifier,
    real_train: ImageSet,
    real_test: ImageSet,
    seed: int,
) -> dict[str, Metric]:
    """Measure a model's images with a classifier; `null` is the same for real images.

    recognised: share of the images decoded from z ~ N(0, I), also where the model has no such prior, that the
    classifier recognises. recognised_fitted: the same for z from a Gaussian with the codes' own mean and covariance. A
    cVAE gets labels in the test set's proportions: label_agreement is the share classified as their label, confusion
    its shares by given label (row) and predicted label (column). reconstruction_label: share of test images classified
    right after encoding and decoding, for which a cVAE gets the label too. precision, recall, density, coverage and
    frechet_distance compare the prior's samples with the test images; their null compares training images, as many.
    The Fréchet distance is in units of the test images' total variance, so that the scale of features does not matter.

    The latents are the model's posteriors of the test images. ValueError if they are not, or if the classifier is for
    images of another size.
    """
    y = real_test.y.cpu()
    if not np.array_equal(latents.y, y.numpy()):
        raise ValueError(f"these latents, of {len(latents.y)} images, are not those of the {len(y)} test images")
    labels = y[torch.arange(SAMPLES) % len(y)]
    features = _features(model, latents, classifier, real_train, real_test, labels, seed)
    real, prior, reconstructions = map(classifier.predict, (features.test, features.prior, features.reconstructions))
    right = real.label == y.numpy()
    pairs: dict[str, Pair] = {
        "recognised": _share(prior.recognised, real.recognised),
        "recognised_fitted": _share(classifier.predict(features.fitted).recognised, real.recognised),
        "label_agreement": (NO_LABEL, Estimate(None)),
        "confusion": (NO_LABEL, Estimate(None)),
        "reconstruction_label": _share(reconstructions.label == y.numpy(), right),
        "reconstruction_recognised": _share(reconstructions.recognised, real.recognised),
        **_overlap(features, seed),
        "frechet_distance": _frechet(features, seed),
    }
    if model.config.kind == "cvae":
        classes = len(classifier.info.class_names)
        pairs["label_agreement"] = _share(prior.label == labels.numpy(), right)
        pairs["confusion"] = _confusion(labels, prior, classes), _confusion(y, real, classes)
    estimates, nulls = ({name: pair[i] for name, pair in pairs.items()} for i in (0, 1))
    return as_metrics(estimates, nulls)


def _features(
    model: AE | VAE | CVAE,
    latents: Latents,
    classifier: Classifier,
    real_train: ImageSet,
    real_test: ImageSet,
    labels: Tensor,
    seed: int,
) -> _Features:
    """Return the classifier's features of every set of images, made and classified in batches."""
    codes, rng = latents.sample(seed), np.random.default_rng(seed)
    mean, covariance = fitted_gaussian(codes)
    fitted = rng.multivariate_normal(mean, covariance, len(labels), method="eigh")
    index = torch.from_numpy(rng.permutation(len(real_train))[: len(labels)])
    generator = torch.Generator().manual_seed(seed)

    def of(batches: Iterator[Tensor]) -> Floats:
        return np.concatenate([classifier.features(batch) for batch in batches])

    return _Features(
        test=of(_real(real_test, torch.arange(len(real_test)))),
        train=of(_real(real_train, index)),
        prior=of(sample_prior(model, len(y), y, generator)[0] for y in labels.split(BATCH)),
        fitted=of(_decoded(model, torch.from_numpy(fitted).float(), labels)),
        reconstructions=of(_decoded(model, torch.from_numpy(codes), real_test.y)),
    )


def _real(data: ImageSet, index: Tensor) -> Iterator[Tensor]:
    return (data.images(batch.to(data.x.device)) for batch in index.split(BATCH))


@torch.no_grad()
def _decoded(model: AE | VAE | CVAE, z: Tensor, y: Tensor) -> Iterator[Tensor]:
    """Decode z (n, d) with labels y (n,)."""
    device = next(model.parameters()).device
    for batch, labels in zip(z.split(BATCH), y.split(BATCH), strict=True):
        yield model.decode(batch.to(device), labels.to(device))


def _share(hits: Hits, null: Hits) -> Pair:
    """Return a share of n images with its standard error, which stays above 0 where all of them agree."""
    return Estimate(float(hits.mean()), _stderr(int(hits.sum()), len(hits))), Estimate(float(null.mean()))


def _stderr(hits: int, n: int) -> float:
    """Return the standard deviation of a share after `hits` of n, given a uniform prior.

    That of Beta(hits + 1, n − hits + 1).
    """
    share = (hits + 1) / (n + 2)
    return math.sqrt(share * (1 - share) / (n + 3))


def _confusion(labels: Tensor, predictions: Predictions, classes: int) -> Estimate:
    """Return the shares of each predicted label (column) by label (row); None in the row of a label without images."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels.numpy(), predictions.label), 1)
    rows = [(row, sum(row)) for row in counts.tolist()]
    return Estimate(
        [[hits / total if total else None for hits in row] for row, total in rows],
        [[_stderr(hits, total) if total else None for hits in row] for row, total in rows],
    )


def _overlap(features: _Features, seed: int) -> dict[str, Pair]:
    """Measure precision, recall, density and coverage: means over disjoint subsets, with the error of that mean.

    The error of a share is at least that of as many points that are independent of each other.
    """
    rng = np.random.default_rng(seed)
    n = min(len(features.test), len(features.train), len(features.prior))
    repeats = max(REPEATS, -(-n // SUBSET))
    test, train, prior, reconstructions = (
        np.array_split(points[rng.permutation(len(points))[:n]], repeats)
        for points in (features.test, features.train, features.prior, features.reconstructions)
    )

    def with_test(subsets: list[Floats]) -> tuple[Overlap, Overlap]:
        overlaps = np.array([precision_recall_density_coverage(*pair) for pair in zip(test, subsets, strict=True)])
        scatter = overlaps.std(axis=0, ddof=1) / math.sqrt(repeats)
        return Overlap(*overlaps.mean(axis=0).tolist()), Overlap(*scatter.tolist())

    null, _ = with_test(train)

    def share(name: str, means: Overlap, errors: Overlap) -> Pair:
        mean, null_mean, error = (getattr(overlap, name) for overlap in (means, null, errors))
        return Estimate(mean, max(error, _stderr(round(mean * n), n))), Estimate(null_mean)

    of_prior, of_reconstructions = with_test(prior), with_test(reconstructions)
    means, errors = of_prior
    return {
        "precision": share("precision", *of_prior),
        "recall": share("recall", *of_prior),
        "density": (Estimate(means.density, errors.density), Estimate(null.density)),
        "coverage": share("coverage", *of_prior),
        "reconstruction_coverage": share("coverage", *of_reconstructions),
    }


def _frechet(features: _Features, seed: int) -> Pair:
    """Measure the Fréchet distance of as many samples as training images, with a bootstrap standard error."""
    rng, prior = np.random.default_rng(seed), features.prior[: len(features.train)]
    real = fitted_gaussian(features.test)
    variance = float(np.trace(real[1]))

    def resampled(points: Floats) -> tuple[Floats, Floats]:
        return fitted_gaussian(points, rng.multinomial(len(points), np.full(len(points), 1 / len(points))))

    def distance(fake: tuple[Floats, Floats], real: tuple[Floats, Floats]) -> float:
        return frechet_distance(fake, real) / variance

    repeated = [distance(resampled(prior), resampled(features.test)) for _ in range(RESAMPLES)]
    return (
        Estimate(distance(fitted_gaussian(prior), real), float(np.std(repeated, ddof=1))),
        Estimate(distance(fitted_gaussian(features.train), real)),
    )
