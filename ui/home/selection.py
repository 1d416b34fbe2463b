"""What a visitor has selected in a latent space: kept for the session, the same images in all three plots."""

from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts

SELECTION = "selection"  # session key
GENERATION = "selection_generation"  # session key: counts up, by kind, where a plot must forget its mark
Index = NDArray[np.int64]


class Selection(NamedTuple):
    """Test images that a gesture selected.

    Arguments:
        dataset: Whose test images.
        kind: The model whose plot has the mark.
        images: Their indices.
    """

    dataset: str
    kind: str
    images: Index

    def indices(self, y: Index, classes: tuple[int, ...] = ()) -> Index:
        """Return the indices of its images with one of these labels; of all of them if there are none.

        Arguments:
            y: Labels of all test images.
            classes: Labels.
        """
        return self.images[np.isin(y[self.images], classes)] if classes else self.images


class Highlight(NamedTuple):
    """The images that keep their colour while the others fade (None: all), and the one with a ring, if any."""

    images: Index | None
    ring: int | None


def current(dataset: str) -> Selection | None:
    """Return what is selected in a data set; a selection in another one is forgotten."""
    selection = st.session_state.get(SELECTION)
    if selection is not None and selection.dataset != dataset:
        del st.session_state[SELECTION]
        return None
    return selection


def highlight(selection: Selection | None, y: Index, classes: tuple[int, ...], mode: str) -> Highlight:
    """Return which images a plot highlights.

    Arguments:
        selection: What is selected, if anything.
        y: Labels of all test images.
        classes: Labels picked in the legend; all if there are none.
        mode: What a gesture selects, `charts.AREA` or `charts.POINT`.
    """
    images = np.flatnonzero(np.isin(y, classes)) if classes else np.arange(len(y))
    ring = None
    if selection is not None and mode == charts.POINT:
        ring = int(selection.images[0])
    elif selection is not None:
        images = selection.indices(y, classes)
    return Highlight(None if len(images) == len(y) else images, ring)


def inside(points: NDArray[np.float32], ranges: dict[str, Any]) -> Index:
    """Return the indices of the points (N, 2) within a brush {"x": [low, high], "y": [low, high]}."""
    if not {"x", "y"} <= set(ranges):
        return np.array([], dtype=np.int64)
    within = np.ones(len(points), dtype=bool)
    for column, name in enumerate(("x", "y")):
        low, high = sorted(float(value) for value in ranges[name])
        within &= (points[:, column] >= low) & (points[:, column] <= high)
    return np.flatnonzero(within)


def chart_key(kind: str, mode: str, run_id: str) -> str:
    """Return the key of a plot: another one where it must forget its mark."""
    return f"chart-{kind}-{mode}-{run_id}-{st.session_state.get(GENERATION, {}).get(kind, 0)}"


def select(kind: str, key: str, points: NDArray[np.float32], dataset: str) -> None:
    """Keep what a gesture selected in a plot; the plot that had the mark before forgets it.

    Arguments:
        kind, key: Of the model, and of its plot.
        points: The test images in the plot, shape (N, 2).
        dataset: Whose test images.
    """
    gesture = st.session_state[key].selection
    if charts.POINT in gesture:
        images = np.array([int(row[charts.IMAGE]) for row in gesture[charts.POINT]][:1], dtype=np.int64)
    else:
        images = inside(points, gesture.get(charts.AREA, {}))
    before = st.session_state.get(SELECTION)
    if len(images):
        if before is not None and before.kind != kind:
            _renew(before.kind)
        st.session_state[SELECTION] = Selection(dataset, kind, images)
    elif before is not None and before.kind == kind:
        del st.session_state[SELECTION]


def reset() -> None:
    """Forget the selection."""
    before = st.session_state.pop(SELECTION, None)
    if before is not None:
        _renew(before.kind)


def _renew(kind: str) -> None:
    generations = st.session_state.get(GENERATION, {})
    st.session_state[GENERATION] = generations | {kind: generations.get(kind, 0) + 1}
