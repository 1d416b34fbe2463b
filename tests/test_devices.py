import pytest
import torch

from tests.support.helpers import one_sentence
from vae_core.devices import describe_device, resolve_device
from vae_core.errors import DeviceError


def test_a_device_by_name(monkeypatch):
    monkeypatch.setenv("VAE_DEVICE", "gpu")  # an explicit name wins
    assert resolve_device("cpu") == torch.device("cpu")
    assert describe_device(resolve_device("cpu")) == "CPU"


def test_without_a_name_the_environment_says(monkeypatch):
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
def test_asking_for_a_gpu_without_one_is_refused():
    with pytest.raises(DeviceError, match="no CUDA device 'cuda'"):
        resolve_device("cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_auto_takes_the_gpu():
    assert resolve_device("auto").type == "cuda"
    assert describe_device(resolve_device("cuda")) == torch.cuda.get_device_name()
