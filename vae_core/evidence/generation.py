"""What a judge says of a model's images, next to what it says of real ones.

Everything is measured on about 10,000 samples and on the test images; distances are those in the judge's features.
"""

from __future__ import annotations

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
from .classifier.classifier import Judge, Judged
from .measures import Overlap, fitted_gaussian, frechet_of_gaussians, precision_recall_density_coverage
from .metric import Metric

__all__ = ["SAMPLES", "generation"]

SAMPLES = 10_000
BATCH = 1000  # images that exist at a time
SUBSET = 2000  # points at most of a measure that costs the square of their number
PARTS = 4  # at least, from whose scatter its standard error comes
RESAMPLES = 30  # of the bootstrap, whose standard error is then known to 13 %
Floats = NDArray[np.floating]
Hits = NDArray[np.bool_]


class _Features(NamedTuple):
    """What the judge sees in each set of images, shape (n, 64)."""

    test: Floats
    train: Floats
    prior: Floats
    fitted: Floats
    rebuilt: Floats


def generation(
    model: AE | VAE | CVAE, latents: Latents, judge: Judge, real_train: ImageSet, real_test: ImageSet, seed: int
) -> dict[str, Metric]:
    """What the judge says of a model's images; `null` is the same for real images.

    recognised: share of the images decoded from z ~ N(0, I), also where the model has no such prior, that the judge
    recognises. recognised_fitted: the same for z from a Gaussian with the codes' own mean and covariance. A cVAE is
    asked for labels in the test set's proportions: label_agreement is the share judged to be what was asked for,
    confusion its shares by asked label (row) and judged label (column). rebuilt_label: share of test images judged
    right after encoding and decoding, for which a cVAE is told the label too. precision, recall, density, coverage and
    frechet_distance compare the prior's samples with the test images; their null compares training images, as many.
    The Fréchet distance is in units of the test images' total variance, so that the scale of features does not matter.

    Arguments:
        model: On any device.
        latents: Its posteriors of the test images.
        judge: Of the same data set.
        real_train, real_test: The two splits, N test images.
        seed: Of every random draw.

    Raises:
        ValueError: The latents are not those of the test images, or the judge is for images of another size.
    """
    y = real_test.y.cpu()
    if not np.array_equal(latents.y, y.numpy()):
        raise ValueError(f"these latents, of {len(latents.y)} images, are not those of the {len(y)} test images")
    asked = y[torch.arange(SAMPLES) % len(y)]
    seen = _features(model, latents, judge, real_train, real_test, asked, seed)
    real, prior, rebuilt = (judge.grade(features) for features in (seen.test, seen.prior, seen.rebuilt))
    right = real.label == y.numpy()
    classes = len(judge.info.class_names)
    told = model.config.kind == "cvae"
    return {
        "recognised": _share(prior.recognised, real.recognised),
        "recognised_fitted": _share(judge.grade(seen.fitted).recognised, real.recognised),
        "label_agreement": _share(prior.label == asked.numpy(), right) if told else _not_told("higher"),
        "confusion": _confusion(_counts(asked, prior, classes), _counts(y, real, classes)) if told else _not_told(""),
        "rebuilt_label": _share(rebuilt.label == y.numpy(), right),
        "rebuilt_recognised": _share(rebuilt.recognised, real.recognised),
        **_overlap(seen, seed),
        "frechet_distance": _frechet(seen, seed),
    }


def _features(
    model: AE | VAE | CVAE,
    latents: Latents,
    judge: Judge,
    real_train: ImageSet,
    real_test: ImageSet,
    asked: Tensor,
    seed: int,
) -> _Features:
    """The judge's features of every set of images, made and looked at in batches."""
    codes, rng = latents.sample(seed), np.random.default_rng(seed)
    mean, covariance = fitted_gaussian(codes)
    fitted = rng.multivariate_normal(mean, covariance, len(asked), method="eigh")
    some = torch.from_numpy(rng.permutation(len(real_train))[: len(asked)])

    def look(batches: Iterator[Tensor]) -> Floats:
        return np.concatenate([judge.features(batch) for batch in batches])

    return _Features(
        test=look(_real(real_test, torch.arange(len(real_test)))),
        train=look(_real(real_train, some)),
        prior=look(_from_prior(model, asked, torch.Generator().manual_seed(seed))),
        fitted=look(_decoded(model, torch.from_numpy(fitted).float(), asked)),
        rebuilt=look(_decoded(model, torch.from_numpy(codes), real_test.y)),
    )


def _real(data: ImageSet, index: Tensor) -> Iterator[Tensor]:
    return (data.images(part.to(data.x.device)) for part in index.split(BATCH))


def _from_prior(model: AE | VAE | CVAE, y: Tensor, generator: torch.Generator) -> Iterator[Tensor]:
    """Images decoded from z ~ N(0, I), one for each label y (n,)."""
    return (sample_prior(model, len(part), part, generator)[0] for part in y.split(BATCH))


@torch.no_grad()
def _decoded(model: AE | VAE | CVAE, z: Tensor, y: Tensor) -> Iterator[Tensor]:
    """Images decoded from z (n, d) and y (n,)."""
    device = next(model.parameters()).device
    for part, label in zip(z.split(BATCH), y.split(BATCH), strict=True):
        yield model.decode(part.to(device), label.to(device))


def _share(hits: Hits, null: Hits) -> Metric:
    """A share of n images and its standard error, which stays above 0 where all of them agree."""
    return Metric(float(hits.mean()), float(null.mean()), "share", "higher", _stderr(int(hits.sum()), len(hits)))


def _stderr(hits: int, n: int) -> float:
    """Standard deviation of a share after `hits` of n, given a uniform prior: that of Beta(hits + 1, n − hits + 1)."""
    share = (hits + 1) / (n + 2)
    return math.sqrt(share * (1 - share) / (n + 3))


def _not_told(better: str) -> Metric:
    return Metric(None, None, "share", better, missing="not defined: this model is not told a label")


def _counts(label: Tensor, judged: Judged, classes: int) -> list[list[int]]:
    """How many images of each label (row) were judged to be what (column)."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (label.numpy(), judged.label), 1)
    return counts.tolist()


def _confusion(counts: list[list[int]], null: list[list[int]]) -> Metric:
    """Shares in each row, and their standard errors; None in the row of a label that no image has."""
    stderr = [[_stderr(hits, sum(row)) if any(row) else None for hits in row] for row in counts]
    return Metric(_rows(counts), _rows(null), "share", "", stderr)


def _rows(counts: list[list[int]]) -> list[list[float | None]]:
    return [[hits / sum(row) if any(row) else None for hits in row] for row in counts]


def _overlap(seen: _Features, seed: int) -> dict[str, Metric]:
    """Precision, recall, density and coverage: means over disjoint parts of the sets, with the error of that mean.

    The error of a share is at least that of as many points that are independent of each other.
    """
    rng = np.random.default_rng(seed)
    n = min(len(seen.test), len(seen.train), len(seen.prior))
    parts = max(PARTS, -(-n // SUBSET))
    test, train, prior, rebuilt = (
        np.array_split(points[rng.permutation(len(points))[:n]], parts)
        for points in (seen.test, seen.train, seen.prior, seen.rebuilt)
    )

    def beside(parts_of: list[Floats]) -> tuple[Overlap, Overlap]:
        found = np.array([precision_recall_density_coverage(*pair) for pair in zip(test, parts_of, strict=True)])
        scatter = found.std(axis=0, ddof=1) / math.sqrt(parts)
        return Overlap(*found.mean(axis=0).tolist()), Overlap(*scatter.tolist())

    (value, scatter), (null, _), (own, own_scatter) = beside(prior), beside(train), beside(rebuilt)

    def share(name: str, value: Overlap = value, scatter: Overlap = scatter) -> Metric:
        mean, null_mean, error = (getattr(overlap, name) for overlap in (value, null, scatter))
        return Metric(mean, null_mean, "share", "higher", max(error, _stderr(round(mean * n), n)))

    return {
        "precision": share("precision"),
        "recall": share("recall"),
        "density": Metric(value.density, null.density, "ratio", "higher", scatter.density),
        "coverage": share("coverage"),
        "rebuilt_coverage": share("coverage", own, own_scatter),
    }


def _frechet(seen: _Features, seed: int) -> Metric:
    """Fréchet distance of as many samples as there are training images, with a bootstrap standard error."""
    rng, prior = np.random.default_rng(seed), seen.prior[: len(seen.train)]
    real = fitted_gaussian(seen.test)
    variance = float(np.trace(real[1]))

    def again(points: Floats) -> tuple[Floats, Floats]:
        return fitted_gaussian(points, rng.multinomial(len(points), np.full(len(points), 1 / len(points))))

    repeated = [frechet_of_gaussians(again(prior), again(seen.test)) / variance for _ in range(RESAMPLES)]
    return Metric(
        frechet_of_gaussians(fitted_gaussian(prior), real) / variance,
        frechet_of_gaussians(fitted_gaussian(seen.train), real) / variance,
        "variance of the real images",
        "lower",
        float(np.std(repeated, ddof=1)),
    )
