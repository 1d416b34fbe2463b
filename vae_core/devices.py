"""Which device computes, what it can do, and what to do when its memory is full."""

import functools
import os
import platform
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import torch
from torch import Tensor

from .errors import DeviceError

Result = TypeVar("Result")

# What PyTorch says where there is no GPU, or where it is none for GPUs itself: then nobody expects one.
NO_GPU = ("Found no NVIDIA driver", "No CUDA GPUs are available", "not compiled with CUDA")
MEMORY_IS_FULL = ("out of memory", "ALLOC_FAILED")  # CUDA's and MPS's own words; those of cuBLAS and its like

_recording = threading.Lock()  # CUDA refuses what waits for the whole device while any thread records


_streams = threading.local()  # of each thread: by GPU, the stream that it works on beside the default one


def resolve_device(name: str | None = None) -> torch.device:
    """Return the device of a name as in VAE_DEVICE ("auto", "cpu", "cuda", "cuda:1", "mps").

    None means the environment's VAE_DEVICE, or "auto": CUDA where a GPU works, then MPS, then the CPU; `gpu_fault` says
    why a GPU was passed over. DeviceError says why the machine has no such device, or why it does not work.
    """
    name = _name_or_default(name)
    if name == "auto":
        if first_fault(torch.device("cuda")) is None:
            return torch.device("cuda")
        return torch.device("mps" if _mps_works() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda", "mps"):
        raise DeviceError(f"device must be auto, cpu, cuda, cuda:N or mps, got {name!r}")
    if device.type == "cuda" and (fault := first_fault(device)) is not None:
        raise DeviceError(f"there is no CUDA device {name!r} that works on this machine ({fault}); use --device cpu")
    if device.type == "mps" and not _mps_works():
        raise DeviceError("there is no MPS device that works on this machine; use --device cpu")
    return device


def gpu_fault(name: str | None = None) -> str | None:
    """Return why "auto" leaves a GPU of this machine unused, in one sentence.

    None where the GPU works or there is none, and for any other name, which is as for `resolve_device`.
    """
    fault = first_fault(torch.device("cuda")) if _name_or_default(name) == "auto" else None
    if fault is not None and torch.backends.mps.is_available():
        fault = first_fault(torch.device("mps"))
    if fault is None or any(message in fault for message in NO_GPU):
        return None
    return f"This machine's GPU cannot be used: {fault}."


def _name_or_default(name: str | None) -> str:
    return name or os.environ.get("VAE_DEVICE") or "auto"


def _mps_works() -> bool:
    return torch.backends.mps.is_available() and first_fault(torch.device("mps")) is None


@functools.cache
def first_fault(device: torch.device) -> str | None:
    """Return why a first operation on a GPU fails: no driver, an old one, no kernels; None if it does not."""
    try:
        torch.ones(1, device=device).add(1).item()
    except (RuntimeError, AssertionError) as error:  # a PyTorch without CUDA asserts
        if not is_out_of_memory(error):
            return str(error).splitlines()[0].split(". ")[0].rstrip(".")
    return None


def describe_device(device: torch.device) -> str:
    """Return a device as people know it: "CPU", "NVIDIA H100", "MPS"."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()


def identify_device(device: torch.device) -> str:
    """Return a name that no other device has: the host's and the device's, a GPU by its UUID.

    "cuda:0" is another GPU for each worker that CUDA_VISIBLE_DEVICES pins to one.
    """
    gpu = torch.cuda.get_device_properties(device).uuid if device.type == "cuda" else device
    return f"{platform.node()} {gpu}"


@functools.cache
def uses_bf16(device: torch.device) -> bool:
    """Tell whether the hardware multiplies bfloat16 matrices faster than float32 ones."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    features = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return bool(features.get("avx512_bf16") or features.get("amx_bf16"))


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """Return a context of bf16 autocast where the hardware has it, else of nothing."""
    return torch.autocast(device.type, dtype=torch.bfloat16) if uses_bf16(device) else nullcontext()


def own_stream(device: torch.device) -> AbstractContextManager[object]:
    """Return a context in which this thread's work on a GPU runs beside that of other threads; elsewhere of nothing.

    What other threads put on the GPU has to be complete before.
    """
    if device.type != "cuda":
        return nullcontext()
    streams = vars(_streams)
    if str(device) not in streams:  # one for each thread, however often it asks: cuBLAS keeps 64 MB for each
        streams[str(device)] = torch.cuda.Stream(device)
    return torch.cuda.stream(streams[str(device)])


def can_record(device: torch.device) -> bool:
    """Tell whether `record` works on the device."""
    return device.type == "cuda"


def record(function: Callable[[], Tensor], generator: torch.Generator) -> Callable[[], Tensor]:
    """Record the kernels of a function as one CUDA graph, and return what launches them all at once.

    The function runs once, without computing anything. What changes from call to call is in tensors on the device: a
    replay reads and writes those of that time, always returns the same one, and draws new numbers from the generator.
    """
    with _recording, torch.cuda.device(generator.device):
        graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        graph.register_generator_state(generator)
        side = None if stream == torch.cuda.default_stream() else stream  # graphs of one stream share its memory
        with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):
            result = function()

    def replay() -> Tensor:
        graph.replay()
        return result

    return replay


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error means that the GPU's memory is full, whoever fills it and whichever library says so.

    >>> is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"))
    True
    """
    return isinstance(error, RuntimeError) and any(message in str(error) for message in MEMORY_IS_FULL)


def on_device_or_cpu(
    work: Callable[[torch.device], Result], device: torch.device, release: Callable[[], object] = lambda: None
) -> tuple[Result, bool]:
    """Return what work gives on a device, or on the CPU when the device's memory is full, and whether it was the CPU.

    `release` is called in between, to forget what fills the device.
    """
    try:
        return work(device), False
    except RuntimeError as error:
        if device.type == "cpu" or not is_out_of_memory(error):
            raise
    release()  # after `except`: the error's traceback keeps the first call's tensors alive
    if torch.cuda.is_initialized():
        with _recording:
            torch.cuda.empty_cache()
    return work(torch.device("cpu")), True
