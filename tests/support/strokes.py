"""Test images drawn again as strokes on a large canvas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

CANVAS = 280  # pixels a side, as in the app


SIZES = (0.7, 1.1)  # of a drawing, against the image blown up to the canvas


AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))  # clockwise from above


Grey = NDArray[np.uint8]


def skeleton(image: Grey) -> NDArray[np.bool_]:
    """The middle lines of what is brighter than half, about a pixel wide, shape (H, W).

    Source: Zhang & Suen 1984, "A fast parallel algorithm for thinning digital patterns".
    """
    lines, before = np.pad(image > 127, 1), -1
    while lines.sum() != before:
        before = lines.sum()
        for first in (True, False):
            near = np.stack([np.roll(lines, (-down, -right), (0, 1)) for down, right in AROUND])  # (8, H, W)
            up, right, down, left = near[::2]
            count, turns = near.sum(axis=0), (~near & np.roll(near, -1, axis=0)).sum(axis=0)
            edge = ~(right & down & (up | left)) if first else ~(up & left & (right | down))
            lines = lines & ~((count >= 2) & (count <= 6) & (turns == 1) & edge)
    return lines[1:-1, 1:-1]


def strokes(image: Grey, rng: np.random.Generator, brush: float | None = None) -> Grey:
    """A digit drawn anew with a round brush, white on a black canvas, shape (280, 280).

    Arguments:
        image: Grey, strokes bright, shape (H, W).
        rng: Chooses size and place on the canvas, and the brush.
        brush: Its diameter in pixels of the canvas (default: from 18 to 22).
    """
    brush = rng.uniform(18, 22) if brush is None else brush
    cells = np.argwhere(skeleton(image))[:, ::-1]  # (n, 2), x before y
    points = cells * (CANVAS / max(image.shape) * rng.uniform(*SIZES))
    before, after = brush / 2 - points.min(axis=0), CANVAS - brush / 2 - points.max(axis=0)
    points += rng.uniform(np.minimum(before, after), np.maximum(before, after))
    places = dict(zip(map(tuple, cells.tolist()), points.tolist(), strict=True))
    canvas = Image.new("L", (CANVAS, CANVAS))
    pen = ImageDraw.Draw(canvas)
    for (column, row), place in places.items():
        pen.circle(place, brush / 2, fill=255)
        for down, right in AROUND[:4]:
            neighbour = places.get((column + right, row + down))
            if neighbour:
                pen.line((*place, *neighbour), fill=255, width=round(brush))
    return np.asarray(canvas)
