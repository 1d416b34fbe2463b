"""Ways to sample a model: from its prior, or from a distribution that is fitted to the codes of its test images."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .measures import fitted_gaussian

COMPONENTS = 30  # of a mixture
MIXTURE_CODES = 5000  # that it is fitted to, at most
HELD_OUT = 1000  # codes at most by whose likelihood the width of kernels is chosen
BANDWIDTHS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # times the codes' standard deviation
PRIOR, FITTED, MIXTURE, KERNELS = "", "_fitted", "_mixture", "_kde"  # what is added to a number's name
WAYS: Mapping[str, str] = {
    PRIOR: "z ~ N(0, I)",
    FITTED: "z from one Gaussian fitted to the codes",
    MIXTURE: "z from a mixture of 30 Gaussians fitted to the codes",
    KERNELS: "z from a kernel density fitted to the codes",
}
Floats = NDArray[np.floating]


def fitted_draws(codes: Floats, n: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Draw n z from each distribution that is fitted to codes (N, d), by its way: shape (n, d) each.

    The kernels' width is the one under which held-out codes are most likely.
    """
    points: NDArray[np.float64] = codes.astype(np.float64)
    rng = np.random.default_rng(seed)
    gaussian = rng.multivariate_normal(*fitted_gaussian(points), n, method="eigh")
    return {FITTED: gaussian, MIXTURE: _from_mixture(points, n, rng), KERNELS: _from_kernels(points, n, rng)}


def _from_mixture(codes: NDArray[np.float64], n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    from sklearn.mixture import GaussianMixture

    codes = codes[rng.permutation(len(codes))[:MIXTURE_CODES]]
    scale = _scale(codes)
    components = min(COMPONENTS, max(len(codes) // 10, 1))
    state = np.random.RandomState(rng.integers(2**31))
    fitted = GaussianMixture(components, random_state=state, reg_covar=1e-6).fit(codes / scale)
    z, _ = fitted.sample(n)
    return state.permutation(z) * scale


def _from_kernels(codes: NDArray[np.float64], n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    from sklearn.neighbors import KernelDensity

    scale, order = _scale(codes), rng.permutation(len(codes))
    held_out = min(HELD_OUT, max(len(codes) // 5, 1))
    test, train = codes[order[:held_out]] / scale, codes[order[held_out:]] / scale
    width = max(BANDWIDTHS, key=lambda width: KernelDensity(bandwidth=width, rtol=1e-3).fit(train).score(test))
    kernels = KernelDensity(bandwidth=width).fit(codes / scale)
    return kernels.sample(n, random_state=int(rng.integers(2**31))) * scale


def _scale(codes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation in each dimension; 1 where there is none."""
    scale = codes.std(axis=0)
    return np.where(scale > 0, scale, 1.0)
