"""Images that a run's decoder makes."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.components.decoder_export import decoder_message
from ui.store.files import publish
from ui.store.runs import BY_RUN, model, run
from vae_core.runs import RunInfo
from vae_core.sheets import pixels


def decode(info: RunInfo, z: NDArray[np.float32], y: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Decode latents z (n, d), for a cVAE with labels y (n,), into images uint8 (n, H, W)."""
    import torch

    with torch.inference_mode():
        x_hat = model(info).decode(torch.from_numpy(z), torch.from_numpy(y))
    return pixels(x_hat.numpy())


def reconstruct(info: RunInfo, index: NDArray[np.int64] | slice, sampled: bool) -> NDArray[np.uint8]:
    """Decode the latents of a run's test images at an index, sampled z or mu, into images uint8 (n, H, W)."""
    z, y = run(info).z(sampled), run(info).latents.y
    return decode(info, z[index], y[index])


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_RUN)
def decoder_url(info: RunInfo) -> str:
    """Return the address of a run's decoder for network.js; RunError if its weights do not fit its settings."""
    return publish(decoder_message(run(info)))
