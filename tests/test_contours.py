"""Lines around the classes of a latent space."""

import numpy as np
import pytest

from ui.charts.contours import SHARES, contour_table

NAMES = ("a", "b")


def inside(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Which points lie within a closed line, by the ray's crossings."""
    (x, y), odd = points.T, np.zeros(len(points), bool)
    for (ax, ay), (bx, by) in zip(line, np.roll(line, 1, axis=0), strict=True):
        crosses = (ay > y) != (by > y)
        odd ^= crosses & (x < (bx - ax) * (y - ay) / (by - ay + 1e-30) + ax)
    return odd


def test_a_normal_class_has_two_lines_around_half_and_nine_tenths_of_its_points() -> None:
    points = np.random.default_rng(0).standard_normal((1000, 2)).astype(np.float32)
    table = contour_table(points, np.zeros(1000, np.int64), NAMES)
    sizes = table.groupby("line").size().sort_values()
    large = [line for line in sizes.index if sizes[line] > 30]  # not the islands of single points
    shares = sorted(inside(points, table[table["line"] == line][["x", "y"]].to_numpy()).mean() for line in large)
    assert shares == pytest.approx(SHARES, abs=0.03)


def test_each_class_has_its_own() -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.standard_normal((200, 2)), rng.standard_normal((200, 2)) + 50]).astype(np.float32)
    table = contour_table(points, np.repeat([0, 1], 200), NAMES)
    assert table[table["label"] == "a"]["x"].max() < 25 < table[table["label"] == "b"]["x"].min()
    assert list(table["step"][:3]) == [0, 1, 2]


@pytest.mark.parametrize("points", [np.zeros((50, 2)), np.arange(4.0).reshape(2, 2), np.stack([np.arange(9.0)] * 2, 1)])
def test_what_has_no_density_has_no_lines(points: np.ndarray) -> None:
    assert contour_table(points.astype(np.float32), np.zeros(len(points), np.int64), NAMES).empty
