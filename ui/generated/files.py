"""Downloads of generated images: one PNG sheet, a zip of single PNGs, and the numbers."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from ui.charts.export import file_name
from ui.generated.draws import Draw
from vae_core.sheets import npz_bytes, sheet_png, zip_of_pngs


class Files(NamedTuple):
    """Images, and in how many columns the page shows them."""

    draw: Draw
    columns: int


def downloads(key: str, sets: Mapping[str, Files], names: Sequence[str]) -> None:
    """Draw a popover with three files for each set of images, by their titles; `names` are those of the classes."""
    with st.popover("Download", icon=":material/download:", type="tertiary", key=f"files-{key}"):
        for title, files in sets.items():
            st.markdown(f"**{title}**, {len(files.draw.x):,} images")
            with st.container(horizontal=True):
                for label, suffix, mime, make in FORMATS:
                    st.download_button(
                        label, partial(make, files, names), file_name=f"{file_name(title)}.{suffix}", mime=mime,
                        on_click="ignore", key=f"{suffix}-{key}-{title}",
                    )  # fmt: skip


def _png(files: Files, names: Sequence[str]) -> bytes:
    return sheet_png(files.draw.pictures, files.columns)


def _zip(files: Files, names: Sequence[str]) -> bytes:
    return zip_of_pngs(files.draw.pictures, file_names(files.draw, names))


def _npz(files: Files, names: Sequence[str]) -> bytes:
    return npz_bytes(files.draw.x, files.draw.y, files.draw.z)


Make = Callable[[Files, Sequence[str]], bytes]
FORMATS: tuple[tuple[str, str, str, Make], ...] = (
    ("PNG sheet", "png", "image/png", _png),
    ("Single PNGs (zip)", "zip", "application/zip", _zip),
    ("x, y, z (npz)", "npz", "application/octet-stream", _npz),
)


def file_names(draw: Draw, names: Sequence[str]) -> list[str]:
    """Return a name for each image: its number, and its requested class if there is one."""
    suffixes = [""] * len(draw.x) if draw.y is None else [f"-{file_name(names[label])}" for label in draw.y]
    return [f"{number:04d}{suffix}" for number, suffix in enumerate(suffixes)]
