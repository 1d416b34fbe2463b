"""Test images as people's pictures: on paper of any colour, photographed, cut, in any file; framed ones: frames.py."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Grey = NDArray[np.uint8]
Cover = NDArray[np.float64]  # how much ink, 0 to 1, shape (H, W)
Rng = np.random.Generator
Disguise = Callable[[Cover, Rng], bytes]
SIDE = 280  # pixels of the plain picture, of which the digit fills 200


def cover(image: Grey, side: int = SIDE) -> Cover:
    """The ink of an MNIST image (28, 28) at a larger size."""
    large = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(large) / 255


def png(levels: NDArray | Image.Image, kind: str = "PNG", **settings: object) -> bytes:
    """A picture's file; float levels are rounded to 8 bits."""
    if isinstance(levels, np.ndarray) and levels.dtype == np.float64:
        levels = levels.clip(0, 255).round().astype(np.uint8)
    content = io.BytesIO()
    (levels if isinstance(levels, Image.Image) else Image.fromarray(levels)).save(content, kind, **settings)
    return content.getvalue()


def written(ink: Cover, paper: float | Cover = 255.0, pen: float = 0.0) -> Cover:
    """Grey levels of ink on paper."""
    return paper + (pen - paper) * ink


def placed(ink: Cover, shape: tuple[int, int], corner: tuple[int, int]) -> Cover:
    """The ink on a larger or smaller sheet, its top left corner at (row, column), which may be negative."""
    sheet = np.zeros(shape)
    top, left = corner
    part = ink[max(-top, 0) : shape[0] - top, max(-left, 0) : shape[1] - left]
    sheet[max(top, 0) : max(top, 0) + part.shape[0], max(left, 0) : max(left, 0) + part.shape[1]] = part
    return sheet


def tight(ink: Cover, margin: int = 0) -> Cover:
    """The ink cropped to its own size and a margin, which may be negative."""
    rows, columns = (np.flatnonzero((ink > 0.2).any(axis=axis)) for axis in (1, 0))
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.pad(cropped, margin) if margin >= 0 else cropped[-margin:margin, -margin:margin]


def with_levels(
    change: Callable[[Cover, Rng], Cover | NDArray | Image.Image], kind: str = "PNG", **settings
) -> Disguise:
    """A file of the grey levels that come of the ink."""
    return lambda ink, rng: png(change(ink, rng), kind, **settings)


def lit(ink: Cover, light: Cover, noise: float, rng: Rng, pen: float = 0.2) -> Cover:
    """Dark ink on paper under an uneven light, with a camera's noise."""
    return light * (1 - (1 - pen) * ink) + rng.normal(0, noise, ink.shape)


def ramp(ink: Cover, low: float, high: float, angle: float = 0.5) -> Cover:
    rows, columns = np.mgrid[-0.5 : 0.5 : ink.shape[0] * 1j, -0.5 : 0.5 : ink.shape[1] * 1j]
    return (low + high) / 2 + (high - low) * (np.cos(angle) * columns + np.sin(angle) * rows) / 1.3


def ruled(ink: Cover, step: int, level: float, width: int = 1, grid: bool = False) -> Cover:
    paper = np.full(ink.shape, 250.0)
    for start in range(width):
        paper[step // 2 + start :: step] = level
        if grid:
            paper[:, step // 2 + start :: step] = level
    return np.minimum(written(ink, 250, 20), paper)


def dotted(ink: Cover, rng: Rng, count: int, radius: float, level: float = 0) -> Cover:
    """Specks of dust in the margin."""
    levels = written(ink)
    points = np.zeros(ink.shape)
    near = ndimage.binary_dilation(ink > 0.1, iterations=int(8 + radius))
    places = np.argwhere(~near)
    for row, column in places[rng.integers(0, len(places), count)]:
        points[row, column] = 1
    specks = ndimage.distance_transform_edt(points == 0) <= radius
    levels[specks] = level
    return levels


def coloured(paper: tuple[int, int, int], pen: tuple[int, int, int]) -> Disguise:
    return lambda ink, rng: png(
        (np.array(paper) + (np.array(pen) - np.array(paper)) * ink[..., None]).round().astype(np.uint8)
    )


def transparent(pen: int, paper: int | None = None) -> Disguise:
    """Ink with transparency, or a page with transparent corners."""

    def disguise(ink: Cover, rng: Rng) -> bytes:
        grey = np.full(ink.shape, pen) if paper is None else written(ink, paper, pen)
        alpha = ink * 255 if paper is None else np.full(ink.shape, 255)
        return png(np.stack([grey, grey, grey, alpha], axis=-1).round().astype(np.uint8))

    return disguise


def turned(angle: float, **settings: float) -> Disguise:
    return lambda ink, rng: png(written(ndimage.rotate(ink, angle, reshape=False, order=1).clip(0, 1), **settings))


def resized(height: int, width: int) -> Disguise:
    return lambda ink, rng: png(
        Image.fromarray((255 * (1 - ink)).astype(np.uint8)).resize((width, height), Image.Resampling.LANCZOS)
    )


def sixteen(low: int, high: int) -> Disguise:
    """Levels between two values in a PNG of 16 bits; paper has the low one."""
    return lambda ink, rng: png((low + (high - low) * ink).round().astype(np.uint16))


def palette(ink: Cover, rng: Rng) -> bytes:
    image = Image.fromarray((ink > 0.5).astype(np.uint8), "P")
    image.putpalette([250, 240, 200, 30, 40, 120])
    return png(image)


PLAIN: Disguise = with_levels(lambda ink, rng: 255 * ink)

FILES: dict[str, Disguise] = {
    "black on white": with_levels(lambda ink, rng: written(ink)),
    "grey on grey": with_levels(lambda ink, rng: written(ink, 150, 90)),
    "light on grey": with_levels(lambda ink, rng: written(ink, 110, 190)),
    "faint": with_levels(lambda ink, rng: written(ink, 235, 205)),
    "JPEG of quality 15": with_levels(lambda ink, rng: written(ink), "JPEG", quality=15),
    "WebP, lossy": with_levels(lambda ink, rng: written(ink), "WEBP", quality=20),
    "GIF": with_levels(lambda ink, rng: written(ink), "GIF"),
    "1 bit": with_levels(lambda ink, rng: Image.fromarray(ink > 0.5)),
    "1 bit, dark": with_levels(lambda ink, rng: Image.fromarray(ink < 0.5)),
    "dithered": with_levels(lambda ink, rng: Image.fromarray((250 - 240 * ink).astype(np.uint8)).convert("1")),
    "mask of 0 and 1": with_levels(lambda ink, rng: (ink > 0.5).astype(np.uint8)),
    "mask of 1 and 0": with_levels(lambda ink, rng: (ink < 0.5).astype(np.uint8)),
    "mask of 1 and 2": with_levels(lambda ink, rng: (ink > 0.5).astype(np.uint8) + 1),
    "mask in 16 bits": sixteen(0, 1),
    "levels 0 to 15": with_levels(lambda ink, rng: (15 * ink).round().astype(np.uint8)),
    "palette": palette,
    "grey with alpha": with_levels(lambda ink, rng: Image.fromarray((255 * (1 - ink)).astype(np.uint8)).convert("LA")),
    "black on transparent": transparent(0),
    "white on transparent": transparent(255),
    "opaque RGBA": transparent(0, 255),
    "16 bits": sixteen(0, 65535),
    "12 of 16 bits": sixteen(0, 4095),
    "12 of 16 bits, dark": sixteen(4095, 0),
    "10 of 16 bits": sixteen(0, 1023),
    "16 bits, an offset": sixteen(1000, 1500),
    "blue on white": coloured((255, 255, 255), (30, 60, 200)),
    "red on yellow": coloured((255, 240, 120), (200, 30, 30)),
    "chalk on green": coloured((30, 80, 50), (235, 235, 220)),
    "28 pixels": resized(28, 28),
    "40 pixels": resized(40, 40),
    "1500 pixels": resized(1500, 1500),
    "wide": resized(200, 300),
    "tall": resized(300, 200),
}

PLACES: dict[str, Disguise] = {
    "in a corner": with_levels(lambda ink, rng: written(placed(ink, (700, 700), (-20, -20)))),
    "at the bottom right": with_levels(lambda ink, rng: written(placed(ink, (700, 600), (440, 330)))),
    "small on a large page": with_levels(lambda ink, rng: written(placed(ink[::3, ::3], (900, 700), (500, 200)))),
    "on a strip": with_levels(lambda ink, rng: written(placed(ink, (280, 900), (0, 500)))),
    "on a column": with_levels(lambda ink, rng: written(placed(ink, (900, 280), (100, 0)))),
    "cropped without margin": with_levels(lambda ink, rng: written(tight(ink))),
    "cropped without margin, white on black": with_levels(lambda ink, rng: 255 * tight(ink)),
    "cropped with 2 pixels": with_levels(lambda ink, rng: written(tight(ink, 2))),
    "cropped into the strokes": with_levels(lambda ink, rng: written(tight(ink, -3))),
    "cut at the left": with_levels(lambda ink, rng: written(np.pad(tight(ink), ((30, 30), (0, 30))))),
    "cut at the bottom": with_levels(lambda ink, rng: written(np.pad(tight(ink), ((30, 0), (30, 30))))),
    "turned by 8°": turned(8),
    "turned by -8°": turned(-8),
}

PHOTOS: dict[str, Disguise] = {
    "noise": with_levels(lambda ink, rng: written(ink, 220, 40) + rng.normal(0, 15, ink.shape)),
    "strong noise": with_levels(lambda ink, rng: written(ink, 200, 60) + rng.normal(0, 30, ink.shape)),
    "salt and pepper": with_levels(
        lambda ink, rng: np.where(rng.random(ink.shape) < 0.01, rng.choice((0.0, 255.0), ink.shape), written(ink))
    ),
    "blurred": with_levels(lambda ink, rng: written(ndimage.gaussian_filter(ink, 5))),
    "thin strokes": with_levels(lambda ink, rng: written(ndimage.grey_erosion(ink, size=9))),
    "thick strokes": with_levels(lambda ink, rng: written(ndimage.grey_dilation(ink, size=9))),
    "lit from a side": with_levels(lambda ink, rng: lit(ink, ramp(ink, 120, 250), 3, rng)),
    "lit from a corner, noise": with_levels(lambda ink, rng: lit(ink, ramp(ink, 90, 250, 0.8), 8, rng), "JPEG"),
    "vignette": with_levels(
        lambda ink, rng: lit(ink, 240 - 110 * np.hypot(ramp(ink, -1, 1, 0), ramp(ink, -1, 1, 1.57)), 3, rng)
    ),
    "a hand's shadow": with_levels(
        lambda ink, rng: lit(ink, np.where(ramp(ink, -1, 1, 0.4) > 0.2, 150.0, 230.0), 3, rng)
    ),
    "a soft shadow": with_levels(
        lambda ink, rng: lit(ink, 190 + 45 * np.tanh(8 * ramp(ink, -1, 1, 2.0)), 4, rng), "JPEG"
    ),
    "rough paper": with_levels(
        lambda ink, rng: written(ink, 215, 50) + 40 * ndimage.gaussian_filter(rng.normal(0, 1, ink.shape), 2)
    ),
    "light lines": with_levels(lambda ink, rng: ruled(ink, 40, 200)),
    "squared paper": with_levels(lambda ink, rng: ruled(ink, 25, 205, 1, grid=True)),
    "blue lines": with_levels(lambda ink, rng: ruled(ink, 35, 170, 2)),
    "dust": with_levels(lambda ink, rng: dotted(ink, rng, 40, 1)),
    "specks in the margin": with_levels(lambda ink, rng: dotted(np.pad(ink, 40), rng, 6, 3)),
    "grey dust": with_levels(lambda ink, rng: dotted(ink, rng, 60, 2, 160)),
}

UNFRAMED: dict[str, Disguise] = FILES | PLACES | PHOTOS
