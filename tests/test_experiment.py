"""What the page "KLD weight" derives from a visitor's choice, as plain values."""

import itertools
import math

import numpy as np
import pytest

from tests.support.helpers import each_kind
from ui.charts import CLASS_COLORS, INK, Window
from ui.charts.tradeoff import TradeoffPoint, tradeoff_tables
from ui.jobs import client
from ui.kld_weight import experiment
from ui.kld_weight.experiment import STOPS, Experiment, beta_of, nearest, stops_with
from ui.spaces import thumbnails
from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs import list_runs

SHIPPED = list_runs()
USUAL = Experiment(ModelConfig("cvae"), TrainConfig())
GRID = [0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0]


def test_the_stops_are_zero_and_about_twenty_a_decade_up_to_a_hundred():
    assert STOPS[0] == 0
    assert STOPS[-1] == 100
    assert list(STOPS) == sorted(set(STOPS))
    for low in (0.01, 0.1, 1.0, 10.0):
        assert sum(low <= stop < 10 * low for stop in STOPS) == 20
    ratios = [b / a for a, b in itertools.pairwise(STOPS[1:])]
    assert 1.05 < min(ratios) <= max(ratios) < 1.2
    assert set(GRID) <= set(STOPS)


def test_a_beta_that_somebody_asks_for_becomes_a_stop():
    assert stops_with(0.37) == sorted([*STOPS, 0.37])
    assert stops_with(1.0, -1.0, 1000.0, math.nan) == list(STOPS)


@pytest.mark.parametrize(
    ("text", "beta"),
    [("0.37", 0.37), ("0", 0.0), ("100", 100.0), ("-1", None), ("1e9", None), ("nan", None), ("x", None), (None, None)],
)
def test_a_beta_in_a_url_is_a_number_on_the_slider_or_nothing(text, beta):
    assert beta_of(text) == beta


def test_the_nearest_beta_is_nearest_on_the_sliders_scale():
    assert nearest([0.1, 1.0, 8.0], 0.37) == 1.0
    assert nearest([0.1, 1.0, 8.0], 0.3) == 0.1
    assert nearest([0.0, 8.0], 0.01) == 0.0
    assert nearest([], 1.0) is None


def test_along_beta_are_the_runs_that_differ_in_nothing_else():
    for kind in ("vae", "cvae"):
        along = USUAL.along_beta(kind, SHIPPED)
        assert list(along) == GRID
        assert {(info.train.seed, info.model.kind, info.train.dataset) for info in along.values()} == {
            (0, kind, "mnist")
        }
    embedding = Experiment(ModelConfig("cvae", condition="embedding"), TrainConfig())
    assert list(embedding.along_beta("cvae", SHIPPED)) == [1.0]
    assert list(embedding.along_beta("vae", SHIPPED)) == GRID
    assert USUAL.at(0.37).along_beta("vae", SHIPPED) == USUAL.along_beta("vae", SHIPPED)


def test_a_choice_finds_its_run_and_asks_only_for_what_is_missing():
    assert USUAL.at(4.0).run("vae", SHIPPED).train.beta == 4.0
    assert USUAL.at(0.37).run("vae", SHIPPED) is None
    assert [model.kind for model, _ in USUAL.at(0.37).request(SHIPPED).models] == ["vae", "cvae"]
    assert [model.kind for model, _ in USUAL.at(0.37).request([]).models] == ["ae", "vae", "cvae"]
    other_dimension = Experiment(ModelConfig("cvae", latent_dim=3), TrainConfig())
    assert other_dimension.comparison(SHIPPED) is None


def test_the_comparison_is_the_ae_with_these_settings_or_the_usual_one():
    seeds = {seed: Experiment(ModelConfig("cvae"), TrainConfig(seed=seed)).comparison(SHIPPED) for seed in (0, 2, 7)}
    assert {seed: info.train.seed for seed, info in seeds.items()} == {0: 0, 2: 2, 7: 0}


@pytest.mark.parametrize("cookie", ["", "2|zz|00|1", "1", "2|00|11", "🍪"])
def test_a_strange_cookie_is_nobody(cookie):
    assert client.browser_of(cookie) is None


def test_a_browser_is_known_again_whatever_its_cookie_is_masked_with():
    def masked(token: bytes, mask: bytes) -> str:
        return f"2|{mask.hex()}|{bytes(byte ^ mask[i % 4] for i, byte in enumerate(token)).hex()}|1790000000"

    token, other = bytes(range(16)), bytes(range(1, 17))
    assert client.browser_of(masked(token, b"abcd")) == client.browser_of(masked(token, b"wxyz"))
    assert client.browser_of(masked(token, b"abcd")) != client.browser_of(masked(other, b"abcd"))


# ---- pictures and tables ----


def points() -> list[TradeoffPoint]:
    return [
        TradeoffPoint(info.id, info.model.kind, info.train.beta, info.test.kld, info.test.recon, "", False)
        for info in SHIPPED
        if info.train.dataset == "mnist" and info.train.beta is not None
    ]


def test_lines_of_equal_elbo_hold_their_sum_and_cross_the_plot():
    tables = tradeoff_tables(points())
    levels, runs = tables["levels"], tables["runs"]
    np.testing.assert_allclose(levels["kld"] + levels["recon"], levels["level"])
    assert 4 <= levels["level"].nunique() <= 12
    assert levels["level"].min() <= runs["cost"].min() + 20
    assert (levels.groupby("level")["named"].sum() == 1).all()
    np.testing.assert_allclose(runs["cost"], -np.array([-(p.kld + p.recon) for p in points()]))


def test_of_runs_that_differ_in_the_seed_alone_one_carries_the_number():
    runs = tradeoff_tables(points())["runs"]
    assert (runs["label"] == "1").sum() == 2  # one VAE, one cVAE
    assert tradeoff_tables([])["levels"].empty


def test_a_thumbnail_has_each_point_in_its_colour_and_nothing_outside():
    y = np.array([0, 7, 1])
    picture = thumbnails.thumbnail(np.array([[0.0, 0.0], [2, 2], [50, 0]], dtype=np.float32), y, 4.0, "light")
    middle = thumbnails.SIZE // 2
    assert tuple(picture[middle, middle]) == thumbnails.rgb(CLASS_COLORS[0])
    upper_right = round((1 - 2 / 4) / 2 * (thumbnails.SIZE - 1)), round((2 / 4 + 1) / 2 * (thumbnails.SIZE - 1))
    assert tuple(picture[upper_right]) == thumbnails.rgb(CLASS_COLORS[7])
    assert not (picture == thumbnails.rgb(CLASS_COLORS[1])).all(axis=-1).any()
    assert tuple(picture[2, 2]) == thumbnails.rgb(INK["light"][1])


def test_a_stepped_window_stands_still_while_points_move_a_little():
    cloud = np.random.default_rng(0).standard_normal((1000, 2)).astype(np.float32)
    assert Window.stepped(cloud) == Window.stepped(1.1 * cloud) == Window((0.0, 0.0), 4.0)
    assert Window.stepped(20 * cloud).half > 50
    assert Window.stepped(np.full((3, 2), np.nan, dtype=np.float32)).half == 4.0


@each_kind
def test_settings_of_each_kind_share_what_they_have(kind):
    model, train = USUAL.at(0.5).settings(kind)
    assert model.kind == kind
    assert train.beta == (None if kind == "ae" else 0.5)


def test_an_opened_run_without_widgets_for_its_settings_keeps_them(monkeypatch):
    monkeypatch.setattr(experiment.st, "session_state", {})
    assert experiment.unusual() == []
    info = SHIPPED[0]
    from dataclasses import replace

    experiment.open_run(replace(info, train=replace(info.train, learning_rate=0.01)))
    assert experiment.unusual() == ["learning_rate 0.01"]
