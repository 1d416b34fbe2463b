"""The digit that a visitor has drawn or uploaded: kept for the session, encoded by whichever run is asked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.explore.drawing import as_trained
from ui.explore.scene import Floats
from vae_core.errors import ImageError
from vae_core.runs import RunInfo
from vae_core.sheets import pixels

__all__ = ["Drawn", "drawn_here", "encoded", "forget", "keep", "read_as", "seen"]

DRAWING, LABEL = "drawing_grey", "drawing_label"  # session keys


class Drawn(NamedTuple):
    """A digit as a run has it: its code (d,), the class that it was read as, and what the run sees (H, W)."""

    mu: Floats
    label: int
    picture: NDArray[np.uint8]


def keep(grey: NDArray[np.uint8]) -> bool:
    """Remember a drawing (H, W); whether it is another one than before."""
    before = st.session_state.get(DRAWING)
    st.session_state[DRAWING] = grey
    return before is None or before.shape != grey.shape or bool((before != grey).any())


def forget() -> None:
    """There is no drawing any more."""
    st.session_state.pop(DRAWING, None)


def read_as(label: int) -> None:
    """The class that a cVAE is told of the drawing."""
    st.session_state[LABEL] = label


def seen(info: RunInfo) -> Floats | None:
    """What a run sees of the drawing, values in [0, 1], shape (H, W); None without one. ImageError if it is empty."""
    grey = st.session_state.get(DRAWING)
    return None if grey is None else as_trained(grey, info.model.image_shape)


def encoded(info: RunInfo, image: Floats, labels: NDArray[np.int64]) -> Floats:
    """The code mu of one image (H, W) under each of the labels (n,), which only a cVAE heeds: shape (n, d)."""
    import torch

    x = torch.from_numpy(image).expand(len(labels), -1, -1)
    with torch.inference_mode():
        return store.model(info).encode(x, torch.from_numpy(labels)).mu.numpy()


def drawn_here(info: RunInfo) -> Drawn | None:
    """The drawing as a run has it; None if there is none."""
    try:
        image = seen(info)
    except ImageError:
        return None
    if image is None:
        return None
    label = min(st.session_state.get(LABEL, 0), info.model.num_classes - 1)
    mu = encoded(info, image, np.array([label]))[0]
    return Drawn(mu, label, pixels(image))
