import json
import pickle
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from tests.support.calibration import calibration_error
from tests.support.helpers import ROOT, one_sentence, sealed
from vae_core.data import ImageSet
from vae_core.errors import ClassifierError
from vae_core.evidence.classifier import (
    RECOGNISED,
    Classifier,
    Predictions,
    classifier_path,
    load_classifier,
    save_classifier,
    train_classifier,
)
from vae_core.evidence.classifier.classifier import build_network
from vae_core.evidence.classifier.training import _batch
from vae_core.runs import list_runs, unreadable

STEPS = 300


def accuracy(classifier: Classifier, data: ImageSet) -> float:
    return float((classifier(data.images()).label == data.y.numpy()).mean())


def weights(classifier: Classifier) -> dict[str, torch.Tensor]:
    return classifier.network.state_dict()


@pytest.fixture(scope="module")
def classifier(digits) -> Classifier:
    return train_classifier(*digits, device="cpu", steps=STEPS)


@pytest.fixture
def file(classifier, tmp_path) -> Path:
    return save_classifier(classifier, tmp_path)


# ---- what it learns ----


def test_it_learns_to_read_digits(classifier, digits):
    assert classifier.info.accuracy == accuracy(classifier, digits.test) > 0.95
    assert classifier.info.fingerprint == digits.train.fingerprint
    assert classifier.info.class_names == digits.train.class_names
    assert (classifier.info.dataset, classifier.info.image_shape, classifier.info.seed) == ("digits", (8, 8), 0)


def test_from_labels_that_mean_nothing_it_learns_nothing(digits):
    order = torch.randperm(len(digits.train), generator=torch.Generator().manual_seed(0))
    shuffled = replace(digits.train, y=digits.train.y[order])
    guess = train_classifier(shuffled, digits.test, device="cpu", steps=100)
    assert guess.info.accuracy == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 360))
    assert guess(digits.test.images()).recognised.mean() < 0.05


def test_equal_seeds_give_equal_classifiers_and_the_global_stream_stays(digits):
    before = torch.get_rng_state()
    first, again, other = (train_classifier(*digits, seed, "cpu", steps=5) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(value, weights(again)[name]) for name, value in weights(first).items())
    assert not any(torch.equal(value, weights(other)[name]) for name, value in weights(first).items())


def test_it_is_taught_shifted_images_blends_and_nothing():
    x, y = torch.zeros(80, 28, 28), torch.arange(80) % 10
    x[:, 14, 10] = 1  # one bright pixel
    batch = _batch(x, y, 10, torch.Generator().manual_seed(0))
    assert batch.x.shape == (120, 28, 28)
    torch.testing.assert_close(batch.target.sum(dim=1), torch.ones(120))
    where = batch.x[:80].nonzero()[:, 1:] - torch.tensor([14, 10])
    assert len(where) == 80
    assert {tuple(shift) for shift in where.tolist()} <= {(i, j) for i in range(-2, 3) for j in range(-2, 3)}
    assert len({tuple(shift) for shift in where.tolist()}) > 15
    assert torch.equal(batch.target[:80].argmax(dim=1), y)
    torch.testing.assert_close(batch.x[80:100], x[:20])  # two that are equal blend into themselves
    assert torch.equal(batch.target[80], torch.eye(10)[0])  # images 0 and 20 are both of label 0
    torch.testing.assert_close(batch.target[100:], torch.full((20, 10), 0.1))


@pytest.mark.parametrize("shape", [(1, 1), (3, 9), (8, 8), (28, 28), (65, 40)])
def test_images_of_any_size_have_64_features(shape):
    network = build_network(shape, 7, torch.Generator().manual_seed(0))
    x = torch.rand(5, *shape, generator=torch.Generator().manual_seed(0))
    assert network.features(x).shape == (5, 64)
    assert network(x).shape == (5, 7)
    assert not torch.equal(network(x)[0], network(x)[1])


# ---- what it says ----


def test_its_confidence_is_the_largest_softmax_output(classifier, digits):
    predictions = classifier(digits.test.images())
    softmax = torch.softmax(classifier.network(digits.test.images()), dim=1)
    np.testing.assert_allclose(predictions.confidence, softmax.max(dim=1).values, rtol=1e-5)
    assert np.array_equal(predictions.label, softmax.argmax(dim=1))
    assert np.array_equal(predictions.recognised, predictions.confidence >= 0.9)
    assert RECOGNISED == 0.9


def test_features_are_what_grades_are_made_of(classifier, digits):
    features = classifier.features(digits.test.images())
    assert features.shape == (360, 64)
    assert features.dtype == np.float32
    for a, b in zip(classifier.predict(features), classifier(digits.test.images()), strict=True):
        assert np.array_equal(a, b)


def test_batches_do_not_matter(classifier, digits):
    one_by_one = np.concatenate([classifier.features(x[None]) for x in digits.test.images()[:10]])
    np.testing.assert_allclose(classifier.features(digits.test.images())[:10], one_by_one, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 28, 28), (8, 8), (3, 1, 8, 8)])
def test_images_of_another_size_are_refused(classifier, shape):
    with pytest.raises(ValueError, match=r"takes images of shape \(n, 8, 8\), got"):
        classifier(torch.zeros(shape))


def test_calibration_error_has_its_definition():
    confidence = np.array([0.95, 0.95, 0.55, 0.55], dtype=np.float32)
    predictions = Predictions(np.array([0, 0, 0, 0]), confidence)
    assert calibration_error(predictions, np.array([0, 0, 0, 1])) == pytest.approx(0.5 * 0.05 + 0.5 * 0.05, abs=1e-6)
    assert calibration_error(predictions, np.array([1, 1, 1, 1])) == pytest.approx(0.75, abs=1e-6)


# ---- the classifiers that ship ----


@pytest.fixture(params=["digits", "mnist"])
def shipped(request) -> tuple[Classifier, ImageSet, ImageSet]:
    """A shipped classifier and the splits of its data set; the digits twice where MNIST is missing."""
    data, test = request.getfixturevalue(request.param)
    classifier = load_classifier(data.name, ROOT / "checkpoints")
    assert classifier is not None
    return classifier, data, test


def test_a_shipped_classifier_is_as_good_as_it_says(shipped):
    classifier, data, test = shipped
    assert classifier.info.fingerprint == data.fingerprint
    assert accuracy(classifier, test) == pytest.approx(
        classifier.info.accuracy, abs=1.5 / len(test)
    )  # one image, by rounding
    assert classifier.info.accuracy >= {"mnist": 0.99, "digits": 0.97}[data.name]


def test_a_shipped_classifier_is_as_sure_as_it_should_be(shipped):
    classifier, _, test = shipped
    predictions = classifier(test.images())
    assert calibration_error(predictions, test.y.numpy()) < 0.03
    assert predictions.recognised.mean() > 0.9
    assert (predictions.label == test.y.numpy())[predictions.recognised].mean() > 0.99


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0, "noise", "shuffled"])
def test_a_shipped_classifier_does_not_recognise_what_shows_nothing(shipped, level):
    classifier, _, test = shipped
    generator = torch.Generator().manual_seed(0)
    x = test.images()[:300]
    if level == "noise":
        x = torch.rand(x.shape, generator=generator)
    elif level == "shuffled":
        x = x.flatten(1)[:, torch.randperm(x[0].numel(), generator=generator)].view_as(x)
    else:
        x = torch.full_like(x, level)
    assert classifier(x).recognised.mean() < 0.01


def test_a_shipped_classifier_is_small_and_no_run(shipped):
    classifier, *_ = shipped
    path = classifier_path(classifier.info.dataset, ROOT / "checkpoints")
    assert path.stat().st_size < 500_000
    assert not [info for info in list_runs(path.parent) if info.id.startswith("classifier")]


# ---- files ----


def opened(raw: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """Header and tensors of a classifier's file."""
    length = int.from_bytes(raw[:8], "little")
    metadata = json.loads(raw[8 : 8 + length])["__metadata__"]
    assert set(metadata) == {"classifier"}
    return json.loads(metadata["classifier"]), load(raw)


def written(path: Path, header: object, tensors: dict[str, np.ndarray]) -> None:
    text = json.dumps(header, sort_keys=True, separators=(",", ":"))
    path.write_bytes(save({k: np.ascontiguousarray(v) for k, v in tensors.items()}, metadata={"classifier": text}))


def refused(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(ClassifierError) as caught:
        load_classifier("digits", path.parent)
    assert one_sentence(caught.value)
    assert str(caught.value).startswith(path.name)
    return str(caught.value)


def test_a_classifier_comes_back_as_it_was_saved(classifier, file, digits):
    back = load_classifier("digits", file.parent)
    assert file == classifier_path("digits", file.parent)
    assert back.info == classifier.info
    assert np.array_equal(back.features(digits.test.images()), classifier.features(digits.test.images()))
    for a, b in zip(back(digits.test.images()), classifier(digits.test.images()), strict=True):
        assert np.array_equal(a, b)


def test_the_same_classifier_always_has_the_same_bytes(classifier, file, tmp_path):
    again = save_classifier(load_classifier("digits", file.parent), tmp_path / "again")
    assert again.read_bytes() == file.read_bytes()


def test_the_header_is_canonical_and_its_hash_covers_everything(file):
    raw = file.read_bytes()
    header, tensors = opened(raw)
    assert sealed(header, tensors) == header
    assert json.dumps(header, sort_keys=True, separators=(",", ":")).encode() in raw.replace(b'\\"', b'"')
    assert {value.dtype for value in tensors.values()} == {np.dtype(np.float16)}


def test_no_file_is_no_classifier(tmp_path):
    assert load_classifier("mnist", tmp_path) is None
    assert load_classifier("mnist", tmp_path / "nowhere") is None


@pytest.mark.parametrize("name", ["letters", "../digits", ""])
def test_a_data_set_that_does_not_exist_has_no_classifier(name, tmp_path):
    with pytest.raises(ClassifierError, match="there is no data set"):
        load_classifier(name, tmp_path)


def test_the_classifier_of_another_data_set_is_refused(file):
    file.rename(classifier_path("mnist", file.parent))
    with pytest.raises(ClassifierError, match=r"classifier-mnist.safetensors: it is the classifier of digits"):
        load_classifier("mnist", file.parent)


def test_a_folder_that_cannot_be_written_is_told(classifier, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ClassifierError, match="cannot write") as caught:
        save_classifier(classifier, tmp_path / "taken")
    assert one_sentence(caught.value)


def test_a_classifier_beside_runs_is_none_of_them(file):
    assert list_runs(file.parent) == ()
    assert unreadable(file.parent) == {}


@pytest.mark.parametrize("share", [0, 0.001, 0.01, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(share, file):
    raw = file.read_bytes()
    file.write_bytes(raw[: int(share * len(raw))])
    refused(file)


def test_every_flipped_bit_is_noticed(file):
    raw, rng = file.read_bytes(), random.Random(0)
    places = [*range(0, 16), *(rng.randrange(len(raw)) for _ in range(60))]
    for place in places:
        file.write_bytes(raw[:place] + bytes([raw[place] ^ 1 << rng.randrange(8)]) + raw[place + 1 :])
        refused(file)


def test_an_edited_figure_is_noticed(file):
    header, tensors = opened(file.read_bytes())
    written(file, header | {"accuracy": 1.0}, tensors)
    assert "does not match its hash" in refused(file)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"\xff" * 100,
        pickle.dumps({"classifier": 1}),
        b'{"classifier": 1}' * 20,
        save({"a": np.zeros(3)}),
    ],
    ids=["empty", "zeros", "ones", "pickle", "text", "safetensors"],
)
def test_a_foreign_file_is_refused(content, file):
    file.write_bytes(content)
    refused(file)


@pytest.mark.parametrize("header", [[], 3, None, "text", {}])
def test_a_header_that_is_no_object_of_ours_is_refused(header, file):
    written(file, header, opened(file.read_bytes())[1])
    refused(file)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 2}, "its format is 2, this version reads 1"),
        ({"image_shape": [28, 28]}, "weights do not fit"),
        ({"image_shape": [10**9, 10**9]}, "settings are wrong"),
        ({"image_shape": [8]}, "settings are wrong"),
        ({"image_shape": "large"}, "settings are wrong"),
        ({"class_names": ["0", "1"]}, "weights do not fit"),
        ({"class_names": []}, "settings are wrong"),
        ({"accuracy": 2}, "an accuracy of 2"),
        ({"accuracy": "high"}, "settings are wrong"),
        ({"seed": None}, "settings are wrong"),
        ({"class_names": ["0"] * 2000}, "2000 classes"),
    ],
)
def test_settings_that_do_not_fit_are_refused_whoever_sealed_them(change, reason, file):
    header, tensors = opened(file.read_bytes())
    written(file, sealed(header | change, tensors), tensors)
    assert reason in refused(file)


@pytest.mark.parametrize("key", ["format", "dataset", "image_shape", "class_names", "accuracy", "fingerprint", "seed"])
def test_every_setting_is_needed(key, file):
    header, tensors = opened(file.read_bytes())
    del header[key]
    written(file, sealed(header, tensors), tensors)
    assert f"'{key}' is missing" in refused(file)


def test_weights_that_are_no_classifiers_are_refused_whoever_sealed_them(file):
    header, tensors = opened(file.read_bytes())
    name = "head.bias"
    for value, reason in (
        (tensors[name].astype(np.float32), "not finite float16"),
        (np.full_like(tensors[name], np.nan), "not finite float16"),
        (tensors[name][:5], "do not fit"),
        (None, "do not fit"),
    ):
        changed = {key: kept for key, kept in (tensors | {name: value}).items() if kept is not None}
        written(file, sealed(header, changed), changed)
        assert reason in refused(file)
