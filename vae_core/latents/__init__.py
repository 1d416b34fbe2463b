"""Latent spaces: lay the codes into a plane, draw latents, decode grids and paths.

Stored latents are NumPy arrays, so that they can be shown without torch; torch is imported where a model is used.
"""

from .frame import Frame
from .paths import interpolate, manifold, slerp, traversal
from .planes import Plane, alignment, plane
from .posteriors import Latents
from .sampling import sample_fitted, sample_prior

__all__ = [
    "Frame", "Latents", "Plane", "alignment", "interpolate", "manifold", "plane", "sample_fitted", "sample_prior",
    "slerp", "traversal",
]  # fmt: skip
