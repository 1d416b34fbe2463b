"""The charts of the page "Explore": paths and marks, by their values and as pictures."""

import re

import numpy as np
import pandas as pd
import pytest
import vl_convert

from ui import charts
from ui.charts.export import Figure, inline
from ui.charts.latent_space import SpaceView, latent_space_chart
from ui.charts.marks import Marks, ellipses, mark_layers, mark_tables
from ui.charts.path import DensityBand, path_chart, path_tables

THEMES = ("light", "dark")
each_theme = pytest.mark.parametrize("theme", THEMES)
VIEW = SpaceView("VAE", "a place", ("first", "second"), charts.Window((0.0, 0.0), 4.0), ("0", "1"))


def test_ellipses_lie_one_and_two_standard_deviations_from_the_mean() -> None:
    mean, covariance = np.array([1.0, -2.0]), np.array([[0.5, 0.3], [0.3, 0.9]])
    for sigma, ellipse in zip((1, 2), ellipses(mean, covariance), strict=True):
        away = ellipse - mean
        distance = np.sqrt(np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away))
        np.testing.assert_allclose(distance, sigma)
        np.testing.assert_allclose(ellipse[0], ellipse[-1])


def test_an_ellipse_without_extent_in_a_direction_is_a_line() -> None:
    flat = ellipses(np.zeros(2), np.diag([4.0, 0.0]))
    np.testing.assert_allclose(flat[..., 1], 0, atol=1e-12)
    assert flat[0, :, 0].max() == pytest.approx(2)


def test_a_path_s_table_holds_the_density_of_each_image() -> None:
    tables = path_tables(np.array([-1.0, -5.0, -2.0]), DensityBand(-3.0, -1.5))
    assert tables["path"]["step"].tolist() == [1, 2, 3]
    assert tables["path"]["density"].tolist() == [-1, -5, -2]
    assert tables["band"].iloc[0].tolist() == [-3, -1.5]
    assert len(tables["note"]) == 0


def test_a_model_without_a_density_has_a_sentence_instead() -> None:
    tables = path_tables(None, None)
    assert (len(tables["path"]), len(tables["band"])) == (0, 0)
    assert len(tables["note"]) == 1


@each_theme
@pytest.mark.parametrize("density", [np.array([-1.0, -5.0, -2.0]), None], ids=["defined", "not defined"])
def test_a_path_is_drawn(theme: str, density: np.ndarray | None) -> None:
    figure = Figure("path", path_chart(theme, 3), path_tables(density, DensityBand(-3, -1)))
    svg = vl_convert.vegalite_to_svg(inline(figure))
    assert ("not defined" in svg) == (density is None)
    assert "log q(z), nats" in svg


@each_theme
def test_marks_paths_ellipses_and_draws_are_drawn_over_the_points(theme: str) -> None:
    points, y = np.zeros((3, 2), np.float32), np.array([0, 1, 1])
    marks = Marks(
        np.array([[1.0, 1.0]]), ("here",), np.array([[0.0, 0.0], [1.0, 1.0]]), ellipses(np.zeros(2), np.eye(2)),
        np.ones((2, 2)),
    )  # fmt: skip
    view, table = VIEW._replace(theme=theme), charts.point_table(points, y, VIEW.names)
    centres = charts.centre_table(points, y, VIEW.names, VIEW.window)
    counts = []
    for overlay in (Marks(), marks):
        chart = latent_space_chart(view, table, centres, *mark_layers(view, overlay))
        svg = vl_convert.vegalite_to_svg(chart.to_dict())
        assert "first" in svg
        assert "first, first" not in svg, "an axis is titled twice"
        assert ("here" in svg) == (overlay is marks)
        counts.append(svg.count("<path"))
    # a path and two ellipses twice, two draws, a ring twice
    assert counts[1] - counts[0] >= 2 * 3 + 2 + 2


def test_a_path_is_drawn_in_the_order_of_its_points() -> None:
    path = np.column_stack((np.linspace(-3, 3, 13), np.full(13, 1.25)))
    nothing = charts.point_table(np.zeros((0, 2), np.float32), np.zeros(0, np.int64), VIEW.names)
    centres = pd.DataFrame({"x": [], "y": [], "label": []})
    chart = latent_space_chart(VIEW, nothing, centres, *mark_layers(VIEW, Marks(path=path)))
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    (line, _) = [line for line in re.findall(r'd="M([\d.,L-]*)"', svg) if line.count("L") == 12]
    across = [float(corner.split(",")[0]) for corner in line.split("L")]
    assert across == sorted(across)


def test_the_tables_of_marks_keep_their_order() -> None:
    tables = mark_tables(Marks(path=np.array([[0.0, 1.0], [2.0, 3.0]]), ellipses=ellipses(np.zeros(2), np.eye(2))))
    assert tables["path"]["step"].tolist() == [0, 1]
    assert tables["ellipses"].groupby("sigma")["step"].apply(list).map(lambda steps: steps == list(range(73))).all()
    assert len(tables["draws"]) == len(tables["marks"]) == 0
