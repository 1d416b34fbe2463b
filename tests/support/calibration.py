"""How well a classifier's confidence agrees with its accuracy."""

from __future__ import annotations

import numpy as np

from vae_core.evidence.classifier import Predictions

BINS = 15


def calibration_error(predictions: Predictions, y: np.ndarray) -> float:
    """Mean distance of accuracy from confidence over 15 equal bins of confidence, weighted by their images.

    Source: Guo et al. 2017, "On calibration of modern neural networks".
    """
    bins = np.minimum((predictions.confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=(predictions.label == y) - predictions.confidence.astype(float), minlength=BINS)
    return float(np.abs(gaps).sum() / len(y))
