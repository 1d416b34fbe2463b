"""A recorded step against one that runs eagerly, with a recording that works on the CPU."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.support.helpers import small_model, small_training
from vae_core import steps
from vae_core.config import KINDS, ModelConfig, TrainConfig
from vae_core.data import ImageSet
from vae_core.devices import own_stream
from vae_core.training import Trained, train

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


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


def finished(model: ModelConfig, training: TrainConfig, splits: Iterable[ImageSet], device: str = "cpu") -> Trained:
    *_, last = train(model, training, *splits, device)
    return last.trained


def assert_close_in_float16(weight: Tensor, expected: Tensor) -> None:
    """Allow one step of float16 at a weight's size, and half of one at the layer's largest for those near zero."""
    torch.testing.assert_close(weight, expected, rtol=2**-10, atol=2**-11 * expected.abs().max().item())


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
    settings = small_model(kind, **model), small_training(**training), digits
    monkeypatch.setattr(steps, "autocast", lambda device: nullcontext())  # rounding to bf16 would make much of little
    eager = finished(*settings)
    monkeypatch.setattr(steps, "can_record", lambda device: True)
    monkeypatch.setattr(steps, "record", record)
    recorded = finished(*settings)
    monkeypatch.setattr(steps, "record", lambda function, generator: function)
    unrecorded = finished(*settings)  # with the learning rate in float32 as well
    for name, weight in recorded.model.state_dict().items():
        assert torch.equal(weight, unrecorded.model.state_dict()[name])
        assert_close_in_float16(weight, eager.model.state_dict()[name])
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


@needs_gpu
@pytest.mark.parametrize(("kind", "model", "training"), MODELS)
def test_a_cuda_graph_gives_the_weights_of_eager_steps(kind, model, training, digits, monkeypatch):
    graph = finished(small_model(kind, **model), small_training(**training), digits, "cuda")
    monkeypatch.setattr(steps, "can_record", lambda device: False)
    eager = finished(small_model(kind, **model), small_training(**training), digits, "cuda")
    for name, weight in graph.model.state_dict().items():
        assert_close_in_float16(weight, eager.model.state_dict()[name])


@needs_gpu
def test_models_that_train_side_by_side_end_as_they_do_alone(digits):
    """Recording in one thread does not disturb the others."""

    def trained(kind: str) -> Trained:
        with own_stream(torch.device("cuda")):
            return finished(small_model(kind), small_training(), digits, "cuda")

    with ThreadPoolExecutor(len(KINDS)) as pool:
        for _ in range(3):
            for kind, beside in zip(KINDS, pool.map(trained, KINDS), strict=True):
                alone = finished(small_model(kind), small_training(), digits, "cuda")
                for name, weight in beside.model.state_dict().items():
                    assert_close_in_float16(weight, alone.model.state_dict()[name])
