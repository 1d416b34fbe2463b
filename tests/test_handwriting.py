"""A visitor's own digit on the page "Explore": drawn or uploaded, classified, encoded and reconstructed."""

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image

from tests.support.explore import OWN, Page, assert_shows, decoded, drawing, explorer, marks, run_of
from tests.support.helpers import one_sentence
from tests.support.screens import words
from ui.charts.raster import named_grid
from ui.explore import handwriting
from ui.explore.normalize import as_trained
from vae_core.config import KINDS
from vae_core.evidence import find_classifier

pytestmark = pytest.mark.usefixtures("pages")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    return explorer(monkeypatch)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    grey = drawing()
    monkeypatch.setattr(handwriting, "draw", lambda key, theme: grey)
    return grey


def test_a_drawing_is_classified_and_reconstructed_by_all_three(page: Callable[..., Page], drawn: np.ndarray) -> None:
    shown = page(dataset="Digits", view=OWN)
    image = torch.from_numpy(as_trained(drawn, (8, 8)))[None]
    prediction = find_classifier("digits")(image)
    label = int(prediction.label[0])
    assert f"{label}, {prediction.confidence[0]:.0%}**" in words(shown.app)
    np.testing.assert_allclose(shown.picture("What the models see"), image[0])
    for kind, plot in zip(KINDS, marks(shown.app), strict=True):
        mu = run_of(kind).model().encode(image, torch.tensor([label])).mu.numpy()
        np.testing.assert_allclose(plot["marks"][["x", "y"]], mu, rtol=1e-4, atol=1e-6)
        reconstruction = shown.picture(f"Your digit, reconstructed by the {plot['title']}")
        assert_shows(reconstruction, decoded(run_of(kind), mu, np.array([label]))[0])


def test_style_transfer_encodes_the_digit_as_the_selected_class(page: Callable[..., Page], drawn: np.ndarray) -> None:
    shown = page(dataset="Digits", view=OWN)
    run, image = run_of("cvae"), as_trained(drawn, (8, 8))
    grid = handwriting.style_grid(run.info, image)
    for label in (3, 8):
        mu = run.model().encode(torch.from_numpy(image)[None], torch.tensor([label])).mu.numpy()
        assert_shows(grid[label], decoded(run, mu.repeat(10, axis=0), np.arange(10)))
    names = run.info.class_names
    shown.app.pills(key="read_as").set_value(8)
    shown.run()
    assert (shown.picture("Your style in every class") == named_grid(grid[8], ("",), names, "light")).all()
    rows = named_grid(grid.reshape(-1, 8, 8), names, names, "light")
    assert (shown.picture("Encoded as rows") == rows).all()


def test_without_a_drawing_the_page_waits_for_one(page: Callable[..., Page]) -> None:
    shown = page(dataset="Digits", view=OWN)
    assert "What the models see" not in shown.pictures
    assert marks(shown.app) == []


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
    shown = page(view=OWN, how="upload")
    shown.app.file_uploader(key="upload").set_value((name, content, "image/png"))
    shown.run()
    assert not shown.app.error
    assert re.search(r"\b1, \d+%\*\*", words(shown.app))
    assert len(marks(shown.app)) == 3


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
    shown = page(view=OWN, how="upload")
    shown.app.file_uploader(key="upload").set_value((name, content, "image/png"))
    shown.run()
    (error,) = shown.app.error
    assert one_sentence(error.value)
    assert error.value.endswith(".")
    assert marks(shown.app) == []
