"""A drawing or a picture from outside, made into an image like those that the models were trained on.

Nothing here trusts a file: its format is told by its content, and its size is checked before it is decoded.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from vae_core.errors import ImageError

__all__ = ["as_trained", "read_image"]

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES = 10 * 2**20
MAX_PIXELS = 40_000_000
TOO_LARGE = f"the picture has more than {MAX_PIXELS // 10**6} megapixels"
SIDE = 1024  # pixels a side to which larger pictures are reduced
CONTRAST = 32  # grey levels between paper and ink, at least
FAINT, FAINT_ON_PHOTOS = 0.03, 0.4  # of that contrast: what counts as paper, where it is even and where it is not
BOX = 20 / 28  # share of an image's side that a digit of MNIST fills
SMALL = 16  # pixels a side below which images have no margin, as scikit-learn's digits have none
STROKE = 2.4  # pixels of 28 to which thinner strokes grow: MNIST's mean ink, and read best from 3 to 28 of 280


# ---- from a file ----


def read_image(content: bytes) -> Grey:
    """The picture in a file in grey, white strokes on black, shape (H, W), no side longer than 1024.

    PNG, JPEG, WebP or GIF, told by the content; of an animated one the first frame, turned as its EXIF data say. What
    is transparent counts as paper. ImageError says what is wrong with it.
    """
    if len(content) > MAX_BYTES:
        raise ImageError(f"the picture has more than {MAX_BYTES // 2**20} MB")
    image = _decoded(content)
    grey = np.asarray(_on_paper(image) if image.mode == "RGBA" else image)
    return 255 - grey if _contrast(grey).dark else grey


def _decoded(content: bytes) -> Image.Image:
    """The first frame, upright and reduced, grey or with its transparency (mode L or RGBA)."""
    try:
        file = Image.open(io.BytesIO(content), formats=FORMATS)  # reads no further than the header
        if file.width * file.height > MAX_PIXELS:
            raise ImageError(TOO_LARGE)
        file.draft(None, (SIDE, SIDE))
        image = _eight_bit(file)
        image.thumbnail((SIDE, SIDE))
        return ImageOps.exif_transpose(image)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError("it is not a PNG, JPEG, WebP or GIF picture") from None
    except Image.DecompressionBombError:
        raise ImageError(TOO_LARGE) from None
    except Exception:  # Pillow's decoders meet damaged files with errors of every kind
        raise ImageError("the picture is damaged or cut off") from None


def _eight_bit(image: Image.Image) -> Image.Image:
    """Any mode that the formats know, as L or RGBA."""
    if image.mode.startswith("I"):  # 16 bits
        return Image.fromarray((np.asarray(image) // 256).clip(0, 255).astype(np.uint8))
    mode = "RGBA" if image.has_transparency_data else "L"
    return image if image.mode == mode else image.convert(mode)


def _on_paper(image: Image.Image) -> Image.Image:
    """A picture with transparent parts on paper: of its own tone if it covers most of it, else of the opposite one."""
    grey, alpha = image.convert("L"), image.getchannel("A")
    tone, cover = np.asarray(grey, np.float32), np.asarray(alpha, np.float32)
    light = (tone * cover).sum() > 127.5 * cover.sum()
    mostly_covered = cover.mean() > 127.5
    paper = Image.new("L", image.size, 255 if light == mostly_covered else 0)
    paper.paste(grey, mask=alpha)
    return paper


# ---- as the training data ----


def as_trained(grey: Grey, image_shape: tuple[int, int]) -> Floats:
    """A drawing (H, W) as MNIST would hold it: shape `image_shape`, values in [0, 1], paper 0.

    Dark strokes on light are inverted. What is drawn is cropped, scaled to fit into 20 of 28 pixels, and its centre of
    mass is moved to the middle; strokes thinner than MNIST's are made as wide. An image of MNIST stays as it is, but
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


class _Contrast(NamedTuple):
    """Grey levels of the paper, as the border shows it, and of the ink, which differs most from it."""

    paper: float
    ink: float
    even: bool

    @property
    def dark(self) -> bool:
        """Whether the ink is darker than the paper."""
        return self.ink < self.paper


def _contrast(grey: Grey) -> _Contrast:
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1])).astype(np.float32)
    paper = float(np.median(border))
    low, high = float(grey.min()), float(grey.max())
    even = bool(np.median(abs(border - paper)) < 1)
    return _Contrast(paper, low if paper - low > high - paper else high, even)


def _ink(grey: Grey) -> Floats:
    """How much ink there is: paper 0, the strongest stroke 1, shape (H, W)."""
    paper, strongest, even = _contrast(grey)
    if abs(strongest - paper) < CONTRAST:
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
    return min(room / side for room, side in zip(box, ink.shape, strict=True))


def _widened(ink: Floats, width: float) -> Floats:
    """Strokes that are thinner than `width`, in pixels, grown to it on either side."""
    from scipy.ndimage import distance_transform_edt

    inside = distance_transform_edt(np.pad(ink > 0.5, 1))  # to the nearest paper: 1, 2, … n/2, … 2, 1 across a stroke
    now = 4 * inside[inside > 0].mean() - 2  # n, as their mean is (n + 2) / 4
    grow = round((width - now) / 2)
    if grow < 1:
        return ink
    outside = distance_transform_edt(np.pad(ink, grow + 1) <= 0.5)
    return _cropped((1 + grow - outside).clip(0, 1).astype(np.float32))


def _centred(small: Floats, image_shape: tuple[int, int]) -> Floats:
    """On black, the centre of mass at the pixel right and below of the middle, as in MNIST, or as near as it fits."""
    image = np.zeros(image_shape, np.float32)
    corner = []
    for axis, side in enumerate(image_shape):
        mass = small.sum(axis=1 - axis)
        centre = float(mass @ np.arange(len(mass))) / float(mass.sum())
        corner.append(min(max(round(side / 2 - centre), 0), side - len(mass)))
    image[corner[0] : corner[0] + small.shape[0], corner[1] : corner[1] + small.shape[1]] = small
    return image
