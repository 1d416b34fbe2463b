"""Which device computes, and whether bfloat16 pays on it."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext

import torch

from .errors import DeviceError

__all__ = ["autocast", "describe_device", "resolve_device", "uses_bf16"]


def resolve_device(name: str | None = None) -> torch.device:
    """The device for a name as in VAE_DEVICE ("auto", "cpu", "cuda", "cuda:1", "mps"); DeviceError if there is none.

    None means the environment's VAE_DEVICE, or "auto": CUDA where there is a GPU, then MPS, then the CPU.
    """
    name = name or os.environ.get("VAE_DEVICE") or "auto"
    if name == "auto":
        return torch.device(
            "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        )
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError(f"device must be auto, cpu, cuda, cuda:N or mps, got {name!r}") from None
    if device.type not in ("cpu", "cuda", "mps"):
        raise DeviceError(f"device must be auto, cpu, cuda, cuda:N or mps, got {name!r}")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceError(f"there is no CUDA device {name!r} on this machine; use --device cpu")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("there is no MPS device on this machine; use --device cpu")
    return device


def describe_device(device: torch.device) -> str:
    """A device in words, as shown to people: "CPU", "NVIDIA H100", "MPS"."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()


def uses_bf16(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16 matrices faster than float32 ones."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    able = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """bf16 autocast where the hardware has it, else nothing."""
    return torch.autocast(device.type, dtype=torch.bfloat16) if uses_bf16(device) else nullcontext()
