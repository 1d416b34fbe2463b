"""Latent spaces made on purpose, whose numbers are known."""

import numpy as np

from vae_core.latents import Latents

CLASSES = 10


def normal(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d))


def labels(n: int, seed: int = 9) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, CLASSES, n)


def posteriors(mu: np.ndarray, sigma: float | np.ndarray, y: np.ndarray | None = None) -> Latents:
    """Posteriors of any width; one class unless labels are given."""
    logvar = np.broadcast_to(2 * np.log(sigma), mu.shape)
    y = np.zeros(len(mu), dtype=np.int64) if y is None else y
    return Latents(mu.astype(np.float32), logvar.astype(np.float32), y)


def codes(mu: np.ndarray, y: np.ndarray | None = None) -> Latents:
    """An autoencoder's."""
    return Latents(mu.astype(np.float32), None, np.zeros(len(mu), dtype=np.int64) if y is None else y)


def gaussian(n: int, scale: float = 1.0, sigma: float = 0.2, d: int = 2) -> Latents:
    """q(z) = N(0, scale² I), whatever the label."""
    return posteriors(scale * np.sqrt(1 - sigma**2) * normal(n, d), scale * sigma, labels(n))


def ring(n: int, radius: float = np.sqrt(2), sigma: float = 0.1) -> Latents:
    """A ring, of variance 1 if its radius is √2; labels are sectors."""
    turn = np.random.default_rng(0).random(n)
    mu = radius * np.column_stack((np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)))
    return posteriors(mu, sigma, (turn * CLASSES).astype(np.int64))


def islands(n: int, distance: float = 4.0, sigma: float = 0.3) -> Latents:
    """Ten islands in two rows, one for each class."""
    y = labels(n)
    centres = distance * np.array([(label % 5 - 2, label // 5 - 0.5) for label in range(CLASSES)])
    return posteriors(centres[y] + sigma * normal(n, 2), sigma, y)


def clumps(n: int, sigma: float = 0.05) -> Latents:
    """Two clumps far apart, of variance 1 across and next to nothing along the other way."""
    mu = np.column_stack((np.sign(normal(n, 1)[:, 0]), sigma * np.sign(normal(n, 1, 1)[:, 0])))
    return posteriors(mu, sigma / 10, labels(n))


def collapsed(n: int, d: int = 2) -> Latents:
    """Every posterior is the prior."""
    return posteriors(np.zeros((n, d)), 1.0, labels(n))
