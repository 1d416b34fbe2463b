"""Every page by Streamlit's own test harness: full, empty, with bad files, and under wild URLs."""

import io
import json
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.helpers import damage, shipped, unpacked, without_images
from tests.support.screens import component, opened, spaces, subtitle, words
from ui import store
from ui.home import selected
from ui.jobs import client
from ui.shell.navigation import PAGES
from ui.spaces.claim import claim
from ui.spaces.space import details_file, points_file, space_chart
from vae_core.config import ModelConfig, TrainConfig
from vae_core.evidence.latent_space import SUMMARY
from vae_core.jobs import Request
from vae_core.runs import kept_metrics, load_run

pytestmark = pytest.mark.usefixtures("pages")
TITLES = ["Autoencoder · no KLD", "VAE · KLD", "Conditional VAE · KLD + condition"]


def prepared(app: AppTest) -> AppTest:
    """The page once what is made in the background is on it."""
    end = time.monotonic() + 60
    while not all(space.get("decoder") for space in spaces(app)):
        assert time.monotonic() < end, "the decoders did not come"
        time.sleep(0.1)
        app.run()
    return app


def claims(app: AppTest) -> list[str]:
    return [f"{space['claim']['finding']} {space['claim']['numbers']}" for space in spaces(app)]


def test_home_shows_all_test_images_of_three_models_side_by_side() -> None:
    app = opened()
    assert not app.exception
    assert [space["title"] for space in spaces(app)] == TITLES
    for space, kind in zip(spaces(app), ("ae", "vae", "cvae"), strict=True):
        run = load_run(shipped(kind).path)
        header, points, labels = unpacked(points_file(shipped(kind)), ("<f4", 2), ("<u2", 1))
        assert header == {"count": 10_000}
        np.testing.assert_array_equal(points, run.z())
        assert labels.ravel().tolist() == run.latents.y.tolist()
        assert space["run"] == shipped(kind).id


def test_what_the_first_picture_does_not_need_comes_with_every_image_and_dimension() -> None:
    for kind in ("ae", "vae"):
        run = load_run(shipped(kind).path)
        density = () if kind == "ae" else (("<f4", 1), ("<f4", 2))
        header, recon, *density = unpacked(details_file(shipped(kind)), ("<f4", 1), *density)
        assert header["kld"] == header["mean"] == (kind == "vae")
        np.testing.assert_array_equal(recon.ravel(), run.recon)
        if kind == "vae":
            np.testing.assert_array_equal(density[0].ravel(), run.latents.kld())
            np.testing.assert_array_equal(density[1], run.latents.mu)


def test_the_chart_of_a_space_is_complete_and_its_frame_has_no_points() -> None:
    chart, frame = (space_chart(shipped("vae"), empty=empty).to_dict() for empty in (False, True))
    rows = chart["layer"][0]["data"]["values"].splitlines()
    assert len(rows) == 10_001
    assert len(frame["layer"][0]["data"]["values"].splitlines()) == 1
    assert len(json.dumps(frame)) < 10_000


def test_the_claims_of_the_lecture_can_be_read_off() -> None:
    shown = claims(opened())
    expected = (
        r"Ten islands (with gaps|spread out): not Gaussian at all",
        "Islands pushed together: Gaussian-like",
        "One cloud, the digit is told separately: almost a perfect Gaussian",
    )
    for text, start in zip(shown, expected, strict=True):
        assert re.match(start, text)
    assert "shipped · 10 epochs · " in spaces(opened())[0]["note"]


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_a_run_that_is_not_measured_yet_is_called_no_more_than_its_numbers_tell(kind: str) -> None:
    """An almost perfect Gaussian takes its KL, which is not among the numbers that are computed at once."""
    info = shipped(kind)
    quick = {name: metric for name, metric in kept_metrics(info).items() if name in SUMMARY}
    assert claim(info, quick).finding.endswith(": Gaussian-like")


def test_a_collapsed_model_is_not_praised_as_gaussian() -> None:
    assert any("Gaussian only because it ignores the image" in text for text in claims(opened(beta="32")))


def test_a_link_sets_switches_and_selection() -> None:
    app = opened(classes=["3", "7"], latents="mean mu", axes="same for all", images="5,17")
    assert not app.exception
    assert component(app)["view"] == {
        "classes": [3, 7], "latents": "mean mu", "axes": "same for all", "images": False, "contours": False,
        "rows": [5, 17], "turn": 0,
    }  # fmt: skip


def test_a_window_for_all_holds_the_window_of_each() -> None:
    data = component(opened())
    x, y, half = data["window"]
    for own_x, own_y, own_half in (space["window"] for space in data["spaces"]):
        assert abs(own_x - x) + own_half <= half * 1.05
        assert abs(own_y - y) + own_half <= half * 1.05


@pytest.mark.parametrize("images", [(0, 3), (17,)])
def test_selected_images_are_offered_as_files(images: tuple[int, ...]) -> None:
    runs = {kind: shipped(kind) for kind in ("ae", "vae", "cvae")}
    table = pd.read_csv(io.BytesIO(selected.csv(runs, np.array(images))))
    arrays = np.load(io.BytesIO(selected.npz(runs, np.array(images))))
    run = load_run(runs["vae"].path)
    assert table["image"].tolist() == arrays["image"].tolist() == list(images)
    assert table["label"].tolist() == run.latents.y[list(images)].tolist()
    np.testing.assert_allclose(table[["vae mu1", "vae mu2"]], run.latents.mu[list(images)], rtol=1e-5)
    np.testing.assert_allclose(arrays["vae_z"], run.z()[list(images)])
    assert "ae kld" not in table
    assert not [name for name in arrays if name.startswith("ae_") and "kld" in name]


@pytest.mark.parametrize(
    ("query", "expected"),
    [({"seed": "2"}, "seed 2"), ({"beta": "4"}, "β = 4"), ({"condition": "embedding"}, "embedding condition")],
)
def test_a_url_chooses_the_runs(query: dict[str, str], expected: str) -> None:
    app = opened(**query)
    assert not app.exception
    assert expected in subtitle(spaces(app)[2])


def test_digits_by_url() -> None:
    assert all(space["run"].startswith("digits") for space in spaces(opened(dataset="Digits")))


@pytest.mark.parametrize(
    "query",
    [
        {"dataset": "../../etc/passwd"},
        {"beta": "NaN"},
        {"seed": "-1"},
        {"classes": "99"},
        {"latents": "<script>"},
        {"axes": "x" * 5000},
    ],
)
def test_a_wild_url_shows_the_default(query: dict[str, str]) -> None:
    app = opened(**query)
    assert not app.exception
    assert [space["title"] for space in spaces(app)] == TITLES


def test_a_choice_survives_a_change_that_makes_it_impossible() -> None:
    app = opened(beta="32")
    app.selectbox(key="dataset").set_value("digits").run()
    assert not app.exception
    assert all(space["run"].startswith("digits") for space in spaces(app))


def test_without_runs_home_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path / "nothing"))
    app = opened()
    assert not app.exception
    assert "python -m vae_core train" in words(app)


def test_a_damaged_run_is_named_and_the_others_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("ae", "vae", "cvae"):
        shutil.copy(shipped(kind).path, tmp_path)
    broken = next(tmp_path.glob("*-vae-*"))
    damage(broken)
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path))
    app = opened()
    assert not app.exception
    assert ["run" in space for space in spaces(app)] == [True, False, True]
    assert broken.name in words(app)
    assert "damaged" in words(app)


def test_on_a_fresh_machine_home_has_the_originals(
    forgetful: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_DATA", str(tmp_path))
    app = prepared(opened())
    assert not app.exception
    assert store.sheet_of(shipped("vae")) is not None
    assert "on this machine" not in words(app)
    assert not [button for button in app.button if "Download" in button.label]


def test_without_any_images_home_works_and_offers_the_download(
    forgetful: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_images(monkeypatch, tmp_path)
    app = prepared(opened())
    assert not app.exception
    assert [space["title"] for space in spaces(app)] == TITLES
    assert "MNIST images are not on this machine" in words(app)
    assert [button.label for button in app.button if "Download" in button.label] == ["Download MNIST (12 MB)"]


def test_a_download_that_fails_says_so_and_leaves_the_page_usable(
    forgetful: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])  # nobody listens there
    without_images(monkeypatch, tmp_path)
    app = prepared(opened())
    app.button(key="download").click().run()
    assert not app.exception
    assert "MNIST could not be downloaded" in words(app)
    assert len(spaces(app)) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_trained_here_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "local").mkdir()
    shutil.copy(shipped("vae").path, tmp_path / "local")
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path))
    app = opened()
    assert not app.exception
    missing, shown, _ = spaces(app)
    assert "trained here · 10 epochs in" in shown["note"]
    assert "No run of the Autoencoder" in missing["message"]


def test_every_page_tells_of_a_training_and_leads_to_where_it_was_asked_for(tmp_path: Path) -> None:
    app = opened("pages/2_KLD_weight.py", beta="2.8")
    request = Request(((ModelConfig("vae"), TrainConfig("mnist", beta=2.8)),))
    client.queue().order.add([request], "me", tmp_path)
    app.session_state[client.VISITOR] = "me"
    app.session_state[client.ORIGINS] = {request.id: ("kld_weight", {"beta": ["2.8"]})}
    for page in PAGES.values():
        app.switch_page(page.path).run()
        links = {(link.proto.label, link.proto.page, link.proto.query_string) for link in app.get("page_link")}
        assert ("Training β = 2.8: 0%", "KLD_weight", "beta=2.8") in links
