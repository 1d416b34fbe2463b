"""Images as pixels, without a chart: strips, and images within a URL."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vae_core.sheets import sheet


def strip(images: NDArray[np.uint8], scale: int = 3) -> NDArray[np.uint8]:
    """Return images (n, H, W) side by side with a gap of a few pixels, enlarged."""
    framed = np.pad(images, ((0, 0), (0, 0), (1, 1)))
    return sheet(framed, columns=len(framed)).repeat(scale, axis=0).repeat(scale, axis=1)


def strip_url(images: NDArray[np.uint8]) -> str:
    """Return a strip within a URL: a file that is replaced twice a second would be gone when the browser asks."""
    return image_url(strip(images, scale=1))


def image_url(image: NDArray[np.uint8]) -> str:
    """Return an image, grey (H, W) or coloured (H, W, 3), as a PNG within a URL."""
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
