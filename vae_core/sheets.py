"""Many small images as one big one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["sheet"]


def sheet(images: NDArray[np.uint8], columns: int | None = None) -> NDArray[np.uint8]:
    """Images (N, H, W) as one of `columns` (default: about a square), row by row; missing ones at the end are black.

    >>> sheet(np.ones((3, 2, 2), np.uint8), columns=2).shape
    (4, 4)
    """
    n, height, width = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = -(-n // columns)
    padded = np.zeros((rows * columns, height, width), np.uint8)
    padded[:n] = images
    return padded.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)
