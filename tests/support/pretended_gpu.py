"""Run the project's GPU code where there is no GPU, and print what happened as JSON: shapes and devices, no numbers.

PyTorch's PrivateUse1 slot becomes a device called "gpu", so that autograd has one to run on; fake tensors supply every
operator. Fake CUDA tensors would not do: their `backward()` asks for a CUDA context. The registration cannot be undone,
so this runs in a process of its own. Counted are kernels (operators with a result on the gpu, views left out), numbers
that Python reads, copies from device to device and float64 on the gpu, which Apple's GPUs refuse. What CUDA refuses and
fake tensors let pass is refused: a generator of the CPU for a tensor of the gpu, and NumPy of one.
"""

import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

from vae_core import devices, latents, steps, training
from vae_core.config import ModelConfig, TrainConfig
from vae_core.data import ImageSet
from vae_core.evaluation import evaluate
from vae_core.evidence.classifier import train_classifier
from vae_core.evidence.likelihood import nll
from vae_core.models import build_model
from vae_core.steps import Descent

VIEWS = {
    *("view", "_unsafe_view", "t", "transpose", "expand", "slice", "select", "split", "detach", "alias", "unsqueeze"),
    *("squeeze", "permute", "as_strided", "unbind", "_reshape_alias", "lift_fresh", "empty", "empty_like", "unflatten"),
    *("empty_strided", "new_empty", "new_empty_strided", "split_with_sizes"),
}


class _Backend(_DummyBackendModule):
    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16, torch.float16]


GPU = torch.device("privateuseone:0")  # called "gpu" once it is registered
AUTOCAST = torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastPrivateUse1)


def register() -> list[torch.library.Library]:
    """Register the device, and its autocast to bf16 as CUDA's; it lasts as long as what is returned."""
    _setup_privateuseone_for_python_backend("gpu", _Backend())
    fallback, operators = torch.library.Library("_", "IMPL"), torch.library.Library("aten", "IMPL")
    fallback.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")
    for name in ("linear", "addmm", "mm", "matmul", "conv2d", "bmm"):
        operators.impl(name, _autocasting(name), "AutocastPrivateUse1")
    return [fallback, operators]


def _autocasting(name: str) -> Callable[..., Tensor]:
    operator = getattr(torch.ops.aten, name).default

    def kernel(*arguments, **options):
        with torch._C._ExcludeDispatchKeyGuard(AUTOCAST):
            floats = [isinstance(x, Tensor) and x.is_floating_point() and x.device == GPU for x in arguments]
            cast = [x.to(torch.bfloat16) if f else x for x, f in zip(arguments, floats, strict=True)]
            return operator(*cast, **options)

    return kernel


def _on_gpu(values: object) -> bool:
    return any(isinstance(x, Tensor) and x.device == GPU for x in tree_leaves(values))


class Watch(TorchDispatchMode):
    """Counts what happens on the gpu; a number that Python reads is 1."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = Counter()

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        if operator.namespace != "aten":  # such as a question for the device
            return operator(*args, **(kwargs or {}))
        name = operator.overloadpacket.__name__
        tensors = [x for x in tree_leaves(args) if isinstance(x, Tensor)]
        on_gpu = _on_gpu(tensors)
        if name == "_local_scalar_dense":
            self.counts["syncs"] += on_gpu
            return (int if args[0].dtype in (torch.int64, torch.uint8, torch.bool) else float)(1)
        if operator is torch.ops.aten._fused_adam_.tensor_lr:  # which fake tensors do not have
            if {x.device for x in tensors} | {kwargs["lr"].device} != {GPU}:
                raise RuntimeError("fused Adam with tensors on two devices")
            self.counts["kernels"] += 1
            return None
        result = operator(*args, **(kwargs or {}))
        results = [x for x in tree_leaves(result) if isinstance(x, Tensor)]
        if name in ("_to_copy", "copy_") and tensors[-1].device != results[0].device:
            self.counts["copies"] += 1
        elif name not in VIEWS and _on_gpu((tensors, results)):
            self.counts["kernels"] += 1
        self.counts["syncs"] += on_gpu and name in ("nonzero", "_unique2", "unique_dim", "masked_select")
        self.counts["doubles"] += any(x.device == GPU and x.dtype == torch.float64 for x in results)
        return result


class Generator(torch.Generator):
    """A generator that remembers the device it was made for; its numbers come from the CPU."""

    def __new__(cls, device="cpu"):
        self = super().__new__(cls, "cpu")
        self.target = torch.device(device).type
        return self


class Rules(TorchFunctionMode):
    """Refuses what fake tensors let pass and CUDA does not."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if isinstance(generator := kwargs.get("generator"), Generator):
            tensors = [x for x in args if isinstance(x, Tensor)]
            device = torch.device(kwargs.get("device") or (tensors[0].device if tensors else "cpu")).type
            if generator.target != device:
                raise RuntimeError(f"Expected a {device!r} device type for generator but found {generator.target!r}")
            kwargs["generator"] = None
        if function is torch.Tensor.__getitem__ and args[0].device.type == "cpu" and _on_gpu(args[1]):
            raise RuntimeError("indices should be on the same device as the indexed tensor (cpu)")
        if function is torch.Tensor.numpy and isinstance(args[0], FakeTensor):
            if args[0].device == GPU:
                raise TypeError("can't convert gpu device type tensor to numpy")
            return np.ones(tuple(args[0].shape), str(args[0].dtype).removeprefix("torch."))
        return function(*args, **kwargs)


def _apply(module: torch.nn.Module, function: Callable[[Tensor], Tensor], recurse: bool = True) -> torch.nn.Module:
    """Move a model by new parameters: fake ones cannot be swapped in place."""
    with torch.no_grad():
        for layer in module.modules():
            for name, parameter in layer._parameters.items():
                if parameter is not None:
                    layer._parameters[name] = torch.nn.Parameter(function(parameter), parameter.requires_grad)
    return module


@contextmanager
def pretended(bf16: bool = True) -> Iterator[Watch]:
    """Give the project a gpu; every patch that this takes is in here."""
    adam, fakes, watch = torch.optim.Adam, FakeTensorMode(allow_non_fake_inputs=True), Watch()
    index = torch.arange(training.SNAPSHOT_POINTS)
    with ExitStack() as stack:
        for target, name, substitute in (
            (torch, "Generator", Generator),
            (torch.nn.Module, "_apply", _apply),
            (torch.optim, "Adam", lambda *args, **kwargs: adam(*args, **(kwargs | {"fused": True}))),
            (devices, "uses_bf16", lambda device: bf16 and device == GPU),
            (training, "snapshot_index", lambda y: (y.cpu(), fakes.from_tensor(index))[1]),
        ):
            stack.enter_context(patch.object(target, name, substitute))
        for mode in (fakes, watch, Rules()):
            stack.enter_context(mode)
        yield watch


def images(n: int, device: torch.device | str = GPU) -> ImageSet:
    """Return n empty images of ten classes."""
    x, y = torch.zeros((n, 28, 28), dtype=torch.uint8), torch.zeros(n, dtype=torch.int64)
    return ImageSet(x, y, tuple("0123456789"), "mnist", "").to(device)


VARIANTS = {
    "AE": (ModelConfig("ae"), {}),
    "VAE": (ModelConfig("vae"), {"kld_warmup": 1}),
    "VAE, Gaussian": (ModelConfig("vae", likelihood="gaussian"), {}),
    "VAE, binarized": (ModelConfig("vae"), {"binarize": "dynamic"}),
    "cVAE, one-hot": (ModelConfig("cvae"), {}),
    "cVAE, learned": (ModelConfig("cvae", condition="embedding"), {}),
}


def step(variant: str, bf16: bool) -> Counter:
    """Count what happens in a step after the first."""
    model, settings = VARIANTS[variant]
    with pretended(bf16) as watch:
        descent = Descent(model, TrainConfig(epochs=2, **settings).for_kind(model.kind), images(1000))
        index = descent.order()[0]
        descent.step(index)
        watch.counts.clear()
        descent.step(index)
    return watch.counts


def replay() -> Counter:
    """Count what the host launches for a recorded step, beside the recording."""
    nothing = torch.zeros(2)
    recording = {"can_record": lambda device: True, "record": lambda function, generator: lambda: nothing}
    with pretended() as watch, patch.multiple(steps, **recording):
        descent = Descent(ModelConfig("vae"), TrainConfig(epochs=2, kld_warmup=1), images(1000))
        index = descent.order()[0]
        for _ in range(steps.EAGER_STEPS + 1):
            descent.step(index)
        watch.counts.clear()
        descent.step(index)
    return watch.counts


def epoch() -> Counter:
    """Count what happens in an epoch of four steps and its evaluation, and train to the end."""
    with pretended() as watch:
        moments = training.train(ModelConfig("cvae"), TrainConfig(epochs=2), images(1000), images(2000), GPU)
        next(moments)
        watch.counts.clear()
        next(moments)
        counts = watch.counts.copy()
        (*_, last) = moments
        if last.trained is None:
            raise RuntimeError("the training has no end")
    return counts


def other_work() -> Counter:
    """Evaluate, encode, decode, sample, estimate a likelihood, and teach a classifier."""
    with pretended() as watch:
        data = images(1500)
        for model_config in (ModelConfig("vae"), ModelConfig("cvae", condition="embedding")):
            model = build_model(model_config).to(GPU).eval()
            evaluate(model, data, torch.Generator(GPU), "dynamic", exact=False)
            latents.sample_prior(model, 16, torch.zeros(16, dtype=torch.int64), torch.Generator())
            latents.manifold(model, 5, 3)
            latents.traversal(model, torch.zeros(2), 0, torch.linspace(-1, 1, 5), 3)
            nll(model, data, 50, 200, "dynamic", torch.Generator(GPU), bounds=torch.zeros(1500))
        classifier = train_classifier(images(2000, "cpu"), images(1000, "cpu"), 0, GPU, steps=3)
        classifier.features(torch.zeros(300, 28, 28))
    return watch.counts


def mistakes() -> dict[str, str]:
    """Return the error of everything that has to be refused, "" where it was not."""
    with pretended():
        model, data = build_model(ModelConfig("cvae")).to(GPU), images(100)
        attempts: dict[str, Callable[[], object]] = {
            "images on the CPU": lambda: evaluate(model, images(100, "cpu"), torch.Generator(GPU)),
            "a generator of the CPU": lambda: evaluate(model, data, torch.Generator()),
            "an order drawn on the CPU": lambda: torch.randperm(5, generator=torch.Generator(), device=GPU),
            "labels on the CPU": lambda: model.encode(data.images(), data.y.cpu()),
            "NumPy of a gpu's tensor": lambda: model.encode(data.images(), data.y).mu.detach().numpy(),
            "an index on the gpu": lambda: images(100, "cpu").images(torch.zeros(3, dtype=torch.int64, device=GPU)),
        }
        errors = dict.fromkeys(attempts, "")
        for name, attempt in attempts.items():
            try:
                attempt()
            except (RuntimeError, TypeError) as error:
                errors[name] = str(error)
    return errors


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    libraries = register()
    step_counts = {variant: step(variant, bf16=True) for variant in VARIANTS}
    step_counts["VAE, fp32"] = step("VAE", bf16=False)
    results = {
        "steps": step_counts,
        "replay": replay(),
        "epoch": epoch(),
        "other": other_work(),
        "mistakes": mistakes(),
    }
    json.dump(results, sys.stdout)
