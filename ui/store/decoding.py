"""Images that a run's decoder makes."""

import numpy as np
from numpy.typing import NDArray

from ui.store.runs import model, run
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
