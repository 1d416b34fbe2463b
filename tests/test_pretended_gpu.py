"""The GPU code on a machine without a GPU; what is pretended, and how, is in support/pretended_gpu.py."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.helpers import ROOT


@pytest.fixture(scope="module")
def counts() -> dict[str, dict]:
    command = [sys.executable, "tests/support/pretended_gpu.py"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout)


def test_a_step_waits_for_nothing_and_copies_nothing(counts):
    assert len(counts["steps"]) == 7
    for variant, count in counts["steps"].items():
        assert count.get("syncs", 0) == count.get("copies", 0) == 0, variant
        assert 50 < count["kernels"] <= 150, variant


def test_beside_a_recorded_step_the_host_launches_next_to_nothing(counts):
    count = counts["replay"]
    assert count.get("syncs", 0) == count.get("copies", 0) == 0
    assert 1 <= count["kernels"] <= 5  # the images' index, the learning rate and the KLD weight


def test_an_epoch_brings_its_loss_its_evaluation_and_its_snapshot_to_the_cpu(counts):
    count = counts["epoch"]
    assert count.get("syncs", 0) == 0
    assert count["copies"] == 1 + 4 + 3


def test_nothing_needs_double_precision_on_the_device(counts):
    """Apple's GPUs have none."""
    assert counts["other"]["kernels"] > 500
    assert not any(count.get("doubles", 0) for count in (*counts["steps"].values(), counts["epoch"], counts["other"]))


def test_what_a_gpu_refuses_is_refused(counts):
    assert len(counts["mistakes"]) == 6
    assert all(counts["mistakes"].values())
