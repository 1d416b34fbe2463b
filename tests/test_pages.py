"""Every page by Streamlit's own test harness: full, empty, with bad files, and under wild URLs."""

import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.helpers import damage, shipped
from tests.support.screens import charts, opened, words
from ui.home.selection import Selection
from vae_core.runs import load_run

pytestmark = pytest.mark.usefixtures("pages")
TITLES = ["Autoencoder · no KLD", "VAE · KLD", "Conditional VAE · KLD + condition"]


def prepared(app: AppTest) -> AppTest:
    """The page once what is made in the background is on it."""
    end = time.monotonic() + 60
    while len(app.get("bidi_component")) < 2:  # one is there at once: it lets fingers pick
        assert time.monotonic() < end, "the hover images did not come"
        time.sleep(0.1)
        app.run()
    return app


def points(app: AppTest) -> list[pd.DataFrame]:
    return [chart["points"] for chart in charts(app)]


def test_home_shows_all_test_images_of_three_models_side_by_side() -> None:
    app = opened()
    assert not app.exception
    shown = charts(app)
    assert [chart["title"] for chart in shown] == TITLES
    for chart, kind in zip(shown, ("ae", "vae", "cvae"), strict=True):
        run = load_run(shipped(kind).path)
        np.testing.assert_allclose(chart["points"][["x", "y"]], run.z(), atol=1e-6)
        assert list(chart["points"]["label"].astype(int)) == run.latents.y.tolist()
        assert sorted(chart["centres"]["label"]) == list("0123456789")
        assert len(chart["lit"]) == len(chart["veil"]) == len(chart["picked"]) == 0


def test_the_claims_of_the_lecture_can_be_read_off() -> None:
    text = words(opened())
    for claim in ("Not Gaussian, gaps", "Gaussian-like, classes apart", "Almost a perfect Gaussian, classes mixed"):
        assert claim in text
    assert "shipped · 10 epochs in" in text


def test_a_collapsed_model_is_not_praised_as_gaussian() -> None:
    assert "Gaussian only because it ignores the image" in words(opened(beta="32"))


def test_mean_mu_moves_the_points_of_the_variational_models_only() -> None:
    app = opened()
    before = points(app)
    app.button_group(key="latents").set_value("mean mu").run()
    after = points(app)
    assert not app.exception
    assert [a.equals(b) for a, b in zip(before, after, strict=True)] == [True, False, False]
    np.testing.assert_allclose(after[1][["x", "y"]], load_run(shipped("vae").path).latents.mu, atol=1e-6)


def test_same_axes_for_all() -> None:
    app = opened()
    assert len({tuple(chart["domain"]) for chart in charts(app)}) == 3
    app.button_group(key="axes").set_value("same for all").run()
    assert len({tuple(chart["domain"]) for chart in charts(app)}) == 1


def test_picked_labels_shine_and_the_others_fade() -> None:
    app = opened()
    app.button_group(key="classes").set_value([7]).run()
    for chart in charts(app):
        assert set(chart["lit"]["label"]) == {"7"}
        assert len(chart["lit"]) == (chart["points"]["label"] == "7").sum()
        assert len(chart["veil"]) == 1


def test_a_selection_lights_the_same_images_up_everywhere_and_shows_some_of_them() -> None:
    app = opened()
    app.session_state["selection"] = Selection("mnist", "vae", np.arange(100, 140))
    app.run()
    assert not app.exception
    assert [chart["lit"]["test image"].tolist() for chart in charts(app)] == [list(range(100, 140))] * 3
    assert "40 images selected" in words(app)


def test_what_has_faded_is_not_selected() -> None:
    app = opened(classes="7")
    y = load_run(shipped("vae").path).latents.y
    app.session_state["selection"] = Selection("mnist", "vae", np.arange(200))
    app.run()
    sevens = np.flatnonzero(y[:200] == 7)
    assert f"{len(sevens)} images selected" in words(app)
    assert charts(app)[0]["lit"]["test image"].tolist() == sevens.tolist()
    app.session_state["selection"] = Selection("mnist", "vae", np.flatnonzero(y == 3)[:5])
    app.run()
    assert not app.exception
    assert "None of the images in this area" in words(app)


def test_a_picked_point_shows_its_label_and_its_own_figures() -> None:
    app = opened()
    app.button_group(key="mode").set_value("point").run()
    app.session_state["selection"] = Selection("mnist", "vae", np.array([17]))
    app.run()
    run = load_run(shipped("vae").path)
    text = words(app)
    assert f"test image 17, label {run.latents.y[17]}" in text
    assert f"recon {run.recon[17]:.3g} nats, kld {run.latents.kld()[17]:#.3g} nats" in text
    assert [chart["picked"]["test image"].tolist() for chart in charts(app)] == [[17]] * 3


@pytest.mark.parametrize(
    ("query", "expected"),
    [({"seed": "2"}, "seed 2"), ({"beta": "4"}, "β = 4"), ({"condition": "embedding"}, "embedding condition")],
)
def test_a_url_chooses_the_runs(query: dict[str, str], expected: str) -> None:
    app = opened(**query)
    assert not app.exception
    assert expected in charts(app)[2]["subtitle"]


def test_digits_by_url() -> None:
    assert [len(table) for table in points(opened(dataset="Digits"))] == [360] * 3


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
    assert [len(table) for table in points(app)] == [10_000] * 3


def test_a_choice_survives_a_change_that_makes_it_impossible() -> None:
    app = opened(beta="32")
    app.selectbox(key="dataset").set_value("digits").run()
    assert not app.exception
    assert [len(table) for table in points(app)] == [360] * 3


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
    assert [chart["title"] for chart in charts(app)] == [TITLES[0], TITLES[2]]
    assert broken.name in words(app)
    assert "damaged" in words(app)


def test_without_the_data_set_home_works_and_offers_the_download(
    forgetful: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_DATA", str(tmp_path))
    app = prepared(opened())
    assert not app.exception
    assert [len(table) for table in points(app)] == [10_000] * 3
    assert "MNIST images are not on this machine" in words(app)
    assert [button.label for button in app.button if "Download" in button.label] == ["Download MNIST (12 MB)"]


def test_a_download_that_fails_says_so_and_leaves_the_page_usable(
    forgetful: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])  # nobody listens there
    monkeypatch.setenv("VAE_DATA", str(tmp_path))
    app = prepared(opened())
    app.button(key="download").click().run()
    assert not app.exception
    assert "MNIST could not be downloaded" in words(app)
    assert len(points(app)) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_trained_here_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "local").mkdir()
    shutil.copy(shipped("vae").path, tmp_path / "local")
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path))
    app = opened()
    assert not app.exception
    assert "trained here · 10 epochs in" in words(app)
    assert "No run of the Autoencoder" in words(app)
