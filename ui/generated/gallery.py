"""Generated images as HTML: hundreds of them are one element of the page, and change without flicker."""

import html
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts
from ui.charts import raster
from ui.generated.draws import Draw
from ui.generated.labels import RECOGNISED
from ui.shell.theme import current_theme
from vae_core.sheets import sheet

Images = NDArray[np.uint8]
TILES_OF_CLASS, TILES_IN_ALL = 12, 120  # up to so many images are single tiles with labels; more become one sheet
WRONG = {"light": "#c0261c", "dark": "#ff8a7d"}  # red, as st.markdown has it, readable on both grounds
MAX_TILE_PX = 76  # of an image in a row
UNSURE = f"Dashed frame: less than {RECOGNISED:.0%} sure."
FRAMES = f"Red frame: another class than requested. {UNSURE}"
STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


def style() -> None:
    """Add the style sheet of all galleries to the page; once is enough."""
    wrong = WRONG[current_theme()]
    st.html(f"<style>:root {{--wrong: {wrong}}}\n{STYLE}</style>")


def class_blocks(draw: Draw, count: int, names: Sequence[str]) -> str:
    """Return the gallery of several classes, a block for each: in `draw`, `count` images of one after the other."""
    as_tiles = tiled(len(draw.x), count)
    blocks = [
        _block(draw.at(slice(start, start + count)), names, as_tiles, wide=count == len(draw.x))
        for start in range(0, len(draw.x), count)
    ]
    return f'<div class="{"gen-classes" if as_tiles else "gen-classes-many"}">{"".join(blocks)}</div>'


def tiled(n: int, count: int) -> bool:
    """Return whether `n` images, `count` of each class, are drawn one by one and not as a sheet."""
    return count <= TILES_OF_CLASS or n <= TILES_IN_ALL


def _block(draw: Draw, names: Sequence[str], as_tiles: bool, wide: bool) -> str:
    assert draw.y is not None  # noqa: S101
    label = int(draw.y[0])
    name = html.escape(names[label])
    score = "" if draw.correct is None else _score(draw.correct, name)
    head = f'<p class="gen-head" style="--class: {charts.class_color(label)}"><strong>{name}</strong> {score}</p>'
    images = tiles(draw, names) if as_tiles else sheet_of(draw, 20 if wide else None, f"{len(draw.x)} images of {name}")
    return f'<section class="gen-class" aria-label="{name}">{head}{images}</section>'


def _score(correct: NDArray[np.bool_], name: str) -> str:
    """Return how many images of a class the classifier labels as that class."""
    return f"{'✓ ' * bool(correct.all())}{correct.sum()} of {len(correct)} classified as {name}"


def tiles(draw: Draw, names: Sequence[str]) -> str:
    """Return single images over their labels; another class than requested has a red frame, an unsure one a dashed."""
    figures = []
    for number, picture in enumerate(draw.pictures):
        alt = "random draw" if draw.y is None else html.escape(names[draw.y[number]])
        label = label_text(draw, number, names)
        caption = f"<figcaption>{html.escape(label)}</figcaption>" if label else ""
        css_class = f' class="{frame}"' if (frame := _frame(draw, number)) else ""
        figures.append(f'<figure{css_class}><img src="{raster.image_url(picture)}" alt="{alt}">{caption}</figure>')
    return f'<div class="gen-tiles">{"".join(figures)}</div>'


def _frame(draw: Draw, number: int) -> str:
    """Return the class of one image's frame, of which `FRAMES` says what it means."""
    if draw.correct is not None and not draw.correct[number]:
        return "gen-wrong"
    return "" if draw.recognised is None or draw.recognised[number] else "gen-unsure"


def label_text(draw: Draw, number: int, names: Sequence[str]) -> str:
    """Return the classifier's label of one image, such as "✓ 7, 98%"; an empty text without a classifier."""
    if draw.label is None or draw.confidence is None:
        return ""
    mark = "" if draw.correct is None else "✓ " if draw.correct[number] else "✗ "
    return f"{mark}{names[draw.label[number]]}, {draw.confidence[number]:.0%}"


def share(hits: NDArray[np.bool_]) -> str:
    """Return a share of images in percent, with a decimal from 200 images on."""
    return f"{hits.mean():.0%}" if len(hits) < 200 or hits.all() else f"{hits.mean():.1%}"


def sheet_of(draw: Draw, columns: int | None, alt: str) -> str:
    """Return all images as one picture with a frame around misclassified ones; without `columns` about a square."""
    columns = columns or math.ceil(math.sqrt(len(draw.x)))
    wrong = [] if draw.correct is None else np.flatnonzero(~draw.correct).tolist()
    alt += "" if draw.correct is None else f", {len(draw.x) - len(wrong)} of them classified as requested"
    cell = f"width: {100 / columns:.4f}%; height: {100 / -(-len(draw.x) // columns):.4f}%"
    frames = "".join(
        f'<i style="{cell}; transform: translate({100 * (n % columns)}%, {100 * (n // columns)}%)"></i>' for n in wrong
    )
    image = f'<img src="{raster.image_url(sheet(draw.pictures, columns))}" alt="{html.escape(alt)}">'
    return f'<div class="gen-sheet">{image}{frames}</div>'


def rows(strips: Sequence[tuple[str, Images]], alt: str, heads: Sequence[str] = ()) -> str:
    """Return rows of equally many images (n, H, W), each with its name, under a name for each column, if any."""
    width = f"max-width: {len(strips[0][1]) * MAX_TILE_PX}px"
    cells = []
    if heads:
        names = "".join(f"<span>{html.escape(head)}</span>" for head in heads)
        columns = f"grid-template-columns: repeat({len(heads)}, 1fr); {width}"
        cells.append(f'<div class="gen-corner"></div><div class="gen-names" style="{columns}">{names}</div>')
    for name, pictures in strips:
        picture = sheet(np.pad(pictures, ((0, 0), (0, 0), (1, 1))), len(pictures))
        image = f'<img src="{raster.image_url(picture)}" alt="{html.escape(f"{alt}, {name}")}">'
        cells.append(f'<div>{html.escape(name)}</div><div style="{width}">{image}</div>')
    return f'<div class="gen-rows">{"".join(cells)}</div>'
