"""Generated images as HTML: hundreds of them are one element of the page, and change without flicker."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts
from ui.generate.draws import Draw
from ui.store import cache
from vae_core.sheets import sheet

__all__ = ["classes", "rows", "share", "sheet_of", "style", "tiles", "verdict"]

Images = NDArray[np.uint8]
FEW, FEW_IN_ALL = 12, 120  # of a class, or of all together: so many are shown one by one, with the judge's word
WRONG = {"light": "#c0261c", "dark": "#ff8a7d"}  # red, as st.markdown has it, readable on both grounds
MAX_TILE_PX = 76  # of an image in a row
STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


def style() -> None:
    """The look of everything below; once on the page."""
    wrong = WRONG[st.context.theme.type or "light"]
    st.html(f"<style>:root {{--wrong: {wrong}}}\n{STYLE}</style>")


def classes(draw: Draw, count: int, names: Sequence[str]) -> str:
    """The class picker's gallery: a block for each class.

    Arguments:
        draw: `count` images of one class after the other.
        count: Images of each class.
        names: Of all classes.
    """
    assert draw.y is not None  # noqa: S101
    few = count <= FEW or len(draw.x) <= FEW_IN_ALL
    blocks = [
        _block(draw.at(slice(start, start + count)), names, few, wide=count == len(draw.x))
        for start in range(0, len(draw.x), count)
    ]
    return f'<div class="{"gen-classes" if few else "gen-classes-many"}">{"".join(blocks)}</div>'


def _block(draw: Draw, names: Sequence[str], few: bool, wide: bool) -> str:
    assert draw.y is not None  # noqa: S101
    label = int(draw.y[0])
    name = html.escape(names[label])
    told = "" if draw.right is None else _told(draw.right, name)
    head = f'<p class="gen-head" style="--class: {charts.class_color(label)}"><strong>{name}</strong> {told}</p>'
    images = tiles(draw, names) if few else sheet_of(draw, 20 if wide else None, f"{len(draw.x)} images of {name}")
    return f'<section class="gen-class" aria-label="{name}">{head}{images}</section>'


def _told(right: NDArray[np.bool_], name: str) -> str:
    """How many of a class are judged to be what was asked for."""
    return f"{'✓ ' * bool(right.all())}{right.sum()} of {len(right)} judged {name}"


def tiles(draw: Draw, names: Sequence[str]) -> str:
    """Single images, the judge's word under each; in a frame what is not the class asked for, or no class at all."""
    right = draw.recognised if draw.right is None else draw.right
    figures = []
    for number, picture in enumerate(draw.pictures):
        asked = "drawn" if draw.y is None else html.escape(names[draw.y[number]])
        said = verdict(draw, number, names)
        wrong = right is not None and not right[number]
        caption = f"<figcaption>{html.escape(said)}</figcaption>" if said else ""
        kind = ' class="gen-wrong"' if wrong else ""
        figures.append(f'<figure{kind}><img src="{cache.image_url(picture)}" alt="{asked}">{caption}</figure>')
    return f'<div class="gen-tiles">{"".join(figures)}</div>'


def verdict(draw: Draw, number: int, names: Sequence[str]) -> str:
    """What the judge says of one image, such as "✓ 7, 98%"; nothing without a judge."""
    if draw.label is None or draw.confidence is None:
        return ""
    mark = "" if draw.right is None else "✓ " if draw.right[number] else "✗ "
    return f"{mark}{names[draw.label[number]]}, {draw.confidence[number]:.0%}"


def share(hits: NDArray[np.bool_]) -> str:
    """A share of images in percent, whole ones where a digit more would not mean anything."""
    return f"{hits.mean():.0%}" if len(hits) < 200 or hits.all() else f"{hits.mean():.1%}"


def sheet_of(draw: Draw, columns: int | None, alt: str) -> str:
    """One picture of all images, row by row, misjudged ones in a frame.

    Arguments:
        draw: The images.
        columns: In a row; None for about a square.
        alt: What they are, for those who do not see them.
    """
    columns = columns or math.ceil(math.sqrt(len(draw.x)))
    wrong = [] if draw.right is None else np.flatnonzero(~draw.right).tolist()
    alt += "" if draw.right is None else f", {len(draw.x) - len(wrong)} of them judged so"
    cell = f"width: {100 / columns:.4f}%; height: {100 / -(-len(draw.x) // columns):.4f}%"
    frames = "".join(
        f'<i style="{cell}; transform: translate({100 * (n % columns)}%, {100 * (n // columns)}%)"></i>' for n in wrong
    )
    image = f'<img src="{cache.image_url(sheet(draw.pictures, columns))}" alt="{html.escape(alt)}">'
    return f'<div class="gen-sheet">{image}{frames}</div>'


def rows(strips: Sequence[tuple[str, Images]], alt: str, heads: Sequence[str] = ()) -> str:
    """Rows of images of one length.

    Arguments:
        strips: What stands before each row, and its images (n, H, W).
        alt: What the images are, for those who do not see them.
        heads: What stands above each column, if anything.
    """
    room = f"max-width: {len(strips[0][1]) * MAX_TILE_PX}px"
    cells = []
    if heads:
        names = "".join(f"<span>{html.escape(head)}</span>" for head in heads)
        columns = f"grid-template-columns: repeat({len(heads)}, 1fr); {room}"
        cells.append(f'<div class="gen-corner"></div><div class="gen-names" style="{columns}">{names}</div>')
    for name, pictures in strips:
        picture = sheet(np.pad(pictures, ((0, 0), (0, 0), (1, 1))), len(pictures))
        words = html.escape(f"{alt}, {name}")
        image = f'<img src="{cache.image_url(picture)}" alt="{words}">'
        cells.append(f'<div>{html.escape(name)}</div><div style="{room}">{image}</div>')
    return f'<div class="gen-rows">{"".join(cells)}</div>'
