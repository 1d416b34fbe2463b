"""How long a request is expected to take, by what similar trainings took."""

import pytest

from tests.support.helpers import ROOT, each_model, small_model, small_training
from tests.support.queues import request
from vae_core.config import ModelConfig
from vae_core.jobs import Request
from vae_core.jobs.pace import EVIDENCE_IMAGES, EVIDENCE_S, Pace, expected_s
from vae_core.models import build_model
from vae_core.runs import list_runs

SMALL = Pace(small_model("vae"), small_training(), 1000.0)


def seconds(asked: Request, *paces: Pace, workers: int = 2) -> float | None:
    return expected_s(asked, paces or (SMALL,), workers)


@each_model
def test_the_multiplications_are_the_weights_of_the_model_itself(config):
    model = build_model(config)
    layers = (layer for network in (model.encoder, model.decoder) for layer in network.parameters())
    assert config.multiplications == sum(weight.numel() for weight in layers if weight.ndim == 2)


def test_nothing_is_expected_before_anything_was_measured():
    assert expected_s(request(), (), 2) is None


def test_an_equal_training_takes_its_images_at_that_pace():
    """By hand: 7 epochs of 1,437 images, and 360 test images after each at a third of the cost."""
    assert seconds(request(epochs=7)) == pytest.approx(7 * (1437 + 360 / 3) / 1000)


def test_a_longer_or_larger_training_takes_longer():
    times = [seconds(request(epochs=epochs)) for epochs in (1, 2, 20, 200)]
    assert times == sorted(set(times))
    assert times[3] == pytest.approx(10 * times[2])
    larger = Request(((small_model("vae", hidden=(512, 256)), small_training()),))
    assert seconds(larger) > seconds(request(epochs=small_training().epochs))


def test_models_side_by_side_share_the_workers():
    three, single = request("vae", "vae", "vae", seed=0), seconds(request())
    assert [seconds(three, workers=n) / single for n in (1, 2, 3, 4)] == pytest.approx([3, 1.5, 1, 1])
    unequal = Request(request(epochs=50).models + request(epochs=1).models)
    assert seconds(unequal) == pytest.approx(seconds(Request(unequal.models[:1])))  # the longer one decides


def test_the_most_similar_training_decides_and_of_equal_ones_the_latest():
    large = Pace(ModelConfig("vae", (8, 8), hidden=(2048,)), small_training(), 10.0)
    assert seconds(request(), SMALL, large) == seconds(request(), large, SMALL) == seconds(request())
    assert seconds(request(), SMALL, SMALL._replace(images_per_second=2000.0)) == pytest.approx(seconds(request()) / 2)


def test_evidence_takes_a_while_and_the_more_the_slower_the_model():
    (run, *_) = [info for info in list_runs(ROOT / "checkpoints") if info.train.dataset == "digits"]
    asked = Request.evidence(run)
    fast, slow = (seconds(asked, Pace(run.model, run.train, speed)) for speed in (1e4, 1e3))
    assert fast == pytest.approx(EVIDENCE_S + EVIDENCE_IMAGES / 6 / 1e4)
    assert slow > fast


def test_the_pace_of_one_data_set_tells_that_of_another():
    """All shipped runs were trained on one machine: of MNIST's, those on digits have a sixth of the pixels."""
    infos = list_runs(ROOT / "checkpoints")
    mnist = [Pace(info.model, info.train, info.images_per_second) for info in infos if info.train.dataset == "mnist"]
    for info in infos:
        if info.train.dataset == "digits":
            expected = expected_s(Request(((info.model, info.train),)), mnist, 1)
            images = info.train.epochs * (1437 + 360 / 3)
            assert 1 / 3 < expected / (images / info.images_per_second) < 3
