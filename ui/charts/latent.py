"""What charts of latent spaces share: the part of the plane that they show, and the prior's circles."""

from typing import Any, NamedTuple, Self

import altair as alt
import numpy as np
from numpy.typing import NDArray

HALVES = (4.0, 6.0, 9.0, 14.0, 20.0, 30.0, 50.0, 80.0, 130.0, 200.0, 400.0, 1000.0)  # of windows, in sigma


class Window(NamedTuple):
    """The square part of the plane that a plot shows: its centre and half its side."""

    centre: tuple[float, float]
    half: float

    @classmethod
    def around(cls, *sets: NDArray[np.float32]) -> Self:
        """Return the smallest window with every point of every set (N, 2) and the prior's 3 sigma circle."""
        prior = np.array([[-3.3, -3.3], [3.3, 3.3]])
        corners = np.concatenate([prior, *(np.stack((points.min(axis=0), points.max(axis=0))) for points in sets)])
        low, high = corners.min(axis=0), corners.max(axis=0)
        x, y = (round(float(value), 2) for value in (low + high) / 2)
        return cls((x, y), round(float((high - low).max()) / 2 * 1.04, 2))

    @classmethod
    def stepped(cls, points: NDArray[np.float32]) -> Self:
        """Return a window around 0 with a half side from a short list: it stands still while points (N, 2) move."""
        finite = points[np.isfinite(points).all(axis=1)]
        reach = float(np.quantile(np.abs(finite), 0.998)) if len(finite) else 0.0
        return cls((0.0, 0.0), next((half for half in HALVES if half >= 1.05 * reach), HALVES[-1]))

    def scale(self, axis: int) -> alt.Scale:
        """Return the scale of one axis; a fixed domain, so that no selection or empty layer changes it."""
        return alt.Scale(domain=[self.centre[axis] - self.half, self.centre[axis] + self.half], nice=False, zero=False)


def _haloed(text: alt.Chart, ink: str, ground: str, **style: Any) -> tuple[alt.Chart, alt.Chart]:
    """Return text that is readable on any colour: twice, first broad and in the background's colour."""
    broad = text.mark_text(
        color=ground, stroke=ground, strokeWidth=4, strokeJoin="round", opacity=0.9, clip=True, **style
    )
    return broad, text.mark_text(color=ink, clip=True, **style)


def prior_circles(x: alt.X, y: alt.Y, ink: Any, ground: Any, named: bool | str, size: Any = 11) -> Any:
    """Return circles at 1, 2 and 3 sigma of the prior N(0, I), with their names if `named`, a condition of Vega's."""
    steps = 90
    circles = (
        alt.Chart(alt.sequence(0, 3 * (steps + 1), as_="step"))
        .transform_calculate(
            sigma=f"1 + floor(datum.step / {steps + 1})", turn=f"(datum.step % {steps + 1}) * 2 * PI / {steps}"
        )
        .transform_calculate(x="datum.sigma * cos(datum.turn)", y="datum.sigma * sin(datum.turn)")
        .mark_line(color=ink, strokeWidth=1.1, strokeDash=[4, 3], opacity=0.75, clip=True)
        .encode(x=x, y=y, detail="sigma:N", order="step:Q")
    )
    names = [{"x": sigma * 0.5**0.5, "y": -sigma * 0.5**0.5, "name": f"{sigma}σ"} for sigma in (1, 2, 3)]
    labels = alt.Chart(alt.InlineData(values=names)).encode(x=x, y=y, text="name:N")
    if isinstance(named, str):
        labels = labels.transform_filter(named)
    return alt.layer(circles, *(_haloed(labels, ink, ground, fontSize=size) if named else ()))
