"""Generated images as files and HTML, and the vectors of a condition."""

import io
import re
import zipfile

import numpy as np
from PIL import Image

from ui.generated import files, gallery, labels
from ui.generated.draws import Draw
from ui.generated.vectors import distance_correlation, nearest_classes


def test_files_hold_exactly_what_is_shown() -> None:
    rng = np.random.default_rng(0)
    draw = Draw(rng.random((7, 8, 8), np.float32), rng.standard_normal((7, 3)).astype(np.float32), np.arange(7))
    contents = {suffix: make(files.Files(draw, 4), tuple("abcdefg")) for _, suffix, _, make in files.FORMATS}
    sheet = np.asarray(Image.open(io.BytesIO(contents["png"])))
    np.testing.assert_array_equal(sheet.reshape(2, 8, 4, 8).swapaxes(1, 2).reshape(-1, 8, 8)[:7], draw.pictures)
    with zipfile.ZipFile(io.BytesIO(contents["zip"])) as archive:
        assert archive.namelist() == [f"{n:04d}-{name}.png" for n, name in enumerate("abcdefg")]
        for name, picture in zip(archive.namelist(), draw.pictures, strict=True):
            np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(archive.read(name)))), picture)
    with np.load(io.BytesIO(contents["npz"]), allow_pickle=False) as content:
        assert set(content) == {"x", "y", "z"}
        for name in "xyz":
            np.testing.assert_array_equal(content[name], getattr(draw, name))


def test_names_of_files_are_plain_and_different() -> None:
    draw = Draw(np.zeros((3, 2, 2), np.float32), np.zeros((3, 1), np.float32), np.array([0, 1, 0]))
    assert files.file_names(draw, ("T-shirt/top", "../x")) == ["0000-t-shirt-top", "0001-x", "0002-t-shirt-top"]
    assert files.file_names(draw._replace(y=None), ()) == ["0000", "0001", "0002"]


def test_misclassified_images_of_a_sheet_have_a_frame_where_they_are() -> None:
    y = np.zeros(10, np.int64)
    label = y.copy()
    label[[5, 9]] = 1
    draw = Draw(np.zeros((10, 4, 4), np.float32), np.zeros((10, 2), np.float32), y, label, np.ones(10, np.float32))
    frames = re.findall(r"translate\((\d+)%, (\d+)%\)", gallery.sheet_of(draw, 4, "ten"))
    assert frames == [("100", "100"), ("100", "200")]
    assert re.search(r'alt="ten, 8 of them', gallery.sheet_of(draw, 4, "ten"))


def test_names_of_classes_are_text() -> None:
    draw = Draw(np.zeros((1, 4, 4), np.float32), np.zeros((1, 2), np.float32), np.zeros(1, np.int64))
    assert "<b>" not in gallery.class_blocks(draw, 1, ("<b>",))
    assert "<b>" not in gallery.rows([("<b>", draw.pictures)], "<b>", ("<b>",))


def test_a_vectors_neighbour_is_the_nearest_other_one() -> None:
    vectors = np.array([[0, 0], [3, 4], [3, 5]], dtype=np.float32)
    assert nearest_classes(vectors) == [(1, 5.0), (2, 1.0), (1, 1.0)]
    assert nearest_classes(vectors[:1]) == []


def test_distances_that_only_grew_are_fully_correlated_with_the_first_ones() -> None:
    start = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    other = np.random.default_rng(1).standard_normal((6, 4)).astype(np.float32)
    assert distance_correlation(3 * start, start) > 0.9999
    assert distance_correlation(other, start) < 0.9


def test_images_have_the_classifiers_label(mnist) -> None:
    pictures = mnist.test.x[:20].numpy()
    found = labels.classify("mnist", pictures)
    agreement = np.mean([image.label == y for image, y in zip(found, mnist.test.y[:20].tolist(), strict=True)])
    assert agreement >= 0.95
    assert all(0 <= image.confidence <= 1 and image.name == str(image.label) for image in found)


def test_a_data_set_without_a_classifier_has_no_labels() -> None:
    assert labels.classify("kmnist", np.zeros((2, 28, 28), np.uint8)) == []
