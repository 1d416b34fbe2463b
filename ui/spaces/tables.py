"""What a latent space's chart is filled with: its specification, and its tables as they travel."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.store import BY_RUN
from vae_core.runs import RunInfo


@st.cache_resource(max_entries=64, show_spinner=False)
def latent_spec(view: charts.LatentView) -> dict[str, Any]:
    """Return a chart's specification; to make one takes longer than all the rest of a rerun."""
    return charts.latent_chart(view)


def latent_tables(
    info: RunInfo, sampled: bool, window: charts.Window, lit: NDArray[np.int64] | None, ringed: int | None
) -> dict[str, bytes]:
    """Return the named data sets of a latent chart.

    Arguments:
        info, sampled: Whose test images, and whether as sampled z or mu.
        window: What the plot shows.
        lit: Indices of the images that shine while the others fade; None for all.
        ringed: Index of the one image with a ring around it, if any.
    """
    table = _point_table(info, sampled)
    return {
        "points": _points(info, sampled),
        "lit": charts.arrow(table.iloc[[] if lit is None else lit]),
        "veil": charts.arrow(charts.corner_table(window, visible=lit is not None)),
        "frame": charts.arrow(charts.corner_table(window)),
        "centres": _centres(info, sampled, window),
        "picked": charts.arrow(table.iloc[[] if ringed is None else [ringed]]),
    }


@st.cache_data(max_entries=96, show_spinner=False, hash_funcs=BY_RUN)
def _points(info: RunInfo, sampled: bool) -> bytes:
    return charts.arrow(_point_table(info, sampled))


@st.cache_resource(max_entries=96, show_spinner=False, hash_funcs=BY_RUN)
def _point_table(info: RunInfo, sampled: bool) -> pd.DataFrame:
    return charts.point_table(store.plane_of(info, sampled).points, store.run(info).latents.y, info.class_names)


@st.cache_data(max_entries=96, show_spinner=False, hash_funcs=BY_RUN)
def _centres(info: RunInfo, sampled: bool, window: charts.Window) -> bytes:
    points, y = store.plane_of(info, sampled).points, store.run(info).latents.y
    return charts.arrow(charts.centre_table(points, y, info.class_names, window))
