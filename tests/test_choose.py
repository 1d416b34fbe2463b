"""Which runs a visitor's choice means, and what there is to choose."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.helpers import ROOT
from ui.shell import choose, words
from vae_core.runs import LOCAL, Catalogue, RunInfo, list_runs

INFOS = list_runs(ROOT / "checkpoints")


@pytest.fixture(scope="module", autouse=True)
def shipped() -> None:
    assert INFOS, "the shipped runs are missing"


def test_the_shipped_grid_can_be_chosen() -> None:
    assert choose.options(INFOS, "dataset", {}) == ["mnist", "digits"]
    chosen = {"dataset": "mnist"}
    assert choose.options(INFOS, "seed", chosen) == [0, 1, 2]
    assert choose.options(INFOS, "beta", chosen | {"seed": 0}) == [0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32]
    assert choose.options(INFOS, "beta", chosen | {"seed": 2}) == [1]
    assert choose.options(INFOS, "condition", chosen | {"seed": 0, "beta": 1.0}) == ["one_hot", "embedding"]
    assert choose.options(INFOS, "condition", chosen | {"seed": 0, "beta": 4.0}) == ["one_hot"]


@pytest.mark.parametrize(
    "chosen",
    [
        {"dataset": "mnist", "seed": 0, "beta": 1.0, "latent_dim": 2, "condition": "one_hot"},
        {"dataset": "mnist", "seed": 0, "beta": 32.0, "latent_dim": 2, "condition": "one_hot"},
        {"dataset": "mnist", "seed": 0, "beta": 1.0, "latent_dim": 2, "condition": "embedding"},
        {"dataset": "digits", "seed": 0, "beta": 1.0, "latent_dim": 2, "condition": "one_hot"},
    ],
)
def test_a_choice_means_one_run_of_each_kind_with_those_settings(chosen: dict) -> None:
    shown = choose.choose(INFOS, chosen)
    assert list(shown) == ["ae", "vae", "cvae"]
    for kind, info in shown.items():
        assert info is not None
        assert (info.model.kind, info.train.dataset, info.train.seed) == (kind, chosen["dataset"], chosen["seed"])
    assert shown["ae"].train.beta is None
    assert shown["vae"].train.beta == shown["cvae"].train.beta == chosen["beta"]
    assert shown["cvae"].model.condition == chosen["condition"]


def test_where_a_kind_has_no_such_run_there_is_none() -> None:
    shown = choose.choose(INFOS, {"dataset": "digits", "seed": 0, "beta": 4.0})
    assert shown["vae"] is None
    assert shown["cvae"] is None
    assert shown["ae"] is not None


def test_of_several_the_shipped_run_is_shown_then_the_newest() -> None:
    vae = next(info for info in INFOS if info.model.kind == "vae")
    old, new = (replace(vae, created=f"20{year}-01-01T00:00:00+00:00", path=Path(LOCAL) / "x") for year in (20, 40))
    assert choose.choose(Catalogue([old, new]), {})["vae"] is new
    assert choose.choose(Catalogue([old, vae, new]), {})["vae"] is vae


def test_an_ablation_does_not_take_the_place_of_the_conditional_vae() -> None:
    def ablated(info: RunInfo) -> RunInfo:
        return replace(info, model=replace(info.model, condition_in="encoder"))

    assert choose.choose(Catalogue([ablated(info) for info in INFOS]), {})["cvae"] is None


def test_values_are_shown_in_words() -> None:
    assert [words.value_text(value) for value in ("mnist", 0.25, 1.0, 2, "one_hot")] == [
        "MNIST",
        "0.25",
        "1",
        "2",
        "one-hot",
    ]
