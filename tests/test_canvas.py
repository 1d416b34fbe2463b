"""What the browser sends of a drawing: read where it is a picture, refused where it is anything else."""

import base64
import re
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.helpers import ROOT
from ui.components.canvas import SIDE, unpacked

INK = np.zeros((SIDE, SIDE), np.uint8)
INK[40:240, 130:150] = 255


def packed(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw)).decode()


def test_a_picture_comes_back_as_it_was() -> None:
    np.testing.assert_array_equal(unpacked(packed(INK.tobytes())), INK)
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), np.uint8)
    np.testing.assert_array_equal(unpacked(packed(noise.tobytes())), noise)


def test_a_square_without_ink_is_no_drawing() -> None:
    assert unpacked(packed(bytes(SIDE * SIDE))) is None


@pytest.mark.parametrize(
    "content",
    [
        None, 7, {}, [], b"abc", "", "é", "=", "not base64!",
        base64.b64encode(INK.tobytes()).decode(),  # not compressed
        packed(INK.tobytes())[:-8],  # cut off
        packed(INK.tobytes()[:-1]), packed(INK.tobytes() + b"\1"), packed(bytes(range(1, 250))),
        packed(bytes(500 * 2**20)),  # a bomb
        "A" * 10**7,
    ],
    ids=range(16),
)  # fmt: skip
def test_anything_else_is_no_drawing(content: object) -> None:
    assert unpacked(content) is None


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode()), st.binary().map(packed)))
def test_nothing_that_a_browser_could_send_is_an_error(content: str) -> None:
    assert unpacked(content) is None


def test_a_flipped_bit_is_found() -> None:
    raw = bytearray(base64.b64decode(packed(INK.tobytes())))
    raw[len(raw) // 2] ^= 4
    assert unpacked(base64.b64encode(raw).decode()) is None


def test_both_sides_agree_on_the_size() -> None:
    script = (ROOT / "ui" / "components" / "canvas.js").read_text(encoding="utf-8")
    assert int(re.search(r"const SIDE = (\d+)", script)[1]) == SIDE
