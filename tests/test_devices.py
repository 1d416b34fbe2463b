"""Devices that work, that do not, and that are full; what is not on this machine is simulated where PyTorch answers."""

import weakref

import pytest
import torch

from tests.support.helpers import one_sentence
from vae_core import devices
from vae_core.devices import (
    describe_device,
    gpu_fault,
    identify_device,
    is_out_of_memory,
    on_device_or_cpu,
    resolve_device,
    uses_bf16,
)
from vae_core.errors import DeviceError

GPU = torch.device("cuda")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

NO_DRIVER = "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver."
OLD_DRIVER = (
    "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver by downloading "
    "and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx"
)
NO_KERNELS = (
    "CUDA error: no kernel image is available for execution on the device\n"
    "CUDA kernel errors might be asynchronously reported at some other API call."
)
# As an H100 that another process had filled, and PyTorch, say it; cuBLAS's and MPS's are from public reports.
FULL = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 4.00 GiB. GPU 0 has a total capacity of 79.18 GiB"),
    torch.AcceleratorError(
        "CUDA error: out of memory\nSearch for `cudaErrorMemoryAllocation' in https://docs.nvidia.com"
    ),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("MPS backend out of memory (MPS allocated: 9.05 GB, other allocations: 1.2 MB, max allowed: 9.07 GB)"),
]


@pytest.fixture
def says(monkeypatch):
    """Let the first operation on a GPU end with an error; with None it works."""

    def answer(error: Exception | None) -> None:
        def ones(*size: int, device: torch.device) -> torch.Tensor:
            if error is not None:
                raise error
            return torch.zeros(size)

        monkeypatch.setattr(devices.torch, "ones", ones)
        devices.first_fault.cache_clear()

    yield answer
    devices.first_fault.cache_clear()


def test_a_device_by_name(monkeypatch):
    monkeypatch.setenv("VAE_DEVICE", "gpu")  # an explicit name wins
    assert resolve_device("cpu") == torch.device("cpu")
    assert describe_device(resolve_device("cpu")) == "CPU"


def test_without_a_name_the_environment_decides(monkeypatch):
    monkeypatch.setenv("VAE_DEVICE", "cpu")
    assert resolve_device() == torch.device("cpu")
    monkeypatch.delenv("VAE_DEVICE")
    assert resolve_device() == resolve_device("auto")


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "cuda:x", "tpu", "meta", "xla", "cuda:-1"])
def test_a_device_that_does_not_exist_is_refused(name):
    with pytest.raises(DeviceError) as caught:
        resolve_device(name)
    assert one_sentence(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_gpu_is_refused_where_there_is_none():
    with pytest.raises(DeviceError, match="no CUDA device 'cuda'"):
        resolve_device("cuda")
    assert resolve_device("auto").type != "cuda"
    assert gpu_fault() is None  # nobody expects one


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError(OLD_DRIVER), "The NVIDIA driver on your system is too old (found version 11040)"),
        (torch.AcceleratorError(NO_KERNELS), "CUDA error: no kernel image is available for execution on the device"),
        (RuntimeError(NO_DRIVER), None),
        (AssertionError("Torch not compiled with CUDA enabled"), None),
    ],
)
def test_a_gpu_that_does_not_work_leaves_the_work_to_the_cpu_and_the_reason_is_told(error, reason, says):
    says(error)
    assert resolve_device("auto").type != "cuda"
    assert gpu_fault() == (reason and f"This machine's GPU cannot be used: {reason}.")
    with pytest.raises(DeviceError) as caught:
        resolve_device("cuda")
    assert one_sentence(caught.value)
    assert reason is None or reason in str(caught.value)


def test_apple_s_gpu_is_taken_only_if_it_works(monkeypatch):
    fault = RuntimeError(
        "The MPS backend is supported on MacOS 14.0+. Current OS version can be queried using `sw_vers`"
    )

    def ones(*size: int, device: torch.device) -> torch.Tensor:
        raise fault if device.type == "mps" else AssertionError("Torch not compiled with CUDA enabled")

    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(devices.torch, "ones", ones)
    devices.first_fault.cache_clear()
    assert resolve_device("auto") == torch.device("cpu")
    assert gpu_fault() == "This machine's GPU cannot be used: The MPS backend is supported on MacOS 14.0+."
    with pytest.raises(DeviceError, match="no MPS device that works"):
        resolve_device("mps")
    monkeypatch.undo()
    devices.first_fault.cache_clear()
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(devices, "first_fault", lambda device: "no CUDA GPUs" if device.type == "cuda" else None)
    assert resolve_device("auto") == torch.device("mps")


def test_the_command_line_says_why_it_trains_on_the_cpu(says, call):
    says(RuntimeError(OLD_DRIVER))
    command = "train", "--model", "ae", "--dataset", "digits", "--epochs", "1"
    status, _, messages = call(*command, "--device", "auto")
    assert status == 0
    assert "driver on your system is too old (found version 11040)." in messages
    assert "driver" not in call(*command, "--device", "cpu")[2]


@pytest.mark.parametrize("error", [None, *FULL])
def test_a_gpu_that_works_is_taken_even_when_it_is_full(error, says):
    says(error)
    assert resolve_device("auto") == GPU
    assert gpu_fault() is None


def test_bf16_is_for_the_gpu_that_is_meant_and_asked_for_once(monkeypatch):
    calls = []

    def capability(device: torch.device) -> tuple[int, int]:
        calls.append(device)
        return {None: (7, 5), 0: (7, 5), 1: (8, 0)}[device.index]

    monkeypatch.setattr(torch.cuda, "get_device_capability", capability)
    uses_bf16.cache_clear()
    names = ["cuda", "cuda:0", "cuda:1"]
    assert [uses_bf16(torch.device(name)) for name in names * 3] == [False, False, True] * 3
    assert len(calls) == 3
    uses_bf16.cache_clear()


def test_two_gpus_under_one_number_are_two_devices(monkeypatch):
    class Properties:
        uuid = "5eb00464-e10b-7a96-2701-a2694552abb7"

    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: Properties)
    first = identify_device(torch.device("cuda:0"))
    Properties.uuid = "d3dc6d05-743a-8a4b-4751-50f155be408c"  # another worker's, by CUDA_VISIBLE_DEVICES
    assert identify_device(torch.device("cuda:0")) != first
    assert identify_device(torch.device("cpu")) not in (first, "cpu")


@pytest.mark.parametrize("error", FULL)
def test_full_memory_is_recognised(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: device-side assert triggered"),
        RuntimeError("mat1 and mat2 must have the same dtype"),
        ValueError("out of memory"),
    ],
)
def test_other_errors_are_not_taken_for_full_memory(error):
    assert not is_out_of_memory(error)
    with pytest.raises(type(error)):
        on_device_or_cpu(lambda device: (_ for _ in ()).throw(error), GPU)


@pytest.mark.parametrize("error", FULL)
def test_full_memory_moves_the_work_to_the_cpu_with_nothing_left_behind(error):
    class Large:
        """Stands for a tensor that fills the device."""

    references, alive, releases = [], [], []

    def work(device: torch.device) -> str:
        if device.type == "cuda":
            large = Large()
            references.append(weakref.ref(large))
            raise type(error)(str(error))  # the one above lives on, and its traceback with it
        alive.append(references[0]())
        return "result"

    assert on_device_or_cpu(work, GPU, lambda: releases.append(1)) == ("result", True)
    assert alive == [None]
    assert releases == [1]
    assert on_device_or_cpu(lambda device: device, GPU, lambda: releases.append(1)) == (GPU, False)
    assert releases == [1]


@needs_gpu
def test_auto_takes_the_gpu():
    assert resolve_device("auto").type == "cuda"
    assert describe_device(resolve_device("cuda")) == torch.cuda.get_device_name()


@needs_gpu
def test_a_full_gpu_leaves_the_work_to_the_cpu():
    torch.cuda.set_per_process_memory_fraction(1e-4)
    try:
        result, on_cpu = on_device_or_cpu(lambda device: torch.ones(2**26, device=device).sum().item(), GPU)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert (result, on_cpu) == (2**26, True)
