"""What the settings on the page "KLD weight" mean: stops of the slider, runs, requests."""

import itertools
import math
from dataclasses import replace

import pytest

from tests.support.helpers import each_kind
from ui.jobs import client
from ui.kld_weight import form
from ui.kld_weight.choice import STOPS, TrainingChoice, stops_with
from ui.spaces.nearest import LOWEST, nearest
from vae_core.config import ModelConfig, TrainConfig
from vae_core.runs import Catalogue, list_runs

SHIPPED = list_runs()
DEFAULT = TrainingChoice(ModelConfig("cvae"), TrainConfig())
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


def test_the_nearest_beta_is_nearest_on_the_sliders_scale():
    assert nearest([0.1, 1.0, 8.0], 0.37) == 1.0
    assert nearest([0.1, 1.0, 8.0], 0.3) == 0.1
    assert nearest([0.0, 8.0], 0.01) == 0.0
    assert nearest([], 1.0) is None
    assert STOPS[1] == LOWEST


def test_along_beta_are_the_runs_that_differ_in_nothing_else():
    for kind in ("vae", "cvae"):
        along = DEFAULT.along_beta(kind, SHIPPED)
        assert list(along) == GRID
        assert {(info.train.seed, info.model.kind, info.train.dataset) for info in along.values()} == {
            (0, kind, "mnist")
        }
    embedding = TrainingChoice(ModelConfig("cvae", condition="embedding"), TrainConfig())
    assert list(embedding.along_beta("cvae", SHIPPED)) == [1.0]
    assert list(embedding.along_beta("vae", SHIPPED)) == GRID
    assert DEFAULT.at(beta=0.37).along_beta("vae", SHIPPED) == DEFAULT.along_beta("vae", SHIPPED)


def test_a_choice_finds_its_run_and_asks_only_for_what_is_missing():
    assert DEFAULT.at(beta=4.0).run("vae", SHIPPED).train.beta == 4.0
    assert DEFAULT.at(beta=0.37).run("vae", SHIPPED) is None
    assert [model.kind for model, _ in DEFAULT.at(beta=0.37).request(SHIPPED).models] == ["vae", "cvae"]
    assert [model.kind for model, _ in DEFAULT.at(beta=0.37).request(Catalogue()).models] == ["ae", "vae", "cvae"]
    other_dimension = TrainingChoice(ModelConfig("cvae", latent_dim=3), TrainConfig())
    assert other_dimension.autoencoder(SHIPPED) is None


def test_the_ae_to_compare_with_has_these_settings_or_the_default_ones():
    seeds = {seed: DEFAULT.at(seed=seed).autoencoder(SHIPPED).train.seed for seed in (0, 2, 7)}
    assert seeds == {0: 0, 2: 2, 7: 0}


@pytest.mark.parametrize("cookie", ["", "2|zz|00|1", "1", "2|00|11", "🍪"])
def test_a_strange_cookie_is_nobody(cookie):
    assert client.browser_of(cookie) is None


def test_a_browser_is_known_again_whatever_its_cookie_is_masked_with():
    def masked(token: bytes, mask: bytes) -> str:
        return f"2|{mask.hex()}|{bytes(byte ^ mask[i % 4] for i, byte in enumerate(token)).hex()}|1790000000"

    token, other = bytes(range(16)), bytes(range(1, 17))
    assert client.browser_of(masked(token, b"abcd")) == client.browser_of(masked(token, b"wxyz"))
    assert client.browser_of(masked(token, b"abcd")) != client.browser_of(masked(other, b"abcd"))


@each_kind
def test_settings_of_each_kind_share_what_they_have(kind):
    model, train = DEFAULT.at(beta=0.5).settings(kind)
    assert model.kind == kind
    assert train.beta == (None if kind == "ae" else 0.5)


def test_an_opened_run_keeps_the_settings_that_have_no_widget(monkeypatch):
    monkeypatch.setattr(form.st, "session_state", {})
    assert form.unusual_settings() == {}
    info = SHIPPED[0]
    form.open_run(replace(info, train=replace(info.train, learning_rate=0.01)))
    assert form.unusual_settings() == {"learning_rate": 0.01}
