"""Sealed run files with one odd field, every field in turn: refused in one sentence, or every page opens.

A seeded sample is tried here. With ODD_FIELDS=all every file is read, and of each field one that is not refused is
opened on every page.
"""

import os
import random
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Splits
from tests.support.helpers import ROOT, one_sentence, small_model, small_training
from tests.support.odd_fields import Odd, odd_files
from tests.support.screens import opened
from vae_core.config import KINDS
from vae_core.errors import VaeError
from vae_core.runs import SUFFIX, from_bytes, from_trained, to_bytes
from vae_core.training import train

pytestmark = pytest.mark.usefixtures("pages")
ALL = os.environ.get("ODD_FIELDS") == "all"
SAMPLE, FILES = 200, 2000  # of each kind; of all kinds together at least
PAGES = ("app.py", *(f"pages/{page.name}" for page in sorted((ROOT / "pages").glob("*.py"))))
EXTREMES = {  # that are not refused, and on which page they are tried here
    "app.py": ("test.mu", "is 65504.0 at 0"),
    "pages/1_Lecture.py": ("class_names/0", 'is "<b>$x$</b> `y` [z](//w)"'),
    "pages/2_KLD_weight.py": ("snapshot.mu", "is 0 everywhere"),
    "pages/3_Generate.py": ("model.decoder.net.2.bias", "is 65504.0 everywhere"),
    "pages/4_Explore.py": ("test.logvar", "is 19.9 everywhere"),
    "pages/5_Evidence.py": ("test.y", "is 7 everywhere"),
    "pages/6_Runs.py": ("seconds", "is 1000000000000.0"),
}


class Sorted(NamedTuple):
    """How many files were read, those that were not refused, and refusals that are no sentences."""

    count: int
    accepted: list[Odd]
    clumsy: list[str]


@pytest.fixture(scope="module")
def odd(digits: Splits) -> dict[str, list[Odd]]:
    files = {}
    for kind in KINDS:
        *_, last = train(small_model(kind, hidden=(8,)), small_training(epochs=2), *digits, "cpu")
        files[kind] = list(odd_files(to_bytes(from_trained(last.trained, *digits))))
    return files


def read(files: list[Odd]) -> Sorted:
    """Read files; anything but a VaeError goes through."""
    accepted, clumsy = [], []
    for file in files:
        try:
            from_bytes(file.content()).model()
        except VaeError as error:
            clumsy += [] if one_sentence(error) else [f"{file.field} {file.oddity}: {error}"]
        else:
            accepted.append(file)
    return Sorted(len(files), accepted, clumsy)


@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_field_is_refused_in_one_sentence_or_can_be_read(kind, odd):
    found = read(odd[kind] if ALL else random.Random(0).sample(odd[kind], SAMPLE))
    assert found.clumsy == []
    assert 0 < len(found.accepted) < found.count / 2
    assert sum(map(len, odd.values())) >= FILES


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_what_is_not_refused(page, odd, fresh):
    (file,) = (file for file in odd["vae"] if (file.field, file.oddity) == EXTREMES[page])
    (fresh / "local").mkdir()
    opens(page, file, fresh / "local")


@pytest.mark.skipif(not ALL, reason="takes an hour: ODD_FIELDS=all")
@pytest.mark.parametrize("kind", KINDS)
def test_every_page_opens_everything_that_is_not_refused(kind, odd, fresh):
    (fresh / "local").mkdir()
    of_each_field = {file.field: file for file in read(random.Random(0).sample(odd[kind], len(odd[kind]))).accepted}
    down = []
    for file in of_each_field.values():
        for page in PAGES:
            try:
                opens(page, file, fresh / "local")
            except AssertionError as error:
                down.append(f"{page}, {file.field} {file.oddity}: {error}")
    assert down == []


def opens(page: str, file: Odd, folder: Path) -> None:
    content = file.content()
    run = from_bytes(content)
    path = folder / f"{run.info.id}{SUFFIX}"
    path.write_bytes(content)
    app = opened(page, run=run.info.id)
    path.unlink()
    assert not app.exception, app.exception
