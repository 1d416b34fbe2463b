import io
import zipfile

import numpy as np
import pytest
from PIL import Image, ImageSequence

from vae_core.sheets import gif_bytes, npz_bytes, png_bytes, save_images, sheet, sheet_png, zip_of_pngs


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def read(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize(
    ("n", "columns", "shape"), [(9, None, (3, 3)), (10, None, (3, 4)), (1, None, (1, 1)), (5, 2, (3, 2))]
)
def test_images_lie_row_by_row(n, columns, shape):
    images = np.arange(1, n + 1, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    whole = sheet(images, columns)
    assert whole.shape == (2 * shape[0], 3 * shape[1])
    cells = [
        whole[2 * row : 2 * row + 2, 3 * column : 3 * column + 3]
        for row in range(shape[0])
        for column in range(shape[1])
    ]
    padded = [*images, *np.zeros((len(cells) - n, 2, 3))]
    assert all(np.array_equal(cell, image) for cell, image in zip(cells, padded, strict=True))


@pytest.mark.parametrize("shape", [(5, 7), (1, 1), (5, 7, 3)])
def test_a_png_holds_every_pixel(shape):
    image = noise(*shape)
    assert Image.open(io.BytesIO(png_bytes(image))).format == "PNG"
    assert np.array_equal(read(png_bytes(image)), image)


def test_a_sheet_as_png_is_the_sheet():
    images = noise(5, 4, 3)
    assert np.array_equal(read(sheet_png(images, 2)), sheet(images, 2))


def test_a_zip_holds_an_image_for_each_name():
    images = noise(3, 4, 5)
    content = zip_of_pngs(images, ("7-a", "7-b", "0-c"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["7-a.png", "7-b.png", "0-c.png"]
        for name, image in zip(archive.namelist(), images, strict=True):
            assert np.array_equal(read(archive.read(name)), image)
    assert zip_of_pngs(images, ("7-a", "7-b", "0-c")) == content


@pytest.mark.parametrize("names", [("a", "b"), ("a", "a", "b"), ("a", "b", "c", "d")])
def test_a_zip_needs_a_name_for_each_image(names):
    with pytest.raises(ValueError, match=r"3 images need as many different names"):
        zip_of_pngs(noise(3, 2, 2), names)


@pytest.mark.parametrize("labelled", [True, False])
def test_an_npz_gives_back_what_it_was_given(labelled):
    x, z = noise(4, 3, 2) / np.float32(255), noise(4, 2).astype(np.float32)
    y = np.arange(4) if labelled else None
    with np.load(io.BytesIO(npz_bytes(x, y, z)), allow_pickle=False) as found:
        assert set(found) == {"x", "y", "z"}
        assert np.array_equal(found["x"], x)
        assert np.array_equal(found["z"], z)
        assert found["y"].tolist() == ([0, 1, 2, 3] if labelled else [-1] * 4)


def test_a_gif_shows_the_images_one_after_another_for_ever():
    images = noise(4, 5, 6)
    film = Image.open(io.BytesIO(gif_bytes(images, 120, scale=3)))
    frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(film)]
    assert film.info["loop"] == 0
    assert film.info["duration"] == 120
    assert np.array_equal(np.stack(frames), images.repeat(3, axis=1).repeat(3, axis=2))


def test_files_are_of_the_kind_that_their_name_says(tmp_path):
    x, z = noise(4, 3, 2) / np.float32(255), noise(4, 2).astype(np.float32)
    save_images(tmp_path / "a.png", x, None, z)
    save_images(tmp_path / "a.npz", x, None, z)
    assert np.array_equal(read((tmp_path / "a.png").read_bytes()), sheet(noise(4, 3, 2)))
    with np.load(tmp_path / "a.npz") as found:
        assert np.array_equal(found["x"], x)
