"""What runs in a worker, called here without a cluster."""

import torch

from tests.support.helpers import small_model, small_training
from vae_core.evidence import summarize
from vae_core.jobs import worker
from vae_core.runs import from_bytes
from vae_core.training import train


def test_a_gpu_without_enough_memory_falls_back_to_the_cpu_and_says_so(monkeypatch, digits):
    """There is no GPU to fill here: its complaint is raised by hand, all else is real."""
    asked = []

    def short_of_memory(model, config, fingerprint, device, key, ticket, note):
        asked.append((device, note))
        if len(asked) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        *_, last = train(model, config, *digits, device)
        return last.trained

    monkeypatch.setattr(worker, "_train", short_of_memory)
    content, measured, note = worker.train_run(small_model("vae"), small_training(), "", "key", "ticket")
    assert asked[1] == ("cpu", note)
    assert note == "The GPU's memory was not enough: this run trains on the CPU."
    run = from_bytes(content)
    assert run.info.device == "CPU"
    assert measured == summarize(run.latents, run.info.latent_seed)


def test_tickets_of_stopped_trainings_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(worker, "_stopped", {})
    for number in range(worker.MAX_STOPPED + 10):
        worker.stop(str(number))
    assert len(worker._stopped) == worker.MAX_STOPPED
    assert "0" not in worker._stopped
    assert str(worker.MAX_STOPPED + 9) in worker._stopped


def test_warming_up_measures_a_small_and_a_large_model():
    small, large = worker.warm_up((), seconds=0.1)
    assert (small[0], large[0]) == (worker.SMALL[0].multiplications, worker.LARGE[0].multiplications)
    assert 0 < small[2] < large[2] < 5
