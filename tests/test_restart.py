"""What a visitor is told of a training that the server took with it when it was restarted."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.helpers import shipped
from tests.support.screens import opened, words
from ui.jobs import client, restart
from vae_core.config import ModelConfig, TrainConfig
from vae_core.jobs import Job, Request

pytestmark = pytest.mark.usefixtures("pages")
GONE = 2**22 + 1  # above the largest number of a process


def job(folder: Path, *visitors: str, beta: float = 0.37) -> Job:
    found = Job(
        Request(tuple((ModelConfig(kind), TrainConfig("mnist", beta=beta)) for kind in ("vae", "cvae"))), folder
    )
    found.visitors = set(visitors)
    return found


def server(*jobs: Job) -> SimpleNamespace:
    return SimpleNamespace(live=lambda: list(jobs))


def restarted(local: Path) -> None:
    """Let the file be that of a process that is gone."""
    (local / f"{restart.PREFIX}{os.getpid()}.json").rename(local / f"{restart.PREFIX}{GONE}.json")
    restart._written.clear()
    restart.left_behind.cache_clear()


@pytest.fixture
def local(fresh: Path):
    restart._written.clear()
    restart.left_behind.cache_clear()
    yield fresh / "local"
    restart.left_behind.cache_clear()


def test_its_visitors_are_told_which_training_is_gone_and_others_are_not(local: Path):
    restart.write(server(job(local, "A", "B")))
    restarted(local)
    assert restart.lost_for("A") == restart.lost_for("B") == ["VAE, cVAE at β = 0.37 on MNIST"]
    assert restart.lost_for("C") == []
    assert list(local.iterdir()) == []  # it is told by this server alone


def test_what_ended_or_was_saved_is_not_gone(local: Path):
    restart.write(server(job(local, "A")))
    restart.write(server())
    assert list(local.iterdir()) == []
    info = shipped("vae")
    done = job(local, "A", beta=info.train.beta)
    restart.write(server(done))
    restarted(local)
    assert restart.lost_for("A") == []


def test_what_another_server_trains_is_left_alone(local: Path):
    local.mkdir()
    other = local / f"{restart.PREFIX}{os.getppid()}.json"
    other.write_text(json.dumps([[["A"], ["x"], "VAE"]]))
    assert restart.lost_for("A") == []
    assert other.exists()


@pytest.mark.parametrize("content", ["", "{", "7", "[[1]]", "[7]", '{"a": 1}'])
def test_a_damaged_file_is_nothing(content: str, local: Path):
    local.mkdir()
    (local / f"{restart.PREFIX}{GONE}.json").write_text(content)
    assert restart.lost_for("A") == []


def test_every_page_says_so_until_it_is_dismissed(local: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "visitor", lambda: "A")
    restart.write(server(job(local, "A")))
    restarted(local)
    app = opened("pages/6_Runs.py")
    assert "a training is gone; nothing was saved: VAE, cVAE at β = 0.37 on MNIST" in words(app)
    app.button(key="lost-dismiss").click().run()
    assert "is gone" not in words(app)
