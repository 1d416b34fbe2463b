"""Reading an uploaded picture. Nothing here trusts a file: its content decides the format, and its size is checked."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from vae_core.errors import ImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES = 10 * 2**20
MAX_PIXELS = 40_000_000
FEW_LEVELS = 16  # of 256, as a mask or a scan of 4 bits has them
TOO_LARGE = f"the picture has more than {MAX_PIXELS // 10**6} megapixels"
SIDE = 1024  # pixels a side to which larger pictures are reduced


def read_image(content: bytes) -> NDArray[np.uint8]:
    """Return the picture in a file in grey, white strokes on black, shape (H, W), no side longer than 1024.

    Reads PNG, JPEG, WebP or GIF, whatever the file's name; of an animation the first frame, rotated as its EXIF data
    say. Transparent areas count as paper; what surrounds the digit, such as a frame, becomes paper. ImageError says
    what is wrong with the file, or that the digit cannot be told from what surrounds it.
    """
    from ui.explore.isolate import isolated  # imports SciPy, which only an upload needs

    if len(content) > MAX_BYTES:
        raise ImageError(f"the picture has more than {MAX_BYTES // 2**20} MB")
    image = _decoded(content)
    return isolated(_stretched(np.asarray(_on_paper(image) if image.mode == "RGBA" else image)))


def _decoded(content: bytes) -> Image.Image:
    """Return the first frame, upright and reduced, grey or with its transparency (mode L or RGBA)."""
    try:
        file = Image.open(io.BytesIO(content), formats=FORMATS)  # reads no further than the header
        if file.width * file.height > MAX_PIXELS:
            raise ImageError(TOO_LARGE)
        file.draft(None, (SIDE, SIDE))
        image = _eight_bit(file)
        image.thumbnail((SIDE, SIDE))
        return ImageOps.exif_transpose(image)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError("it is not a PNG, JPEG, WebP or GIF picture") from None
    except Image.DecompressionBombError:
        raise ImageError(TOO_LARGE) from None
    except Exception:  # Pillow's decoders raise errors of every kind at damaged files
        raise ImageError("the picture is damaged or cut off") from None


def _eight_bit(image: Image.Image) -> Image.Image:
    """Convert any mode of these formats to L or RGBA."""
    if image.mode.startswith("I"):  # 16 bits
        return Image.fromarray(_full_range(np.asarray(image)))
    mode = "RGBA" if image.has_transparency_data else "L"
    return image if image.mode == mode else image.convert(mode)


def _full_range(levels: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale levels so that the darkest becomes 0 and the lightest 255."""
    lowest, highest = float(levels.min()), float(levels.max())
    return ((levels - lowest) * (255 / max(highest - lowest, 1))).round().astype(np.uint8)


def _stretched(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale what uses only the lowest levels, such as a mask of 0 and 1; leave any other picture."""
    return _full_range(grey) if grey.max() < FEW_LEVELS else grey


def _on_paper(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on paper: of its own tone if it covers most of the paper, else of the opposite one."""
    grey, alpha = image.convert("L"), image.getchannel("A")
    tone, cover = np.asarray(grey, np.float32), np.asarray(alpha, np.float32)
    light = (tone * cover).sum() > 127.5 * cover.sum()
    mostly_covered = cover.mean() > 127.5
    paper = Image.new("L", image.size, 255 if light == mostly_covered else 0)
    paper.paste(grey, mask=alpha)
    return paper
