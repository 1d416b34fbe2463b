"""The pieces of a diagram, as SVG in the colours of the page: pictures, networks, boxes and arrows."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ui.store import cache

__all__ = ["HEIGHT", "SMALL", "arrow", "box", "cells", "line", "network", "picture", "text", "whole"]

HEIGHT = 17.0  # of letters, in units of the drawing
SMALL = 14.5
OPAQUE, STRONG = 0.85, 0.55  # of the strongest cell; share from which its number needs the colour of the ground
NARROW = 0.26  # of a network's height, that its narrow side is shorter at either end


def whole(width: int, height: int, parts: Sequence[str], words: str, key: str) -> str:
    """A drawing of its parts, and what it says to those who do not see it."""
    marker = (
        f'<defs><marker id="head-{key}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="currentColor"/></marker></defs>'
    )
    drawn = "".join(parts).replace("url(#head)", f"url(#head-{key})")
    return (
        f'<div class="diagram" tabindex="0"><svg viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{_harmless(words)}" style="--width: {width}">{marker}{drawn}</svg></div>'
    )


def text(x: float, y: float, words: str, size: float = HEIGHT, **style: str) -> str:
    """Words around a point; `style` is any attribute, with _ for -."""
    look = {"text_anchor": "middle", "font_size": f"{size:g}", "fill": "currentColor"} | style
    return f'<text x="{x:g}" y="{y:g}" {_attributes(look)}>{_harmless(words)}</text>'


def lines(x: float, y: float, words: Sequence[str], size: float = HEIGHT, **style: str) -> str:
    """Lines of words with their middle at a point; the first is bold."""
    step, first = size * 1.25, y - (len(words) - 1) * size * 1.25 / 2 + size * 0.35
    weights = ["600"] + ["400"] * (len(words) - 1)
    return "".join(
        text(x, first + number * step, line, size if number == 0 else min(size, SMALL), font_weight=weight, **style)
        for number, (line, weight) in enumerate(zip(words, weights, strict=True))
    )


def box(
    x: float, y: float, width: float, height: float, words: Sequence[str], faded: bool = False, size: float = HEIGHT
) -> str:
    """A box with words in it, the first line bold."""
    shape = f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="7" class="part"/>'
    return _group(shape + lines(x + width / 2, y + height / 2, words, size), faded)


def network(
    x: float, y: float, width: float, height: float, words: Sequence[str], narrowing: bool, faded: bool = False
) -> str:
    """An encoder, which narrows, or a decoder, which widens."""
    cut = NARROW * height
    left, right = (0.0, cut) if narrowing else (cut, 0.0)
    corners = (
        (x, y + left), (x + width, y + right), (x + width, y + height - right), (x, y + height - left)
    )  # fmt: skip
    points = " ".join(f"{px:g},{py:g}" for px, py in corners)
    shape = f'<polygon points="{points}" class="net"/>' + lines(x + width / 2, y + height / 2, words)
    return _group(shape, faded)


def picture(x: float, y: float, side: float, image: NDArray[np.uint8] | None, name: str, faded: bool = False) -> str:
    """An image (H, W) with its name below; a frame where it is not on the machine."""
    frame = f'<rect x="{x:g}" y="{y:g}" width="{side:g}" height="{side:g}" class="frame"/>'
    inner = text(x + side / 2, y + side / 2 + 5, "not here", SMALL) if image is None else (
        f'<image x="{x:g}" y="{y:g}" width="{side:g}" height="{side:g}" href="{cache.image_url(image)}" '
        'preserveAspectRatio="none" style="image-rendering: pixelated"/>'
    )  # fmt: skip
    return _group(inner + frame + text(x + side / 2, y + side + 19, name, font_weight="600"), faded)


def arrow(start: float, end: float, y: float, words: str = "", faded: bool = False) -> str:
    """An arrow from left to right, the shape of what it carries above it."""
    drawn = f'<line x1="{start:g}" y1="{y:g}" x2="{end:g}" y2="{y:g}" class="arrow" marker-end="url(#head)"/>'
    label = text((start + end) / 2, y - 8, words, SMALL) if words else ""
    return _group(drawn + label, faded)


def line(points: Sequence[tuple[float, float]], head: bool = False, faded: bool = False) -> str:
    """A line through points."""
    end = ' marker-end="url(#head)"' if head else ""
    drawn = " ".join(f"{x:g},{y:g}" for x, y in points)
    return _group(f'<polyline points="{drawn}" class="arrow"{end}/>', faded)


def cells(x: float, y: float, side: float, values: Sequence[float], largest: float) -> str:
    """A vector as a row of squares with its numbers in them, the stronger the farther from 0."""
    drawn = []
    for number, value in enumerate(values):
        left = x + number * side
        share = min(abs(value) / largest, 1.0) if largest else 0.0
        words = f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}".replace("-", "−")
        ink = "ink-on" if share > STRONG else "ink"
        drawn += [
            f'<rect x="{left:g}" y="{y:g}" width="{side:g}" height="{side:g}" class="cell" '
            f'style="fill-opacity: {OPAQUE * share:.3f}"/>',
            text(left + side / 2, y + 0.65 * side, words, 0.38 * side, **{"class": ink}),
        ]
    return "".join(drawn)


def _harmless(words: str) -> str:
    """Words as they may stand in a drawing: names of classes come from files, and an empty line would end the HTML."""
    return html.escape(" ".join(words.split()))


def _group(content: str, faded: bool) -> str:
    return f'<g class="faded">{content}</g>' if faded else content


def _attributes(values: dict[str, str]) -> str:
    return " ".join(f'{name.replace("_", "-")}="{html.escape(value)}"' for name, value in values.items())
