"""The trained KLD weight that is closest to another, as a slider on a logarithmic scale has them."""

import math
from collections.abc import Iterable

LOWEST = 0.01  # of the slider above 0, which lies one power of ten below it


def nearest(betas: Iterable[float], beta: float) -> float | None:
    """Return the beta that lies closest on the slider's scale; None if there is none.

    >>> nearest([0.1, 1.0, 8.0], 0.37)
    1.0
    """
    return min(betas, key=lambda candidate: abs(_position(candidate) - _position(beta)), default=None)


def _position(beta: float) -> float:
    return math.log10(beta) if beta > 0 else math.log10(LOWEST) - 1
