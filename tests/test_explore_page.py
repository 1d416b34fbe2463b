"""The page "Explore" in Streamlit's test harness: plane and manifold, many dimensions, bad input, missing files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import norm

from tests.support.explore import (
    INTERPOLATION,
    OWN,
    RECONSTRUCTION,
    SHORT,
    VIEWS,
    Page,
    drawing,
    each_view,
    explored,
    explorer,
    run_of,
)
from tests.support.helpers import (
    damage,
    each_kind,
    one_sentence,
    shipped,
    small_model,
    small_training,
    without_images,
)
from tests.support.screens import components, words
from ui.charts.raster import named_grid, with_points
from ui.explore import handwriting
from ui.explore.manifold import decoded_grid, picture_shares
from ui.explore.scene import PlaneChoice, Scene, view_of
from vae_core.latents import manifold, traversal
from vae_core.runs import LOCAL, Run, RunInfo, from_trained, list_runs, load_run, publish
from vae_core.sheets import pixels, sheet
from vae_core.training import train

pytestmark = pytest.mark.usefixtures("pages")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    return explorer(monkeypatch)


def scene_of(info: RunInfo, choice: PlaneChoice) -> Scene:
    return Scene(info, view_of(info, choice), [], choice, {info.model.kind: info})


@each_kind
@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_the_manifold_is_that_of_the_prior_s_quantiles(kind: str, dataset: str, page: Callable[..., Page]) -> None:
    shown = page(model=SHORT[kind], dataset={"mnist": "MNIST", "digits": "Digits"}[dataset], **{"class": "7"})
    run = run_of(kind, dataset)
    expected = manifold(run.model(), 20, 7 if kind == "cvae" else None).flatten(0, 1)
    np.testing.assert_array_equal(shown.picture("20 × 20 decoded images"), sheet(pixels(expected.numpy()), 20))


def test_a_window_of_the_plane_is_decoded_in_equal_steps(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", over="distance", across=["-1", "0.5"], up=["0", "2"], grid="9")
    expected = manifold(run_of("vae").model(), 9, window=(-1, 0.5, 0, 2)).flatten(0, 1)
    np.testing.assert_array_equal(shown.picture("9 × 9 decoded images"), sheet(pixels(expected.numpy()), 9))


def test_behind_the_points_the_points_lie_where_their_images_are(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", show="behind the points")
    picture = shown.picture("20 × 20 decoded images")
    assert picture.ndim == 3
    assert (picture.max(axis=2) > picture.min(axis=2)).mean() > 0.01, "no coloured points"
    np.testing.assert_allclose(picture_shares(np.array([[0.0, 1.0]]), None), [[0.5, norm.cdf(1)]])
    np.testing.assert_allclose(picture_shares(np.array([[0.0, 1.0]]), (-1, 1, 1, 3)), [[0.5, 0.0]])


def test_points_are_drawn_at_their_place_and_in_their_colour() -> None:
    black = np.zeros((56, 56), np.uint8)
    picture = with_points(black, np.array([[0.25, 0.75], [2.0, 0.5]]), np.array([1, 0]), [])
    rows, columns = np.nonzero(picture.any(axis=2))
    side = picture.shape[0]
    assert (rows.mean() / side, columns.mean() / side) == pytest.approx((0.25, 0.25), abs=0.005)
    assert {tuple(color) for color in picture[rows, columns]} == {(0xFF, 0x7C, 0x07)}


def test_names_stand_beside_their_rows_and_over_their_columns() -> None:
    tiles = np.full((6, 8, 8), 255, np.uint8)
    plain, named = (
        named_grid(tiles, ("", ""), ("",) * 3, "light"),
        named_grid(tiles, ("a", "b"), ("x", "y", "z"), "light"),
    )
    assert plain.shape == (36, 54, 3)
    assert (named[-36:, -54:] == plain).all()
    assert (named[:-36].min(), named[:, :-54].min()) != (255, 255)


@pytest.fixture(scope="module")
def trained_three(digits) -> Run:
    *_, last = train(small_model("cvae", latent_dim=3), small_training(), *digits, "cpu")
    return from_trained(last.trained, *digits)


@pytest.fixture
def three(trained_three: Run, fresh: Path) -> Run:
    """A cVAE with three latent dimensions, trained here."""
    publish(trained_three, fresh / LOCAL)
    (info,) = [info for info in list_runs(fresh / LOCAL) if info.model.latent_dim == 3]
    return load_run(info.path)


@each_view
def test_three_dimensions_are_shown_by_their_principal_components(
    view: str, three: Run, page: Callable[..., Page]
) -> None:
    shown = page(dataset="Digits", latent_dim="3", view=view)
    space = explored(shown.app)
    assert "3 latent dimensions" in space["note"]
    assert space["symbols"] == ["c₁", "c₂"]
    assert np.array(space["directions"]).shape == (2, 3)
    assert shown.picture("A row of decoded images").ndim == 3
    assert not shown.app.error


def test_a_row_for_each_dimension(three: Run, page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", latent_dim="3", traversal_class="4")
    rows = []
    for dimension, codes in enumerate(three.z().T):
        values = torch.linspace(*(float(codes.mean() + side * 2 * codes.std()) for side in (-1, 1)), 11)
        rows.append(traversal(three.model(), torch.zeros(3), dimension, values, 4))
    tiles = (torch.cat(rows) * 255).round().byte().numpy()
    expected = named_grid(tiles, ("z1", "z2", "z3"), ("",) * 11, "light")
    np.testing.assert_allclose(shown.picture("A row of decoded images").astype(int), expected, atol=1)


def test_a_plane_of_two_dimensions_and_a_slider_for_the_third(three: Run, page: Callable[..., Page]) -> None:
    query = {"plane": "two dimensions", "across_dim": "3", "up_dim": "1", "z2": "1.5", "class": "2", "grid": "6"}
    shown = page(dataset="Digits", latent_dim="3", **query)
    space = explored(shown.app)
    assert (space["symbols"], space["base"]) == (["z₃", "z₁"], [0, 1.5, 0])
    assert space["directions"] == [[0, 0, 1], [1, 0, 0]]
    expected = manifold(three.model(), 6, 2, base=torch.tensor([0, 1.5, 0]), axes=(2, 0)).flatten(0, 1)
    np.testing.assert_array_equal(shown.picture("6 × 6 decoded images"), sheet(pixels(expected.numpy()), 6))


def test_one_dimension_chosen_twice_gives_way_to_the_next(three: Run, page: Callable[..., Page]) -> None:
    query = {"plane": "two dimensions", "across_dim": "2", "up_dim": "2", "grid": "6"}
    shown = page(dataset="Digits", latent_dim="3", **query)
    expected = manifold(three.model(), 6, 0, axes=(1, 2)).flatten(0, 1)
    np.testing.assert_array_equal(shown.picture("6 × 6 decoded images"), sheet(pixels(expected.numpy()), 6))


def test_lifting_a_point_and_projecting_it_gives_the_point(three: Run) -> None:
    for choice in (PlaneChoice(None, (0.0,) * 3), PlaneChoice((2, 0), (0.0, 1.5, 0.0))):
        view = view_of(three.info, choice)
        points = np.random.default_rng(0).standard_normal((20, 2)).astype(np.float32)
        np.testing.assert_allclose(view.project(view.lift(points)), points, atol=1e-5)
        np.testing.assert_allclose(view.project(three.z()), view.plane.points, atol=1e-5)


def test_a_grid_over_principal_components_agrees_with_one_over_dimensions(three: Run) -> None:
    along = scene_of(three.info, PlaneChoice((0, 1), (0.0,) * 3))
    oblique = along._replace(view=along.view._replace(axes=None))  # the same plane, decoded as any other
    for window in (None, (-1.0, 2.0, 0.0, 1.0)):
        difference = decoded_grid(along, 5, 3, window).astype(int) - decoded_grid(oblique, 5, 3, window)
        assert np.abs(difference).max() <= 1


def test_one_dimension_has_no_manifold_but_a_row(fresh: Path, digits, page: Callable[..., Page]) -> None:
    *_, last = train(small_model("vae", latent_dim=1), small_training(), *digits, "cpu")
    publish(from_trained(last.trained, *digits), fresh / LOCAL)
    for view in VIEWS:
        shown = page(dataset="Digits", latent_dim="1", view=view)
        assert not shown.app.error
        assert shown.picture("A row of decoded images").ndim == 3


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"model": "GAN"}, "model = GAN"),
        ({"view": "../../etc/passwd"}, "view = ../../etc/passwd"),
        ({"grid": "9999"}, "grid = 9999"),
        ({"grid": "NaN"}, "grid = NaN"),
        ({"over": "<script>alert(1)</script>"}, "over = <script>alert(1)</script>"),
        ({"over": "distance", "across": ["-1e9", "2"]}, "across = -1e9"),
        ({"view": INTERPOLATION, "from": "-7"}, "from = -7"),
        ({"view": INTERPOLATION, "steps": "x" * 5000}, f"steps = {'x' * 30},"),
        ({"view": RECONSTRUCTION, "image": "999999"}, "image = 999999"),
        ({"view": RECONSTRUCTION, "which": "both"}, "which = both"),
        ({"view": OWN, "how": "steal"}, "how = steal"),
        ({"model": "cVAE", "class": "99"}, "class = 99"),
        ({"point_across": "inf"}, "point_across = inf"),
    ],
)
def test_a_wild_url_shows_the_defaults_and_says_so(query: dict, message: str, page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", **query)
    assert not shown.app.error
    assert message in words(shown.app)
    shown.run()
    assert message not in words(shown.app)


def test_a_good_url_is_repeated_without_a_word(page: Callable[..., Page]) -> None:
    query = {"model": "cVAE", "grid": "7", "over": "distance", "class": "4", "show": "behind the points"}
    shown = page(dataset="Digits", **query)
    assert "The link asks" not in words(shown.app)
    assert {name: shown.app.query_params[name] for name in query} == query


@each_view
def test_without_the_data_set_a_download_is_offered(
    view: str, page: Callable[..., Page], forgetful: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_images(monkeypatch, tmp_path)
    shown = page(view=view)
    assert not shown.app.error
    assert shown.app.button(key="download").label == "Download MNIST (12 MB)"


def test_where_the_script_does_not_run_streamlit_draws_the_plane_and_the_marks(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", plots="plain", view=RECONSTRUCTION)
    assert not components(shown.app)
    titles = [json.loads(element.proto.spec)["title"]["text"] for element in shown.app.get("vega_lite_chart")]
    assert titles == ["VAE · KLD", "VAE · KLD", "Its posterior, close up"]


def test_without_runs_the_page_says_how_to_make_one(
    page: Callable[..., Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path / "nothing"))
    assert "python -m vae_core train" in words(page().app)


@each_view
def test_one_kind_alone_is_explored_and_the_others_keep_their_place(
    view: str, page: Callable[..., Page], fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handwriting, "draw", lambda key, theme: drawing())
    for path in fresh.glob("*.safetensors"):
        if not path.name.startswith(("mnist-ae-s0", "classifier")):
            path.unlink()
    shown = page(view=view)
    assert not shown.app.error
    assert shown.pictures
    shown.app.segmented_control(key="model").set_value("VAE")
    shown.run()
    assert len(shown.app.info) == 1
    assert not shown.pictures


def test_a_damaged_run_is_named_and_the_others_are_explored(page: Callable[..., Page], fresh: Path) -> None:
    path = fresh / shipped("vae").path.name
    damage(path)
    shown = page()
    assert path.name in words(shown.app)
    assert one_sentence(shown.app.error[0].value)
    assert len(shown.pictures) == 2
