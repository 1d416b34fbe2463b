"""What runs in a worker and in the engine's process, called here without a cluster."""

import os
from types import SimpleNamespace

import pytest
import torch

from tests.support.helpers import small_model, small_training
from vae_core import devices, evidence, training
from vae_core.evidence import summarize
from vae_core.jobs import MAX_MODELS, engine, worker
from vae_core.runs import from_bytes, to_bytes
from vae_core.training import train


def test_a_gpu_without_enough_memory_falls_back_to_the_cpu_and_says_so(monkeypatch, digits):
    """There is no GPU to fill here: its complaint is raised by hand, all else is real."""
    calls, sent = [], []

    def short_of_memory(model, config, data, test, device, *settings):
        calls.append(str(device))
        if len(calls) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return train(model, config, *digits, device, *settings)

    monkeypatch.setattr(training, "train", short_of_memory)
    monkeypatch.setattr(worker, "_splits", lambda dataset, device: digits)
    worker._splits.cache_clear = lambda: None
    monkeypatch.setattr(worker, "is_abandoned", lambda: lambda: False)
    monkeypatch.setattr(worker, "send", sent.append)
    resolve = devices.resolve_device
    monkeypatch.setattr(devices, "resolve_device", lambda name=None: resolve(name) if name else torch.device("meta"))
    content, measured, note = worker.train_run(small_model("vae"), small_training())
    assert calls == ["meta", "cpu"]
    assert note == "The GPU's memory was not enough: this run trains on the CPU."
    assert {frame.note for frame in sent} == {note}
    assert [frame.done for frame in sent][-1] == 1
    assert all(frame.trained is None for frame in sent)
    run = from_bytes(content)
    assert run.info.device == "CPU"
    assert measured == summarize(run.latents, run.info.latent_seed)


@pytest.fixture
def full_gpu(monkeypatch):
    """A device on which the work named fails for want of memory; it stands before the real CPU, and is asked once."""
    resolve, asked = devices.resolve_device, []
    monkeypatch.setattr(devices, "resolve_device", lambda name=None: resolve(name) if name else torch.device("meta"))

    def fill(where: object, name: str) -> list[str]:
        work = getattr(where, name)

        def short_of_memory(*arguments, **settings):
            asked.append(next((part for part in arguments if isinstance(part, torch.device)), None))
            if len(asked) == 1:
                raise torch.AcceleratorError("CUDA error: out of memory")
            return work(*arguments, **settings)

        short_of_memory.cache_clear = lambda: None
        monkeypatch.setattr(where, name, short_of_memory)
        return asked

    return fill


def test_the_engine_starts_though_the_gpu_is_full_for_now(full_gpu, monkeypatch):
    asked = full_gpu(worker, "_splits")
    monkeypatch.setattr(devices, "describe_device", str)
    assert worker.warm_up(("digits",))[1] == ("meta", "fp32")
    assert [str(device) for device in asked] == ["meta", "cpu"]


def test_evidence_is_measured_on_the_cpu_where_the_gpu_is_full(full_gpu, monkeypatch, runs):
    asked = full_gpu(evidence, "measure_run")
    monkeypatch.setattr(worker, "is_abandoned", lambda: lambda: False)
    outcome = worker.measure_run(to_bytes(runs["ae"]))
    assert [str(device) for device in asked] == ["meta", "cpu"]
    assert outcome.metrics.keys() == evidence.NUMBERS.keys()


def test_the_command_line_trains_on_the_cpu_where_the_gpu_is_full(full_gpu, call):
    asked = full_gpu(training, "train")
    status, _, messages = call("train", "--model", "ae", "--dataset", "digits", "--epochs", "1")
    assert status == 0
    assert [str(device) for device in asked] == ["meta", "cpu"]
    assert worker.FULL in messages


def test_workers_that_are_pinned_to_different_gpus_have_different_devices(monkeypatch):
    """Each of them calls its GPU "cuda"."""
    uuids = iter(["GPU-1", "GPU-2", "GPU-1"])
    monkeypatch.setattr(devices, "resolve_device", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid=next(uuids)))
    monkeypatch.setattr(devices, "describe_device", lambda device: "NVIDIA H100")
    monkeypatch.setattr(devices, "uses_bf16", lambda device: True)
    (first, hardware), (second, _), (again, _) = (worker.warm_up(()) for _ in range(3))
    assert first == again != second
    assert hardware == ("NVIDIA H100", "bf16")


def test_a_worker_whose_gpu_is_broken_ends(monkeypatch):
    ends = []
    monkeypatch.setattr(os, "_exit", ends.append)
    with worker.usable():
        raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
    assert ends == [1]


@pytest.mark.parametrize("error", [torch.AcceleratorError("CUDA error: out of memory"), RuntimeError("CUDA error")])
def test_a_worker_survives_other_errors(error, monkeypatch):
    monkeypatch.setattr(os, "_exit", lambda status: pytest.fail("it ended"))
    with pytest.raises(RuntimeError), worker.usable():
        raise error


def test_a_warm_worker_tells_what_run_files_will_say(monkeypatch, trainings):
    monkeypatch.setenv("VAE_DEVICE", "cpu")
    _, hardware = worker.warm_up(("digits",))
    trained = trainings["vae"][-1].trained
    assert hardware == (trained.device, trained.precision)
    assert hardware[0] == "CPU"


def test_an_engine_starts_where_there_are_no_priorities_and_no_affinity(monkeypatch):
    monkeypatch.delattr(os, "nice", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setenv("VAE_DEVICE", "cpu")
    engine.lower_priority()
    assert engine.worker_count() >= 1
    for cores, workers in ((1, 1), (2, 2), (64, MAX_MODELS)):
        monkeypatch.setattr("dask.system.cpu_count", lambda cores=cores: cores)
        assert engine.worker_count() == workers
