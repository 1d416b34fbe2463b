"""How alike two sets of points are: two of their densities' supports, and the Gaussians fitted to them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class Overlap(NamedTuple):
    """How far generated points lie among real ones: precision, density; and real among generated: recall, coverage."""

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall_density_coverage(
    real: Floats, fake: Floats, k: int = 5, real_radii: Floats | None = None
) -> Overlap:
    """Measure how well `fake` (M, d) covers what `real` (N, d) covers, by balls to each point's k-th neighbour.

    precision: share of fake points in a real point's ball. recall: share of real points in a fake point's ball.
    density: how many real balls hold a fake point, divided by k, on average; 1 for equal distributions, no upper bound.
    coverage: share of real points whose ball holds a fake point; 1 − (1/2)^k for large, equally large sets of one
    distribution. Costs N·M, N² and M²: give it a few thousand points. `real_radii` are the `radii` of the real points
    where they are known. ValueError if a set has k points or fewer.

    Source: Kynkäänniemi et al. 2019, "Improved precision and recall metric"; Naeem et al. 2020, "Reliable fidelity and
    diversity metrics for generative models".
    """
    from scipy.spatial.distance import cdist

    if min(len(real), len(fake)) <= k:
        raise ValueError(f"each set needs more than {k} points, got {len(real)} and {len(fake)}")
    distances = cdist(real, fake)  # (N, M)
    in_real = distances <= (radii(real, k) if real_radii is None else real_radii)[:, None]
    in_fake = distances <= radii(fake, k)[None, :]
    return Overlap(
        precision=float(in_real.any(axis=0).mean()),
        recall=float(in_fake.any(axis=1).mean()),
        density=float(in_real.sum(axis=0).mean() / k),
        coverage=float(in_real.any(axis=1).mean()),
    )


def radii(points: Floats, k: int = 5) -> Floats:
    """Return the distance of each point (N, d) to its k-th neighbour, itself left out, shape (N,)."""
    from scipy.spatial.distance import cdist

    distances = cdist(points, points)
    distances.partition(k, axis=1)  # column 0 is the distance of 0 to itself
    return distances[:, k]


class Moments(NamedTuple):
    """Number, sum (d,) and sum of outer products (d, d) of points: those of parts of a set add up to its own."""

    size: int
    total: Floats
    outer: Floats

    def gaussian(self) -> tuple[Floats, Floats]:
        """Return mean (d,) and covariance (d, d)."""
        mean = self.total / self.size
        return mean, (self.outer - self.size * np.outer(mean, mean)) / (self.size - 1)

    def without(self, part: "Moments") -> "Moments":
        """Return the moments of the rest."""
        return Moments(self.size - part.size, self.total - part.total, self.outer - part.outer)


def moments(points: Floats) -> Moments:
    """Return the moments of points (n, d)."""
    points = points.astype(np.float64)
    return Moments(len(points), points.sum(axis=0), points.T @ points)


def fitted_gaussian(points: Floats) -> tuple[Floats, Floats]:
    """Return mean (d,) and covariance (d, d) of points (n, d)."""
    return points.mean(axis=0, dtype=np.float64), np.atleast_2d(np.cov(points, rowvar=False, dtype=np.float64))


def frechet_distance(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> float:
    """Return the squared Fréchet distance of two Gaussians, each given as mean (d,) and covariance (d, d).

    |m₁ − m₂|² + tr(S₁ + S₂ − 2 (S₁ S₂)^½). The trace of the root is taken from the eigenvalues of the symmetric
    S₁^½ S₂ S₁^½, which are real and not negative where those of S₁ S₂ are so only up to rounding.

    Source: Dowson & Landau 1982, Journal of Multivariate Analysis 12; Heusel et al. 2017, where it is the FID.

    >>> frechet_distance((np.zeros(2), np.eye(2)), (np.array([3.0, 4.0]), np.eye(2)))
    25.0
    """
    values, vectors = np.linalg.eigh(a[1])
    root = vectors * np.sqrt(values.clip(min=0)) @ vectors.T
    overlap = np.sqrt(np.linalg.eigvalsh(root @ b[1] @ root).clip(min=0)).sum()
    return float(np.square(a[0] - b[0]).sum() + np.trace(a[1]) + np.trace(b[1]) - 2 * overlap)
