"""The page "Explore" by Streamlit's own test harness: what is decoded, where things are marked, and bad input."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import streamlit
import torch
from PIL import Image
from scipy.stats import norm
from streamlit.testing.v1 import AppTest

from tests.support.helpers import damage, each_kind, one_sentence, shipped, small_model, small_training
from tests.support.screens import charts, opened, words
from ui.components import Kept
from ui.explore import own, plane
from ui.explore.drawing import as_trained
from ui.explore.manifold import decoded_grid, shares
from ui.explore.pictures import labelled, with_points
from ui.explore.reconstruction import DRAWS, posterior_draws
from ui.explore.scene import Choice, Scene, view_of
from vae_core.config import KINDS
from vae_core.data import load_dataset
from vae_core.evidence import log_density
from vae_core.evidence.measure import find_judge
from vae_core.latents import manifold, slerp, traversal
from vae_core.runs import LOCAL, Run, RunInfo, from_trained, list_runs, load_run, publish
from vae_core.sheets import pixels, sheet
from vae_core.training import train

pytestmark = pytest.mark.usefixtures("pages")
SHORT = dict(zip(KINDS, ("AE", "VAE", "cVAE"), strict=True))
PARTS = ("Manifold", "Interpolation", "Reconstruction", "Your own digit")
each_part = pytest.mark.parametrize("part", PARTS)


class Page(NamedTuple):
    """The page, and the pictures on it by the start of their description."""

    app: AppTest
    pictures: dict[str, np.ndarray]

    def picture(self, description: str) -> np.ndarray:
        (found,) = [picture for alt, picture in self.pictures.items() if alt.startswith(description)]
        return np.asarray(found)

    def run(self) -> None:
        self.pictures.clear()
        self.app.run()
        assert not self.app.exception


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    def explored(**query: str | list[str]) -> Page:
        pictures: dict[str, np.ndarray] = {}
        show = streamlit.image

        def keep(picture: np.ndarray, **look: object) -> None:
            pictures[str(look["alt"])] = picture
            show(picture, **look)

        monkeypatch.setattr(streamlit, "image", keep)
        app = opened("pages/4_Explore.py", **query)
        assert not app.exception
        return Page(app, pictures)

    return explored


def run_of(kind: str, dataset: str = "digits") -> Run:
    return load_run(shipped(kind, dataset=dataset).path)


def decoded(run: Run, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return run.model().decode(torch.from_numpy(z), torch.from_numpy(y)).numpy()


def close(picture: np.ndarray, x_hat: np.ndarray) -> None:
    """Whether a picture in 256 grey levels shows these probabilities."""
    np.testing.assert_allclose(np.asarray(picture) / 255, x_hat, atol=0.51 / 255)


def frames(strip: np.ndarray, count: int) -> np.ndarray:
    """The images of a film strip (n, H, W): a pixel of black at either side, three pixels for each of theirs."""
    return np.stack(np.split(strip[::3, ::3], count, axis=1))[:, :, 1:-1]


def scene_of(info: RunInfo, choice: Choice) -> Scene:
    return Scene(info, view_of(info, choice), [], choice, {info.model.kind: info})


# ---- manifold ----


@each_kind
@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_the_manifold_is_that_of_the_prior_s_quantiles(kind: str, dataset: str, page: Callable[..., Page]) -> None:
    shown = page(model=SHORT[kind], dataset={"mnist": "MNIST", "digits": "Digits"}[dataset], **{"class": "7"})
    run = run_of(kind, dataset)
    expected = manifold(run.model(), 20, 7 if kind == "cvae" else None).flatten(0, 1)
    np.testing.assert_array_equal(shown.picture("20 × 20 decoded images"), sheet(pixels(expected.numpy()), 20))


def test_a_window_of_the_plane_is_decoded_in_equal_steps(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", over="a window", across=["-1", "0.5"], up=["0", "2"], grid="9")
    expected = manifold(run_of("vae").model(), 9, window=(-1, 0.5, 0, 2)).flatten(0, 1)
    np.testing.assert_array_equal(shown.picture("9 × 9 decoded images"), sheet(pixels(expected.numpy()), 9))


def test_behind_the_points_the_points_lie_where_their_images_are(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", show="behind the points")
    picture = shown.picture("20 × 20 decoded images")
    assert picture.ndim == 3
    assert (picture.max(axis=2) > picture.min(axis=2)).mean() > 0.01, "no coloured points"
    np.testing.assert_allclose(shares(np.array([[0.0, 1.0]]), None), [[0.5, norm.cdf(1)]])
    np.testing.assert_allclose(shares(np.array([[0.0, 1.0]]), (-1, 1, 1, 3)), [[0.5, 0.0]])


def test_points_are_drawn_at_their_place_and_in_their_colour() -> None:
    black = np.zeros((56, 56), np.uint8)
    picture = with_points(black, np.array([[0.25, 0.75], [2.0, 0.5]]), np.array([1, 0]), [])
    rows, columns = np.nonzero(picture.any(axis=2))
    side = picture.shape[0]
    assert (rows.mean() / side, columns.mean() / side) == pytest.approx((0.25, 0.25), abs=0.005)
    assert {tuple(color) for color in picture[rows, columns]} == {(0xFF, 0x7C, 0x07)}


def test_names_stand_beside_their_rows_and_over_their_columns() -> None:
    tiles = np.full((6, 8, 8), 255, np.uint8)
    plain, named = labelled(tiles, ("", ""), ("",) * 3, "light"), labelled(tiles, ("a", "b"), ("x", "y", "z"), "light")
    assert plain.shape == (36, 54, 3)
    assert (named[-36:, -54:] == plain).all()
    assert (named[:-36].min(), named[:, :-54].min()) != (255, 255)


# ---- interpolation ----


@each_kind
def test_a_path_ends_at_the_reconstructions_of_its_two_images(kind: str, page: Callable[..., Page]) -> None:
    shown = page(model=SHORT[kind], dataset="Digits", part="Interpolation", **{"from": "4", "to": "31"}, steps="5")
    run = run_of(kind)
    film = frames(shown.picture("5 images from test image 4"), 5)
    ends = [4, 31]
    close(film[[0, -1]], decoded(run, run.latents.mu[ends], run.latents.y[ends]))
    middle = run.latents.mu[ends].mean(axis=0, keepdims=True)
    if kind == "cvae":
        vectors = run.model().condition_vectors()[run.latents.y[ends]].mean(dim=0, keepdim=True)
        close(film[2:3], run.model().decode_with(torch.from_numpy(middle), vectors).numpy())
    else:
        close(film[2:3], decoded(run, middle, np.zeros(1, dtype=np.int64)))


def test_a_spherical_path_of_one_class(page: Callable[..., Page]) -> None:
    query = {"from": "4", "to": "31", "steps": "7", "way": "spherical", "as": "8"}
    shown = page(model="cVAE", dataset="Digits", part="Interpolation", **query)
    run = run_of("cvae")
    z = slerp(*torch.from_numpy(run.latents.mu[[4, 31]]), 7).numpy()
    close(frames(shown.picture("7 images from test image 4"), 7), decoded(run, z, np.full(7, 8)))
    density, plot = charts(shown.app)
    np.testing.assert_allclose(density["path"]["density"], log_density(run.latents, z), rtol=1e-5)
    np.testing.assert_allclose(plot["path"][["x", "y"]], z, rtol=1e-5)
    usual = np.quantile(log_density(run.latents, run.z()), (0.25, 0.75))
    np.testing.assert_allclose(density["usual"].to_numpy()[0], usual, rtol=1e-5)  # the digits' codes are fewer than 500


def test_the_density_of_an_autoencoder_is_not_defined(page: Callable[..., Page]) -> None:
    density, _ = charts(page(model="AE", dataset="Digits", part="Interpolation").app)
    assert (len(density["path"]), len(density["usual"])) == (0, 0)
    assert "not defined" in density["note"]["words"][0]


def test_kept_points_and_an_own_digit_can_be_the_ends(
    page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [Kept((0.5, -1.0), 3), Kept((1.0, 1.5), 6)]
    monkeypatch.setattr(plane, "decode_plane", lambda *_: kept)
    shown = page(model="cVAE", dataset="Digits", part="Interpolation", steps="4")
    shown.app.session_state["drawing_grey"] = drawing(8)
    shown.run()
    for number, source in ((3, "kept point"), (4, "your digit")):
        shown.app.get("button_group")[number].set_value(source)
    shown.run()
    film, run = frames(shown.picture("4 images from kept point 1"), 4), run_of("cvae")
    close(film[:1], decoded(run, np.array([kept[0].z], np.float32), np.array([3])))
    mu = run.model().encode(torch.from_numpy(as_trained(drawing(8), (8, 8)))[None], torch.tensor([0])).mu
    close(film[-1:], decoded(run, mu.numpy(), np.array([0])))


# ---- reconstruction ----


@each_kind
@pytest.mark.parametrize(("which", "choose"), [("worst", np.argmax), ("best", np.argmin)])
def test_the_worst_and_the_best_image_by_recon(
    kind: str, which: str, choose: Callable[[np.ndarray], np.intp], page: Callable[..., Page]
) -> None:
    shown = page(model=SHORT[kind], dataset="Digits", part="Reconstruction", which=which)
    run = run_of(kind)
    number, text = int(choose(run.recon)), words(shown.app)
    assert f"**Test image {number}, label {run.latents.y[number]}**" in text
    assert f"recon {run.recon[number]:#.3g}".rstrip(".") in text
    kld = run.latents.kld()
    assert ("no KLD" if kld is None else f"kld {kld[number]:#.3g}".rstrip(".")) in text
    close(shown.picture(f"Reconstruction of test image {number}"), decoded(
        run, run.latents.mu[[number]], run.latents.y[[number]])[0])  # fmt: skip
    place = charts(shown.app)[0]
    np.testing.assert_allclose(place["marks"][["x", "y"]], run.latents.mu[[number]], rtol=1e-5)
    assert set(place["lit"]["label"]) == {str(run.latents.y[number])}
    assert len(charts(shown.app)) == (1 if kind == "ae" else 2)


def test_an_image_is_chosen_by_its_button_and_by_the_url(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", part="Reconstruction", which="random", sample="3")
    numbers = [int(button.label) for button in shown.app.button if button.label.isdigit()]
    assert len(set(numbers)) == 10
    shown.app.button(key=f"choose-{numbers[4]}").click()
    shown.run()
    assert f"**Test image {numbers[4]}," in words(shown.app)
    assert shown.app.button(key=f"choose-{numbers[4]}").disabled
    again = page(dataset="Digits", part="Reconstruction", which="random", sample="3", image="17")
    assert [int(button.label) for button in again.app.button if button.label.isdigit()] == numbers
    assert "**Test image 17," in words(again.app)


def test_another_choice_shows_its_first_image_and_another_model_the_same_image(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", part="Reconstruction")
    best = int(run_of("vae").recon.argmin())
    shown.app.get("button_group")[2].set_value("best")
    shown.run()
    assert f"**Test image {best}, " in words(shown.app)
    shown.app.get("button_group")[0].set_value("AE")
    shown.run()
    assert f"**Test image {best}, " in words(shown.app)


def test_the_posterior_is_drawn_as_wide_as_it_is(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", part="Reconstruction", image="5", resample="2")
    run = run_of("vae")
    mu, sigma = run.latents.mu[5], np.exp(0.5 * run.latents.logvar[5])
    close_up = charts(shown.app)[1]
    ellipses = close_up["ellipses"]
    distance = np.linalg.norm((ellipses[["x", "y"]].to_numpy() - mu) / sigma, axis=1)
    np.testing.assert_allclose(distance, ellipses["sigma"], rtol=1e-3)
    draws = posterior_draws(mu, run.latents.logvar[5], 2)
    np.testing.assert_allclose(close_up["draws"][["x", "y"]], draws, rtol=1e-5)
    rows = labelled(
        (decoded(run, draws, np.zeros(DRAWS, np.int64)) * 255).round().astype(np.uint8), ("", ""), ("",) * 5, "light"
    )
    np.testing.assert_allclose(shown.picture("10 draws").astype(int), rows, atol=1)


def test_draws_follow_the_posterior() -> None:
    mu, logvar = np.array([1.0, -2.0], np.float32), np.log(np.array([0.25, 4.0], np.float32))
    many = np.concatenate([posterior_draws(mu, logvar, seed) for seed in range(800)])
    np.testing.assert_allclose(many.mean(axis=0), mu, atol=0.1)
    np.testing.assert_allclose(many.std(axis=0), [0.5, 2.0], rtol=0.05)


# ---- an own digit ----


def drawing(number: int = 0) -> np.ndarray:
    """A test image of the digits as somebody draws it: large, off the middle, white on black."""
    image = Image.fromarray(load_dataset("digits", split="test").x.numpy()[number])
    canvas = Image.new("L", (280, 280))
    canvas.paste(image.resize((200, 200), Image.Resampling.BICUBIC), (70, 60))
    return np.asarray(canvas)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    grey = drawing()
    monkeypatch.setattr(own, "draw", lambda key, theme: grey)
    return grey


def test_a_drawing_is_read_placed_and_rebuilt_by_all_three(page: Callable[..., Page], drawn: np.ndarray) -> None:
    shown = page(dataset="Digits", part="Your own digit")
    image = torch.from_numpy(as_trained(drawn, (8, 8)))[None]
    seen = find_judge("digits")(image)
    label = int(seen.label[0])
    assert f"The classifier reads {label}, {seen.confidence[0]:.0%}" in words(shown.app)
    np.testing.assert_allclose(shown.picture("What the models see"), image[0])
    for kind, plot in zip(KINDS, charts(shown.app), strict=True):
        mu = run_of(kind).model().encode(image, torch.tensor([label])).mu.numpy()
        np.testing.assert_allclose(plot["marks"][["x", "y"]], mu, rtol=1e-4, atol=1e-6)
        rebuilt = next(
            v for k, v in shown.pictures.items() if k.startswith(f"Your digit, rebuilt by the {plot['title']}")
        )
        close(rebuilt, decoded(run_of(kind), mu, np.array([label]))[0])


def test_style_transfer_reads_the_digit_as_the_class_that_was_chosen(
    page: Callable[..., Page], drawn: np.ndarray
) -> None:
    shown = page(dataset="Digits", part="Your own digit")
    run, image = run_of("cvae"), as_trained(drawn, (8, 8))
    everything = own.read_as_every(run.info, image)
    for label in (3, 8):
        mu = run.model().encode(torch.from_numpy(image)[None], torch.tensor([label])).mu.numpy()
        close(everything[label], decoded(run, mu.repeat(10, axis=0), np.arange(10)))
    names = run.info.class_names
    shown.app.get("button_group")[-1].set_value(8)
    shown.run()
    assert (shown.picture("Your style in every class") == labelled(everything[8], ("",), names, "light")).all()
    rows = labelled(everything.reshape(-1, 8, 8), names, names, "light")
    assert (shown.picture("Encoded as rows") == rows).all()


def test_without_a_drawing_the_page_waits_for_one(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", part="Your own digit")
    assert "What the models see of it appears here" in words(shown.app)
    assert charts(shown.app) == []


def file(mode: str = "L", kind: str = "PNG", ink: int = 255, size: tuple[int, int] = (120, 160)) -> bytes:
    """A picture of a vertical stroke."""
    image = Image.new("L", size, 255 - ink)
    image.paste(ink, (size[0] // 2 - 8, 20, size[0] // 2 + 8, size[1] - 20))
    content = io.BytesIO()
    image.convert(mode).save(content, kind)
    return content.getvalue()


def black() -> bytes:
    content = io.BytesIO()
    Image.new("L", (64, 64)).save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one.png", file()),
        ("dark on light.jpg", file(kind="JPEG", ink=0)),
        ("print.jpeg", file("CMYK", "JPEG")),
        ("one.webp", file("RGB", "WEBP")),
        ("a gif by its content.png", file(kind="GIF")),
    ],
)
def test_a_picture_is_read_whatever_its_name(page: Callable[..., Page], name: str, content: bytes) -> None:
    shown = page(part="Your own digit", how="upload")
    shown.app.file_uploader[0].set_value((name, content, "image/png"))
    shown.run()
    assert not shown.app.error
    assert "The classifier reads 1" in words(shown.app)
    assert len(charts(shown.app)) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.png", b"no picture at all"),
        ("cut off.png", file()[:60]),
        ("black.png", black()),
        ("empty.png", b""),
    ],
)
def test_a_bad_picture_is_refused_in_one_sentence(page: Callable[..., Page], name: str, content: bytes) -> None:
    shown = page(part="Your own digit", how="upload")
    shown.app.file_uploader[0].set_value((name, content, "image/png"))
    shown.run()
    (error,) = shown.app.error
    assert one_sentence(error.value)
    assert error.value.endswith(".")
    assert charts(shown.app) == []


# ---- many dimensions ----


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


@each_part
def test_three_dimensions_are_shown_by_their_principal_components(
    part: str, three: Run, page: Callable[..., Page]
) -> None:
    shown = page(dataset="Digits", latent_dim="3", part=part)
    assert "3 latent dimensions, shown by their first two principal components" in words(shown.app)
    assert not shown.app.error


def test_a_row_for_each_dimension(three: Run, page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", latent_dim="3", walk_class="4")
    rows = []
    for dimension, codes in enumerate(three.z().T):
        values = torch.linspace(*(float(codes.mean() + side * 2 * codes.std()) for side in (-1, 1)), 11)
        rows.append(traversal(three.model(), torch.zeros(3), dimension, values, 4))
    tiles = (torch.cat(rows) * 255).round().byte().numpy()
    expected = labelled(tiles, ("z1", "z2", "z3"), ("",) * 11, "light")
    np.testing.assert_allclose(shown.picture("A row of decoded images").astype(int), expected, atol=1)


def test_a_plane_of_two_dimensions_and_a_slider_for_the_third(three: Run, page: Callable[..., Page]) -> None:
    query = {"plane": "two dimensions", "across_dim": "3", "up_dim": "1", "z2": "1.5", "class": "2", "grid": "6"}
    shown = page(dataset="Digits", latent_dim="3", **query)
    expected = manifold(three.model(), 6, 2, base=torch.tensor([0, 1.5, 0]), axes=(2, 0)).flatten(0, 1)
    np.testing.assert_array_equal(shown.picture("6 × 6 decoded images"), sheet(pixels(expected.numpy()), 6))


def test_one_dimension_chosen_twice_is_no_plane(three: Run, page: Callable[..., Page]) -> None:
    query = {"plane": "two dimensions", "across_dim": "2", "up_dim": "2"}
    shown = page(dataset="Digits", latent_dim="3", **query)
    assert "Choose two different dimensions" in words(shown.app)


def test_a_place_in_a_plane_is_found_again(three: Run) -> None:
    for choice in (Choice(None, (0.0,) * 3), Choice((2, 0), (0.0, 1.5, 0.0))):
        view = view_of(three.info, choice)
        places = np.random.default_rng(0).standard_normal((20, 2)).astype(np.float32)
        np.testing.assert_allclose(view.project(view.lift(places)), places, atol=1e-5)
        np.testing.assert_allclose(view.project(three.z()), view.plane.points, atol=1e-5)


def test_a_grid_over_principal_components_agrees_with_one_over_dimensions(three: Run) -> None:
    along = scene_of(three.info, Choice((0, 1), (0.0,) * 3))
    turned = along._replace(view=along.view._replace(axes=None))  # the same plane, decoded as any plane is
    for window in (None, (-1.0, 2.0, 0.0, 1.0)):
        difference = decoded_grid(along, 5, 3, window).astype(int) - decoded_grid(turned, 5, 3, window)
        assert np.abs(difference).max() <= 1


def test_one_dimension_has_no_manifold_but_a_row(fresh: Path, digits, page: Callable[..., Page]) -> None:
    *_, last = train(small_model("vae", latent_dim=1), small_training(), *digits, "cpu")
    publish(from_trained(last.trained, *digits), fresh / LOCAL)
    for part in PARTS:
        shown = page(dataset="Digits", latent_dim="1", part=part)
        assert not shown.app.error
        assert shown.picture("A row of decoded images").ndim == 3


# ---- bad input, and what is not there ----


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"model": "GAN"}, "model = GAN"),
        ({"part": "../../etc/passwd"}, "part = ../../etc/passwd"),
        ({"grid": "9999"}, "grid = 9999"),
        ({"grid": "NaN"}, "grid = NaN"),
        ({"over": "<script>alert(1)</script>"}, "over = <script>alert(1)</script>"),
        ({"over": "a window", "across": ["-1e9", "2"]}, "across = -1e9"),
        ({"part": "Interpolation", "from": "-7"}, "from = -7"),
        ({"part": "Interpolation", "steps": "x" * 5000}, f"steps = {'x' * 30},"),
        ({"part": "Reconstruction", "image": "999999"}, "image = 999999"),
        ({"part": "Reconstruction", "which": "both"}, "which = both"),
        ({"part": "Your own digit", "how": "steal"}, "how = steal"),
        ({"model": "cVAE", "class": "99"}, "class = 99"),
        ({"point_across": "inf"}, "point_across = inf"),
    ],
)
def test_a_wild_url_shows_something_usual_and_says_so(query: dict, told: str, page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", **query)
    assert not shown.app.error
    assert told in words(shown.app)
    assert "The default is shown instead." in words(shown.app)
    shown.run()
    assert told not in words(shown.app)


def test_a_good_url_is_repeated_without_a_word(page: Callable[..., Page]) -> None:
    query = {"model": "cVAE", "grid": "7", "over": "a window", "class": "4", "show": "behind the points"}
    shown = page(dataset="Digits", **query)
    assert "The link asks" not in words(shown.app)
    assert {name: shown.app.query_params[name] for name in query} == query


@each_part
def test_without_the_data_set_reconstructions_are_shown_and_the_download_offered(
    part: str, page: Callable[..., Page], forgetful: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_DATA", str(tmp_path))
    shown = page(part=part)
    assert not shown.app.error
    assert "MNIST images are not on this machine" in words(shown.app)
    assert [button.label for button in shown.app.button if "Download" in button.label] == ["Download MNIST (12 MB)"]


def test_without_runs_the_page_says_how_to_make_one(
    page: Callable[..., Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path / "nothing"))
    assert "python -m vae_core train" in words(page().app)


@each_part
def test_one_kind_alone_is_explored_and_the_others_keep_their_place(
    part: str, page: Callable[..., Page], fresh: Path, drawn: np.ndarray
) -> None:
    for path in fresh.glob("*.safetensors"):
        if not path.name.startswith(("mnist-ae-s0", "judge")):
            path.unlink()
    shown = page(part=part)
    assert not shown.app.error
    assert "Autoencoder · no KLD" in words(shown.app)
    shown.app.get("button_group")[0].set_value("VAE")
    shown.run()
    assert "No run of the VAE · KLD has these settings" in words(shown.app)


def test_a_damaged_run_is_named_and_the_others_are_explored(page: Callable[..., Page], fresh: Path) -> None:
    path = fresh / shipped("vae").path.name
    damage(path)
    shown = page()
    assert path.name in shown.app.error[0].value.replace("\\", "")
    assert one_sentence(shown.app.error[0].value)
    assert len(shown.pictures) == 2
