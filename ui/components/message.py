"""Messages to the browser's scripts: four bytes with the header's length, a header in JSON, arrays."""

import json
import struct
from typing import Any

from numpy.typing import NDArray


def message(header: dict[str, Any], *arrays: NDArray[Any]) -> bytes:
    """Return a header and arrays as bytes, little-endian; the arrays begin at a multiple of four bytes."""
    text = json.dumps(header, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + b"".join(array.tobytes() for array in arrays)
