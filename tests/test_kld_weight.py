"""The page "KLD weight" by Streamlit's own test harness: runs that are there, and trainings on demand."""

import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.support.helpers import ROOT, damage, every_shipped_run, shipped
from tests.support.published import CONTENT, shown, states
from tests.support.screens import charts, component, opened, words
from ui.jobs import client
from ui.kld_weight import form, plots
from ui.kld_weight.choice import STOPS, TrainingChoice
from ui.shell import params
from ui.spaces.frames import NOISE_SEED
from vae_core.config import DEFAULTS, SETTINGS, ModelConfig, TrainConfig, make_configs
from vae_core.data import ImageSet
from vae_core.jobs import Order, Queue
from vae_core.latents import Latents
from vae_core.runs import from_trained, list_runs, load_run, publish
from vae_core.training import train

pytestmark = pytest.mark.usefixtures("pages")


def page(**query: str) -> AppTest:
    return opened("pages/2_KLD_weight.py", **query)


def sliders(app: AppTest) -> dict[str, dict]:
    """The sliders by their names, as tracks.js takes them."""
    return {track["name"]: track for track in component(app)["tracks"]}


def lines(app: AppTest) -> str:
    """The lines under the plots, with the names of the runs."""
    spaces = [shown(app, space["kind"]) for space in component(app)["spaces"] if "message" not in space]
    return "\n".join(f"{space.line} {space.fields['note']}" for space in spaces)


def losses(app: AppTest) -> list[tuple[float, float]]:
    """recon and kld of every line on the page that tells both, in nats."""
    return [(float(recon), float(kld)) for recon, kld in re.findall(r"recon ([\d.]+), kld ([\d.]+) nats", lines(app))]


def test_a_trained_beta_shows_its_followed_images_at_once() -> None:
    app = page(beta="4")
    assert not app.exception
    for kind in ("vae", "cvae"):
        run = load_run(shipped(kind, 4.0).path)
        expected = run.snapshot_mu[-1]
        got = shown(app, kind)
        noise = np.exp(0.5 * run.snapshot_logvar[-1])
        # Turned and mirrored, but the same: distances from the prior's centre stay within the noise.
        assert np.median(np.abs(np.linalg.norm(got.points, axis=1) - np.linalg.norm(expected, axis=1))) < noise.max()
        assert got.y.tolist() == run.latents.y[run.snapshot_index].tolist()
        assert got.index.tolist() == run.snapshot_index.tolist()
        assert not got.fields["faded"]
        assert run.info.id in lines(app)
        assert (run.info.test.recon, run.info.test.kld) in [pytest.approx(pair, rel=5e-3) for pair in losses(app)]


def test_the_slider_has_the_state_of_every_trained_beta() -> None:
    app = page(beta="1")
    for beta in (0.0, 0.1, 32.0):
        run = load_run(shipped("cvae", beta).path)
        got = shown(app, "cvae", stop=f"{beta:g}")
        assert f"β = {beta:g}," in got.line
        norm = np.linalg.norm(run.snapshot_mu[-1], axis=1)
        assert np.corrcoef(np.linalg.norm(got.points, axis=1), norm)[0, 1] > (0.9 if beta < 1 else -1)
        assert got.fields["window"][2] >= np.quantile(np.abs(got.points), 0.998)
    marked = [sliders(app)["beta"]["stops"][number] for number in sliders(app)["beta"]["marked"]]
    assert [float(label) for label in marked] == [0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32]
    assert [float(label) for label in sliders(app)["beta"]["stops"]] == sorted({*STOPS})


def test_planes_are_turned_so_that_points_can_be_followed_along_beta() -> None:
    app = page(beta="1")
    before, after = (shown(app, "vae", stop=beta).points for beta in ("1", "2"))
    assert np.corrcoef(before[:, 0], after[:, 0])[0, 1] > 0.5
    assert np.corrcoef(before[:, 1], after[:, 1])[0, 1] > 0.5
    assert not np.allclose(before, after)


def test_windows_stand_still_from_beta_to_beta_and_from_epoch_to_epoch() -> None:
    app = page(beta="8")
    assert len({tuple(shown(app, "vae", stop=beta).fields["window"]) for beta in ("8", "16", "32")}) == 1
    assert len({tuple(shown(app, "vae", "epoch", str(epoch)).fields["window"]) for epoch in range(2, 11)}) <= 2


def test_mean_mu_is_the_stored_mean_but_for_the_turn() -> None:
    app = page(beta="4", latents="mean mu")
    mu = load_run(shipped("vae", 4.0).path).snapshot_mu[-1]
    got = shown(app, "vae").points
    np.testing.assert_allclose(got @ got.T, mu @ mu.T, atol=1e-3)


def test_a_point_of_the_plane_is_turned_back_into_the_latent_that_is_decoded() -> None:
    app, run = page(beta="4"), load_run(shipped("vae", 4.0).path)
    got = shown(app, "vae")
    latents = Latents(run.snapshot_mu[-1], run.snapshot_logvar[-1], got.y)
    rotation = np.reshape(got.fields["rotation"], (2, 2))
    assert not np.allclose(rotation, np.eye(2))
    np.testing.assert_allclose(got.points @ rotation.T, latents.sample(NOISE_SEED), atol=1e-4)
    assert shown(app, "vae", "epoch", "5").fields["rotation"] is None  # the file has no weights of the fifth epoch


def test_a_beta_that_is_not_trained_is_offered_and_the_nearest_shown_faded() -> None:
    app = page(beta="0.37")
    assert not app.exception
    assert not app.button(key="train").disabled
    assert re.search(r"β = 0\.37, 10 epochs", words(app))
    assert lines(app).count("Not trained at this β. Nearest trained run: β = 0.5.") == 2  # VAE and cVAE
    curves = next(spec for chart in app.get("vega_lite_chart") if "epochs" in (spec := chart.proto.spec))
    assert len(json.loads(curves)["layer"]) == 1  # the autoencoder has no KLD
    assert [bool(shown(app, kind).fields.get("faded")) for kind in ("ae", "vae", "cvae")] == [False, True, True]
    assert np.array_equal(shown(app, "vae").points, shown(app, "vae", stop="0.5").points)
    assert sliders(app)["epoch"]["stops"] == []


def test_a_collapsed_model_is_called_so() -> None:
    assert lines(page(beta="32")).count("ignores the image") == 2
    assert re.search(r"Active units: 1 of 2", lines(page(beta="16")))
    assert "ignores the image" not in lines(page(beta="8"))


def test_the_field_takes_any_number_and_the_slider_follows() -> None:
    app = page()
    app.number_input(key="beta_field").set_value(3.217).run()
    assert sliders(app)["beta"]["at"] == "3.217"
    assert "3.217" in sliders(app)["beta"]["stops"]
    assert app.query_params["beta"] == "3.217"
    assert "β = 3.217" in words(app)
    app.number_input(key="beta_field").set_value(1.0).run()
    assert "beta" not in app.query_params  # the default


def test_a_beta_beyond_the_slider_becomes_its_end() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/2_KLD_weight.py")
    app.session_state["beta"] = 500.0  # as of a run that was chosen on another page
    app.run()
    assert not app.exception
    assert sliders(app)["beta"]["at"] == "100"


def test_what_a_browser_tells_of_the_slider_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[float] = []
    monkeypatch.setattr(plots, "set_beta", followed.append)
    monkeypatch.setattr(plots.st, "session_state", state := {})
    choice = TrainingChoice(*make_configs("cvae", {"beta": 1.0}))
    labels = {"0.5": 0.5, "1": 1.0}
    for sent in (None, "0.5", [], {}, {"beta": 0.5}, {"beta": ["0.5"]}, {"beta": "7"}, {"beta": "1"}, {"epoch": "0.5"}):
        state[plots.SPACES] = {"tracks": sent}
        plots._moved(choice, list_runs(), labels)
        assert followed == [], sent
    state[plots.SPACES] = {"tracks": {"beta": "0.5", "epoch": 7}}
    plots._moved(choice, list_runs(), labels)
    assert followed == [0.5]


def test_the_slider_for_the_epoch_has_every_snapshot() -> None:
    app = page()
    run = load_run(shipped("vae").path)
    assert sliders(app)["epoch"]["stops"] == [str(epoch) for epoch in run.info.snapshot_epochs]
    early, third, last = (shown(app, "vae", "epoch", epoch) for epoch in ("0", "3", "10"))
    assert early.line == "Epoch 0 of 10 · before training"
    assert abs(np.median(np.linalg.norm(early.points, axis=1)) - 1.2) < 0.5  # before training z is noise
    assert f"Epoch 3 of 10 · recon {run.info.history[2][1].recon:.0f}" in third.line
    assert np.array_equal(last.points, shown(app, "vae").points)
    assert last.line == shown(app, "vae").line


def test_the_reconstructions_of_ten_images_go_along() -> None:
    app, run = page(), load_run(shipped("vae").path)
    for stop, number in (("0", 0), ("10", -1)):
        fields = shown(app, "vae", "epoch", stop).fields
        picture = fields["pictures"][-1]
        rows = np.asarray(Image.open(io.BytesIO(CONTENT[picture["url"]])))
        row = rows.reshape(picture["count"], 30, 10, 30)[fields["at"]]
        assert np.array_equal(row.swapaxes(0, 1)[:, 1:-1, 1:-1], run.snapshot_x_hat[number])


@pytest.mark.parametrize(
    "query",
    [{"beta": "-3"}, {"beta": "1e99"}, {"beta": "NaN"}, {"dataset": "../x"}, {"seed": "-1"}, {"hidden": "0"},
     {"hidden": "a, b"}, {"latent_dim": "9999"}, {"view": "<script>"}, {"pins": "x"}, {"run": "../../etc/passwd"}],
)  # fmt: skip
def test_a_wild_url_is_a_sensible_page(query: dict[str, str]) -> None:
    app = page(**query)
    assert not app.exception
    assert len(shown(app, "vae").points) > 100


@pytest.mark.parametrize("view", ["Rate–distortion", "β strip", "Compare", "Sweep"])
@pytest.mark.parametrize("dataset", ["MNIST", "Digits"])
def test_every_closer_look_works_on_every_data_set(view: str, dataset: str) -> None:
    app = page(view=view, dataset=dataset)
    assert not app.exception
    assert not app.error


def test_the_strip_has_a_small_picture_of_every_trained_beta() -> None:
    [group] = gallery(page(view="β strip", beta="4"))["groups"]
    assert [column["value"] for column in group["columns"]] == [0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32]
    assert [column["value"] for column in group["columns"] if column["off"]] == [4]
    for column in group["columns"]:
        for kind, tile in zip(("vae", "cvae"), column["tiles"], strict=True):
            run = load_run(shipped(kind, column["value"]).path)
            found = states(tile["points"])
            assert found.y.tolist() == run.latents.y[run.snapshot_index].tolist()
            assert tile["half"] >= np.quantile(np.abs(found.points[tile["at"]]), 0.998)


def test_a_sweep_has_a_picture_of_what_is_trained() -> None:
    app = page(view="Sweep", sweep_betas="0.1", sweep_seeds="0")
    [group] = gallery(app)["groups"]
    assert [(column["caption"], len(column["tiles"])) for column in group["columns"]] == [("β = 0.1", 2)]


def test_compared_betas_have_their_claims_reconstructions_and_draws() -> None:
    data = next(data for data in components(page(view="Compare")) if data.get("bare"))
    assert [space["title"] for space in data["spaces"]] == [f"VAE, β = {beta:g}" for beta in (0.1, 1, 8)]
    for space, beta in zip(data["spaces"], (0.1, 1.0, 8.0), strict=True):
        run = load_run(shipped("vae", beta).path)
        assert len(states(space["points"]).y) == len(run.snapshot_index)
        found, draws = (np.asarray(Image.open(io.BytesIO(CONTENT[one["url"]]))) for one in space["pictures"])
        row = found.reshape(30, 10, 30).swapaxes(0, 1)[:, 1:-1, 1:-1]
        assert np.array_equal(row, run.snapshot_x_hat[-1])
        assert draws.shape == found.shape
        assert "neighbours share the label" in space["claim"]["numbers"]


def components(app: AppTest) -> list[dict]:
    """What each component on the page is given."""
    return [json.loads(text) for element in app.get("bidi_component") if (text := element.proto.json)]


def gallery(app: AppTest) -> dict:
    """What the gallery is given."""
    [data] = (data for data in components(app) if "groups" in data)
    return data


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
    assert info.id in lines(app)  # which is found by all settings of a training, those without a widget among them
    app.button(key="reset_settings").click().run()
    assert info.id not in lines(app)


def test_settings_that_make_no_sense_are_named_and_nothing_is_lost() -> None:
    app = page()
    app.text_input(key="hidden").set_value("512, lots").run()
    assert not app.exception
    assert "Hidden layers" in app.error[0].value
    assert len(shown(app, "vae").points) > 100


def message(app: AppTest, kind: str, stop: str) -> str:
    """What stands in the place of a plot at a stop of the slider for β."""
    (space,) = (space for space in component(app)["spaces"] if space["kind"] == kind)
    if "message" in space:
        return space["message"]
    track = space["tracks"]["beta"]
    state = track["states"][track["stops"][sliders(app)["beta"]["stops"].index(stop)]]
    return state.get("message", "")


def test_a_damaged_run_is_named(fresh: Path) -> None:
    path = fresh / shipped("vae").path.name
    damage(path)
    app = page()
    assert not app.exception
    at_one = message(app, "vae", "1")
    assert path.name in at_one
    assert "damaged" in at_one
    assert message(app, "vae", "2") == ""  # the others are shown


def test_without_any_run_the_page_offers_all_three_models(fresh: Path) -> None:
    shutil.rmtree(fresh)
    app = page(dataset="Digits")
    assert not app.exception
    assert all("Not trained" in space["message"] for space in component(app)["spaces"])
    assert not app.button(key="train").disabled


def test_a_full_queue_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = Queue(order=Order(0))
    monkeypatch.setattr(client, "queue", lambda: refusing)
    monkeypatch.setattr(client.queue, "cache_clear", lambda: None, raising=False)
    app = page(beta="0.37")
    app.button(key="train").click().run()
    assert not app.exception
    assert "full" in app.error[0].value
    assert refusing.live() == []
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("settings", "beta", "kept"),
    [
        ({"activation": "tanh"}, "2", True),
        ({"samples": 5, "bound": "iwae"}, "1", True),
        ({"samples": 5, "bound": "iwae"}, "2", False),
    ],
)
def test_settings_of_an_opened_run_are_kept_where_they_fit(settings: dict, beta: str, kept: bool) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("pages/2_KLD_weight.py")
    app.session_state[form.OPENED] = {name: DEFAULTS.get(name) for name in form.WITHOUT_WIDGET} | settings
    app.query_params["beta"] = beta
    app.run()
    assert not app.exception
    assert [("left out" in error.value) for error in app.error] == ([] if kept else [True])
    assert "Kept from the opened run" in words(app)
    assert SETTINGS["activation"].label in words(app) or "activation" not in settings


def test_an_address_that_is_late_does_not_take_the_slider_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the browser sends by itself may still hold the address from before; a link, some time later, counts."""
    app = page(beta="4")
    app.number_input(key="beta_field").set_value(8.0).run()
    assert app.query_params["beta"] == "8"
    for follow_s, beta in ((params.FOLLOW_S, "8"), (0.0, "4")):
        monkeypatch.setattr(params, "FOLLOW_S", follow_s)
        app.query_params["beta"] = "4"
        app.run()
        assert app.query_params["beta"] == beta
        assert app.number_input(key="beta_field").value == float(beta)
