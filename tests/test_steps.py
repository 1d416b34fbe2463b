"""A recorded step against one that runs eagerly, with a recording that works on the CPU."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.support.helpers import small_model, small_training
from vae_core import steps
from vae_core.training import Trained, train


class Recorder(TorchDispatchMode):
    """Keeps every operation with its arguments and results, as a CUDA graph does."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[Callable, tuple, dict, object]] = []

    def __torch_dispatch__(self, operation, types, arguments=(), settings=None):
        result = operation(*arguments, **(settings or {}))
        kernel = operation.namespace == "aten" and operation is not torch.ops.aten._local_scalar_dense.default
        if kernel:  # no profiler's mark, and no number that one_hot reads on a CPU alone
            self.operations.append((operation, arguments, settings or {}, result))
        return result


def compute_again(operation: Callable, arguments: tuple, settings: dict, results: object) -> None:
    """Write an operation's new results where its first ones are; a view of older memory needs nothing."""
    aliases = [value.alias_info for value in operation._schema.returns]
    if any(alias is not None and not alias.is_write for alias in aliases):
        return
    again = operation(*arguments, **settings)
    if not operation._schema.is_mutable:
        for old, new in zip(tree_leaves(results), tree_leaves(again), strict=True):
            old.copy_(new)


def record(function: Callable[[], Tensor], generator: torch.Generator) -> Callable[[], Tensor]:
    """Record as `devices.record` does: a replay computes the same again into the same memory."""
    recorder, replays = Recorder(), 0
    with recorder:
        result = function()

    def replay() -> Tensor:
        nonlocal replays
        replays += 1
        if replays == 1:  # recording has computed already, which a CUDA graph does not
            return result
        with torch.no_grad():
            for operation in recorder.operations:
                compute_again(*operation)
        return result

    return replay


MODELS = [
    pytest.param("ae", {}, {}, id="AE"),
    pytest.param("vae", {}, {}, id="VAE"),
    pytest.param("vae", {}, {"beta": 2.0, "kld_warmup": 2}, id="VAE with a warm-up"),
    pytest.param("vae", {"likelihood": "gaussian"}, {"beta": 0.0, "binarize": "dynamic"}, id="Gaussian, binarized"),
    pytest.param("cvae", {}, {}, id="one-hot cVAE"),
    pytest.param("cvae", {"condition": "embedding"}, {"kld_warmup": 1}, id="learned condition"),
]


@pytest.mark.parametrize(("kind", "model", "training"), MODELS)
def test_a_recorded_step_gives_the_weights_of_an_eager_one(kind, model, training, digits, monkeypatch):
    def finished() -> Trained:
        *_, last = train(small_model(kind, **model), small_training(**training), *digits, "cpu")
        return last.trained

    monkeypatch.setattr(steps, "autocast", lambda device: nullcontext())  # rounding to bf16 would make much of little
    eager = finished()
    monkeypatch.setattr(steps, "can_record", lambda device: True)
    monkeypatch.setattr(steps, "record", record)
    recorded = finished()
    monkeypatch.setattr(steps, "record", lambda function, generator: function)
    unrecorded = finished()  # with the learning rate in float32 as well
    for name, weight in recorded.model.state_dict().items():
        assert torch.equal(weight, unrecorded.model.state_dict()[name])
        step = 2**-11 * eager.model.state_dict()[name].abs().max()  # half of float16's at the largest, on either side
        torch.testing.assert_close(weight, eager.model.state_dict()[name], rtol=2**-10, atol=step)
    assert recorded.history == unrecorded.history


def test_all_steps_but_the_first_and_an_epochs_last_are_replayed(digits, monkeypatch):
    replays = []

    def counted(function, generator):
        replay = record(function, generator)
        return lambda: (replays.append(1), replay())[1]

    monkeypatch.setattr(steps, "can_record", lambda device: True)
    monkeypatch.setattr(steps, "record", counted)
    list(train(small_model("vae"), small_training(), *digits, "cpu"))
    assert len(digits.train) % 64
    assert len(replays) == 3 * (len(digits.train) // 64) - steps.EAGER_STEPS


def test_a_number_that_is_not_in_a_tensor_stays_what_it_was_when_recorded():
    weight, weights = 1.0, torch.ones(1)
    replay = record(lambda: weights * weight, torch.Generator())
    assert replay() == 1
    weight = 2.0
    assert replay() == 1
    weights.fill_(3.0)
    assert replay() == 3
