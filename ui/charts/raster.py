"""Images as pixels, without a chart: strips, named grids, points over an image or a prior, and images within a URL."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ui.charts.base import INK, class_color
from vae_core.sheets import sheet

Pixels = NDArray[np.uint8]
SCALE = 2  # pixels of a named grid for each pixel of an image
NAME_PX, LETTER_PX = 22, 15  # height of a column's name and of its letters; a row's name gets the width it needs
SIDE = 1120  # pixels of a picture with points, at least
DOT, DIMMED = 4, 0.55  # radius of a point; share of the brightness that is left behind the points
NAME_SIZE, NAME_RIM = 52, 6


def strip(images: Pixels, scale: int = 3) -> Pixels:
    """Return images (n, H, W) side by side with a gap of a few pixels, enlarged."""
    framed = np.pad(images, ((0, 0), (0, 0), (1, 1)))
    return sheet(framed, columns=len(framed)).repeat(scale, axis=0).repeat(scale, axis=1)


def image_url(image: Pixels) -> str:
    """Return an image, grey (H, W) or coloured (H, W, 3), as a PNG within a URL."""
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()


def named_grid(images: Pixels, rows: tuple[str, ...], columns: tuple[str, ...], theme: str) -> Pixels:
    """Return images (rows · columns, H, W), row by row, with names on the left and on top, as RGB.

    Names that are all empty take no space.
    """
    ink, ground = INK[theme]
    tiles = np.pad(images, ((0, 0), (0, 1), (0, 1))).repeat(SCALE, axis=1).repeat(SCALE, axis=2)
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
    image: Pixels, shares: NDArray[np.floating], y: NDArray[np.int64], names: list[tuple[str, tuple[float, float]]]
) -> Pixels:
    """Return a square image (H, W), dimmed, with points over it, as RGB with sides of `SIDE` or more pixels.

    Arguments:
        image: The image behind the points.
        shares: Positions from (0, 0) at the lower left to (1, 1) at the upper right, shape (n, 2); points outside are
            left out.
        y: Their labels (n,).
        names: The classes' names and their positions, in shares; white on black, as the images are.
    """
    factor = -(-SIDE // image.shape[1])
    picture = Image.fromarray((image * DIMMED).astype(np.uint8)).convert("RGB")
    picture = picture.resize((image.shape[1] * factor, image.shape[0] * factor), Image.Resampling.NEAREST)
    _dots(picture, shares, y, DOT)
    pen, (width, height) = ImageDraw.Draw(picture), picture.size
    font = ImageFont.load_default(NAME_SIZE)
    for name, (x, up) in names:
        if 0 <= x <= 1 and 0 <= up <= 1:
            position = (x * width, (1 - up) * height)
            pen.text(position, name, "white", font, anchor="mm", stroke_width=NAME_RIM, stroke_fill="black")
    return np.asarray(picture)


def _dots(picture: Image.Image, shares: NDArray[np.floating], y: NDArray[np.int64], radius: int) -> None:
    """Draw points in the colours of their classes; those outside, or not finite, are left out."""
    pen, (width, height) = ImageDraw.Draw(picture), picture.size
    inside = ((shares >= 0) & (shares <= 1)).all(axis=1)
    for (x, up), label in zip(shares[inside].tolist(), y[inside].tolist(), strict=True):
        pen.circle((x * width, (1 - up) * height), radius, class_color(label))
