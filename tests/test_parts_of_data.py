"""Runs on a part of the data or on other test images: no foreign originals, and every page opens."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import Splits
from tests.support.helpers import ROOT, idx_files, packed, small_model, small_training, smaller, write_files
from tests.support.screens import opened, spaces, subtitle, words
from ui import store
from ui.spaces.comparable import NOT_COMPARABLE, OTHER_IMAGES, comparable
from vae_core.config import KINDS
from vae_core.data import part_of
from vae_core.errors import DataError
from vae_core.evidence import images_of
from vae_core.runs import Run, RunInfo, from_trained, load_run, publish
from vae_core.training import train

pytestmark = pytest.mark.usefixtures("pages")
PAGES = ("app.py", *(f"pages/{page.name}" for page in sorted((ROOT / "pages").glob("*.py"))))
CLASSES = (0, 1)


def trained(kind: str, digits: Splits, **settings: object) -> Run:
    config = small_training(epochs=2, **settings)
    parts = part_of(config, *digits)
    *_, last = train(small_model(kind), config, *parts, "cpu")
    return from_trained(last.trained, *parts)


@pytest.fixture(scope="module")
def parts(digits: Splits) -> dict[str, Run]:
    """A run of each kind on the zeros and ones."""
    return {kind: trained(kind, digits, classes=CLASSES, images=100) for kind in KINDS}


@pytest.fixture
def local(fresh: Path) -> Path:
    return fresh / "local"


def visited(page: str, **query: str) -> AppTest:
    app = opened(page, **query)
    assert not app.exception, (page, app.exception)
    assert not app.error, (page, [error.value for error in app.error])
    return app


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_a_run_on_two_classes(page, parts, local):
    infos = {kind: publish(run, local) for kind, run in parts.items()}
    app = visited(page, run=infos["cvae"].id)
    if page == "app.py":
        shown = spaces(app)
        assert [space["run"] for space in shown] == [infos[kind].id for kind in KINDS]
        assert all("only 0, 1, 100 training images" in subtitle(space) for space in shown)


def test_originals_are_the_runs_own_test_images(parts, digits, local):
    info = publish(parts["vae"], local)
    originals = store.test_images(info)
    assert np.array_equal(originals, digits.test.part(CLASSES).x.numpy())
    assert images_of(load_run(info.path))[0].fingerprint == digits.train.part(CLASSES, 100).fingerprint
    assert len(store.test_images("digits")) == len(digits.test)


def test_a_run_that_lies_about_its_images_has_no_originals(digits, local):
    """The fingerprint of the whole split, and the latents of a part of it."""
    part = replace(digits.test.part(CLASSES), fingerprint=digits.test.fingerprint)
    config = small_training(epochs=2)
    *_, last = train(small_model("vae"), config, digits.train, part, "cpu")
    info = publish(from_trained(last.trained, digits.train, part), local)
    assert store.test_images(info) is None
    with pytest.raises(DataError):
        images_of(load_run(info.path))


def test_files_that_appear_while_the_app_runs_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_DATA", str(tmp_path))
    smaller(monkeypatch)
    raw, files = tmp_path / "KMNIST" / "raw", idx_files()
    assert store.test_images("kmnist") is None
    assert store.why_no_images("kmnist") == ""
    write_files(raw, packed(files))
    assert "(to be unpacked)" in store.why_no_images("kmnist")
    write_files(raw, files | {"t10k-labels-idx1-ubyte": b"?"})
    assert store.test_images("kmnist") is None
    assert "KMNIST is damaged" in store.why_no_images("kmnist")
    write_files(raw, files)
    assert len(store.test_images("kmnist")) == 20
    assert store.why_no_images("kmnist") == ""


def mixed(folder: Path, digits: Splits) -> dict[str, RunInfo]:
    """An AE and a cVAE tested on 60 images, a VAE on all of them, with equal settings."""
    few = digits.test.part(images=60)
    infos = {}
    for kind in KINDS:
        test = digits.test if kind == "vae" else replace(few, fingerprint=digits.test.fingerprint)
        *_, last = train(small_model(kind), small_training(epochs=2, seed=11), digits.train, test, "cpu")
        infos[kind] = publish(from_trained(last.trained, digits.train, test), folder)
    return infos


def test_runs_with_other_test_images_are_said_to_be_apart(digits, local):
    infos = mixed(local, digits)
    assert list(comparable(infos)) == ["ae", "cvae"]
    home = visited("app.py", run=infos["vae"].id)
    assert [space.get("message") for space in spaces(home)] == [None, OTHER_IMAGES, None]
    assert "tested on other images than the Digits images here" in words(home)
    weight = visited("pages/2_KLD_weight.py", run=infos["vae"].id)
    assert [OTHER_IMAGES in str(space) for space in spaces(weight)] == [True, False, True]
    for name, view in (("3_Generate", {}), ("4_Explore", {"view": "Reconstruction"}), ("4_Explore", {})):
        visited(f"pages/{name}.py", run=infos["cvae"].id, **view)
    assert NOT_COMPARABLE in words(visited("pages/5_Evidence.py", run=infos["vae"].id))
