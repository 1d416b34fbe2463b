"""Where each class is dense in a latent space: lines around half and around nine tenths of its points."""

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ui.charts.latent_space import SpaceView, axes_of, class_colors

SHARES = (0.5, 0.9)  # of a class's points within its lines
COLUMNS = ("x", "y", "label", "line", "step")
MAX_POINTS, CELLS = 1000, 60  # of each class; of the grid's side
MARGIN = 0.15  # of a class's extent, around it


def contour_table(points: NDArray[np.float32], labels: NDArray[np.int64], names: tuple[str, ...]) -> pd.DataFrame:
    """Return the lines as rows x, y, label, line, and step along the line.

    Arguments:
        points, labels: Of the test images in the plane, shapes (N, 2) and (N,). A class whose points lie on a line, or
            with fewer than three of them, has no density and no lines.
        names: A name per label.

    Source: scipy's Gaussian kernel density estimate, bandwidth by Scott's rule.
    """
    tables: list[pd.DataFrame] = []
    for label in np.unique(labels):
        for line in _lines(points[labels == label][:MAX_POINTS].astype(np.float64)):
            place = {"x": line[:, 0], "y": line[:, 1], "step": range(len(line))}
            tables.append(pd.DataFrame(place).assign(label=names[label], line=len(tables)))
    return pd.concat(tables) if tables else pd.DataFrame(columns=COLUMNS)


def _lines(points: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    from contourpy import contour_generator
    from scipy.stats import gaussian_kde

    if len(points) < 3 or np.linalg.matrix_rank(np.cov(points.T)) < 2:
        return []
    density = gaussian_kde(points.T)
    low, high = points.min(axis=0), points.max(axis=0)
    pad = MARGIN * (high - low)
    x, y = (np.linspace(low[axis] - pad[axis], high[axis] + pad[axis], CELLS) for axis in (0, 1))
    grid = density(np.stack(np.meshgrid(x, y)).reshape(2, -1)).reshape(CELLS, CELLS)
    levels = np.quantile(density(points.T), [1 - share for share in SHARES])
    generator = contour_generator(x, y, grid)
    return [np.asarray(line, np.float64) for level in levels for line in generator.lines(float(level))]


def contour_layer(view: SpaceView, table: pd.DataFrame) -> alt.Chart:
    """Return a layer with the lines of `contour_table`; no row draws none."""
    x, y = axes_of(view)
    numbers = dict.fromkeys(("x", "y", "step"), "number")
    data = alt.InlineData(
        values=table.to_csv(index=False), name="contours", format=alt.CsvDataFormat(type="csv", parse=numbers)
    )
    return (
        alt.Chart(data)
        .mark_line(clip=True, interpolate="linear", strokeWidth=2)
        .encode(x=x, y=y, color=class_colors(view), detail="line:N", order="step:Q")
    )
