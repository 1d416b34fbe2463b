"""The digit alone in a picture from outside: off its card, out of its frame, under an even light."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.spatial import ConvexHull

from ui.explore.normalize import MIN_CONTRAST, Grey, contrast_of
from vae_core.errors import ImageError

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
SMALLEST = 12  # pixels a side from which something is looked for around the digit
CARD, WHOLE = 0.15, 0.98  # shares of a picture between which a rectangle in it is a card, or the inside of a frame
RECTANGLE = 0.87  # share of its smallest rectangle that a card fills; the largest of 2,000 digits with a hole is 0.81
CONVEX = 0.985  # share of its hull
ROUND, THICK = 0.3, 0.19  # share of a picture that a round card has at least, and its thickness in roots of its area
ANGLES = np.linspace(0, np.pi / 2, 45, endpoint=False)
FAINTEST = 12  # grey levels between paper and ink
LIGHT_PX = 64  # longest side at which an uneven light is estimated
FAINT, STRONG = 0.25, 0.5  # of the contrast: strokes are what has the first and is connected to what has the second
SIZE, DUST = 0.06, 0.04  # shares of a picture's side, of the largest stroke's area: what is smaller is dust
LINE, THIN = 6, 0.12  # a ruled line's length in widths; the share of its rectangle that a frame covers, at most
PARTS = 3  # strokes of a digit that do not touch each other, at most
EDGE = 2  # pixels
STROKE_END = 0.15  # of a side: the longest contact with the picture's edge of a digit that is not alone
SOLID = 0.75  # share of its rectangle that a digit covers at most, unless it is a bar as a 1 can be
AROUND = np.ones((3, 3), dtype=bool)
UNCLEAR = "the digit cannot be told from what surrounds it: crop the picture to the digit and a margin of even paper"


def isolated(grey: Grey) -> Grey:
    """Return the digit in a picture (H, W), white strokes on black.

    A plain picture stays as it is, inverted if its strokes are dark. Of any other one what is not the digit becomes
    even paper: the page around a card, frames, bars and lines, shadows, noise, dust. ImageError if nothing is left that
    could be a digit.
    """
    smooth = _smooth(grey)
    if np.ptp(smooth) < FAINTEST:
        raise ImageError("nothing is drawn")
    inside = _card(smooth) if min(grey.shape) >= SMALLEST else np.ones(grey.shape, dtype=bool)
    for paper in (_even, _local):
        ink = _ink(smooth, inside, paper(smooth, inside))
        strokes = _strokes(ink, inside)
        if _is_digit(strokes, ink, inside):
            break
    else:
        raise ImageError(UNCLEAR)
    near = ndimage.binary_dilation(strokes, AROUND, max(round(max(grey.shape) / 100), 1))
    contrast = contrast_of(grey)
    plain = abs(contrast.ink - contrast.paper) >= MIN_CONTRAST
    marks = abs(grey - contrast.paper) > FAINT * abs(contrast.ink - contrast.paper)
    if plain and contrast.even and not marks[~near].any():
        return 255 - grey if contrast.dark_ink else grey
    return (np.where(near & (ink > FAINT / 2), ink, 0).clip(0, 1) * 255).round().astype(np.uint8)


def _smooth(grey: Grey) -> Floats:
    """Return a picture without the noise that is finer than strokes."""
    scale = max(grey.shape) / 280
    return ndimage.gaussian_filter(ndimage.median_filter(grey, 3) if scale > 0.5 else grey, scale, output=np.float32)


def _levels(values: Floats) -> tuple[float, float, float]:
    """Return the level that parts dark from light, and the median of each.

    Source: Otsu 1979, "A threshold selection method from gray-level histograms".
    """
    counts, edges = np.histogram(values, 128)
    middles = (edges[:-1] + edges[1:]) / 2
    below, above = counts.cumsum(), counts[::-1].cumsum()[::-1]
    means = (counts * middles).cumsum() / below, ((counts * middles)[::-1].cumsum() / above[::-1])[::-1]
    threshold = edges[1 + np.argmax(below[:-1] * above[1:] * (means[0][:-1] - means[1][1:]) ** 2)]
    return threshold, float(np.median(values[values <= threshold])), float(np.median(values[values > threshold]))


def _card(smooth: Floats) -> Mask:
    """Return where the innermost card is, or the inside of a frame: an even area with something in it; else all."""
    threshold = _levels(smooth)[0]
    parts = smooth[smooth <= threshold], smooth[smooth > threshold]
    thresholds = [threshold, *(_levels(part)[0] for part in parts if np.ptp(part) > FAINTEST)]
    found = np.ones(smooth.shape, dtype=bool)
    for level in [level for threshold in thresholds for level in (smooth > threshold, smooth <= threshold)]:
        labels, _ = ndimage.label(level)
        for number in np.flatnonzero(np.bincount(labels.ravel())[1:] > CARD / 2 * smooth.size) + 1:
            part = labels == number
            filled = _filled(part)
            if CARD * smooth.size < filled.sum() < min(WHOLE * smooth.size, found.sum()) and _is_card(part, filled):
                inner = ndimage.binary_erosion(filled, AROUND, 2 + max(smooth.shape) // 140)
                if inner.any() and float(np.ptp(smooth[inner])) > max(FAINTEST, 0.3 * float(np.ptp(smooth))):
                    found = inner
    return found if found.all() else _without_edge(found, smooth)


def _without_edge(card: Mask, smooth: Floats) -> Mask:
    """Return a card as far as its border is paper."""
    paper, contrast = np.median(smooth[card]), np.ptp(smooth[card])
    smaller = card
    for _ in range(max(card.shape) // 8):
        if np.quantile(abs(smooth[_ring(smaller)] - paper), 0.7) < 0.15 * contrast:
            return smaller
        smaller = ndimage.binary_erosion(smaller, AROUND)
        if not smaller.any():
            break
    return card


def _is_card(part: Mask, filled: Mask) -> bool:
    """Tell whether a region, with and without its holes, is a rectangle, turned as need be, or round but no zero."""
    corners = np.argwhere(filled ^ ndimage.binary_erosion(filled))
    hull = ConvexHull(corners)
    if filled.sum() < CONVEX * hull.volume:
        return False
    turned = np.stack((np.cos(ANGLES), np.sin(ANGLES))), np.stack((-np.sin(ANGLES), np.cos(ANGLES)))
    height, width = (np.ptp(corners[hull.vertices] @ axes, axis=0) + 1 for axes in turned)
    return bool(
        filled.sum() > RECTANGLE * (height * width).min()
        or (
            filled.sum() > ROUND * filled.size
            and ndimage.distance_transform_edt(part).max() > THICK * np.sqrt(filled.sum())
        )
    )


def _filled(part: Mask) -> Mask:
    """Return a region with its holes."""
    outside, _ = ndimage.label(~np.pad(part, 1))
    return (outside != outside[0, 0])[1:-1, 1:-1]


def _ring(inside: Mask) -> Mask:
    return inside & ~ndimage.binary_erosion(inside, AROUND, EDGE)


def _even(smooth: Floats, inside: Mask) -> Floats:
    """Return the level of even paper: that of the two which most of the border is closer to."""
    _, low, high = _levels(smooth[inside])
    ring = smooth[_ring(inside)]
    level = low if np.median(abs(ring - low)) < np.median(abs(ring - high)) else high
    return np.full((1, 1), level, np.float32)


def _local(smooth: Floats, inside: Mask) -> Floats:
    """Return the paper's level at each place: the median of half the picture around it."""
    size = np.maximum(np.array(smooth.shape) * LIGHT_PX // max(smooth.shape), 1)
    filled = np.where(inside, smooth, np.median(smooth[inside]))
    small = np.asarray(Image.fromarray(filled).resize(tuple(size[::-1].tolist()), Image.Resampling.BOX))
    light = ndimage.median_filter(small, tuple((size // 2 + 1).tolist()))
    return np.asarray(Image.fromarray(light).resize(smooth.shape[::-1], Image.Resampling.BILINEAR))


def _ink(smooth: Floats, inside: Mask, paper: Floats) -> Floats:
    """Return the amount of ink, about 1 in the strokes and 0 on paper."""
    difference = smooth - paper
    low, high = np.percentile(difference[inside], (0.05, 99.95))
    strongest = high if high > -low else low
    return np.where(inside & (abs(strongest) >= FAINTEST), difference / (strongest or 1), 0).astype(np.float32)


class Spot(NamedTuple):
    """A connected part of the ink."""

    number: int
    area: int
    height: int
    width: int
    contact: int
    box: tuple[slice, ...]


def _shape(box: tuple[slice, ...]) -> tuple[int, int]:
    return box[0].stop - box[0].start, box[1].stop - box[1].start


def _strokes(ink: Floats, inside: Mask) -> Mask:
    """Return where the digit's strokes are, without what only surrounds it."""
    labels, _ = ndimage.label(ink > FAINT, AROUND)
    strong = set(np.unique(labels[ink > STRONG]))
    sizes, contacts = (
        np.bincount(part, minlength=labels.max() + 1) for part in (labels.ravel(), labels[_ring(inside)])
    )
    side = np.sqrt(inside.sum())
    spots = [
        Spot(number, int(sizes[number]), *_shape(box), int(contacts[number]) // EDGE, box)
        for number, box in enumerate(ndimage.find_objects(labels), 1)
        if number in strong and max(_shape(box)) > SIZE * side
    ]
    inner = [spot for spot in spots if not spot.contact]
    if inner:
        largest = max(spot.area for spot in inner)
        edge = [spot for spot in spots if spot.contact and spot.area > 0.1 * largest and not _is_bar(spot, side)]
        if any(spot.contact > STROKE_END * side for spot in edge):
            return np.zeros_like(inside)
        spots = inner + edge
    spots.sort(key=lambda spot: -spot.height * spot.width)
    while len(spots) > 1 and _surrounds(spots[0], spots[1:], labels):
        spots.pop(0)
    spots = [spot for spot in spots if not _is_line(spot, spots)]
    largest = max((spot.area for spot in spots), default=0)
    numbers = [spot.number for spot in spots if spot.area > DUST * largest]
    return np.isin(labels, numbers if len(numbers) <= PARTS else [])


def _surrounds(spot: Spot, others: list[Spot], labels: NDArray[np.integer]) -> bool:
    """Tell whether a spot is a frame: others are in its holes, or in its rectangle of which it covers little."""
    part = labels[spot.box] == spot.number
    holes = _filled(part) & ~part
    if any((labels[spot.box][holes] == other.number).any() for other in others):
        return True
    rows, columns = spot.box
    return spot.area < THIN * spot.height * spot.width and all(
        rows.start <= other.box[0].start
        and other.box[0].stop <= rows.stop
        and columns.start <= other.box[1].start
        and other.box[1].stop <= columns.stop
        for other in others
    )


def _is_bar(spot: Spot, side: float) -> bool:
    """Tell whether a spot at the edge lies along it or crosses the picture."""
    return spot.contact > 0.6 * side or max(spot.height, spot.width) > 0.95 * side


def _is_line(spot: Spot, spots: list[Spot]) -> bool:
    others = [other for other in spots if other is not spot]
    if not others:
        return False
    lying = spot.width > LINE * spot.height and spot.width > 1.2 * max(other.width for other in others)
    standing = spot.height > LINE * spot.width and spot.height > 1.2 * max(other.height for other in others)
    return lying or standing


def _is_digit(strokes: Mask, ink: Floats, inside: Mask) -> bool:
    """Tell whether strokes can be a digit: no block, no card, not half of the edge, little ink beside them."""
    if not strokes.any() or (ink > STRONG)[~strokes].sum() > max(0.3 * inside.sum(), strokes.sum()):
        return False
    rows, columns = ndimage.find_objects(strokes.astype(int))[0]
    height, width = rows.stop - rows.start, columns.stop - columns.start
    if strokes.sum() > SOLID * height * width and height < 2 * width:
        return False
    filled, ring = _filled(strokes), _ring(inside)
    if filled.sum() > 1.01 * strokes.sum() and _is_card(strokes, filled):
        return False
    return bool((ink[strokes] < STRONG).mean() < 0.5 and (strokes & ring).sum() < 0.5 * ring.sum())
