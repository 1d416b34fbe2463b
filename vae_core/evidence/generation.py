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
from .measures import Moments, Overlap, frechet_distance, moments, precision_recall_density_coverage, radii
from .metric import GROUPS, Estimate
from .table import as_metrics
from .ways import PRIOR, fitted_draws

SAMPLES = 10_000
BATCH = 1000  # images that exist at a time
SUBSET = 2000  # points at most of a measure that costs the square of their number
REPEATS = 4  # at least, from whose scatter its standard error comes
NO_LABEL = Estimate(None, missing=Missing("undefined", "this model is given no label"))
Floats = NDArray[np.floating]
Hits = NDArray[np.bool_]
Pair = tuple[Estimate, Estimate]  # of the model, and of real images


class _Features(NamedTuple):
    """What the classifier sees in each set of images, shape (n, 64)."""

    test: Floats
    train: Floats
    reconstructions: Floats
    draws: dict[str, Floats]  # by the way to sample


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
    classifier recognises. effective_classes: into how many equally frequent classes it sorts those, the exponential of
    the entropy. precision, recall, density, coverage and frechet_distance compare them with the test images; their null
    compares training images, as many. The Fréchet distance is in units of the test images' total variance, so that the
    scale of features does not matter. All but density are measured for each of the `WAYS` to draw z, and of
    reconstructions. A cVAE gets labels in the test set's proportions: label_agreement is the share classified as their
    label, confusion its shares by given label (row) and predicted label (column). reconstruction_label: share of test
    images classified right after encoding and decoding, for which a cVAE gets the label too.

    The latents are the model's posteriors of the test images. ValueError if they are not, or if the classifier is for
    images of another size.
    """
    y = real_test.y.cpu()
    if not np.array_equal(latents.y, y.numpy()):
        raise ValueError(f"these latents, of {len(latents.y)} images, are not those of the {len(y)} test images")
    labels = y[torch.arange(SAMPLES) % len(y)]
    features = _features(model, latents, classifier, real_train, real_test, labels, seed)
    real, reconstructions = classifier.predict(features.test), classifier.predict(features.reconstructions)
    predictions = {way: classifier.predict(draws) for way, draws in features.draws.items()}
    prior, right = predictions[PRIOR], real.label == y.numpy()
    pairs: dict[str, Pair] = {
        "label_agreement": (NO_LABEL, Estimate(None)),
        "confusion": (NO_LABEL, Estimate(None)),
        "reconstruction_label": _share(reconstructions.label == y.numpy(), right),
        "reconstruction_recognised": _share(reconstructions.recognised, real.recognised),
        "reconstruction_effective_classes": (_effective_classes(reconstructions), _effective_classes(real)),
        **_overlap(features, seed),
        **_frechet(features, seed),
    }
    for way, found in predictions.items():
        pairs[f"recognised{way}"] = _share(found.recognised, real.recognised)
        pairs[f"effective_classes{way}"] = _effective_classes(found), _effective_classes(real)
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
    index = torch.from_numpy(rng.permutation(len(real_train))[: len(labels)])
    generator = torch.Generator().manual_seed(seed)

    def of(batches: Iterator[Tensor]) -> Floats:
        return np.concatenate([classifier.features(batch) for batch in batches])

    from_prior = (sample_prior(model, len(y), y, generator)[0] for y in labels.split(BATCH))
    images_of_draws: dict[str, Iterator[Tensor]] = {PRIOR: from_prior}
    for way, z in fitted_draws(codes, len(labels), seed).items():
        images_of_draws[way] = _decoded(model, torch.from_numpy(z).float(), labels)
    return _Features(
        test=of(_real(real_test, torch.arange(len(real_test)))),
        train=of(_real(real_train, index)),
        reconstructions=of(_decoded(model, torch.from_numpy(codes), real_test.y)),
        draws={way: of(images) for way, images in images_of_draws.items()},
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


def _effective_classes(predictions: Predictions) -> Estimate:
    """Return the exponential of the entropy of the recognised images' labels, 0 where there are none."""
    counts = np.bincount(predictions.label[predictions.recognised])
    total = int(counts.sum())
    if not total:
        return Estimate(0.0, 1.0)
    shares = counts[counts > 0] / total
    surprise = -np.log(shares)
    entropy = float(shares @ surprise)
    scatter = math.sqrt(max(float(shares @ surprise**2) - entropy**2, 0.0))
    return Estimate(math.exp(entropy), math.exp(entropy) * (scatter + 1 / total) / math.sqrt(total))


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
    sets = {"real": features.train, **features.draws, "reconstruction": features.reconstructions}
    n = min(map(len, (features.test, *sets.values())))
    repeats = max(REPEATS, -(-n // SUBSET))

    def subsets(points: Floats) -> list[Floats]:
        return np.array_split(points[rng.permutation(len(points))[:n]], repeats)

    real = [(subset, radii(subset)) for subset in subsets(features.test)]

    def with_test(points: Floats) -> tuple[Overlap, Overlap]:
        overlaps = np.array(
            [
                precision_recall_density_coverage(test, subset, real_radii=real_radii)
                for (test, real_radii), subset in zip(real, subsets(points), strict=True)
            ]
        )
        scatter = overlaps.std(axis=0, ddof=1) / math.sqrt(repeats)
        return Overlap(*overlaps.mean(axis=0).tolist()), Overlap(*scatter.tolist())

    found = {name: with_test(points) for name, points in sets.items()}
    null, _ = found.pop("real")
    pairs: dict[str, Pair] = {}
    for way, (means, errors) in found.items():
        for name in ("precision", "recall", "coverage"):
            mean, error = getattr(means, name), getattr(errors, name)
            estimate = Estimate(mean, max(error, _stderr(round(mean * n), n)))
            pairs[_name(name, way)] = estimate, Estimate(getattr(null, name))
    means, errors = found[PRIOR]
    return pairs | {"density": (Estimate(means.density, errors.density), Estimate(null.density))}


def _name(number: str, way: str) -> str:
    return f"{way}_{number}" if way == "reconstruction" else f"{number}{way}"


def _frechet(features: _Features, seed: int) -> dict[str, Pair]:
    """Measure Fréchet distances of as many samples as training images, with the error of a jackknife over groups."""
    count, rng = len(features.train), np.random.default_rng(seed)

    def groups(points: Floats) -> list[Moments]:
        return [moments(part) for part in np.array_split(rng.permutation(points), GROUPS)]

    def distance(fake: Moments, real: Moments) -> float:
        gaussian = real.gaussian()
        return frechet_distance(fake.gaussian(), gaussian) / float(np.trace(gaussian[1]))

    real_groups, real = groups(features.test), moments(features.test)
    null = Estimate(distance(moments(features.train), real))
    pairs = {}
    for way, points in {**features.draws, "reconstruction": features.reconstructions}.items():
        fake_groups, fake = groups(points[:count]), moments(points[:count])
        without = np.array(
            [
                [distance(fake.without(part), real) for part in fake_groups],
                [distance(fake, real.without(part)) for part in real_groups],
            ]
        )
        error = math.sqrt((GROUPS - 1) * float(without.var(axis=1).sum()))
        pairs[_name("frechet_distance", way)] = Estimate(distance(fake, real), error), null
    return pairs
