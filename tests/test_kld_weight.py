"""The page "KLD weight" by Streamlit's own test harness: runs that are there, and trainings on demand."""

import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.helpers import ROOT, damage, every_shipped_run, shipped
from tests.support.screens import charts, opened, words
from ui.jobs import client
from vae_core.config import ModelConfig, TrainConfig
from vae_core.data import ImageSet
from vae_core.jobs import Queue
from vae_core.runs import from_trained, list_runs, load_run, publish
from vae_core.training import train

pytestmark = pytest.mark.usefixtures("pages")


def page(**query: str) -> AppTest:
    return opened("pages/2_KLD_weight.py", **query)


def spaces(app: AppTest) -> dict[str, dict]:
    """The charts of latent spaces by their titles."""
    return {chart["title"]: chart for chart in charts(app) if "points" in chart}


def losses(app: AppTest) -> list[tuple[float, float]]:
    """recon and kld of every line on the page that tells both, in nats."""
    return [(float(recon), float(kld)) for recon, kld in re.findall(r"recon ([\d.]+), kld ([\d.]+) nats", words(app))]


def test_a_trained_beta_shows_its_followed_images_at_once() -> None:
    app = page(beta="4")
    assert not app.exception
    shown = spaces(app)
    for title, kind in (("VAE · KLD", "vae"), ("Conditional VAE · KLD + condition", "cvae")):
        run = load_run(shipped(kind, 4.0).path)
        expected = run.snapshot_mu[-1]
        got = shown[title]["points"][["x", "y"]].to_numpy()
        noise = np.exp(0.5 * run.snapshot_logvar[-1])
        # Turned and mirrored, but the same: distances from the prior's centre stay within the noise.
        assert np.median(np.abs(np.linalg.norm(got, axis=1) - np.linalg.norm(expected, axis=1))) < noise.max()
        assert shown[title]["points"]["label"].astype(int).tolist() == run.latents.y[run.snapshot_index].tolist()
        assert len(shown[title]["veil"]) == 0
        assert run.info.id in words(app)
        assert (run.info.test.recon, run.info.test.kld) in [pytest.approx(pair, rel=5e-3) for pair in losses(app)]


def test_planes_are_turned_so_that_points_can_be_followed_along_beta() -> None:
    app = page(beta="1")
    before = spaces(app)["VAE · KLD"]["points"][["x", "y"]].to_numpy()
    app.select_slider(key="beta").set_value(2.0).run()
    after = spaces(app)["VAE · KLD"]["points"][["x", "y"]].to_numpy()
    assert np.corrcoef(before[:, 0], after[:, 0])[0, 1] > 0.5
    assert np.corrcoef(before[:, 1], after[:, 1])[0, 1] > 0.5
    assert not np.allclose(before, after)


def test_mean_mu_is_the_stored_mean_but_for_the_turn() -> None:
    app = page(beta="4", latents="mean mu")
    mu = load_run(shipped("vae", 4.0).path).snapshot_mu[-1]
    got = spaces(app)["VAE · KLD"]["points"][["x", "y"]].to_numpy()
    np.testing.assert_allclose(got @ got.T, mu @ mu.T, atol=1e-3)


def test_a_beta_that_is_not_trained_is_offered_and_the_nearest_shown_faded() -> None:
    app = page(beta="0.37")
    assert not app.exception
    assert not app.button(key="train").disabled
    assert re.search(r"β = 0\.37, 10 epochs", words(app))
    assert len(re.findall(r"β = 0\.5\.", words(app))) == 2  # the nearest VAE and cVAE
    assert all(len(chart["veil"]) == 1 for title, chart in spaces(app).items() if title != "Autoencoder · no KLD")


def test_a_collapsed_model_is_called_so() -> None:
    assert words(page(beta="32")).count("ignores the image") == 2
    assert re.search(r"active units: 1 of 2", words(page(beta="16")))
    assert "ignores the image" not in words(page(beta="8"))


def test_previous_and_next_step_along_the_trained_betas() -> None:
    app = page(beta="0.37")
    app.button(key="beta-right").click().run()
    assert app.select_slider(key="beta").value == 0.5
    app.button(key="beta-left").click().run()
    assert app.select_slider(key="beta").value == 0.25


def test_the_field_takes_any_number_and_the_slider_follows() -> None:
    app = page()
    app.number_input(key="beta_field").set_value(3.217).run()
    assert app.select_slider(key="beta").value == 3.217
    assert "β = 3.217" in words(app)


def test_a_beta_beyond_the_slider_becomes_its_end() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/2_KLD_weight.py")
    app.session_state["beta"] = 500.0  # as of a run that was chosen on another page
    app.run()
    assert not app.exception
    assert app.select_slider(key="beta").value == 100.0


def test_the_scrubber_shows_an_earlier_epoch() -> None:
    app = page()
    app.select_slider(key="epoch").set_value(0).run()
    assert not app.exception
    assert "Epoch 0 of 10" in words(app)
    run = load_run(shipped("vae").path)
    got = spaces(app)["VAE · KLD"]["points"][["x", "y"]].to_numpy()
    assert abs(np.median(np.linalg.norm(got, axis=1)) - 1.2) < 0.5  # before training z is noise
    assert run.info.snapshot_epochs[0] == 0


@pytest.mark.parametrize(
    "query",
    [{"beta": "-3"}, {"beta": "1e99"}, {"beta": "NaN"}, {"dataset": "../x"}, {"seed": "-1"}, {"hidden": "0"},
     {"hidden": "a, b"}, {"latent_dim": "9999"}, {"view": "<script>"}, {"pins": "x"}, {"run": "../../etc/passwd"}],
)  # fmt: skip
def test_a_wild_url_is_a_sensible_page(query: dict[str, str]) -> None:
    app = page(**query)
    assert not app.exception
    assert spaces(app)


@pytest.mark.parametrize("view", ["Rate–distortion", "β strip", "Compare", "Sweep"])
@pytest.mark.parametrize("dataset", ["MNIST", "Digits"])
def test_every_closer_look_works_on_every_data_set(view: str, dataset: str) -> None:
    app = page(view=view, dataset=dataset)
    assert not app.exception
    assert not app.error


def test_the_tradeoff_holds_every_run_of_the_data_set() -> None:
    table = next(chart["runs"] for chart in charts(page(beta="2")) if "runs" in chart)
    expected = {i.id: i.test for i in every_shipped_run() if i.train.dataset == "mnist" and i.train.beta is not None}
    assert set(table["run"]) == set(expected)
    for row in table.itertuples():
        assert (row.kld, row.recon) == pytest.approx(expected[row.run][1::-1])
    assert sorted(table.loc[table["current"], "beta"]) == [2.0, 2.0]


def test_a_link_opens_a_run_with_all_its_settings(fresh: Path, digits: tuple[ImageSet, ImageSet]) -> None:
    model = ModelConfig(
        "cvae", (8, 8), latent_dim=3, hidden=(48, 24), condition="embedding", condition_dim=5, condition_in="decoder",
        likelihood="gaussian", likelihood_std=0.2,
    )  # fmt: skip
    settings = TrainConfig(
        "digits", 0.37, 7, batch_size=128, learning_rate=1e-2, seed=5, binarize="dynamic", kld_warmup=2
    )
    (*_, last) = train(model, settings, *digits, "cpu")
    info = publish(from_trained(last.trained, *digits), fresh / "local")
    app = page(run=info.id)
    assert not app.exception
    values = {
        "dataset": "digits", "seed": 5, "latent_dim": 3, "condition": "embedding", "hidden": "48, 24", "effort": "7",
        "kld_warmup": 2, "beta": 0.37,
    }  # fmt: skip
    assert {name: app.session_state[name] for name in values} == values
    (kept,) = (line for line in words(app).splitlines() if "0.2" in line)
    assert all(value in kept for value in ("5", "decoder", "Gaussian", "128", "0.01"))
    assert info.id in words(app)  # which is found by all settings of a training, those without a widget among them
    app.button(key="reset_settings").click().run()
    assert info.id not in words(app)


def test_settings_that_make_no_sense_are_named_and_nothing_is_lost() -> None:
    app = page()
    app.text_input(key="hidden").set_value("512, lots").run()
    assert not app.exception
    assert "Hidden layers" in app.error[0].value
    assert spaces(app)


def test_a_damaged_run_is_named(fresh: Path) -> None:
    path = fresh / shipped("vae").path.name
    damage(path)
    app = page()
    assert not app.exception
    assert path.name in words(app)
    assert "damaged" in words(app)


def test_without_any_run_the_page_offers_all_three_models(fresh: Path) -> None:
    shutil.rmtree(fresh)
    app = page(dataset="Digits")
    assert not app.exception
    assert not spaces(app)
    assert not app.button(key="train").disabled


def test_a_full_queue_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = Queue(max_waiting=0)
    monkeypatch.setattr(client, "queue", lambda: refusing)
    monkeypatch.setattr(client.queue, "cache_clear", lambda: None, raising=False)
    app = page(beta="0.37")
    app.button(key="train").click().run()
    assert not app.exception
    assert "full" in app.error[0].value
    assert refusing.live() == []
    monkeypatch.undo()


def test_train_on_digits_from_click_to_run(fresh: Path, served: None) -> None:
    """The real engine: progress, live plots, the finished run; then a second request that is cancelled."""
    app = page(dataset="Digits", beta="0.37", hidden="64, 32")
    app.button(key="train").click().run()
    assert not app.exception
    sums, end = set(), time.monotonic() + 600
    while any(button.key == "cancel" for button in app.button):
        assert time.monotonic() < end
        time.sleep(0.2)
        app.run()
        assert not app.exception
        if "**Epoch" in words(app) and "VAE · KLD" in spaces(app):  # the cVAE's training may begin first
            sums.add(spaces(app)["VAE · KLD"]["points"]["x"].sum())
    assert len(sums) > 2  # the plot moved
    assert "β = 0.37, seed 0" in words(app)
    trained = [info for info in list_runs(fresh) if not info.shipped]
    assert sorted(info.model.kind for info in trained) == ["cvae", "vae"]
    assert {(info.train.beta, info.train.epochs, info.model.hidden) for info in trained} == {(0.37, 200, (64, 32))}

    app.number_input(key="beta_field").set_value(0.53).run()
    app.button(key="train").click().run()
    app.button(key="cancel").click().run()
    app.run()
    assert "Cancelled" in words(app)
    assert len([info for info in list_runs(fresh) if not info.shipped]) == 2
