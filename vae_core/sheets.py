"""Many small images as one big one, and as files."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["save_images", "sheet"]


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


def save_images(path: Path, x: NDArray[np.float32], y: NDArray[np.int64] | None, z: NDArray[np.float32]) -> None:
    """Write decoded images to a `.png` (one sheet) or a `.npz`.

    Arguments:
        path: Its suffix decides.
        x: Images in [0, 1], shape (n, H, W).
        y: The labels they were asked for, shape (n,); None is written as −1.
        z: Their latents, shape (n, d).
    """
    if path.suffix == ".npz":
        np.savez_compressed(path, x=x, y=np.full(len(x), -1) if y is None else y, z=z)
        return
    from PIL import Image

    Image.fromarray(sheet((x * 255).round().astype(np.uint8))).save(path)
