"""Decoded images as one picture: with names for rows and columns, or behind the points of the plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ui.charts import INK, class_color
from vae_core.sheets import sheet

__all__ = ["labelled", "with_points"]

Grey = NDArray[np.uint8]
SCALE = 2  # pixels of a named picture for each pixel of an image
NAME_PX, LETTER_PX = 22, 15  # height of a column's name and of its letters; a row's name has width for it
SIDE = 1120  # pixels of a picture with points, at least
DOT, DIMMED = 4, 0.55  # radius of a point; what is left of the images' brightness behind them
NAME_SIZE, NAME_RIM = 52, 6


def labelled(pictures: Grey, rows: tuple[str, ...], columns: tuple[str, ...], theme: str) -> Grey:
    """Images (rows · columns, H, W), row by row, with names at the left and on top, as RGB.

    Names that are all empty take no room.
    """
    ink, ground = INK[theme]
    tiles = np.pad(pictures, ((0, 0), (0, 1), (0, 1))).repeat(SCALE, axis=1).repeat(SCALE, axis=2)
    (height, width), font = tiles.shape[1:], ImageFont.load_default(LETTER_PX)
    top = NAME_PX if any(columns) else 0
    left = max(round(font.getlength(name)) + 10 if name else 0 for name in rows)
    image = Image.new("RGB", (left + width * len(columns), top + height * len(rows)), ground)
    image.paste(Image.fromarray(sheet(tiles, len(columns))), (left, top))
    pen = ImageDraw.Draw(image)
    for number, name in enumerate(rows):
        pen.text((left - 6, top + height * (number + 0.5)), name, ink, font, anchor="rm")
    for number, name in enumerate(columns):
        pen.text((left + width * (number + 0.5), top / 2), name, ink, font, anchor="mm")
    return np.asarray(image)


def with_points(
    picture: Grey,
    shares: NDArray[np.floating],
    y: NDArray[np.int64],
    names: list[tuple[str, tuple[float, float]]],
) -> Grey:
    """A square picture (H, W), dimmed, with points over it, as RGB with sides of `SIDE` or more pixels.

    Arguments:
        picture: What the points lie on.
        shares: Where they lie, from (0, 0) at the lower left to (1, 1) at the upper right, shape (n, 2); those outside
            are left out.
        y: Their labels (n,).
        names: The classes' names and where they stand, in shares; white on black, as the images are.
    """
    times = -(-SIDE // picture.shape[1])
    image = Image.fromarray((picture * DIMMED).astype(np.uint8)).convert("RGB")
    image = image.resize((picture.shape[1] * times, picture.shape[0] * times), Image.Resampling.NEAREST)
    pen, (width, height) = ImageDraw.Draw(image), image.size
    inside = ((shares >= 0) & (shares <= 1)).all(axis=1)
    for (x, up), label in zip(shares[inside].tolist(), y[inside].tolist(), strict=True):
        pen.circle((x * width, (1 - up) * height), DOT, class_color(label))
    font = ImageFont.load_default(NAME_SIZE)
    for name, (x, up) in names:
        if 0 <= x <= 1 and 0 <= up <= 1:
            place = (x * width, (1 - up) * height)
            pen.text(place, name, "white", font, anchor="mm", stroke_width=NAME_RIM, stroke_fill="black")
    return np.asarray(image)
