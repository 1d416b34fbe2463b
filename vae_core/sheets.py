"""Many small images as one big one, and as files."""

import io
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]


def pixels(x: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Turn values in [0, 1], of any shape, into grey values of an image file.

    >>> pixels(np.array([0.0, 0.5, 1.0]))
    array([  0, 128, 255], dtype=uint8)
    """
    return (x * 255).round().astype(np.uint8)


def sheet(images: Images, columns: int | None = None) -> Images:
    """Lay images (N, H, W) out as one of `columns` (default: about a square), row by row; it ends in black.

    >>> sheet(np.ones((3, 2, 2), np.uint8), columns=2).shape
    (4, 4)
    """
    n, height, width = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = -(-n // columns)
    padded = np.zeros((rows * columns, height, width), np.uint8)
    padded[:n] = images
    return padded.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)


def png_bytes(image: Images) -> bytes:
    """Return a grey image (H, W), or a coloured one (H, W, 3), as PNG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def sheet_png(images: Images, columns: int | None = None) -> bytes:
    """Return images (N, H, W) as one PNG, laid out as in `sheet`."""
    return png_bytes(sheet(images, columns))


def zip_of_pngs(images: Images, names: Sequence[str]) -> bytes:
    """Return images (N, H, W) as a zip of PNGs, the same bytes for the same images.

    The names are those in the archive, without `.png`; ValueError unless they differ.
    """
    if len(set(names)) != len(images):
        raise ValueError(f"{len(images)} images need as many different names, got {len(set(names))}")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # PNGs are compressed already
        for image, name in zip(images, names, strict=True):
            archive.writestr(zipfile.ZipInfo(f"{name}.png"), png_bytes(image))
    return buffer.getvalue()


def npz_bytes(x: NDArray[np.float32], y: NDArray[np.int64] | None, z: NDArray[np.float32]) -> bytes:
    """Return decoded images as a compressed `.npz`.

    Arguments:
        x: Images in [0, 1], shape (n, H, W).
        y: The labels they were asked for, shape (n,); None is written as −1.
        z: Their latents, shape (n, d).
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=x, y=np.full(len(x), -1) if y is None else y, z=z)
    return buffer.getvalue()


def gif_bytes(images: Images, milliseconds: int, scale: int = 1) -> bytes:
    """Return images (N, H, W) as a GIF that plays for ever.

    Arguments:
        images: The frames, at least one; equal neighbours become one frame that stays longer.
        milliseconds: For each frame; a GIF counts in hundredths of a second.
        scale: Pixels a side for each pixel.
    """
    from PIL import Image

    large = images.repeat(scale, axis=1).repeat(scale, axis=2)
    first, *rest = (Image.fromarray(frame) for frame in large)
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=milliseconds, loop=0)
    return buffer.getvalue()


def save_images(path: Path, x: NDArray[np.float32], y: NDArray[np.int64] | None, z: NDArray[np.float32]) -> None:
    """Write decoded images, as in `npz_bytes`, to a `.npz`, or to a `.png` of one sheet."""
    path.write_bytes(npz_bytes(x, y, z) if path.suffix == ".npz" else sheet_png(pixels(x)))
