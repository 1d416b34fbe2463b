"""The pieces of a diagram, as SVG in the colours of the page: pictures, networks, boxes and arrows."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ui import cache

__all__ = ["HEIGHT", "SMALL", "arrow", "box", "cells", "line", "network", "picture", "text", "whole"]

HEIGHT = 17.0  # of letters, in units of the drawing
SMALL = 14.5
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
        f'aria-label="{html.escape(words)}" style="--width: {width}">{marker}{drawn}</svg></div>'
    )


def text(x: float, y: float, words: str, size: float = HEIGHT, **style: str) -> str:
    """Words around a point; `style` is any attribute, with _ for -."""
    look = {"text_anchor": "middle", "font_size": f"{size:g}", "fill": "currentColor"} | style
    return f'<text x="{x:g}" y="{y:g}" {_attributes(look)}>{html.escape(words)}</text>'


def lines(x: float, y: float, words: Sequence[str], size: float = HEIGHT, **style: str) -> str:
    """Lines of words with their middle at a point; the first is bold."""
    step, first = size * 1.25, y - (len(words) - 1) * size * 1.25 / 2 + size * 0.35
    weights = ["600"] + ["400"] * (len(words) - 1)
    return "".join(
        text(x, first + number * step, line, size if number == 0 else min(size, SMALL), font_weight=weight, **style)
        for number, (line, weight) in enumerate(zip(words, weights, strict=True))
    )


def box(x: float, y: float, width: float, height: float, words: Sequence[str], faded: bool = False) -> str:
    """A box with words in it, the first line bold."""
    shape = f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="7" class="part"/>'
    return _group(shape + lines(x + width / 2, y + height / 2, words), faded)


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


def arrow(start: tuple[float, float], end: tuple[float, float], words: str = "", faded: bool = False) -> str:
    """A straight arrow, its shape above it (beside a vertical one)."""
    (x0, y0), (x1, y1) = start, end
    drawn = f'<line x1="{x0:g}" y1="{y0:g}" x2="{x1:g}" y2="{y1:g}" class="arrow" marker-end="url(#head)"/>'
    upright = math.isclose(x0, x1)
    place = (x0 + 8, (y0 + y1) / 2 + 4) if upright else ((x0 + x1) / 2, (y0 + y1) / 2 - 8)
    label = text(*place, words, SMALL, text_anchor="start" if upright else "middle") if words else ""
    return _group(drawn + label, faded)


def line(points: Sequence[tuple[float, float]], head: bool = False, faded: bool = False) -> str:
    """A line through points."""
    end = ' marker-end="url(#head)"' if head else ""
    drawn = " ".join(f"{x:g},{y:g}" for x, y in points)
    return _group(f'<polyline points="{drawn}" class="arrow"{end}/>', faded)


def cells(x: float, y: float, side: float, values: Sequence[float], largest: float, numbers: bool = False) -> str:
    """A vector as a row of squares, the stronger the farther from 0; negative ones are hatched by their sign."""
    drawn = []
    for number, value in enumerate(values):
        left = x + number * side
        share = min(abs(value) / largest, 1.0) if largest else 0.0
        drawn.append(
            f'<rect x="{left:g}" y="{y:g}" width="{side:g}" height="{side:g}" class="cell" '
            f'style="fill-opacity: {0.85 * share:.3f}"/>'
        )
        if numbers:
            words = f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}".replace("-", "−")
            ink = "ink-on" if share > 0.55 else "ink"
            drawn.append(text(left + side / 2, y + side / 2 + 0.15 * side, words, 0.38 * side, **{"class": ink}))
    return "".join(drawn)


def _group(content: str, faded: bool) -> str:
    return f'<g class="faded">{content}</g>' if faded else content


def _attributes(values: dict[str, str]) -> str:
    return " ".join(f'{name.replace("_", "-")}="{html.escape(value)}"' for name, value in values.items())
