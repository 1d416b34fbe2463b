"""The plot of learned condition vectors: their principal components, in the classes' own colours."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.decomposition import PCA

from ui import charts
from ui.charts.embedding import embedding_chart, embedding_tables, projected

DIGITS = tuple("0123456789")
VECTORS = np.random.default_rng(0).standard_normal((10, 8)).astype(np.float32)


def test_the_plane_is_that_of_the_first_two_principal_components() -> None:
    points, shares = projected(VECTORS)
    fitted = PCA(n_components=2, svd_solver="full").fit(VECTORS.astype(np.float64))
    expected = fitted.transform(VECTORS.astype(np.float64))
    np.testing.assert_allclose(np.abs(points), np.abs(expected), atol=1e-5)
    np.testing.assert_allclose(shares, fitted.explained_variance_ratio_, rtol=1e-5)


@given(arrays(np.float32, (6, 2), elements=st.floats(-5, 5, width=32)))
def test_vectors_of_two_numbers_keep_their_distances(vectors: np.ndarray) -> None:
    points, _ = projected(vectors)
    for i, j in np.ndindex(6, 6):
        wanted = np.linalg.norm(vectors[i].astype(float) - vectors[j])
        assert np.linalg.norm(points[i] - points[j]) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("shape", [(1, 8), (10, 1), (2, 5)])
def test_few_classes_or_numbers_are_no_error(shape: tuple[int, int]) -> None:
    vectors = np.ones(shape, np.float32) * np.arange(shape[0])[:, None]
    points, shares = projected(vectors)
    assert points.shape == (shape[0], 2)
    assert np.isfinite(points).all()
    assert 0 <= shares.sum() <= 1 + 1e-9
    assert embedding_chart("light", DIGITS[: shape[0]], vectors, "title", "subtitle")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_class_has_its_colour_its_name_and_its_place(theme: str) -> None:
    spec, tables = embedding_chart(theme, DIGITS, VECTORS, "title", "subtitle"), embedding_tables(VECTORS, DIGITS)
    dots, words = spec["layer"]
    assert dots["encoding"]["color"]["scale"]["domain"] == list(DIGITS)
    assert dots["encoding"]["color"]["scale"]["range"] == list(charts.CLASS_COLORS)
    assert words["encoding"]["text"]["field"] == "label"
    assert words["mark"]["color"] == charts.INK[theme][0]
    table = pa.ipc.open_stream(charts.arrow(tables["classes"])).read_all().to_pandas()
    assert table["label"].tolist() == list(DIGITS)
    np.testing.assert_allclose(table[["x", "y"]], projected(VECTORS).points, atol=1e-6)
    for axis in "xy":
        low, high = dots["encoding"][axis]["scale"]["domain"]
        assert low == -high
        assert table[axis].abs().max() < high
    assert dots["encoding"]["x"]["scale"]["domain"] == dots["encoding"]["y"]["scale"]["domain"]
    assert "%" in dots["encoding"]["x"]["axis"]["title"]
