"""Test images as people's pictures with something around the digit: frames, cards, bars and lines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from tests.support.disguises import Cover, Disguise, Rng, png, written


def frame(shape: tuple[int, int], offset: int, width: int) -> NDArray[np.bool_]:
    """A rectangular frame at a distance from the edge."""
    inside = np.ones(shape, dtype=bool)
    inside[offset + width : -offset - width, offset + width : -offset - width] = False
    outer = np.zeros(shape, dtype=bool)
    outer[offset : shape[0] - offset, offset : shape[1] - offset] = True
    return inside & outer


def drawn(shape: tuple[int, int], draw: Callable[[ImageDraw.ImageDraw], object]) -> NDArray[np.bool_]:
    """What Pillow draws."""
    image = Image.new("L", shape[::-1])
    draw(ImageDraw.Draw(image))
    return np.asarray(image) > 127


def framed(offset: int, width: int, paper: float = 255, pen: float = 0, colour: float = 0) -> Disguise:
    """A frame around, on a sheet that leaves room for it."""

    def disguise(ink: Cover, rng: Rng) -> bytes:
        room = max(offset + width - 12, 0)
        levels = written(np.pad(ink, room), paper, pen)
        levels[frame(levels.shape, offset, width)] = colour
        return png(levels)

    return disguise


def carded(
    page: float,
    paper: float = 255,
    pen: float = 0,
    angle: float = 0,
    margin: int = 60,
    texture: float = 0,
    shift=(0, 0),
) -> Disguise:
    """A card on a page of another tone."""

    def disguise(ink: Cover, rng: Rng) -> bytes:
        levels = np.full(np.add(ink.shape, 2 * margin), float(page))
        levels += ndimage.gaussian_filter(rng.normal(0, 1, levels.shape), 3) * texture * 8
        middle = np.pad(np.ones(ink.shape), margin)
        cards, inks = (
            ndimage.shift(ndimage.rotate(layer, angle, reshape=False, order=1), shift, order=1)
            for layer in (middle, np.pad(ink, margin))
        )
        return png(levels + cards.clip(0, 1) * (written(inks.clip(0, 1), paper, pen) - levels), "JPEG", quality=90)

    return disguise


def barred(*sides: str, width: int = 24, colour: float = 0, paper: float = 255, pen: float = 0) -> Disguise:
    """Bars along some sides, as a scanner leaves them beside the paper."""

    def disguise(ink: Cover, rng: Rng) -> bytes:
        places = {"top": (slice(0, width), ...), "bottom": (slice(-width, None), ...),
                  "left": (..., slice(0, width)), "right": (..., slice(-width, None))}  # fmt: skip
        levels = written(np.pad(ink, 20), paper, pen)
        for side in sides:
            levels[places[side]] = colour
        return png(levels)

    return disguise


def shape_around(draw: Callable[[ImageDraw.ImageDraw, int], object], pad: int = 40, level: float = 0) -> Disguise:
    """Anything drawn by Pillow around the digit on a sheet."""

    def disguise(ink: Cover, rng: Rng) -> bytes:
        levels = written(np.pad(ink, pad))
        levels[drawn(levels.shape, lambda pen: draw(pen, len(levels)))] = level
        return png(levels)

    return disguise


FRAMES: dict[str, Disguise] = {
    **{f"black frame at the edge, {width} px": framed(0, width) for width in (1, 2, 4, 8, 16, 32, 60)},
    **{f"frame {offset} px inside, {width} px wide": framed(offset, width)
       for offset, width in ((3, 1), (6, 2), (10, 4), (15, 8), (30, 3), (30, 20))},
    "white frame, white on black": framed(0, 10, 0, 255, 255),
    "white frame inside, white on black": framed(8, 6, 0, 255, 255),
    "grey frame at the edge": framed(0, 14, 255, 0, 128),
    "grey frame inside": framed(10, 6, 255, 0, 150),
    "light frame on grey": framed(0, 12, 150, 40, 255),
    "black frame, white on grey": framed(0, 12, 120, 250, 0),
    "double frame": lambda ink, rng: png(
        np.where(frame((360, 360), 4, 4) | frame((360, 360), 14, 2), 0.0, written(np.pad(ink, 40)))
    ),
    "rounded frame": shape_around(lambda pen, n: pen.rounded_rectangle((8, 8, n - 8, n - 8), 40, None, 255, 5)),
    "circle": shape_around(lambda pen, n: pen.ellipse((2, 2, n - 2, n - 2), None, 255, 6), 60),
    "frame cut off": shape_around(lambda pen, n: pen.rectangle((12, -20, n + 20, n - 12), None, 255, 5)),
    "frame turned": lambda ink, rng: png(255 - ndimage.rotate(
        np.where(frame((400, 400), 50, 4), 255.0, 255 * np.pad(ink, 60)), 5, reshape=False, order=1)),
    "lines above and below": shape_around(
        lambda pen, n: [pen.line((0, at, n, at), 255, 4) for at in (15, n - 15)]),
    "a line under it": shape_around(lambda pen, n: pen.line((30, n - 20, n - 30, n - 20), 255, 4)),
    "a margin line": shape_around(lambda pen, n: pen.line((20, 0, 20, n), 255, 3), level=120),
    "dark bar at the left": barred("left"),
    "dark bars at two sides": barred("left", "top"),
    "dark bars at three sides": barred("left", "bottom", "right", width=15),
    "bars above and below": barred("top", "bottom", width=35),
    "grey bar at the right": barred("right", colour=110),
    "white bar, white on black": barred("bottom", colour=255, paper=0, pen=255),
    "card on black": carded(0),
    "card on dark grey": carded(60, 240, 30),
    "card on light grey": carded(190, 255, 20),
    "small card on black": carded(0, margin=160),
    "card turned by 4°": carded(20, angle=4, margin=90),
    "card turned by 12°": carded(40, 230, 30, angle=12, margin=100),
    "card on rough cloth": carded(70, 235, 40, texture=25, margin=90),
    "card off the centre": carded(10, margin=80, shift=(30, -50)),
    "card cut at the edge": carded(10, margin=40, shift=(0, 60)),
    "black card on white": carded(255, 0, 255),
    "dark card on white": carded(240, 60, 240, margin=100),
    "white on a grey card": carded(0, 120, 250),
    "card on white, grey paper": carded(255, 170, 10),
    "window of a program": shape_around(
        lambda pen, n: (pen.rectangle((0, 0, n, 28), 255), pen.rectangle((0, 0, n - 1, n - 1), None, 255, 2))),
}  # fmt: skip

FRAMES |= {
    "round card": shape_around(
        lambda pen, n: [pen.ellipse((5 - at, 5 - at, n - 5 + at, n - 5 + at), None, 255, 2) for at in range(n // 4)], 60
    ),
    "a finger at the edge": shape_around(lambda pen, n: pen.ellipse((60, n - 40, 160, n + 90), 255), level=110),
}
