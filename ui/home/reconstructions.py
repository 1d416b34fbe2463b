"""The selected images below the plots, with their reconstruction by each model."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import raster
from ui.shell import words
from vae_core.runs import RunInfo

MAX_COLUMNS, COLUMN_PX = 12, 45  # of the rows for several images
IMAGE_PX = 112
Index = NDArray[np.int64]


def draw(runs: dict[str, RunInfo], images: Index | None, sampled: bool, mode: str) -> None:
    """Draw the selected images and their reconstructions, or say how to select some.

    Arguments:
        runs: By kind.
        images: Indices of test images; None without a selection.
        sampled: Whether to decode sampled z or mu.
        mode: What a gesture selects, `charts.AREA` or `charts.POINT`.
    """
    with st.container(key="strip", border=True, height="content"):
        if images is None:
            gesture = "Drag a rectangle over points" if mode == charts.AREA else "Click a point"
            st.markdown(
                f"{gesture} in any plot: the same images light up in all three and appear here with their "
                "reconstructions by each model."
            )
        elif len(images) == 0:
            st.markdown("None of the images in this area has a label that is picked.")
        elif len(images) == 1:
            _one_image(runs, int(images[0]), sampled)
        else:
            _rows(runs, images, sampled)


def spread_over(images: Index, count: int = MAX_COLUMNS) -> Index:
    """Return at most `count` of some images, evenly spread over them, always the same ones."""
    if len(images) <= count:
        return images
    return images[np.linspace(0, len(images) - 1, count).round().astype(int)]


def _rows(runs: dict[str, RunInfo], images: Index, sampled: bool) -> None:
    """Draw a row of originals and a row of reconstructions for each model."""
    examples = spread_over(images)
    st.markdown(f"**{len(images):,} images selected.** {len(examples)} of them, and their reconstructions:")
    originals = store.test_images(next(iter(runs.values())).train.dataset)
    rows = {} if originals is None else {"original": originals[examples]}
    rows |= {words.title(kind): store.reconstruct(info, examples, sampled) for kind, info in runs.items()}
    for name, row in rows.items():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.image(raster.strip(row), width=len(examples) * COLUMN_PX, alt=f"Selected images, {name}")
            st.markdown(name, width="content")


def _one_image(runs: dict[str, RunInfo], number: int, sampled: bool) -> None:
    """Draw one image beside its reconstructions, with their losses."""
    first = next(iter(runs.values()))
    originals = store.test_images(first.train.dataset)
    cells = st.columns(len(runs) + 1)
    with cells[0]:
        label = first.class_names[store.run(first).latents.y[number]]
        if originals is not None:
            st.image(originals[number], width=IMAGE_PX, alt=f"Test image {number}")
        st.markdown(f"**original**  \ntest image {number}, label {label}")
    for cell, (kind, info) in zip(cells[1:], runs.items(), strict=True):
        with cell:
            image = store.reconstruct(info, np.array([number]), sampled)[0]
            st.image(image, width=IMAGE_PX, alt=f"Reconstruction of test image {number} by the {words.short(kind)}")
            st.markdown(f"**{words.title(kind)}**  \n{_losses(info, number)}")


def _losses(info: RunInfo, number: int) -> str:
    run = store.run(info)
    kld = run.latents.kld()
    rate = "no KLD" if kld is None else f"kld {words.three(float(kld[number]))} nats"
    return f"recon {words.three(float(run.recon[number]))} nats, {rate}"
