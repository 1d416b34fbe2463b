import dataclasses
import json
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.helpers import ROOT, one_sentence
from vae_core.config import (
    BINARIZATIONS,
    CONDITION_PLACES,
    CONDITIONS,
    DATASETS,
    KINDS,
    LIKELIHOODS,
    ModelConfig,
    TrainConfig,
    canonical_json,
    identity,
)

HUGE = 10**400  # a whole number that no float can hold

WRONG_MODEL = {
    "kind": ["gan", None, "AE", 1],
    "image_shape": [(28,), [28, 28], (0, 28), (28, 28.0), (28, True), 28, (513, 28)],
    "num_classes": [0, 1001, 10.0, True, "10"],
    "latent_dim": [0, 65, 2.0, True, None, "2", math.nan],
    "hidden": [(), (0,), (64, "32"), (64, 32.0), 64, (64,) * 9, (8193,), (8192,) * 8, (True,)],
    "activation": ["sigmoid", None],
    "condition": ["two_hot", None],
    "condition_dim": [0, 513, 8.0],
    "condition_in": ["nowhere", None],
    "prior": ["normal", None],
    "likelihood": ["poisson", None],
    "likelihood_std": [0, -0.1, 11.0, math.nan, math.inf, True, "0.1", None, HUGE],
}
WRONG_TRAINING = {
    "dataset": ["imagenet", None, "MNIST"],
    "beta": [-0.1, 1000.1, math.nan, math.inf, True, "1", HUGE],
    "epochs": [-1, 10_001, 1.5, True, None],
    "batch_size": [0, 65_537, 256.0, True],
    "learning_rate": [0, 1.1, -1e-3, math.nan, True, "fast", HUGE],
    "schedule": ["cosine", None],
    "adam_epsilon": [0, -1e-8, 1.0, math.nan, True, "1e-8", HUGE],
    "samples": [0, 1001, 257, 1.0, True],
    "bound": ["vlb", None],
    "validation": [-1, 60_000, 1.0, True, None],
    "patience": [-1, 3, 10_001, 1.0, True, None],
    "seed": [-1, 2**31, 0.0, True, None],
    "binarize": ["static", True],
    "kld_warmup": [-1, 11, 1.0, True, None],
    "classes": [(10,), (-1,), (0, 1.0), (True,), ("0",), 3, None, "0,1"],
    "images": [-1, 60_001, 1.0, True, None],
}


def wrong(settings: dict) -> list:
    return [
        pytest.param(name, value, id=f"{name}-{number}")
        for name, values in settings.items()
        for number, value in enumerate(values)
    ]


@pytest.mark.parametrize(("config", "settings"), [(ModelConfig, WRONG_MODEL), (TrainConfig, WRONG_TRAINING)])
def test_every_setting_has_wrong_values_here(config, settings):
    assert set(settings) == {field.name for field in dataclasses.fields(config)}


@pytest.mark.parametrize(("name", "value"), wrong(WRONG_MODEL))
def test_a_wrong_model_setting_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=rf"^{name} .*got") as caught:
        ModelConfig(**({"kind": "vae"} | {name: value}))
    assert one_sentence(caught.value)


@pytest.mark.parametrize(("name", "value"), wrong(WRONG_TRAINING))
def test_a_wrong_training_setting_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=rf"^{name} .*got") as caught:
        TrainConfig(**{name: value})
    assert one_sentence(caught.value)


@pytest.mark.parametrize("settings", [{"beta": 2.0}, {"kld_warmup": 1}, {"beta": None}])
def test_the_importance_weighted_bound_has_no_other_weight(settings):
    with pytest.raises(ValueError, match=r"^bound .*got"):
        TrainConfig(bound="iwae", **settings)
    assert TrainConfig(bound="iwae").for_kind("ae") == TrainConfig().for_kind("ae")


@pytest.mark.parametrize("config", [ModelConfig("vae"), TrainConfig()])
def test_settings_are_frozen(config):
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.seed = 1


models = st.builds(
    ModelConfig,
    kind=st.sampled_from(KINDS),
    image_shape=st.tuples(st.integers(1, 512), st.integers(1, 512)),
    num_classes=st.integers(1, 1000),
    latent_dim=st.integers(1, 64),
    hidden=st.lists(st.integers(1, 150), min_size=1, max_size=8).map(tuple),
    condition=st.sampled_from(CONDITIONS),
    condition_dim=st.integers(1, 512),
    condition_in=st.sampled_from(CONDITION_PLACES),
    likelihood=st.sampled_from(LIKELIHOODS),
    likelihood_std=st.floats(1e-3, 10),
)
trainings = st.builds(
    TrainConfig,
    dataset=st.sampled_from(list(DATASETS)),
    beta=st.none() | st.floats(0, 1000) | st.integers(0, 1000),
    epochs=st.integers(0, 10_000),
    batch_size=st.integers(1, 65_536),
    learning_rate=st.floats(1e-7, 1),
    seed=st.integers(0, 2**31 - 1),
    binarize=st.sampled_from(BINARIZATIONS),
    classes=st.lists(st.integers(0, 9)).map(tuple),
    images=st.integers(0, 1437),
)


@given(models | trainings)
def test_json_there_and_back(config):
    text = canonical_json(config.to_json())
    back = type(config).from_json(json.loads(text))
    assert back == config
    assert canonical_json(back.to_json()) == text


@pytest.mark.parametrize("config", [ModelConfig, TrainConfig])
@pytest.mark.parametrize("values", [None, [], "vae", 3])
def test_json_that_is_no_object_is_refused(config, values):
    with pytest.raises(ValueError, match="must be a JSON object"):
        config.from_json(values)


@pytest.mark.parametrize("config", [ModelConfig("vae"), TrainConfig()])
def test_an_unknown_setting_is_refused_by_name(config):
    with pytest.raises(ValueError, match="momentum"):
        type(config).from_json(config.to_json() | {"momentum": 0.9})


def test_a_missing_setting_is_refused_by_name():
    with pytest.raises(ValueError, match="kind"):
        ModelConfig.from_json({})


@pytest.mark.parametrize("name", DATASETS)
def test_epochs_left_out_are_the_data_sets_own(name):
    assert TrainConfig(name).epochs == TrainConfig(name, epochs=0).epochs == DATASETS[name].epochs > 0
    assert TrainConfig(name, epochs=7).epochs == 7


def test_a_whole_beta_is_the_same_setting_as_a_real_one():
    assert canonical_json(TrainConfig(beta=1).to_json()) == canonical_json(TrainConfig(beta=1.0).to_json())


def test_an_autoencoder_has_no_beta():
    config = TrainConfig(beta=4, seed=3)
    assert config.for_kind("ae") == dataclasses.replace(config, beta=None)


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_the_other_kinds_need_a_beta(kind):
    assert TrainConfig(beta=0).for_kind(kind).beta == 0.0
    with pytest.raises(ValueError, match="beta"):
        TrainConfig(beta=None).for_kind(kind)


def test_canonical_json_is_one_text_for_equal_values():
    assert canonical_json({"b": 1, "a": [1.5, None]}) == '{"a":[1.5,null],"b":1}'
    assert canonical_json({"a": 1, "b": 2}) == canonical_json({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_canonical_json_knows_no_nan(value):
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"beta": value})


def test_settings_and_run_files_need_no_torch():
    code = "import sys, vae_core.config, vae_core.runs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_a_later_setting_is_left_out_as_it_was_so_that_older_files_keep_their_hash_and_are_read_as_they_were():
    later = TrainConfig(kld_warmup=3, classes=(7, 1, 7), images=500, schedule="constant", samples=5)
    assert not {"kld_warmup", "classes", "images", "schedule", "samples"} & set(TrainConfig().to_json())
    older, now = ModelConfig("vae", activation="relu"), ModelConfig("vae")
    assert "activation" not in older.to_json()
    assert ModelConfig.from_json(older.to_json()) == older != now == ModelConfig.from_json(now.to_json())
    assert TrainConfig.from_json(later.to_json()) == later
    assert later.to_json()["classes"] == [1, 7]


@pytest.mark.parametrize(
    ("model", "training", "same"),
    [
        ({"kind": "vae", "condition": "embedding", "condition_in": "decoder"}, {}, True),
        ({"kind": "vae", "likelihood_std": 0.5}, {}, True),
        ({"kind": "cvae", "condition_dim": 3}, {}, True),
        ({"kind": "vae"}, {"epochs": 10}, True),
        ({"kind": "vae"}, {"epochs": 9}, False),
        ({"kind": "ae"}, {"beta": 4.0, "kld_warmup": 3}, True),
        ({"kind": "vae"}, {"kld_warmup": 3}, False),
        ({"kind": "vae"}, {"beta": 1.5}, False),
        ({"kind": "vae"}, {"classes": tuple(range(10)), "images": 60_000}, True),
        ({"kind": "vae"}, {"classes": (0, 1)}, False),
        ({"kind": "vae"}, {"images": 500}, False),
        ({"kind": "cvae", "condition": "embedding"}, {}, False),
        ({"kind": "vae", "hidden": (64,)}, {}, False),
        ({"kind": "vae"}, {"dataset": "digits", "epochs": 10}, False),
    ],
)
def test_trainings_are_the_same_if_the_settings_that_they_use_are(model, training, same):
    plain = identity(ModelConfig(model["kind"]), TrainConfig())
    assert (identity(ModelConfig(**model), TrainConfig(**training)) == plain) == same
