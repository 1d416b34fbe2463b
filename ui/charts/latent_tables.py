"""The tables of a latent space's chart, with few columns, for they travel to the browser."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.latent import Window

IMAGE = "test image"  # column with an image's index, and its name in tooltips
LABEL_GAP = 0.058  # of the plot's side, between two labels


def point_table(points: NDArray[np.float32], labels: NDArray[np.int64], names: tuple[str, ...]) -> pd.DataFrame:
    """Return a row per test image, for `points`."""
    return pd.DataFrame(
        {
            "x": points[:, 0].astype(np.float32),
            "y": points[:, 1].astype(np.float32),
            "label": pd.Categorical.from_codes(labels.tolist(), pd.Index(names)),
            IMAGE: np.arange(len(points), dtype=np.int16 if len(points) < 2**15 else np.int32),
        }
    )


def centre_table(
    points: NDArray[np.float32], labels: NDArray[np.int64], names: tuple[str, ...], window: Window
) -> pd.DataFrame:
    """Return every class's name at the median of its points, shifted so as not to cover another, for `centres`."""
    classes = np.unique(labels)
    centres = np.array([np.median(points[labels == label], axis=0) for label in classes], dtype=np.float64)
    positions = _separate(centres, gap=2 * window.half * LABEL_GAP)
    return pd.DataFrame({"x": positions[:, 0], "y": positions[:, 1], "label": [names[label] for label in classes]})


def _separate(centres: NDArray[np.float64], gap: float, rounds: int = 200) -> NDArray[np.float64]:
    """Push points (n, 2) that are closer than `gap` away from each other until none is."""
    noise = np.random.default_rng(0).standard_normal(centres.shape)
    positions = centres + 1e-3 * gap * noise  # equal ones need a direction
    for _ in range(rounds):
        difference = positions[:, None] - positions[None]
        distance = np.linalg.norm(difference, axis=-1)
        np.fill_diagonal(distance, np.inf)
        if distance.min() >= gap:
            break
        push = np.clip(gap * 1.01 - distance, 0, None) / 2
        positions = positions + (difference / distance[..., None] * push[..., None]).sum(axis=1) * 0.7
    return positions
