"""Small pictures of latent spaces, drawn as pixels: many of them cost a page nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ui.charts import GREY, INK, class_color

SIZE = 220  # pixels a side, shown at half of it
DOT = 2  # half side of a point's square, in pixels
CIRCLES = (1, 2, 3)  # sigma of the prior


def thumbnail(points: NDArray[np.float32], y: NDArray[np.int64], half: float, theme: str) -> NDArray[np.uint8]:
    """Draw points (n, 2) in the colours of their labels over the prior's circles: uint8, shape (SIZE, SIZE, 3).

    Arguments:
        points, y: Latents in the plane, and labels (n,).
        half: Half the side of the window around 0.
        theme: "light" or "dark".
    """
    picture = np.full((SIZE, SIZE, 3), rgb(INK[theme][1]), dtype=np.uint8)
    turn = np.linspace(0, 2 * np.pi, 720)
    for sigma in CIRCLES:
        _mark(picture, sigma * np.column_stack((np.cos(turn), np.sin(turn))), half, np.array([rgb(GREY)]), dot=0)
    colors = np.array([rgb(class_color(label)) for label in range(int(y.max()) + 1)], dtype=np.uint8)
    _mark(picture, points, half, colors[y], dot=DOT)
    picture[[0, -1], :] = picture[:, [0, -1]] = rgb(GREY)
    return picture


def _mark(
    picture: NDArray[np.uint8], points: NDArray[np.floating], half: float, colors: NDArray[np.uint8], dot: int
) -> None:
    """Draw points as squares with sides of 2 dot + 1 pixels; those outside are left out."""
    column = np.rint((points[:, 0] / half + 1) / 2 * (SIZE - 1))
    row = np.rint((1 - points[:, 1] / half) / 2 * (SIZE - 1))
    inside = (column >= dot) & (column < SIZE - dot) & (row >= dot) & (row < SIZE - dot)  # false for NaN
    column, row = column[inside].astype(int), row[inside].astype(int)
    colors = np.broadcast_to(colors, (len(points), 3))[inside]
    for down in range(-dot, dot + 1):
        for right in range(-dot, dot + 1):
            picture[row + down, column + right] = colors


def rgb(color: str) -> tuple[int, ...]:
    """Return a colour such as "#5daaf6" as red, green and blue."""
    return tuple(bytes.fromhex(color[1:]))
