import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from tests.support.helpers import EPOCHS, each_kind, each_model, small_model, small_training
from vae_core import training
from vae_core.data import ImageSet, part_of
from vae_core.errors import DeviceError, TrainingError
from vae_core.evaluation import evaluate
from vae_core.history import Losses
from vae_core.losses import recon, terms
from vae_core.models import build_model
from vae_core.runs import from_trained
from vae_core.steps import Descent
from vae_core.training import Trained, train

each_device = pytest.mark.parametrize(
    "device",
    ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"))],
)


def some(data: ImageSet, n: int) -> ImageSet:
    """The first n images."""
    return replace(data, x=data.x[:n], y=data.y[:n])


def finished(model, config, data, test, device="cpu") -> Trained:
    *_, last = train(model, config, data, test, device)
    return last.trained


def equal(a, b) -> bool:
    return (a is None and b is None) or torch.equal(a, b)


# ---- what training gives ----


@each_device
@each_model
def test_training_lowers_the_loss_of_every_model(config, device, digits):
    first, *_, last = train(config, small_training(epochs=4), *digits, device)
    assert last.test.recon + (last.test.kld or 0) < first.test.recon + (first.test.kld or 0) - 5
    assert last.train.recon < first.test.recon
    assert last.trained.model.config == config


@each_kind
def test_a_trained_model_is_better_than_the_mean_image(kind, trainings, digits):
    mean = digits.train.images().mean(dim=0).clamp(1e-6, 1 - 1e-6)
    baseline = recon(torch.logit(mean).expand(360, 8, 8), digits.test.images()).mean().item()
    assert trainings[kind][-1].test.recon < baseline - 1


def test_the_condition_spares_the_code_some_nats(trainings):
    vae, cvae = (trainings[kind][-1].test for kind in ("vae", "cvae"))
    assert cvae.elbo > vae.elbo + 1


def test_a_larger_beta_makes_a_smaller_kld(digits):
    rates = [
        finished(small_model("vae"), small_training(beta=beta, epochs=15), *digits).evaluation.loss().kld
        for beta in (0.0, 0.3, 4.0)
    ]
    assert rates[0] > rates[1] > rates[2]


def test_mnist_trains_too(mnist):
    data, test = some(mnist.train, 5000), some(mnist.test, 1000)
    config = small_model("vae", image_shape=tuple(data.x.shape[1:]))
    epochs = round(15_000 / len(data))  # as many steps where the digits stand in
    first, *_, last = train(config, small_training(dataset=data.name, epochs=epochs), data, test, "cpu")
    assert -last.test.elbo < -0.9 * first.test.elbo  # which is that of the mean image


@pytest.mark.parametrize(
    ("settings", "binarize"), [({"likelihood": "gaussian"}, "none"), ({}, "dynamic"), ({}, "fixed")]
)
@each_kind
def test_other_likelihoods_train_too(kind, settings, binarize, digits):
    config = small_training(epochs=4, binarize=binarize)
    first, *_, last = train(small_model(kind, **settings), config, *part_of(config, *digits), "cpu")
    assert last.test.recon < first.test.recon - 3


def test_dynamic_binarization_is_another_likelihood(digits):
    grey, dynamic = (small_training(binarize=binarize) for binarize in ("none", "dynamic"))
    model = build_model(small_model("ae"))
    losses = [evaluate(model, digits.test, torch.Generator().manual_seed(0), how).recon for how in ("none", "dynamic")]
    assert not torch.equal(*losses)
    a, b = (finished(small_model("ae"), config, *digits).model.state_dict() for config in (grey, dynamic))
    assert not torch.equal(a["encoder.net.0.weight"], b["encoder.net.0.weight"])


# ---- what is told on the way ----


@each_kind
def test_progress_is_told_before_the_first_step_and_after_every_epoch(kind, trainings):
    progress = trainings[kind]
    assert [p.epoch for p in progress] == list(range(EPOCHS + 1))
    assert all(p.epochs == EPOCHS for p in progress)
    assert progress[0].train is None
    assert progress[0].images_per_second == 0
    assert all(p.train is not None and p.images_per_second > 0 for p in progress[1:])
    assert all(p.trained is None for p in progress[:-1])
    assert progress[-1].trained is not None


@each_kind
def test_history_and_snapshots_have_every_epoch(kind, trainings):
    progress, trained = trainings[kind], trainings[kind][-1].trained
    assert trained.history == tuple((p.train, p.test) for p in progress[1:])
    assert [s.epoch for s in trained.snapshots] == list(range(EPOCHS + 1))
    assert trained.history[-1][1] == trained.evaluation.loss()


def test_snapshots_of_a_long_training_are_spread_over_it(digits):
    data, test = some(digits.train, 50), some(digits.test, 50)
    epochs = [s.epoch for s in finished(small_model("vae"), small_training(epochs=150), data, test).snapshots]
    assert epochs == list(range(0, 151, 2))


@each_kind
def test_a_snapshot_shows_the_same_test_images_all_along(kind, trainings, digits):
    trained = trainings[kind][-1].trained
    last = trained.snapshots[-1]
    index = torch.from_numpy(last.index).long()
    assert len(index.unique()) == len(index) == 360
    assert digits.test.y[index[:10]].tolist() == list(range(10))  # one of each class comes first
    assert np.array_equal(last.y, digits.test.y[index])
    assert np.array_equal(last.mu, trained.evaluation.mu[index])
    assert last.logvar is None or np.array_equal(last.logvar, trained.evaluation.logvar[index])
    first = index[:10]
    expected = trained.model.decode(trained.evaluation.mu[first], digits.test.y[first])
    assert np.abs(last.x_hat - 255 * expected.detach().numpy()).max() < 0.51
    assert not np.array_equal(trained.snapshots[0].x_hat, last.x_hat)


def test_an_autoencoder_has_no_kld_no_elbo_and_no_beta(trainings):
    for progress in trainings["ae"]:
        assert progress.test.kld is progress.test.elbo is progress.logvar is None
        assert progress.train is None or progress.train.kld is None
    trained = trainings["ae"][-1].trained
    assert trained.evaluation.logvar is trained.evaluation.kld is trained.train_config.beta is None


def test_the_elbo_is_at_beta_one():
    assert Losses(100.0, 5.0).elbo == -105
    assert Losses(100.0, None).elbo is None


# ---- evaluation ----


@each_kind
def test_evaluation_is_the_mean_over_all_images(kind, trainings):
    evaluation = trainings[kind][-1].trained.evaluation
    loss = evaluation.loss()
    assert loss.recon == pytest.approx(math.fsum(evaluation.recon.tolist()) / 360, rel=1e-12)
    assert kind == "ae" or loss.kld == pytest.approx(math.fsum(evaluation.kld.tolist()) / 360, rel=1e-12)


def test_evaluation_agrees_with_the_model_itself(digits):
    model, data = (
        build_model(small_model("ae")),
        replace(digits.train, x=digits.train.x.repeat(2, 1, 1), y=digits.train.y.repeat(2)),
    )
    evaluation = evaluate(model, data)  # more images than one batch of it
    output = model(data.images(), data.y)
    torch.testing.assert_close(evaluation.mu, output.mu)
    torch.testing.assert_close(evaluation.recon, recon(output.logits, data.images()))
    assert model.training


def test_the_loss_of_an_epoch_counts_every_image_once(digits):
    """A last batch that is smaller weighs less: three images in batches of two, at almost no learning rate."""
    data = some(digits.train, 3)
    data = replace(data, x=torch.stack((data.x[0], torch.zeros_like(data.x[0]), torch.full_like(data.x[0], 255))))
    config = small_training(epochs=1, batch_size=2, learning_rate=1e-7)
    first, last = train(small_model("ae"), config, data, data, "cpu")
    assert last.train.recon == pytest.approx(first.test.recon, rel=2e-3)


# ---- reproducible ----


@each_device
@each_kind
def test_equal_settings_give_bit_equal_weights_and_another_seed_does_not(kind, device, digits):
    model, config = small_model(kind, condition="embedding"), small_training(epochs=2, seed=5)
    torch.manual_seed(1)
    first = finished(model, config, *digits, device)
    torch.manual_seed(2)
    again = finished(model, config, *digits, device)
    other = finished(model, replace(config, seed=6), *digits, device)
    weights, same, different = (trained.model.state_dict() for trained in (first, again, other))
    assert all(torch.equal(weights[name], same[name]) for name in weights)
    assert not any(torch.equal(weights[name], different[name]) for name in weights)
    assert all(equal(a, b) for a, b in zip(first.evaluation, again.evaluation, strict=True))
    assert first.history == again.history


def test_training_begins_around_the_mean_training_image(digits):
    bias = Descent(small_model("vae"), small_training(), digits.train).model.decoder.net[-1].bias
    mean = digits.train.images().mean(dim=0).clamp(1e-3, 1 - 1e-3)
    torch.testing.assert_close(torch.sigmoid(bias), mean.flatten())


def test_the_seed_orders_the_images_and_draws_the_noise_too(digits, monkeypatch):
    """Two seeds from the same initial weights: an AE differs by the order of images, and so by a whole training."""
    monkeypatch.setattr("vae_core.steps.build_model", lambda config, seed: build_model(config, 0))
    config = small_training(epochs=1)
    first, other = (finished(small_model("ae"), replace(config, seed=seed), *digits, "cpu") for seed in (0, 1))
    weights, different = first.model.state_dict(), other.model.state_dict()
    assert not all(torch.equal(weights[name], different[name]) for name in weights)


def test_training_leaves_the_global_stream_alone(digits):
    before = torch.get_rng_state()
    finished(small_model("cvae"), small_training(epochs=1, binarize="dynamic"), *digits)
    assert torch.equal(torch.get_rng_state(), before)


@each_kind
def test_the_finished_weights_are_what_a_run_file_keeps(kind, trainings):
    model = trainings[kind][-1].trained.model
    assert all(torch.equal(weight, weight.half().float()) for weight in model.state_dict().values())
    assert not model.training


# ---- edges and ends ----


@pytest.mark.parametrize("steps", range(1, 8))
def test_a_training_may_be_as_short_as_one_likes(steps, digits):
    *_, last = train(small_model("vae"), small_training(epochs=steps, batch_size=2000), *digits, "cpu")
    assert last.trained is not None
    assert math.isfinite(last.test.recon)


def test_a_training_that_is_told_to_stop_ends_without_a_model(digits):
    asked = []

    def should_stop() -> bool:
        asked.append(True)
        return len(asked) > 50  # in the third epoch of 23 steps

    progress = list(train(small_model("vae"), small_training(), *digits, "cpu", should_stop))
    assert [p.epoch for p in progress] == [0, 1, 2]
    assert all(p.trained is None for p in progress)
    assert len(asked) == 51


def test_after_an_evaluation_the_first_step_is_shown(digits, monkeypatch):
    """An evaluation that takes longer than the time between two looks leaves the weights as they were seen."""

    def slowly(*arguments, **settings):
        time.sleep(0.2)
        return evaluate(*arguments, **settings)

    monkeypatch.setattr("vae_core.training.evaluate", slowly)
    seen = [progress.done * 3 for progress in train(small_model("vae"), small_training(), *digits, "cpu", every_s=0.15)]
    step = 64 / len(digits.train)
    for epoch in (0, 1, 2):
        after = min(done for done in seen if done > epoch + 1e-9)
        assert after - epoch == pytest.approx(step)


def test_watching_within_the_epochs_changes_nothing(digits):
    plain = list(train(small_model("cvae"), small_training(), *digits, "cpu"))
    watched = list(train(small_model("cvae"), small_training(), *digits, "cpu", every_s=0.0))
    assert len(watched) > len(plain) + 60  # 23 steps an epoch, and nothing before the first
    assert [p.done for p in watched] == sorted(p.done for p in watched)
    assert watched[-1].done == 1
    within = [p for p in watched if p.epoch == 1 and 1 / 3 < p.done < 2 / 3]
    assert not np.array_equal(within[0].mu, within[-1].mu)
    assert {p.test for p in within} == {plain[1].test}
    assert all(p.train.recon > 0 and p.images_per_second > 0 for p in within)
    for a, b in zip(plain[-1].trained.model.parameters(), watched[-1].trained.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert plain[-1].trained.history == watched[-1].trained.history


def test_the_speed_counts_what_the_device_is_still_computing(digits, monkeypatch):
    """On a GPU a step is only launched: whoever reads its loss waits for it."""
    cpu, steps = torch.Tensor.cpu, -(-len(digits.train) // 64)

    def wait(tensor: torch.Tensor) -> torch.Tensor:
        time.sleep(0.1 * (tensor.shape == (steps, 2)))
        return cpu(tensor)

    monkeypatch.setattr(torch.Tensor, "cpu", wait)
    _, first_look, *_, last = train(small_model("vae"), small_training(epochs=1), *digits, "cpu", every_s=0.0)
    assert 0 < first_look.images_per_second < 64 / 0.1
    assert 0 < last.images_per_second < len(digits.train) / (0.1 * steps)


def test_the_kld_weight_warms_up_linearly(digits):
    config = small_training(beta=2.0, kld_warmup=2)
    descent = Descent(small_model("vae"), config, digits.train)
    weights = []
    for descent.count in range(4 * 23):
        weights.append(descent.beta())
    assert weights[0] == 0
    assert weights[23] == pytest.approx(1.0)
    assert weights[46:] == [2.0] * 46
    warmed = finished(small_model("vae"), config, *digits).history
    plain = finished(small_model("vae"), small_training(beta=2.0), *digits).history
    assert warmed[0][0].kld > plain[0][0].kld


def rates(digits, schedule: str, epochs: int) -> list[float]:
    """The learning rate of the first step of each epoch."""
    descent = Descent(small_model("vae"), small_training(epochs=epochs, schedule=schedule), digits.train)
    found = []
    for _ in range(epochs):
        found.append(descent.optimizer.param_groups[0]["lr"] / descent.config.learning_rate)
        for _ in range(descent.batches):
            descent.optimizer.step()
            descent.schedule.step()
    return found


def test_the_learning_rate_follows_its_schedule(digits):
    assert rates(digits, "constant", 3) == [1.0] * 3
    assert rates(digits, "stages", 14) == pytest.approx([1.0] + [0.72] * 3 + [0.52] * 9 + [0.37])
    one_cycle = rates(digits, "one_cycle", 5)
    assert one_cycle[0] == pytest.approx(0.1)
    assert max(one_cycle) == one_cycle[1] == pytest.approx(1.0, rel=0.01)


def test_adam_s_epsilon_is_the_asked_one(digits):
    descent = Descent(small_model("vae"), small_training(adam_epsilon=1e-4), digits.train)
    assert descent.optimizer.param_groups[0]["eps"] == 1e-4


@pytest.mark.parametrize("settings", [{}, {"samples": 5}, {"samples": 5, "bound": "iwae"}])
def test_samples_and_their_bound_are_descended(settings, digits):
    """The gradient of a step is that of the mean of the bound over the images, for the same noise."""
    config = small_training(**settings)
    descent, other = (Descent(small_model("cvae"), config, digits.train) for _ in range(2))
    index, descent.weight = torch.arange(40), descent.beta()
    sums = descent.descend(index)
    x, y = digits.train.images(index), digits.train.y[index]
    output = other.model(x, y, other.generator, config.samples)
    rows = x.repeat_interleave(config.samples, dim=0)
    costs = terms(output, rows)
    torch.testing.assert_close(sums, torch.stack((costs.recon.sum(), costs.kld.sum())).detach() / config.samples)
    if config.bound == "elbo":
        bound = (costs.recon + costs.kld).mean()
    else:
        q, prior = Normal(output.mu, (0.5 * output.logvar).exp()), Normal(0.0, 1.0)
        weights = (prior.log_prob(output.z) - q.log_prob(output.z)).sum(dim=1) - costs.recon
        bound = math.log(5) - weights.view(40, 5).logsumexp(dim=1).mean()
    bound.backward()
    for found, expected in zip(descent.model.parameters(), other.model.parameters(), strict=True):
        torch.testing.assert_close(found.grad, expected.grad, rtol=1e-3, atol=1e-4)


# ---- validation images, and going on after an interruption ----


def test_training_stops_when_the_validation_images_get_no_better_and_keeps_the_best_weights(digits):
    config = small_training(
        epochs=200, images=300, validation=100, patience=3, schedule="constant", learning_rate=0.03, kld_warmup=2
    )
    parts = part_of(config, *digits)
    *frames, last = train(small_model("vae"), config, *parts, "cpu")
    epochs = len(last.trained.history)
    assert 5 < epochs == len(frames) < 200
    assert last.done == 1
    best = replace(config, patience=0, epochs=epochs - 3)  # its last epoch is the best one
    *_, expected = train(small_model("vae"), best, *parts, "cpu")
    for name, weight in expected.trained.model.state_dict().items():
        assert equal(weight, last.trained.model.state_dict()[name])
    info = from_trained(last.trained, *parts).info
    assert len(info.history) == epochs
    assert info.train == config


def test_validation_images_are_not_trained_on(digits, monkeypatch):
    seen = []
    monkeypatch.setattr(Descent, "step", lambda self, index: seen.append(self.data.x[index]) or torch.zeros(2))
    list(train(small_model("vae"), small_training(epochs=1, validation=1000), *digits, "cpu"))
    found = {bytes(image.numpy()) for batch in seen for image in batch}
    assert found == {bytes(image.numpy()) for image in digits.train.x[:437]}


@pytest.mark.parametrize("settings", [{}, {"validation": 200, "patience": 3, "schedule": "stages"}])
def test_an_interrupted_training_goes_on_as_if_nothing_had_been(settings, digits, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "SAVE_EVERY_S", 0.0)
    path, config, model = tmp_path / "state", small_training(epochs=4, **settings), small_model("cvae")
    whole = finished(model, config, *digits)
    steps = iter(range(10_000))
    cut = list(train(model, config, *digits, "cpu", should_stop=lambda: next(steps) > 60, resume=path))
    assert cut[-1].trained is None
    with pytest.raises(TrainingError, match="other settings"):
        list(train(model, replace(config, seed=9), *digits, "cpu", resume=path))
    first, *_, last = train(model, config, *digits, "cpu", resume=path)
    assert first.epoch == cut[-1].epoch > 0
    for name, weight in whole.model.state_dict().items():
        assert equal(weight, last.trained.model.state_dict()[name])
    assert last.trained.history == whole.history
    assert [frame.epoch for frame in last.trained.snapshots] == [frame.epoch for frame in whole.snapshots]
    assert (last.trained.snapshots[1].mu == whole.snapshots[1].mu).all()


def test_settings_that_do_not_fit_the_images_are_refused(digits):
    zeros = digits.train.part((0,))
    with pytest.raises(TrainingError, match="too few to leave 1,000 out"):
        list(train(small_model("vae"), small_training(validation=1000), zeros, digits.test, "cpu"))
    with pytest.raises(TrainingError, match="grey values"):
        list(train(small_model("vae"), small_training(binarize="fixed"), *digits, "cpu"))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04"])
def test_a_damaged_state_is_one_sentence(content, digits, tmp_path):
    path = tmp_path / "state"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match="damaged"):
        list(train(small_model("vae"), small_training(), *digits, "cpu", resume=path))
    assert path.read_bytes() == content


def test_a_loss_that_is_no_longer_finite_is_an_error(digits):
    model = small_model("vae", hidden=(512,) * 8, likelihood="gaussian", likelihood_std=1e-3)
    config = small_training(beta=0.0, epochs=60, learning_rate=1.0)
    data = some(digits.test, 64)
    with pytest.raises(TrainingError, match="no longer finite in epoch"):
        list(train(model, config, data, data, "cpu"))


def test_a_model_for_other_images_is_refused(digits):
    with pytest.raises(TrainingError, match=r"\(28, 28\)"):
        next(train(small_model("vae", image_shape=(28, 28)), small_training(), *digits, "cpu"))


def test_a_condition_with_too_few_classes_is_refused(digits):
    with pytest.raises(TrainingError, match="label 9"):
        next(train(small_model("cvae", num_classes=9), small_training(), *digits, "cpu"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_does_not_exist_is_refused(digits):
    with pytest.raises(DeviceError, match="cuda"):
        next(train(small_model("vae"), small_training(), *digits, "cuda"))
