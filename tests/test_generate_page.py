"""The page "Generate" in Streamlit's test harness: its images and labels are those of the models and the classifier."""

import base64
import io
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.support.helpers import damage, each_kind, shipped, small_model, small_training
from tests.support.screens import opened, words
from ui.generate import comparison, controls, encodings, traversal
from ui.generated import gallery
from ui.generated.labels import RECOGNISED
from ui.shell import params
from vae_core.evidence import find_classifier
from vae_core.latents import sample_fitted, sample_prior
from vae_core.runs import RunInfo, from_trained, load_run, save_run
from vae_core.training import train

pytestmark = pytest.mark.usefixtures("pages")
COMPARISON, CONDITIONS, TRAVERSAL, ENCODING = VIEWS = (
    "All three models",
    "One z, all conditions",
    "Latent traversal",
    "Condition encoding",
)
each_view = pytest.mark.parametrize("view", VIEWS)


@pytest.fixture
def own(pages: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder for runs that takes the place of the shipped ones."""
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path))
    return tmp_path


def page(**query: str | list[str]) -> AppTest:
    app = opened("pages/3_Generate.py", **query)
    assert not app.exception
    return app


def bodies(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.get("html") if "<style>" not in element.proto.body)


def images(body: str) -> list[np.ndarray]:
    contents = re.findall(r'src="data:image/png;base64,([^"]+)"', body)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(content)))) for content in contents]


def tiles(app: AppTest) -> np.ndarray:
    """The gallery's single images (n, H, W)."""
    body = next(element.proto.body for element in app.get("html") if 'class="gen-classes"' in element.proto.body)
    return np.stack(images(body))


def prior(info: RunInfo, seed: int, temperature: float = 1.0) -> torch.Tensor:
    """100 images of each class, straight from the library: (K, 100, H, W)."""
    y = torch.arange(info.model.num_classes).repeat_interleave(100)
    generator = torch.Generator().manual_seed(seed)
    x_hat, _ = sample_prior(load_run(info.path).model(), len(y), y, generator, temperature)
    return x_hat.unflatten(0, (info.model.num_classes, 100))


def grey(x: torch.Tensor) -> np.ndarray:
    return (x * 255).round().byte().numpy()


def unsheeted(picture: np.ndarray, columns: int, shape: tuple[int, int]) -> np.ndarray:
    """The images (n, H, W) of a sheet, row by row."""
    rows = picture.shape[0] // shape[0]
    return picture.reshape(rows, shape[0], columns, shape[1]).swapaxes(1, 2).reshape(-1, *shape)


@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_the_gallery_shows_what_the_prior_gives_for_each_class(dataset: str) -> None:
    info = shipped("cvae", dataset=dataset)
    app = page(dataset={"mnist": "MNIST", "digits": "Digits"}[dataset])
    np.testing.assert_array_equal(tiles(app), grey(prior(info, 0)[:, :8].flatten(0, 1)))


def test_the_classifiers_label_stands_under_each_image() -> None:
    app = page(classes=["3", "7"], count="5", draw="11")
    labels = find_classifier("mnist")(prior(shipped("cvae"), 11)[[3, 7], :5].flatten(0, 1))
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", bodies(app))
    requested = [3] * 5 + [7] * 5
    assert captions == [
        f"{'✓' if label == y else '✗'} {label}, {confidence:.0%}"
        for label, confidence, y in zip(labels.label, labels.confidence, requested, strict=True)
    ]
    assert bodies(app).count('class="gen-wrong"') == (labels.label != requested).sum()
    assert bodies(app).count('class="gen-unsure"') == ((labels.label == requested) & ~labels.recognised).sum() > 0
    assert gallery.FRAMES in words(app)
    assert labels.confidence[labels.recognised].min() >= RECOGNISED > labels.confidence[~labels.recognised].max()


def test_many_images_are_one_sheet_for_each_class() -> None:
    app = page(count="100", draw="3", temperature="0.5")
    sheets = images(next(e.proto.body for e in app.get("html") if "gen-classes-many" in e.proto.body))
    pictures = np.stack([unsheeted(sheet, 10, (28, 28)) for sheet in sheets])
    np.testing.assert_array_equal(pictures, grey(prior(shipped("cvae"), 3, 0.5)))


def test_shipped_samples_are_classified_as_the_requested_digit() -> None:
    for seed in ("0", "1"):
        percent = re.search(r"\*\*([\d.]+)%\*\* of 1,000 images", words(page(count="100", draw=seed)))
        assert float(percent[1]) >= 95


def test_a_class_keeps_its_images_whatever_else_is_picked() -> None:
    both, alone = page(classes=["2", "9"], count="4"), page(classes="9", count="6")
    np.testing.assert_array_equal(tiles(both)[4:], tiles(alone)[:4])


def test_equal_addresses_give_equal_pictures_and_new_samples_give_others() -> None:
    app = page(classes=["1", "4"], count="6", draw="5", temperature="1.3")
    np.testing.assert_array_equal(tiles(app), tiles(page(classes=["1", "4"], count="6", draw="5", temperature="1.3")))
    before = tiles(app)
    app.button(key="new-samples").click().run()
    assert app.number_input(key="draw").value == 6
    assert not np.array_equal(tiles(app), before)
    np.testing.assert_array_equal(tiles(app), tiles(page(classes=["1", "4"], count="6", draw="6", temperature="1.3")))


def test_without_temperature_all_images_of_a_class_are_one() -> None:
    pictures = tiles(page(classes="5", temperature="0"))
    assert (pictures == pictures[0]).all()


def test_after_the_last_seed_comes_the_first() -> None:
    app = page(draw=str(controls.MAX_SEED))
    app.button(key="new-samples").click().run()
    assert not app.exception
    assert app.number_input(key="draw").value == 0


def test_without_a_class_a_sentence_takes_the_gallerys_place() -> None:
    app = page()
    app.pills(key="classes").set_value([]).run()
    assert not app.exception
    assert len(app.info) == 1
    assert "gen-class" not in bodies(app)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"count": "9999"}, "count"), ({"count": "0"}, "count"), ({"count": "ten"}, "count"),
        ({"count": "9" * 5000}, "count"), ({"draw": "-1"}, "draw"), ({"draw": "1e400"}, "draw"),
        ({"draw": "7.5"}, "draw"), ({"count": "inf"}, "count"),
        ({"temperature": "nan"}, "temperature"), ({"temperature": "-inf"}, "temperature"),
        ({"classes": "<script>"}, "classes"), ({"classes": ["3", "x"]}, "classes"), ({"view": "../x"}, "view"),
        ({"path": "spiral"}, "path"), ({"radius": "1e9"}, "radius"), ({"from": "x"}, "from"),
        ({"share": "inf"}, "share"),
    ],
)  # fmt: skip
def test_a_wild_address_shows_the_defaults_and_says_so(query: dict[str, str], name: str) -> None:
    app = page(**query)
    np.testing.assert_array_equal(tiles(app), tiles(page()))
    assert f"The link asks for {name}" in words(app)
    app.run()
    assert "The link asks" not in words(app)


def test_a_right_address_is_not_complained_about() -> None:
    link = {"classes": ["0", "9"], "count": ["100"], "draw": ["0"], "temperature": ["2.0"], "view": [CONDITIONS]}
    link |= {"path": ["line"], "radius": ["0.1"], "from": ["4"], "share": ["1"], "beta": ["anything"]}
    assert params.refused(link, controls.rules(tuple("0123456789"), VIEWS)) == {}


def test_the_same_noise_goes_into_all_three_models() -> None:
    app = page(draw="4")
    sheets = [image for image in images(bodies(app)) if image.shape == (8 * 28, 10 * 28)]
    y = torch.tensor(comparison.sheet_labels(range(10)))
    expected = []
    for kind, fitted in (("ae", False), ("ae", True), ("vae", False), ("cvae", False)):
        run, generator = load_run(shipped(kind).path), torch.Generator().manual_seed(4)
        if fitted:
            expected.append(sample_fitted(run.model(), run.latents, len(y), None, generator)[0])
        else:
            expected.append(sample_prior(run.model(), len(y), y, generator)[0])
    assert len(sheets) == 4
    for picture, x_hat in zip(sheets, expected, strict=True):
        np.testing.assert_array_equal(unsheeted(picture, 10, (28, 28)), grey(x_hat))


@pytest.mark.parametrize(("classes", "columns"), [((7,), 10), ((3, 8), 10), ((1, 2, 3), 9), (tuple(range(26)), 26)])
def test_a_column_is_a_class(classes: tuple[int, ...], columns: int) -> None:
    labels = np.array(comparison.sheet_labels(classes)).reshape(comparison.ROWS, columns)
    assert (labels == labels[0]).all()
    assert set(labels[0]) == set(classes)


def test_a_row_is_one_z_under_every_condition() -> None:
    info = shipped("cvae")
    app = page(view=CONDITIONS, draw="2")
    strips = [image for image in images(bodies(app)) if image.shape == (28, 10 * 30)]
    z = torch.randn(6, 2, generator=torch.Generator().manual_seed(2))
    assert len(strips) == 6
    for strip, code in zip(strips, z, strict=True):
        x_hat = load_run(info.path).model().decode(code.expand(10, 2), torch.arange(10))
        pictures = unsheeted(strip, 10, (28, 30))[:, :, 1:-1]
        np.testing.assert_allclose(pictures, grey(x_hat), atol=1)
    assert bodies(app).count("<span>") == 10


@pytest.mark.parametrize("shape", ["circle", "line"])
@pytest.mark.parametrize("d", [2, 5])
def test_a_traversal_has_the_radius_it_says(shape: str, d: int) -> None:
    z = traversal.path(shape, 1.5, (1, d - 1) if d > 2 else (0, 1), d)
    norms = np.linalg.norm(z, axis=1)
    assert z.shape == (traversal.STEPS, d)
    assert norms.max() == pytest.approx(1.5)
    steps = np.linalg.norm(np.diff(z, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-5)
    if shape == "circle":
        np.testing.assert_allclose(norms, 1.5, rtol=1e-6)
        assert np.linalg.norm(z[-1] - z[0]) == pytest.approx(steps[0], rel=1e-5)
    else:
        np.testing.assert_allclose(z[0], -z[-1])
    assert (z[:, [i for i in range(d) if i not in (0, 1, d - 1)]] == 0).all()


def test_a_traversal_takes_the_widest_dimensions() -> None:
    mu = np.random.default_rng(0).standard_normal((200, 4)) * [0.01, 2, 0.02, 1]
    assert traversal.widest_dimensions(mu) == (1, 3)
    assert traversal.widest_dimensions(mu[:, :1]) == (0,)


def test_a_one_hot_vector_is_written_out() -> None:
    text = words(page(view=ENCODING))
    assert "**3** → `(0, 0, 0, 1, 0, 0, 0, 0, 0, 0)`" in text
    assert "`(0, 0, 0, 0.50, 0, 0, 0, 0, 0.50, 0)`" in text


def test_an_embedding_has_a_plot_and_a_table_of_neighbours() -> None:
    app = page(view=ENCODING, condition="embedding")
    vectors = load_run(shipped("cvae", condition="embedding").path).model().condition.weight.detach().numpy()
    table = app.dataframe[0].value
    np.testing.assert_allclose(table[[f"c{i + 1}" for i in range(8)]], vectors, rtol=1e-6)
    distance = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1) + np.diag(np.full(10, np.inf))
    assert table["Nearest"].tolist() == [str(label) for label in distance.argmin(axis=1)]
    np.testing.assert_allclose(table["Distance"], distance.min(axis=1), rtol=1e-5)
    assert len(app.get("vega_lite_chart")) == 1


@pytest.mark.parametrize("condition", ["one_hot", "embedding"])
def test_the_ends_of_a_mixture_are_the_classes_themselves(condition: str) -> None:
    model = load_run(shipped("cvae", condition=condition).path).model()
    vectors = model.condition_vectors().numpy()
    shares = np.linspace(0, 1, 5)
    mixtures = encodings.mixed(vectors, 3, 8, shares)
    np.testing.assert_allclose(mixtures, np.outer(1 - shares, vectors[3]) + np.outer(shares, vectors[8]), atol=1e-6)
    z = torch.randn(5, 2, generator=torch.Generator().manual_seed(0))
    x_hat = model.decode_with(z, torch.from_numpy(mixtures))
    np.testing.assert_allclose(x_hat[0], model.decode(z[:1], torch.tensor([3]))[0], atol=1e-6)
    np.testing.assert_allclose(x_hat[4], model.decode(z[4:], torch.tensor([8]))[0], atol=1e-6)


def test_the_slider_mixes_two_classes() -> None:
    def mixture(share: str) -> np.ndarray:
        return next(image for image in images(bodies(page(view=ENCODING, share=share))) if image.shape == (28, 30))

    assert not np.array_equal(mixture("0.25"), mixture("0.75"))


def trained(kind: str, digits, **settings: object):
    progress = list(train(small_model(kind, **settings), small_training(epochs=1).for_kind(kind), *digits, "cpu"))
    return from_trained(progress[-1].trained, *digits)


@each_view
@pytest.mark.parametrize(
    "settings", [{"latent_dim": 1}, {"latent_dim": 5}, {"latent_dim": 5, "condition": "embedding"}]
)
def test_every_view_works_with_any_number_of_latent_dimensions(own: Path, digits, view: str, settings: dict) -> None:
    for kind in ("ae", "vae", "cvae"):
        run = trained(kind, digits, **settings)
        save_run(own / f"{run.info.id}.safetensors", run)
    app = page(view=view)
    assert not app.error
    assert tiles(app).shape == (80, 8, 8)


@each_view
def test_every_view_works_on_digits(view: str) -> None:
    app = page(view=view, dataset="Digits")
    assert not app.error
    assert tiles(app).shape == (80, 8, 8)


@each_view
def test_without_a_conditional_vae_a_sentence_takes_the_gallerys_place(own: Path, view: str) -> None:
    for kind in ("ae", "vae"):
        shutil.copy(shipped(kind, dataset="digits").path, own)
    app = page(view=view)
    assert app.info
    assert "gen-class" not in bodies(app)
    assert not app.error


@each_kind
def test_one_kind_alone_is_enough(own: Path, kind: str) -> None:
    shutil.copy(shipped(kind, dataset="digits").path, own)
    app = page()
    assert not app.error
    assert len([image for image in images(bodies(app)) if image.shape == (64, 80)]) == 1 + (kind == "ae")


def test_without_any_run_the_page_says_how_to_make_one(own: Path) -> None:
    app = page()
    assert "python -m vae_core train" in app.info[0].value
    assert not bodies(app)


def test_a_damaged_run_is_one_sentence_and_the_others_stay(own: Path) -> None:
    for kind in ("ae", "vae", "cvae"):
        shutil.copy(shipped(kind, dataset="digits").path, own)
    damage(own / shipped("cvae", dataset="digits").path.name)
    app = page()
    assert len(app.error) == 1
    assert shipped("cvae", dataset="digits").path.name in words(app)
    assert len([image for image in images(bodies(app)) if image.shape == (64, 80)]) == 3  # AE twice, VAE


def test_without_a_classifier_images_have_no_labels(forgetful: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.generated.labels.find_classifier", lambda dataset: None)
    app = page()
    assert tiles(app).shape == (80, 28, 28)
    assert "figcaption" not in bodies(app)
    assert "gen-wrong" not in bodies(app)
    assert "80 images" in words(app)
    assert not re.search(r"\*\*[\d.]+%\*\*", words(app))
