"""What the page "Evidence" gives away as files: every figure as PNG, SVG and CSV, verdicts and numbers as CSV."""

import io
import json
import re
from collections.abc import Callable
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import streamlit
from PIL import Image

from tests.support.helpers import ROOT, SHIPPED, judged, shipped
from tests.support.screens import charts, forget, opened
from ui.charts import export
from ui.evidence.claims import drawn_reason
from vae_core.config import KINDS
from vae_core.evidence import NUMBERS, read_metrics
from vae_core.jobs import Queue
from vae_core.runs import RunInfo

SHORT = dict(zip(KINDS, ("AE", "VAE", "cVAE"), strict=True))
LOOKS = ("Information", "Samples", "Seeds", "All numbers")
MIME = {"png": "image/png", "svg": "image/svg+xml", "csv": "text/csv"}
FIGURES = {  # of each look, the claims and the hole maps before them
    "Information": (
        "what-the-code-s-information-is-used-for",
        "information-over-beta-vae",
        "information-over-beta-cvae",
    ),
    "Samples": ("norms-ae", "norms-vae", "norms-cvae", "class-picker-confusion"),
    "Seeds": 12,
    "All numbers": (),
}
MAPS = ("hole-map-ae", "hole-map-vae", "hole-map-cvae")
ALWAYS = ("claims", *MAPS)


class File(NamedTuple):
    """What a button gives."""

    make: Callable[[], bytes]
    mime: str


class Page(NamedTuple):
    """The charts that a page shows, in their order, and its files by name, in the order of their buttons."""

    charts: list[dict]
    files: dict[str, File]

    @property
    def figures(self) -> list[str]:
        """Names of the files of figures, without their ends."""
        return [name.removesuffix(".png") for name in self.files if name.endswith(".png")]


def every_look(dataset: str) -> dict[str, Page]:
    """The page with each closer look, its buttons caught."""
    pages = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_CHECKPOINTS", str(SHIPPED))
        patch.chdir(ROOT)
        patch.setattr(Queue, "warm", lambda queue: None)
        files: dict[str, File] = {}

        def caught(label: str, data: Callable[[], bytes], *, file_name: str, mime: str, **_: object) -> None:
            assert file_name not in files, "two files of one name"
            files[file_name] = File(data, mime)

        patch.setattr(streamlit, "download_button", caught)
        for look in LOOKS:
            files.clear()
            app = opened("pages/5_Evidence.py", view=look, dataset=dataset)
            assert not app.exception
            pages[look] = Page(charts(app), dict(files))
    return pages


@pytest.fixture(scope="module")
def digits_pages() -> dict[str, Page]:
    """Of a data set with one training of each kind."""
    forget()
    return every_look("Digits")


@pytest.fixture(scope="module")
def mnist_pages() -> dict[str, Page]:
    """Of one with three seeds and many betas."""
    return every_look("MNIST")


def first_shown(dataset: str) -> list[RunInfo]:
    """The runs of which the page tells, unless it is asked for others."""
    return [shipped(kind, dataset=dataset) for kind in KINDS]


def table(page: Page, name: str, **how: object) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(page.files[f"{name}.csv"].make()), **how)


def close(one: pd.Series, other: pd.Series) -> bool:
    """Whether a column as text holds the same as another, numbers as far as float32 tells them apart."""
    if pd.api.types.is_numeric_dtype(other) and not pd.api.types.is_bool_dtype(other):
        return bool(np.allclose(one.to_numpy(float), other.to_numpy(float), rtol=1e-5, atol=1e-7, equal_nan=True))
    return one.tolist() == other.astype(str).tolist()


def test_every_figure_on_the_page_comes_in_three_forms(digits_pages, mnist_pages) -> None:
    for pages in (digits_pages, mnist_pages):
        for look, page in pages.items():
            names = FIGURES[look]
            assert page.figures[:4] == list(ALWAYS)
            assert len(page.figures) == len(page.charts) == 4 + (names if isinstance(names, int) else len(names))
            assert isinstance(names, int) or page.figures[4:] == list(names)
            for name, file in page.files.items():
                stem, end = name.split(".")
                assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", stem)
                assert file.mime == MIME[end]
            for name in page.figures:
                assert {f"{name}.{end}" for end in MIME} <= set(page.files)


def drawn_once(pages: dict[str, Page]) -> dict[str, tuple[Page, dict]]:
    """Each figure with the page's own chart of it, the hole maps once."""
    found = {}
    for page in pages.values():
        found |= {name: (page, shown) for name, shown in zip(page.figures, page.charts, strict=True)}
    return found


def test_a_png_is_a_picture_of_the_figures_size(digits_pages) -> None:
    for name, (page, _) in drawn_once(digits_pages).items():
        content = page.files[f"{name}.png"].make()
        assert content.startswith(b"\x89PNG\r\n\x1a\n"), name
        picture = Image.open(io.BytesIO(content)).convert("RGB")
        if name in MAPS:  # a square plot and the room around it
            side = export.SCALE * export.SQUARE
            assert picture.width - side == export.SCALE * 49
            assert picture.height - side == export.SCALE * 82
        else:
            assert picture.width == export.SCALE * export.WIDTH, name
            assert picture.height > 2 * 100, name
        share = (np.asarray(picture) != np.asarray(picture)[0, 0]).any(axis=-1).mean()
        assert 0.01 < share < 0.99, f"{name} is empty"


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
def test_an_svg_is_well_formed_and_has_its_title(dataset: str, request) -> None:
    for name, (page, shown) in drawn_once(request.getfixturevalue(f"{dataset}_pages")).items():
        root = ElementTree.fromstring(page.files[f"{name}.svg"].make())  # noqa: S314
        assert root.tag == "{http://www.w3.org/2000/svg}svg", name
        text = "".join(root.itertext())
        assert (shown["title"] or "Almost a perfect Gaussian") in text, name
        assert (shown["subtitle"] or "") in text, name
        assert "NaN" not in text, name
        assert "undefined" not in text, name
        width = export.SQUARE + 49 if name in MAPS else export.WIDTH
        assert float(root.attrib["width"]) == pytest.approx(width, abs=1)


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
def test_a_csv_holds_what_the_chart_on_the_page_shows(dataset: str, request) -> None:
    for name, (page, shown) in drawn_once(request.getfixturevalue(f"{dataset}_pages")).items():
        found = table(page, name, dtype=str)
        assert found.columns[0] == "data"
        tables = {key: value for key, value in shown.items() if isinstance(value, pd.DataFrame) and "-" not in key}
        assert set(found["data"]) - {"cells"} == {key for key, value in tables.items() if len(value)} - {"cells"}, name
        for key, expected in tables.items():
            rows = found[found["data"] == key].reset_index(drop=True)
            assert len(rows) == len(expected), (name, key)
            for column in expected.columns.drop("url", errors="ignore"):
                assert not len(expected) or close(rows[column], expected[column]), (name, key, column)
        assert b"base64" not in page.files[f"{name}.csv"].make()


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_the_csv_of_a_hole_map_holds_the_cells_that_were_shaded(dataset: str, kind: str, request) -> None:
    found = table(request.getfixturevalue(f"{dataset}_pages")["Seeds"], f"hole-map-{kind}")
    cells = found[found["data"] == "cells"]
    side = 8 / round(len(cells) ** 0.5)
    expected = np.exp(-0.5 * (cells["z1"] ** 2 + cells["z2"] ** 2)) / (2 * np.pi) * side**2
    np.testing.assert_allclose(cells["p"], expected, rtol=0.01)
    assert (cells["hole"].astype(bool) == (cells["q"] < 0.1 * cells["p"])).all()
    metrics = read_metrics(shipped(kind, dataset=dataset))
    # Holes and overlap are measured on finer cells, and beyond the map's edge.
    assert cells.loc[cells["hole"].astype(bool), "p"].sum() == pytest.approx(metrics["hole_mass"].value, abs=0.005)
    assert np.minimum(cells["p"], cells["q"]).sum() == pytest.approx(metrics["overlap"].value, abs=0.02)


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
def test_the_verdicts_as_csv(dataset: str, request) -> None:
    found = table(request.getfixturevalue(f"{dataset}_pages")["Seeds"], "verdicts")
    expected = [
        (info.id, SHORT[info.model.kind], one.claim.sentence, one.verdict, one.because)
        for info in first_shown(dataset)
        for one in judged(info)
    ]
    assert list(found[["run", "model", "claim", "verdict", "because"]].itertuples(index=False, name=None)) == expected
    numbers = [
        (drawn_reason(one).value, drawn_reason(one).null) for info in first_shown(dataset) for one in judged(info)
    ]
    for row, (value, null) in zip(found.itertuples(), numbers, strict=True):
        for got, number in ((row.number, value), (row.reference, null)):
            assert pd.isna(got) if number is None else float(got) == pytest.approx(float(number))


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
def test_all_numbers_as_csv(dataset: str, request) -> None:
    found = table(request.getfixturevalue(f"{dataset}_pages")["All numbers"], "all-numbers")
    every = {(info.id, name): metric for info in first_shown(dataset) for name, metric in read_metrics(info).items()}
    assert list(zip(found["run"], found["number"], strict=True)) == list(every)
    assert set(found["model"]) == set(SHORT.values())
    for row, metric in zip(found.to_dict("records"), every.values(), strict=True):
        assert row["unit"] == NUMBERS[row["number"]].unit
        assert (row["better"] if isinstance(row["better"], str) else "") == NUMBERS[row["number"]].better
        assert (row["missing"] if isinstance(row["missing"], str) else "") == str(metric.missing or "")
        for cell, expected in (
            (row["value"], metric.value),
            (row["reference"], metric.null),
            (row["stderr"], metric.stderr),
        ):
            if expected is None:
                assert pd.isna(cell)
            elif isinstance(expected, bool):
                assert cell == str(expected)
            else:
                read = json.loads(str(cell).replace("None", "null"))
                assert np.allclose(np.array(read, float), np.array(expected, float), equal_nan=True)


def test_a_figure_carries_its_data_and_its_size() -> None:
    figure = export.Figure("A title", {"mark": "point", "datasets": {"old": [1]}}, {"new": pd.DataFrame({"a": [1, 2]})})
    spec = export.inline(figure)
    assert spec["datasets"] == {"old": [1], "new": [{"a": 1}, {"a": 2}]}
    assert (spec["width"], "height" in spec) == (export.WIDTH, False)
    square = export.inline(figure._replace(square=True))
    assert square["width"] == square["height"] == export.SQUARE
    assert figure.spec == {"mark": "point", "datasets": {"old": [1]}}  # as it was
