"""A drawing in the form of the training images: cropped, scaled, centred, strokes as wide as MNIST's."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vae_core.errors import ImageError

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]
MIN_CONTRAST = 32  # grey levels between paper and ink
FAINT, FAINT_ON_PHOTOS = 0.03, 0.4  # share of the contrast below which a pixel is paper, if paper is even, if not
BOX = 20 / 28  # share of an image's side that a digit of MNIST fills
SMALL = 16  # pixels a side below which images have no margin, as scikit-learn's digits have none
STROKE = 2.4  # pixels of 28 to which thinner strokes grow: MNIST's mean ink, and read best from 3 to 28 of 280


def as_trained(grey: Grey, image_shape: tuple[int, int]) -> Floats:
    """Return a drawing (H, W) as MNIST would hold it: shape `image_shape`, values in [0, 1], paper 0.

    Dark strokes on light paper are inverted. The drawing is cropped, scaled to fit into 20 of 28 pixels, and its centre
    of mass is moved to the middle; strokes thinner than MNIST's are widened. An image of MNIST stays as it is except
    for its faintest edge. Images without a margin, under 16 pixels a side, are filled. ImageError if nothing is drawn.

    Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits".
    """
    box = tuple(round(BOX * side) if side >= SMALL else side for side in image_shape)
    ink = _cropped(_ink(grey))
    ink = _widened(ink, STROKE * max(image_shape) / 28 / _scale(ink, box))
    scale = _scale(ink, box)
    height, width = (max(round(scale * side), 1) for side in ink.shape)
    small = np.asarray(Image.fromarray(ink).resize((width, height)))
    return _centred((small / small.max()).clip(0, 1), image_shape)


class Contrast(NamedTuple):
    """Grey levels of the paper and the ink.

    Arguments:
        paper: The median of the border.
        ink: The level furthest from it.
        even: Whether most of the border has one level.
    """

    paper: float
    ink: float
    even: bool

    @property
    def dark_ink(self) -> bool:
        """Return whether the ink is darker than the paper."""
        return self.ink < self.paper


def contrast_of(grey: Grey) -> Contrast:
    """Measure the contrast of a drawing (H, W)."""
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1])).astype(np.float32)
    paper = float(np.median(border))
    low, high = float(grey.min()), float(grey.max())
    even = bool(np.median(abs(border - paper)) < 1)
    return Contrast(paper, low if paper - low > high - paper else high, even)


def _ink(grey: Grey) -> Floats:
    """Return the amount of ink, from 0 (paper) to 1 (the strongest stroke), shape (H, W)."""
    paper, strongest, even = contrast_of(grey)
    if abs(strongest - paper) < MIN_CONTRAST:
        raise ImageError("nothing is drawn")
    ink = (grey - np.float32(paper)) / np.float32(strongest - paper)
    ink[ink < (FAINT if even else FAINT_ON_PHOTOS)] = 0
    if np.count_nonzero(ink) < 2:
        raise ImageError("only a single point is drawn")
    return ink


def _cropped(ink: Floats) -> Floats:
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _scale(ink: Floats, box: tuple[int, ...]) -> float:
    return min(limit / side for limit, side in zip(box, ink.shape, strict=True))


def _widened(ink: Floats, width: float) -> Floats:
    """Grow strokes thinner than `width`, in pixels, on both sides."""
    from scipy.ndimage import distance_transform_edt

    inside = distance_transform_edt(np.pad(ink > 0.5, 1))  # to the nearest paper: 1, 2, … n/2, … 2, 1 across a stroke
    current = 4 * inside[inside > 0].mean() - 2  # n, as their mean is (n + 2) / 4
    grow = round((width - current) / 2)
    if grow < 1:
        return ink
    outside = distance_transform_edt(np.pad(ink, grow + 1) <= 0.5)
    return _cropped((1 + grow - outside).clip(0, 1).astype(np.float32))


def _centred(small: Floats, image_shape: tuple[int, int]) -> Floats:
    """Place a digit on black with its centre of mass right below the middle, as in MNIST, or as close as it fits."""
    image = np.zeros(image_shape, np.float32)
    corner = []
    for axis, side in enumerate(image_shape):
        mass = small.sum(axis=1 - axis)
        centre = float(mass @ np.arange(len(mass))) / float(mass.sum())
        corner.append(min(max(round(side / 2 - centre), 0), side - len(mass)))
    image[corner[0] : corner[0] + small.shape[0], corner[1] : corner[1] + small.shape[1]] = small
    return image
