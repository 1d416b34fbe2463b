"""The digit that a visitor has drawn or uploaded: stored for the session, encoded by any run."""

from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.explore.normalize import as_trained
from vae_core.errors import ImageError
from vae_core.runs import RunInfo
from vae_core.sheets import pixels

Floats = NDArray[np.float32]
DRAWING, LABEL = "drawing_grey", "drawing_label"  # session keys


class EncodedDigit(NamedTuple):
    """A digit as a run has it: its code (d,), its label, and the run's input (H, W)."""

    mu: Floats
    label: int
    picture: NDArray[np.uint8]


def store_drawing(grey: NDArray[np.uint8]) -> bool:
    """Store a drawing (H, W); return whether it differs from the one before."""
    before = st.session_state.get(DRAWING)
    st.session_state[DRAWING] = grey
    return before is None or before.shape != grey.shape or bool((before != grey).any())


def forget_drawing() -> None:
    """Delete the stored drawing, if there is one."""
    st.session_state.pop(DRAWING, None)


def store_label(label: int) -> None:
    """Store the class that a cVAE is given for the drawing."""
    st.session_state[LABEL] = label


def model_input(info: RunInfo) -> Floats | None:
    """Return the drawing as input of a run, values in [0, 1], shape (H, W); None without one. ImageError if empty."""
    grey = st.session_state.get(DRAWING)
    return None if grey is None else as_trained(grey, info.model.image_shape)


def encode(info: RunInfo, image: Floats, labels: NDArray[np.int64]) -> Floats:
    """Return the code mu of one image (H, W) under each of the labels (n,), shape (n, d); only a cVAE uses them."""
    import torch

    x = torch.from_numpy(image).expand(len(labels), -1, -1)
    with torch.inference_mode():
        return store.model(info).encode(x, torch.from_numpy(labels)).mu.numpy()


def encoded_digit(info: RunInfo) -> EncodedDigit | None:
    """Return the drawing as a run encodes it; None if there is none."""
    try:
        image = model_input(info)
    except ImageError:
        return None
    if image is None:
        return None
    label = min(st.session_state.get(LABEL, 0), info.model.num_classes - 1)
    mu = encode(info, image, np.array([label]))[0]
    return EncodedDigit(mu, label, pixels(image))
