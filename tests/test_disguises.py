"""Digits in disguise: on cards, in frames, cut, photographed, in files of every kind of levels."""

import numpy as np
import pytest

from benchmarks.disguises import Reading, read
from tests.support.disguises import UNFRAMED, Disguise, png
from tests.support.frames import FRAMES
from tests.support.helpers import ROOT, one_sentence
from ui.explore.upload import read_image
from vae_core.errors import ImageError
from vae_core.evidence.classifier import load_classifier


def readings(disguises: dict[str, Disguise], mnist) -> dict[str, Reading]:
    """How images of MNIST are read in disguise, another one in each."""
    if mnist.test.name != "mnist":
        pytest.skip("MNIST is not on this machine")
    classifier, x, y = load_classifier("mnist", ROOT / "checkpoints"), mnist.test.x.numpy(), mnist.test.y.numpy()
    return {
        name: read(disguise, x[number : number + 1], y[number : number + 1], classifier)
        for number, (name, disguise) in enumerate(disguises.items())
    }


def test_digits_in_disguise_are_read(mnist):
    found = readings(UNFRAMED, mnist)
    assert len(UNFRAMED | FRAMES) > 100
    assert sum(reading.right for reading in found.values()) >= 0.95 * len(found)


def test_in_frames_and_on_cards_digits_are_read_or_asked_about_never_surely_wrong(mnist):
    found = readings(FRAMES, mnist)
    assert not [name for name, reading in found.items() if reading.surely_wrong]
    assert sum(reading.right for reading in found.values()) >= 0.95 * len(found)


NOTHING = {
    "a page without anything": np.full((300, 300), 230.0) + np.random.default_rng(0).normal(0, 10, (300, 300)),
    "a card without anything": np.pad(np.full((200, 200), 240.0), 50),
    "an empty frame": np.pad(np.pad(np.full((200, 200), 255.0), 8), 40, constant_values=255),
    "noise alone": np.random.default_rng(0).uniform(0, 255, (300, 300)),
    "a solid block": np.pad(np.zeros((90, 110)), 60, constant_values=255),
}


@pytest.mark.parametrize("name", NOTHING)
def test_where_no_digit_is_found_a_sentence_says_so(name):
    with pytest.raises(ImageError) as caught:
        read_image(png(NOTHING[name]))
    assert one_sentence(caught.value)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (2, 2), (5, 300), (12, 12), (13, 1000)])
def test_pictures_of_any_shape_are_read_or_refused(shape):
    levels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    for picture in (levels, (levels > 127).astype(np.uint8), np.eye(*shape, dtype=np.uint8) * 255):
        try:
            assert read_image(png(picture)).shape == shape
        except ImageError as error:
            assert one_sentence(error)
