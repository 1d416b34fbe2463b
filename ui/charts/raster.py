"""Images as pixels, without a chart: strips, named grids, points over an image or a prior, and images within a URL."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ui.charts.base import GREY, INK, class_color
from vae_core.sheets import sheet

Pixels = NDArray[np.uint8]
SCALE = 2  # pixels of a named grid for each pixel of an image
NAME_PX, LETTER_PX = 22, 15  # height of a column's name and of its letters; a row's name gets the width it needs
SIDE = 1120  # pixels of a picture with points, at least
DOT, DIMMED = 4, 0.55  # radius of a point; share of the brightness that is left behind the points
NAME_SIZE, NAME_RIM = 52, 6
PANEL, IN_A_ROW, REACH = 260, 5, 4.0  # pixels a side of a class's panel; panels; σ from 0 to its edge
PANEL_DOT, PANEL_NAME = 2.5, 32  # radius of its points; size of its name
FAINT = {"light": "#e3e6ea", "dark": "#262c34"}  # colour of points that are only a background


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
    _dots(picture, shares, [class_color(label) for label in y.tolist()], DOT)
    pen, (width, height) = ImageDraw.Draw(picture), picture.size
    font = ImageFont.load_default(NAME_SIZE)
    for name, (x, up) in names:
        if 0 <= x <= 1 and 0 <= up <= 1:
            position = (x * width, (1 - up) * height)
            pen.text(position, name, "white", font, anchor="mm", stroke_width=NAME_RIM, stroke_fill="black")
    return np.asarray(picture)


def class_panels(z: NDArray[np.floating], y: NDArray[np.integer], names: Sequence[str], theme: str) -> Pixels:
    """Return a panel for each class, five in a row, as RGB: its z in colour over all others in grey, ±4 σ.

    Arguments:
        z: Codes (n, 2) in units of the prior's sigma; those beyond a panel's edge are left out.
        y: Their labels (n,).
        names: Of the classes, from label 0.
        theme: "light" or "dark". A circle is drawn at 2 σ, within which N(0, I) has 86 % of its mass.
    """
    ink, ground = INK[theme]
    shares, middle, radius = z / (2 * REACH) + 0.5, PANEL / 2, PANEL / REACH
    behind, font = Image.new("RGB", (PANEL, PANEL), ground), ImageFont.load_default(PANEL_NAME)
    _dots(behind, shares, [FAINT[theme]] * len(z), PANEL_DOT)
    rows = -(-len(names) // IN_A_ROW)
    picture = Image.new("RGB", (IN_A_ROW * PANEL, rows * PANEL), ground)
    for label, name in enumerate(names):
        panel, own = behind.copy(), y == label
        _dots(panel, shares[own], [class_color(label)] * int(own.sum()), PANEL_DOT)
        pen = ImageDraw.Draw(panel)
        pen.circle((middle, middle), radius, outline=ink, width=2)
        pen.rectangle((0, 0, PANEL - 1, PANEL - 1), outline=GREY)
        pen.text((10, 8), name, ink, font, stroke_width=3, stroke_fill=ground)
        picture.paste(panel, (label % IN_A_ROW * PANEL, label // IN_A_ROW * PANEL))
    return np.asarray(picture)


def _dots(picture: Image.Image, shares: NDArray[np.floating], colors: Sequence[str], radius: float) -> None:
    """Draw points in their colours; those outside, or not finite, are left out."""
    pen, (width, height) = ImageDraw.Draw(picture), picture.size
    for (x, up), color in zip(shares.tolist(), colors, strict=True):
        if 0 <= x <= 1 and 0 <= up <= 1:
            pen.circle((x * width, (1 - up) * height), radius, color)
