"""What all views of the page share: a run, the plane shown of its latent space, and the pinned points."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ui import charts, store
from ui.components import PinnedPoint
from vae_core.latents import Plane, plane
from vae_core.runs import Run, RunInfo

Floats = NDArray[np.float32]


class PlaneChoice(NamedTuple):
    """The plane that a visitor selected: two dimensions, or None for principal components; values of all others."""

    axes: tuple[int, int] | None
    values: tuple[float, ...]  # d numbers


class View(NamedTuple):
    """A plane in a latent space: (c₁, c₂) means z = base + c₁ directions[0] + c₂ directions[1].

    Arguments:
        plane: The test images in it, with the titles of the axes.
        window: The visible part of it.
        base, directions: Shapes (d,) and (2, d); the rows are orthonormal, and base is orthogonal to them.
        axes: The two dimensions, if it is spanned by dimensions.
    """

    plane: Plane
    window: charts.Window
    base: Floats
    directions: Floats
    axes: tuple[int, int] | None

    def ends(self, axis: int) -> tuple[float, float]:
        """Return the ends of the window on an axis, rounded to a tenth."""
        centre, half = self.window
        return round(centre[axis] - half, 1), round(centre[axis] + half, 1)

    def title(self, axis: int) -> str:
        """Return an axis's title as the label of a widget."""
        title = self.plane.axes[axis]
        return title[0].upper() + title[1:]

    def project(self, z: Floats) -> Floats:
        """Project latents z (n, d) onto the plane, shape (n, 2)."""
        return z @ self.directions.T

    def lift(self, points: Floats) -> Floats:
        """Return points of the plane (n, 2) as latents, shape (n, d)."""
        return self.base + points @ self.directions


class Scene(NamedTuple):
    """The explored run, its plane, the points pinned in it, and the readable run of each kind."""

    info: RunInfo
    view: View
    pinned: list[PinnedPoint]
    choice: PlaneChoice
    runs: dict[str, RunInfo]

    @property
    def run(self) -> Run:
        """Return the run with its tensors."""
        return store.run(self.info)

    @property
    def conditional(self) -> bool:
        """Return whether the decoder is given a class."""
        return self.info.model.kind == "cvae"


def view_of(info: RunInfo, choice: PlaneChoice) -> View:
    """Return the selected plane of a run; a latent space of one or two dimensions has only one."""
    d = info.model.latent_dim
    if d <= 2 or choice.axes is None:
        projection = store.plane_of(info, sampled=True)
        # Projecting onto the plane is linear: the unit vectors' images are the directions.
        directions = np.eye(2, d, dtype=np.float32) if d <= 2 else _projected(info, np.eye(d, dtype=np.float32)).T
        base, axes = np.zeros(d, np.float32), None if d != 2 else (0, 1)
    else:
        first, second = axes = choice.axes
        titles = (f"latent dimension {first + 1}", f"latent dimension {second + 1}")
        projection = Plane(store.run(info).z()[:, axes], titles, None)
        directions = np.eye(d, dtype=np.float32)[list(axes)]
        base = np.array(choice.values, np.float32)
        base[list(axes)] = 0
    return View(projection, charts.Window.around(projection.points), base, directions, axes)


def _projected(info: RunInfo, z: Floats) -> Floats:
    return plane(store.run(info).latents, z).points
