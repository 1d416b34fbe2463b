"""Latents of any dimension as points in a plane."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .posteriors import Floats, Latents


class Plane(NamedTuple):
    """Points in a plane, shape (N, 2), the axes in words, and how the points came about if it is not plain."""

    points: Floats
    axes: tuple[str, str]
    note: str | None


def plane(latents: Latents, z: Floats) -> Plane:
    """Lay latents z (N, d) of any dimension into a plane.

    Two dimensions are shown as they are. More are projected onto the first two principal components of `mu` (not
    centred, so that the prior's circles stay true). One dimension is spread out by its label, for display only.

    >>> latents = Latents(np.zeros((4, 1), np.float32), None, np.arange(4))
    >>> plane(latents, latents.mu).points[:, 1]
    array([-2.25, -0.75,  0.75,  2.25], dtype=float32)
    """
    dimensions = z.shape[1]
    if dimensions == 1:
        classes = int(latents.y.max()) + 1
        height = (latents.y + 0.5) / classes * 6 - 3  # one row per label over the height of ±3 sigma
        points = np.column_stack((z[:, 0], height)).astype(np.float32)
        return Plane(points, ("latent dimension z₁", "label (display only)"), "One latent dimension; rows are labels.")
    if dimensions == 2:
        return Plane(z, ("first latent dimension z₁", "second latent dimension z₂"), None)
    from sklearn.decomposition import PCA

    fitted = PCA(n_components=2, svd_solver="full").fit(latents.mu)
    share = fitted.explained_variance_ratio_.sum()
    note = (
        f"{dimensions} latent dimensions, shown by their first two principal components ({share:.0%} of mu's variance)."
    )
    points = (z @ fitted.components_.T).astype(np.float32)
    return Plane(points, ("first principal component", "second principal component"), note)


def alignment(points: Floats, reference: Floats) -> NDArray[np.float64]:
    """Return the rotation or reflection, shape (2, 2), that brings points closest to a reference: `points @ it`.

    Both are of the same images, shape (n, 2); rows that are not finite do not count. For display only: separate
    trainings of a model rotate and mirror the plane at will.

    Source: Schönemann 1966, "A generalized solution of the orthogonal Procrustes problem".

    >>> points = np.float32([[1, 0], [0, 2]])
    >>> alignment(points, points[:, ::-1]).round(6)  # the axes change places
    array([[0., 1.],
           [1., 0.]])
    """
    from scipy.linalg import orthogonal_procrustes

    good = np.isfinite(points).all(axis=1) & np.isfinite(reference).all(axis=1)
    rotation, _ = orthogonal_procrustes(points[good].astype(np.float64), reference[good].astype(np.float64))
    return np.asarray(rotation, np.float64)
