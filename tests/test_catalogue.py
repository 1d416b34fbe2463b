"""Which run is meant: by id, by settings, along one setting, of each kind; and the one rule where several are."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.helpers import EPOCHS, each_kind, every_shipped_run, shipped, small_model, small_training
from vae_core.config import KINDS, ModelConfig, TrainConfig
from vae_core.runs import Catalogue, RunInfo, list_runs

TRAINING = small_training(epochs=EPOCHS)  # of the runs in conftest.py
SHIPPED = Catalogue(every_shipped_run())


def kept(info: RunInfo, path: str, day: int = 1) -> RunInfo:
    """The same run as a file that was made on some day."""
    return replace(info, path=Path(path), created=f"2026-01-{day:02d}T00:00:00+00:00")


@each_kind
def test_a_run_is_found_by_its_settings(kind, run_files):
    infos = list_runs(run_files[kind].parent)
    assert infos.find(small_model(kind), TRAINING.for_kind(kind)).path == run_files[kind]
    assert Catalogue().find(small_model(kind), TRAINING.for_kind(kind)) is None


OTHERS = {
    "hidden": (small_model("vae", hidden=(32, 64)), TRAINING),
    "latent_dim": (small_model("vae", latent_dim=3), TRAINING),
    "likelihood": (small_model("vae", likelihood="gaussian"), TRAINING),
    "kld_warmup": (small_model("vae"), replace(TRAINING, kld_warmup=1)),
    "beta": (small_model("vae"), replace(TRAINING, beta=1.5)),
    "epochs": (small_model("vae"), replace(TRAINING, epochs=EPOCHS + 1)),
    "seed": (small_model("vae"), replace(TRAINING, seed=1)),
    "binarize": (small_model("vae"), replace(TRAINING, binarize="dynamic")),
    "dataset": (small_model("vae"), replace(TRAINING, dataset="mnist")),
    "condition": (small_model("cvae", condition="embedding"), TRAINING),
}


@pytest.mark.parametrize(("model", "train"), OTHERS.values(), ids=OTHERS)
def test_a_run_with_one_other_setting_is_not_found(model, train, run_files):
    assert list_runs(run_files["vae"].parent).find(model, train) is None


def test_settings_that_a_model_does_not_use_do_not_matter(runs):
    infos = Catalogue(run.info for run in runs.values())
    assert infos.find(small_model("vae", condition="embedding", likelihood_std=0.5), TRAINING) == runs["vae"].info


def test_an_autoencoder_is_found_whatever_the_kld_weight(runs):
    """As `identity` and `train` have it: an AE ignores beta."""
    infos = Catalogue(run.info for run in runs.values())
    assert infos.find(small_model("ae"), replace(TRAINING, beta=4.0, kld_warmup=3)) == runs["ae"].info


def test_a_shipped_run_comes_first_and_then_the_newest(runs):
    info = runs["vae"].info
    shipped = [kept(info, "checkpoints/a", day=1), kept(info, "checkpoints/b", day=2)]
    local = [kept(info, "checkpoints/local/c", day=3), kept(info, "checkpoints/local/d", day=4)]
    for infos in ([*shipped, *local], [*local[::-1], *shipped[::-1]]):
        assert Catalogue(infos).find(info.model, info.train) == shipped[1]
    for infos in (local, local[::-1]):
        assert Catalogue(infos).find(info.model, info.train) == local[1]


def test_of_equally_old_runs_the_last_by_id_is_meant(runs):
    first, second = (replace(runs["vae"].info, path=Path("checkpoints/x"), sha256=letter * 64) for letter in "ab")
    for infos in itertools.permutations([first, second]):
        assert Catalogue(infos).best() == second


def test_the_one_that_is_asked_for_comes_before_all_others(runs):
    info = runs["vae"].info
    local = replace(kept(info, "checkpoints/local/c"), sha256="a" * 64)
    infos = Catalogue([kept(info, "checkpoints/a", day=9), local])
    assert infos.best(local.id) == local
    assert infos.best("nobody") == infos.best() == infos[0]
    assert infos.of_each_kind(local.id) == {"ae": None, "vae": local, "cvae": None}
    assert infos.along(local, "beta") == {1.0: local}


def test_a_run_has_one_id():
    for info in SHIPPED:
        assert SHIPPED.get(info.id) == info
    assert SHIPPED.get("nobody") is SHIPPED.get(None) is None


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_along_beta_lie_all_runs_that_differ_in_nothing_else(kind):
    along = SHIPPED.along((ModelConfig(kind), TrainConfig()), "beta")
    assert list(along) == [0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    assert all(info == shipped(kind, beta) for beta, info in along.items())


@each_kind
def test_along_the_seed_too(kind):
    along = SHIPPED.along(shipped(kind), "seed")
    assert along == {seed: shipped(kind, seed=seed) for seed in (0, 1, 2)}


def test_where_a_run_stands_along_a_setting_it_stands_for_itself(runs):
    """So that what is compared with a run is never another training of the same settings."""
    info = kept(runs["vae"].info, "checkpoints/a", day=9)
    local = replace(kept(info, "checkpoints/local/c"), sha256="a" * 64)
    infos = Catalogue([info, local])
    assert infos.along(local, "seed") == {0: local}
    assert infos.along((info.model, info.train), "seed") == {0: info}


def test_an_autoencoder_has_no_beta_to_go_along():
    assert SHIPPED.along(shipped("ae"), "beta") == {}


def test_a_setting_that_a_kind_does_not_have_contradicts_nothing():
    chosen = {"dataset": "mnist", "beta": 4.0, "condition": "one_hot", "condition_in": "both", "seed": 0}
    infos = SHIPPED.fitting(chosen)
    assert infos.of_each_kind() == {"ae": shipped("ae"), "vae": shipped("vae", 4.0), "cvae": shipped("cvae", 4.0)}
    assert len(infos) == 3
    assert Catalogue().of_each_kind() == dict.fromkeys(KINDS)


@each_kind
@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_the_usual_run_has_the_default_settings(kind, dataset):
    assert SHIPPED.usual(kind, dataset, 2) == shipped(kind, dataset=dataset)
    assert SHIPPED.usual(kind, dataset, 3) is None


def test_the_usual_run_has_the_fewest_other_settings(runs):
    info = runs["vae"].info
    wide, seeded = (
        replace(kept(info, f"checkpoints/local/{name}"), train=train, sha256=letter * 64)
        for name, letter, train in (
            ("x", "a", replace(TRAINING, beta=4.0, seed=3)),
            ("y", "b", replace(TRAINING, seed=3)),
        )
    )
    assert Catalogue([kept(wide, "checkpoints/x"), seeded]).usual("vae", "digits", 2) == seeded
