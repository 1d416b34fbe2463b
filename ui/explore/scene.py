"""What the parts of the page look at: a run of one kind, the plane that is shown of its latent space, kept points."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ui import charts, store
from ui.components import PinnedPoint
from vae_core.latents import Plane, plane
from vae_core.runs import Run, RunInfo

__all__ = ["Choice", "Scene", "View", "view_of"]

Floats = NDArray[np.float32]
PRINCIPAL = None  # in the place of two dimensions


class Choice(NamedTuple):
    """The plane that a visitor chose: two dimensions, None for the principal components; values of all others."""

    axes: tuple[int, int] | None
    values: tuple[float, ...]  # d numbers


class View(NamedTuple):
    """A plane in a latent space: (c₁, c₂) means z = base + c₁ directions[0] + c₂ directions[1].

    Arguments:
        plane: Where the test images lie, with the titles of the axes.
        window: What is shown of it.
        base, directions: Shapes (d,) and (2, d); the rows are orthonormal, and base is orthogonal to them.
        axes: The two dimensions, if it is along dimensions.
    """

    plane: Plane
    window: charts.Window
    base: Floats
    directions: Floats
    axes: tuple[int, int] | None

    def ends(self, axis: int) -> tuple[float, float]:
        """What the window shows of an axis, to a tenth."""
        centre, half = self.window
        return round(centre[axis] - half, 1), round(centre[axis] + half, 1)

    def title(self, axis: int) -> str:
        """An axis in words, as the label of a widget."""
        words = self.plane.axes[axis]
        return words[0].upper() + words[1:]

    def project(self, z: Floats) -> Floats:
        """Latents z (n, d) in the plane, shape (n, 2)."""
        return z @ self.directions.T

    def lift(self, places: Floats) -> Floats:
        """Places of the plane (n, 2) as latents, shape (n, d)."""
        return self.base + places @ self.directions


class Scene(NamedTuple):
    """The run that is explored, its plane, the points that were kept in it, and the readable run of each kind."""

    info: RunInfo
    view: View
    kept: list[PinnedPoint]
    choice: Choice
    present: dict[str, RunInfo]

    @property
    def run(self) -> Run:
        """The run with its tensors."""
        return store.run(self.info)

    @property
    def conditional(self) -> bool:
        """Whether the decoder is told a class."""
        return self.info.model.kind == "cvae"


def view_of(info: RunInfo, choice: Choice) -> View:
    """The chosen plane of a run; a latent space of one or two dimensions has no choice."""
    d = info.model.latent_dim
    if d <= 2 or choice.axes is PRINCIPAL:
        shown = store.plane_of(info, sampled=True)
        # Laying points into the plane is linear: the unit vectors' images are the directions.
        directions = np.eye(2, d, dtype=np.float32) if d <= 2 else _laid(info, np.eye(d, dtype=np.float32)).T
        base, axes = np.zeros(d, np.float32), None if d != 2 else (0, 1)
    else:
        first, second = axes = choice.axes
        shown = Plane(
            store.run(info).z()[:, axes], (f"latent dimension {first + 1}", f"latent dimension {second + 1}"), None
        )
        directions = np.eye(d, dtype=np.float32)[list(axes)]
        base = np.array(choice.values, np.float32)
        base[list(axes)] = 0
    return View(shown, charts.Window.around(shown.points), base, directions, axes)


def _laid(info: RunInfo, z: Floats) -> Floats:
    return plane(store.run(info).latents, z).points
