"""Charts of the page Evidence: what they draw is what was measured, and what does not exist is said."""

import base64
import io
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor
from scipy.stats import chi2, norm

from tests.support.colors import linear, oklab
from ui import charts
from ui.charts import Window, confusion, holes, information, norms, rate, seeds, style
from ui.charts.raster import PANEL, class_panels
from ui.charts.rate import Split
from ui.charts.seeds import SeedValue

DIGITS = tuple("0123456789")
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
MODELS = ("AE", "VAE", "cVAE")
WINDOW = Window((0.0, 0.0), 4.0)
AE = Split(reason="not defined")
VAE = Split(1.8, 4.4, 0.4)
COLLAPSED = Split(0.0, 1e-5, 2e-6)
Drawn = tuple[dict[str, Any], dict[str, pd.DataFrame]]  # a chart and its tables
themes = pytest.mark.parametrize("theme", ["light", "dark"])


def prior_cells(cells: int) -> np.ndarray:
    masses = np.diff(norm.cdf(np.linspace(-4, 4, cells + 1)))
    return np.outer(masses, masses)


def data_sets(spec: Any) -> set[str]:
    """Names of all data sets that a specification refers to."""
    if isinstance(spec, list):
        return set().union(*map(data_sets, spec)) if spec else set()
    if not isinstance(spec, dict):
        return set()
    data = spec.get("data")
    own = {data["name"]} if isinstance(data, dict) and set(data) == {"name"} else set()
    return own.union(*(data_sets(value) for key, value in spec.items() if key != "datasets"))


def hole_spec(theme: str) -> dict[str, Any]:
    return holes.hole_chart(theme, WINDOW, "VAE · KLD", "6 % in holes")


def holes_of(theme: str, *tables: Any) -> Drawn:
    return hole_spec(theme), holes.hole_tables(WINDOW, theme, prior_cells(8), *tables)


def bars_of(theme: str, splits: dict[str, Split]) -> Drawn:
    spec = information.information_bar_chart(theme, MODELS, "title", "subtitle", top=7)
    return spec, rate.rate_tables(splits, "model")


def bars_over_beta(theme: str, splits: dict[float, Split]) -> Drawn:
    spec = information.information_over_beta_chart(theme, "title", "subtitle", (0.0, 1.0), top=7)
    return spec, information.information_over_beta_tables(splits)


def matrix_of(theme: str, shares: list[list[float]] | None) -> Drawn:
    spec = confusion.confusion_chart(theme, DIGITS, "title", "subtitle")
    return spec, confusion.confusion_tables(shares, DIGITS, "not defined")


def histogram_of(theme: str, z: np.ndarray) -> Drawn:
    return norms.norm_chart(theme, "title", "subtitle", "#111111", d=2, top=0.6), norms.norm_tables(z)


def dots_of(theme: str, value: float | None, log: bool) -> Drawn:
    values = [SeedValue(model, seed, value) for model in MODELS for seed in range(3)]
    return seeds.seeds_chart(theme, MODELS, "title", "subtitle", log), seeds.seeds_tables(values, log)


Z = np.random.default_rng(0).standard_normal((100, 2))
DRAWN: dict[str, Callable[[str], Drawn]] = {  # each chart, full and with nothing to draw
    "holes": lambda theme: holes_of(theme, prior_cells(8), Z, Z[:, 0] > 1, (1.0, 2.0)),
    "holes of an AE": holes_of,
    "information": lambda theme: bars_of(theme, {"AE": AE, "VAE": VAE, "cVAE": COLLAPSED}),
    "information of an AE": lambda theme: bars_of(theme, {"AE": AE}),
    "over beta": lambda theme: bars_over_beta(theme, {1.0: VAE, 0.0: AE}),
    "over no beta": lambda theme: bars_over_beta(theme, {}),
    "confusion": lambda theme: matrix_of(theme, np.eye(10).tolist()),
    "no confusion": lambda theme: matrix_of(theme, None),
    "norms": lambda theme: histogram_of(theme, Z),
    "norms off the axis": lambda theme: histogram_of(theme, Z + 100),
    "seeds": lambda theme: dots_of(theme, 0.1, log=True),
    "no seeds": lambda theme: dots_of(theme, None, log=False),
}
each_chart = pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN.keys())


@themes
@each_chart
def test_a_chart_draws_its_tables_and_stands_on_the_page_by_itself(theme: str, draw: Callable[[str], Drawn]) -> None:
    spec, tables = draw(theme)
    assert data_sets(spec) - set(spec.get("datasets", {})) == set(tables)
    ink, ground = charts.INK[theme]
    assert spec["config"]["background"] == ground
    assert spec["config"]["title"]["color"] == spec["config"]["title"]["subtitleColor"] == ink
    assert spec["usermeta"]["embedOptions"]["renderer"] == "canvas"
    for table in tables.values():
        back = pa.ipc.open_stream(charts.arrow(table)).read_all().to_pandas()
        assert list(back.columns) == list(table.columns)
        assert len(back) == len(table)
        assert not {"float64", "int64", "object"} & {str(kind) for kind in table.dtypes}


def test_the_shade_is_the_priors_mass_where_q_has_less_than_a_tenth_of_it() -> None:
    p = prior_cells(40)
    q = p * np.random.default_rng(0).choice([0.0, 0.0999, 0.1, 0.1001, 1.0, 5.0], p.shape)
    shade = holes.hole_shade(p, q)
    hole = q / p < 0.1 - 1e-9
    np.testing.assert_array_equal(shade[hole], p[hole])
    assert (shade[q / p > 0.1 + 1e-9] == 0).all()


def test_the_shade_of_the_prior_itself_is_empty_and_of_nothing_is_the_prior() -> None:
    p = prior_cells(16)
    assert holes.hole_shade(p, p).sum() == 0
    np.testing.assert_array_equal(holes.hole_shade(p, np.zeros_like(p)), p)


@themes
def test_the_image_has_z1_to_the_right_and_z2_upwards(theme: str) -> None:
    p = prior_cells(9)
    q = p.copy()
    q[7, 2] = 0  # large z₁, small z₂
    image = holes.hole_image(p, q, theme)
    gap = (image[..., :3] == ImageColor.getrgb(style.GAP[theme])).all(axis=-1)
    assert np.argwhere(gap).tolist() == [[6, 7]]  # third row from below, eighth column
    np.testing.assert_allclose(image[6, 7, 3], 255 * np.sqrt(p[7, 2] / p.max()), atol=0.5)
    assert (image[~gap][:, :3] == ImageColor.getrgb(charts.GREY)).all()
    assert image[4, 4, 3] == image[..., 3][~gap].max()


def test_without_a_density_there_are_no_holes_to_shade() -> None:
    image = holes.hole_image(prior_cells(8), None, "light")
    assert (image[..., :3] == ImageColor.getrgb(charts.GREY)).all()


def test_the_image_travels_as_it_is_and_fills_the_window() -> None:
    p = prior_cells(12)
    window = Window((1.0, -2.0), 3.0)
    shade = holes.hole_tables(window, "dark", p, p * 0.05)["shade"]
    assert shade[["x", "y", "x2", "y2"]].to_numpy().tolist() == [[-2, -5, 4, 1]]
    kind, content = shade["url"][0].split(",")
    assert kind == "data:image/png;base64"
    sent = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
    np.testing.assert_array_equal(sent, holes.hole_image(p, p * 0.05, "dark"))


def test_of_many_points_some_are_drawn_those_far_from_codes_on_top() -> None:
    points = np.random.default_rng(0).standard_normal((10_000, 2))
    far = points[:, 0] > 1
    drawn = holes.hole_tables(WINDOW, "light", prior_cells(4), None, points, far)["points"]
    assert len(drawn) == holes.MAX_POINTS
    assert drawn["far"].is_monotonic_increasing
    assert (drawn["far"] == (drawn["x"] > 1)).all()
    assert drawn["far"].mean() == pytest.approx(far.mean(), abs=0.02)


@themes
def test_a_click_selects_a_point_by_its_two_coordinates(theme: str) -> None:
    (click,) = hole_spec(theme)["params"]
    assert click["name"] == holes.PLACE
    assert click["select"]["fields"] == ["z1", "z2"]
    assert click["select"]["nearest"]


def test_the_ring_is_where_the_map_was_clicked() -> None:
    ring = holes.hole_tables(WINDOW, "light", prior_cells(4), clicked=(0.4, -1.6))["clicked"]
    assert ring.to_numpy().tolist() == [[np.float32(0.4), np.float32(-1.6)]]
    assert holes.hole_tables(WINDOW, "light", prior_cells(4))["clicked"].empty


nats = st.floats(0, 30, width=32)
few = settings(max_examples=25, deadline=None)


@few
@given(nats, nats, nats)
def test_the_parts_follow_each_other_and_end_at_the_rate(a: float, b: float, c: float) -> None:
    tables = rate.rate_tables({"VAE": Split(a, b, c)}, "model")
    parts, (total,) = tables["parts"], tables["totals"].to_dict("records")
    assert parts["value"].tolist() == [a, b, c]
    assert parts["value"].sum() == pytest.approx(a + b + c, rel=1e-5)
    assert parts["start"].tolist() == pytest.approx([0, a, a + b], rel=1e-5, abs=1e-5)
    assert parts["end"].tolist() == pytest.approx([a, a + b, a + b + c], rel=1e-5, abs=1e-5)
    assert total["rate"] == pytest.approx(a + b + c, rel=1e-6)
    assert [total["part0"], total["part1"], total["part2"]] == pytest.approx([a, b, c], rel=1e-6)


@pytest.mark.parametrize("split", [AE, Split(1.0, None, None, AE.reason), Split(None, 1.0, 2.0, AE.reason)])
def test_a_split_with_a_part_missing_is_a_sentence_and_no_bar(split: Split) -> None:
    tables = rate.rate_tables({"AE": split, "VAE": VAE}, "model")
    assert tables["missing"].to_dict("records") == [{"model": "AE", "reason": AE.reason}]
    assert set(tables["parts"]["model"]) == set(tables["totals"]["model"]) == {"VAE"}


@themes
def test_parts_are_told_apart_by_lightness_alone_and_their_numbers_can_be_read(theme: str) -> None:
    colors = dict(zip((name for name, _ in rate.PARTS.values()), information.PART_COLORS[theme], strict=True))
    lightness = [oklab(linear(color))[0] for color in colors.values()]
    assert min(abs(a - b) for a, b in itertools.combinations(lightness, 2)) >= 0.15
    spec = information.information_bar_chart(theme, MODELS, "title", "subtitle", top=7)
    text = spec["layer"][1]["encoding"]["color"]
    for part, color in colors.items():
        chosen = text["condition"]["value"] if part in text["condition"]["test"]["oneOf"] else text["value"]
        luminances = sorted(float(linear(each) @ [0.2126, 0.7152, 0.0722]) + 0.05 for each in (color, chosen))
        assert luminances[1] / luminances[0] >= 4.5


def test_bars_stand_in_the_order_of_beta() -> None:
    splits = {16.0: COLLAPSED, 0.25: VAE, 0.0: AE, 1.0: VAE}
    spec = information.information_over_beta_chart("light", "title", "subtitle", (*splits, 2.0), top=8)
    x, y = (spec["layer"][0]["encoding"][axis] for axis in "xy")
    assert x["scale"]["domain"] == ["0", "0.25", "1", "2", "16"]
    assert y["scale"]["domain"] == [0, 8]
    tables = information.information_over_beta_tables(splits)
    assert tables["totals"]["beta"].tolist() == ["0.25", "1", "16"]
    assert tables["missing"]["beta"].tolist() == ["0"]


def test_an_axis_has_room_for_every_rate_and_does_not_magnify_a_collapsed_model() -> None:
    assert rate.rate_top([AE, VAE, COLLAPSED]) > 6.6
    assert rate.rate_top([COLLAPSED]) > 1
    assert rate.rate_top([]) > 1


@pytest.mark.parametrize("names", [DIGITS, LETTERS, ("a", "b")])
def test_every_pair_of_classes_has_its_share(names: tuple[str, ...]) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(len(names)), len(names))
    cells = confusion.confusion_tables(shares.tolist(), names)["cells"]
    assert len(cells) == len(names) ** 2
    sums = cells.groupby("requested", observed=True)["share"].sum()
    assert sums.index.tolist() == list(names)
    np.testing.assert_allclose(sums, 1, rtol=1e-5)
    pairs = cells.set_index(["requested", "classified"])["share"]
    assert pairs[names[0], names[1]] == pytest.approx(shares[0, 1])
    assert pairs[names[1], names[0]] == pytest.approx(shares[1, 0])


def test_without_a_class_picker_a_sentence_stands_in_the_matrix() -> None:
    tables = confusion.confusion_tables(None, DIGITS, "A class can only be asked of a conditional VAE.")
    assert tables["cells"].empty
    assert tables["note"]["words"].tolist() == ["A class can only be asked of a conditional VAE."]
    assert confusion.confusion_tables(np.eye(10).tolist(), DIGITS, "unused")["note"].empty


def test_a_matrix_that_does_not_fit_the_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        confusion.confusion_tables(np.eye(3).tolist(), DIGITS)


@themes
def test_rows_are_requested_columns_classified_and_each_axis_has_every_class(theme: str) -> None:
    spec = confusion.confusion_chart(theme, LETTERS, "title", "subtitle")
    x, y = (spec["layer"][0]["encoding"][axis] for axis in "xy")
    assert (x["field"], y["field"]) == ("classified", "requested")
    assert x["scale"]["domain"] == y["scale"]["domain"] == list(LETTERS)


@pytest.mark.parametrize("d", [1, 2, 8, 20])
def test_the_curve_is_chi_squared_and_covers_nearly_all_of_it(d: int) -> None:
    curve = norms.norm_tables(np.zeros((5, d)))["curve"]
    np.testing.assert_allclose(curve["density"], chi2.pdf(curve["x"].astype(float), d), rtol=1e-4, atol=1e-7)
    if d > 1:  # that of one dimension is infinite at 0
        assert curve["density"].sum() * norms.norm_end(d) / len(curve) == pytest.approx(0.999, abs=1e-3)
    assert chi2.sf(norms.norm_end(d), d) == pytest.approx(0.001)


@few
@given(st.integers(1, 5), st.floats(0, 100), st.integers(0, 2**31))
def test_bars_and_what_lies_beyond_are_all_points(d: int, scale: float, seed: int) -> None:
    tables = norms.norm_tables(scale * np.random.default_rng(seed).standard_normal((200, d)))
    bars = tables["bars"]
    inside = float((bars["density"] * (bars["end"] - bars["start"])).sum())
    assert inside + float(tables["beyond"]["share"][0]) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("d", [1, 2, 10])
def test_the_bars_of_a_gaussian_are_those_expected(d: int) -> None:
    n = 200_000
    bars = norms.norm_tables(np.random.default_rng(0).standard_normal((n, d)))["bars"].astype(float)
    width = bars["end"] - bars["start"]
    share = bars["expected"] * width
    assert (np.abs(bars["density"] * width - share) < 5 * np.sqrt(share / n) + 1e-6).all()


def test_codes_far_away_leave_the_bars_empty_and_are_counted() -> None:
    tables = norms.norm_tables(np.full((50, 2), 30.0, dtype=np.float32))
    assert tables["bars"]["density"].sum() == 0
    assert tables["beyond"]["share"].tolist() == [1]


def test_an_axis_holds_the_bars_of_every_model_and_of_a_gaussian() -> None:
    tables = [norms.norm_tables(np.random.default_rng(0).standard_normal((500, 2)) * scale) for scale in (0.3, 9)]
    top = norms.norm_top(tables)
    assert top > max(table["bars"]["density"].max() for table in tables)
    assert norms.norm_top(tables[1:]) > tables[1]["bars"]["expected"].max()


def test_the_interval_is_the_mean_and_the_samples_standard_deviation() -> None:
    values = {"AE": [3.1, 4.2, 5.5], "VAE": [0.11, 0.12, 0.19], "cVAE": [0.07, 0.06, 0.08]}
    rows = [SeedValue(model, seed, value, 0.01) for model, some in values.items() for seed, value in enumerate(some)]
    tables = seeds.seeds_tables(rows)
    means = tables["means"].set_index("model")
    for model, some in values.items():
        mean, std = np.mean(some), np.std(some, ddof=1)
        expected = [mean, std, mean - std, mean + std, mean, 0.01]
        assert means.loc[model, ["mean", "std", "low", "high", "at", "null"]].tolist() == pytest.approx(expected)
        shown = tables["seeds"][tables["seeds"]["model"] == model]
        assert shown["value"].tolist() == shown["at"].tolist() == pytest.approx(some)
    assert tables["missing"].empty


def test_a_single_seed_has_a_dot_and_no_interval() -> None:
    (mean,) = seeds.seeds_tables([SeedValue("VAE", 0, 2.0)])["means"].to_dict("records")
    assert mean["low"] == mean["high"] == mean["mean"] == 2
    assert np.isnan(mean["std"])
    assert np.isnan(mean["null"])


def test_a_model_without_a_value_has_a_row_of_words() -> None:
    tables = seeds.seeds_tables([SeedValue("AE", 0, None), SeedValue("VAE", 0, 1.0), SeedValue("VAE", 1, None)])
    assert tables["missing"]["model"].tolist() == ["AE"]
    assert tables["means"]["model"].tolist() == ["VAE"]
    assert len(tables["seeds"]) == 1
    assert not any(table.size for name, table in seeds.seeds_tables([]).items())


def test_on_a_logarithmic_axis_what_is_not_above_zero_stands_at_its_left_end() -> None:
    rows = [SeedValue("cVAE", seed, value, 0.0) for seed, value in enumerate((0.0, 0.001, 0.02))]
    tables = seeds.seeds_tables(rows, log=True)
    dots, (mean,) = tables["seeds"], tables["means"].to_dict("records")
    assert dots["off"].tolist() == [True, False, False]
    assert dots["value"].tolist() == pytest.approx([0, 0.001, 0.02])
    assert 0 < dots["at"][0] < 0.001
    assert 0 < mean["low"] < mean["at"] == mean["mean"] < mean["high"]
    assert np.isnan(mean["null"])


@pytest.mark.parametrize(("log", "kind"), [(True, "log"), (False, None)])
def test_models_keep_their_order_on_either_axis(log: bool, kind: str | None) -> None:
    spec = seeds.seeds_chart("light", MODELS, "title", "subtitle", log)
    for layer in spec["layer"][:4]:
        assert layer["encoding"]["y"]["scale"]["domain"] == list(MODELS)
        assert layer["encoding"]["x"]["scale"].get("type") == kind


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_class_has_a_panel_with_its_own_points_in_colour(theme: str) -> None:
    """Two classes on opposite sides; a point beyond the edge, and a class without points, do no harm."""
    z, y = np.array([[2.0, 2.0], [-2.0, -2.0], [9.0, 0.0]]), np.array([0, 6, 0])
    picture = class_panels(z, y, [str(label) for label in range(7)], theme)
    assert picture.shape == (2 * PANEL, 5 * PANEL, 3)
    upper_right, lower_left = (PANEL // 4, 3 * PANEL // 4), (3 * PANEL // 4, PANEL // 4)  # row, column

    def color(label: int, place: tuple[int, int]) -> tuple[int, ...]:
        row, column = divmod(label, 5)
        return tuple(picture[row * PANEL + place[0], column * PANEL + place[1]].tolist())

    faint = {color(3, place) for place in (upper_right, lower_left)}
    assert len(faint) == 1
    assert color(0, upper_right) == ImageColor.getrgb(charts.class_color(0))
    assert color(6, lower_left) == ImageColor.getrgb(charts.class_color(6))
    assert {color(0, lower_left), color(6, upper_right)} == faint
    assert color(3, (PANEL // 2, PANEL // 2)) not in faint  # the ground
