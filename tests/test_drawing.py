"""Pictures from outside: what is read of them, what is refused, and how drawings become images like the data's."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from tests.support.helpers import ROOT, one_sentence
from tests.support.strokes import skeleton, strokes
from ui.explore.normalize import as_trained
from ui.explore.upload import MAX_BYTES, read_image
from vae_core.errors import ImageError
from vae_core.evidence.classifier import Classifier, load_classifier

SHAPE = (28, 28)


def hook(size: int = 280, width: int = 20) -> np.ndarray:
    """A white hook on black: nothing about it is symmetric, and it touches no border."""
    image = np.zeros((size, size), np.uint8)
    image[size // 10 : size * 7 // 10, size // 5 : size // 5 + width] = 255
    image[size * 7 // 10 - width : size * 7 // 10, size // 5 : size // 2] = 255
    return image


def file(image: np.ndarray | Image.Image, kind: str = "PNG", **settings: object) -> bytes:
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(buffer, kind, **settings)
    return buffer.getvalue()


def with_alpha(grey: int, alpha: np.ndarray) -> Image.Image:
    """One colour, more or less transparent."""
    image = Image.new("RGBA", alpha.shape[::-1], (grey, grey, grey, 0))
    image.putalpha(Image.fromarray(alpha))
    return image


def refusal(content: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        read_image(content)
    assert one_sentence(caught.value)
    return str(caught.value)


@pytest.fixture(scope="session")
def classifier(mnist) -> Classifier:
    found = load_classifier(mnist.test.name, ROOT / "checkpoints")
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
@pytest.mark.parametrize("dark", [False, True], ids=["white-on-black", "black-on-white"])
def test_strokes_are_white_on_black_in_every_format(kind, dark):
    content = file(255 - hook() if dark else hook(), kind, lossless=True)
    assert np.array_equal(read_image(content), hook())


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("dark", [False, True], ids=["white-on-black", "black-on-white"])
def test_a_jpeg_is_read_nearly_as_it_was(mode, dark):
    grey = Image.fromarray(255 - hook() if dark else hook())
    content = file(grey.convert("RGB").convert(mode), "JPEG", quality=95)
    assert abs(read_image(content).astype(int) - hook()).mean() < 1


def sixteen_bits(colour: bool) -> bytes:
    """A PNG of 16 bits a channel, written from its specification."""
    levels = hook().astype(">u2") // 2 * 257
    rows = np.repeat(levels[:, :, None], 3, axis=2) if colour else levels
    scanlines = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", 280, 280, 16, 2 if colour else 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(scanlines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


@pytest.mark.parametrize("colour", [False, True], ids=["grey", "RGB"])
def test_sixteen_bits_are_scaled_not_cut(colour):
    """Grey ones by what is there, for 12 of the 16 bits may be used."""
    assert np.array_equal(read_image(sixteen_bits(colour)), hook() // 2 if colour else hook())


def test_a_picture_of_two_colours_is_read():
    assert np.array_equal(read_image(file(Image.fromarray(hook()).convert("1"))), hook())


@pytest.mark.parametrize("ink", [0, 255], ids=["black", "white"])
def test_ink_on_nothing_is_ink(ink):
    assert np.array_equal(read_image(file(with_alpha(ink, hook()))), hook())


def test_a_page_with_transparent_corners_is_a_page():
    alpha = np.full((280, 280), 255, np.uint8)
    alpha[:9, :9] = alpha[-9:, -9:] = 0
    page = Image.fromarray(255 - hook()).convert("RGBA")
    page.putalpha(Image.fromarray(alpha))
    assert np.array_equal(read_image(file(page)), hook())


def test_a_palette_may_have_a_transparent_colour():
    image = Image.fromarray((hook() > 0).astype(np.uint8), "P")
    image.putpalette([255, 0, 255, 0, 0, 0])
    content = file(image, transparency=0)
    assert Image.open(io.BytesIO(content)).mode == "P"
    assert np.array_equal(read_image(content), hook())


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_read(kind):
    later = [Image.fromarray(hook()[::-1]), Image.fromarray(255 - hook())]
    content = file(hook(), kind, save_all=True, append_images=later, lossless=True)
    assert Image.open(io.BytesIO(content)).n_frames == 3
    assert np.array_equal(read_image(content), hook())


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_is_turned_as_the_camera_was(kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise by 90°
    content = file(np.rot90(hook()), kind, exif=exif, lossless=True)
    assert np.array_equal(read_image(content), hook())


@pytest.mark.parametrize(("mode", "kind"), [("L", "JPEG"), ("RGB", "PNG"), ("RGBA", "PNG"), ("1", "PNG"), ("P", "GIF")])
def test_large_pictures_are_reduced(mode, kind):
    large = Image.fromarray(hook()).resize((3000, 1500)).convert(mode)
    found = read_image(file(large, kind))
    assert found.shape == (512, 1024)
    assert abs(found.astype(int) - np.asarray(Image.fromarray(hook()).resize((1024, 512)))).mean() < 3


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"seven", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"GIF89a", file(hook(), "BMP"), file(hook(), "TIFF")],
)
def test_only_four_formats_are_read_whatever_the_name(content):
    assert "not a PNG, JPEG, WebP or GIF" in refusal(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_file_that_was_cut_off_is_refused(kind):
    rng = np.random.default_rng(0)
    content = file(rng.integers(0, 256, (300, 300), dtype=np.uint8), kind)
    assert refusal(content[: len(content) // 2]) == "the picture is damaged or cut off"


def test_too_many_bytes_are_not_even_looked_at(monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("it was opened"))
    assert refusal(b"\x89PNG" + bytes(MAX_BYTES)) == "the picture has more than 10 MB"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [6400, 10_000, 14_000, 65_535])
@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_bomb_is_refused_by_its_header(kind, side, monkeypatch):
    content = bytearray(file(hook(), kind))
    if kind == "PNG":
        content[16:24] = struct.pack(">II", side, side)
        content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    else:
        content[6:10] = struct.pack("<HH", side, side)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda *_: pytest.fail("it was decoded"))
    assert refusal(bytes(content)) == "the picture has more than 40 megapixels"


def test_a_bomb_in_the_text_of_a_png_is_refused():
    content, text = file(hook()), b"k\0\0" + zlib.compress(bytes(50_000_000), 9)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    assert refusal(content[:33] + chunk + content[33:])


@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.data())
def test_a_damaged_file_is_read_or_refused_in_a_sentence(kind, data):
    content = bytearray(file(hook(40, 4), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        grey = read_image(bytes(content))
    except ImageError as error:
        assert one_sentence(error)
    else:
        assert grey.dtype == np.uint8
        assert 1 <= min(grey.shape) <= max(grey.shape) <= 1024


@pytest.mark.parametrize("level", [0, 1, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (280, 280), (1, 50)])
def test_an_empty_drawing_is_refused(level, size):
    with pytest.raises(ImageError, match="nothing is drawn"):
        as_trained(np.full(size, level, np.uint8), SHAPE)


@pytest.mark.parametrize("size", [5, 280])
@pytest.mark.parametrize("paper", [0, 255])
def test_a_single_point_is_no_drawing(size, paper):
    image = np.full((size, size), paper, np.uint8)
    image[2, 3] = 255 - paper
    with pytest.raises(ImageError, match="only a single point"):
        as_trained(image, SHAPE)


def test_noise_on_paper_is_no_drawing():
    with pytest.raises(ImageError, match="nothing is drawn"):
        as_trained(np.random.default_rng(0).integers(100, 115, (280, 280), dtype=np.uint8), SHAPE)


def test_a_drawing_fits_twenty_pixels_and_its_mass_is_in_the_middle():
    image = as_trained(hook(), SHAPE)
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 0.1) for axis in (1, 0))
    assert image.shape == SHAPE
    assert image.dtype == np.float32
    assert image.min() == 0
    assert image.max() == 1
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) + 1 == pytest.approx(20 * 84 / 168, abs=1)
    for axis in (0, 1):
        assert image.sum(axis=1 - axis) @ np.arange(28) / image.sum() == pytest.approx(14, abs=0.5)


@given(
    st.integers(0, 100), st.integers(0, 100), st.sampled_from([0.5, 1, 1.7]), st.booleans(), st.sampled_from([1, 0.5])
)
def test_place_size_and_colours_do_not_matter(down, right, scale, dark, contrast):
    small = Image.fromarray(hook()).resize((round(280 * scale),) * 2, Image.Resampling.BILINEAR)
    canvas = np.zeros((600, 600), np.uint8)
    canvas[down : down + small.height, right : right + small.width] = np.asarray(small) * contrast
    found = as_trained(255 - canvas if dark else canvas, SHAPE)
    assert abs(found - as_trained(hook(), SHAPE)).mean() < 0.02


@pytest.mark.parametrize(("paper", "ink"), [(110, 20), (90, 200), (200, 120), (130, 220)])
def test_ink_is_what_differs_from_the_border(paper, ink):
    grey = np.where(hook() > 0, ink, paper).astype(np.uint8)
    np.testing.assert_allclose(as_trained(grey, SHAPE), as_trained(hook(), SHAPE), atol=1e-6)
    assert np.array_equal(read_image(file(grey)), 255 - grey if ink < paper else grey)


def photograph(drawing: np.ndarray) -> np.ndarray:
    """A drawing in dark ink on paper, lit from a side, blurred, with noise, as JPEG."""
    ink = Image.fromarray(drawing).resize((560, 560)).filter(ImageFilter.GaussianBlur(2))
    slope = np.linspace(-30, 30, 560)
    paper = 190 + slope + slope[:, None] / 2
    noise = np.random.default_rng(int(drawing.sum())).normal(0, 6, paper.shape)
    seen = paper * (1 - 0.75 * np.asarray(ink) / 255) + noise
    return read_image(file(seen.clip(0, 255).astype(np.uint8), "JPEG", quality=80))


def dusty(drawing: np.ndarray) -> np.ndarray:
    """A drawing on even paper with faint specks, as a scanner leaves them."""
    return np.maximum(drawing, np.random.default_rng(0).choice((0, 6), drawing.shape, p=(0.9, 0.1)).astype(np.uint8))


@pytest.mark.parametrize("change", [photograph, dusty])
def test_what_surrounds_the_strokes_does_not_matter(change):
    assert abs(as_trained(change(hook()), SHAPE) - as_trained(hook(), SHAPE)).mean() < 0.01


@pytest.mark.parametrize("image_shape", [(28, 28), (56, 56), (28, 56), (32, 24)])
def test_other_shapes_are_filled_in_proportion(image_shape):
    wide = hook()[:, : 280 * image_shape[1] // image_shape[0]]
    image = as_trained(wide, image_shape)
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 0.1) for axis in (1, 0))
    room = [20 / 28 * side for side in image_shape]
    filled = max((np.ptp(rows) + 1) / room[0], (np.ptp(columns) + 1) / room[1])
    assert image.shape == image_shape
    assert filled == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize(("size", "brush"), [(280, 2), (280, 5), (280, 10), (100, 1), (100, 2), (60, 1), (1000, 3)])
def test_thin_strokes_become_as_wide_as_those_of_the_data(size, brush):
    image = as_trained(hook(size, brush), SHAPE)
    assert 1.5 < image[6:12].sum(axis=1).mean() < 3.1


@pytest.mark.parametrize("brush", [30, 40])
def test_wide_strokes_stay_as_they_are(brush):
    assert as_trained(hook(width=brush), SHAPE)[6:12].sum(axis=1).mean() == pytest.approx(brush * 20 / 168, rel=0.05)


def test_a_drawing_at_the_very_edge_is_read():
    image = np.zeros((280, 280), np.uint8)
    image[:200, :20] = 255
    assert as_trained(image, SHAPE).sum() == pytest.approx(40, rel=0.2)  # 2 × 20 pixels


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_whatever_is_drawn_becomes_an_image_or_a_sentence(height, width, seed):
    rng = np.random.default_rng(seed)
    grey = np.where(rng.random((height, width)) < rng.random(), rng.integers(0, 256, (height, width)), 0)
    try:
        image = as_trained(grey.astype(np.uint8), SHAPE)
    except ImageError as error:
        assert one_sentence(error)
    else:
        assert image.shape == SHAPE
        assert np.isfinite(image).all()
        assert image.min() >= 0
        assert image.max() == 1


def relabelled(data, classifier) -> tuple[float, np.ndarray]:
    """The share of images that the classifier reads as before after `as_trained`, and each one's largest change."""
    images, shape = data.images(slice(2000)), data.x.shape[1:]
    again = torch.from_numpy(np.stack([as_trained(image, shape) for image in data.x[:2000].numpy()]))
    return (classifier(again).label == classifier(images).label).mean(), (again - images).abs().amax(dim=(1, 2)).numpy()


def test_images_of_mnist_stay_what_they_are(mnist, classifier):
    if mnist.test.name != "mnist":
        pytest.skip("MNIST is not on this machine")
    same, change = relabelled(mnist.test, classifier)
    assert same >= 0.99
    assert (change < 0.035).mean() > 0.99


def test_small_images_without_a_margin_stay_what_they_are(digits):
    same, _ = relabelled(digits.test, load_classifier("digits", ROOT / "checkpoints"))
    assert same >= 0.99


def redrawn_rightly(mnist, classifier, change, brushes, count=200) -> float:
    """The share of MNIST test images that the classifier reads rightly after they were drawn anew and changed."""
    if mnist.test.name != "mnist":
        pytest.skip("MNIST is not on this machine")
    rng, drawings = np.random.default_rng(0), []
    for image in mnist.test.x[:count].numpy():
        drawings.append(as_trained(change(strokes(image, rng, rng.uniform(*brushes))), SHAPE))
    return (classifier(torch.from_numpy(np.stack(drawings))).label == mnist.test.y[:count].numpy()).mean()


@pytest.mark.parametrize("brushes", [(4, 12), (12, 18), (18, 22), (22, 28)])
def test_digits_drawn_as_strokes_are_read_as_the_same_digits(mnist, classifier, brushes):
    assert redrawn_rightly(mnist, classifier, lambda drawing: drawing, brushes) >= 0.95


def test_digits_on_photographed_paper_are_read_as_the_same_digits(mnist, classifier):
    assert redrawn_rightly(mnist, classifier, photograph, (6, 16), count=100) >= 0.95


def test_middle_lines_are_those_of_the_strokes():
    bar = np.zeros((20, 20), np.uint8)
    bar[3:17, 8:13] = 255
    lines = skeleton(bar)
    assert lines.sum(axis=1).max() == 1
    assert set(np.flatnonzero(lines.any(axis=0))) <= {9, 10, 11}
    assert lines.sum() >= 9
