"""What the command line writes where, and that it never ends in a traceback: odd outputs, other folders, file names."""

import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.helpers import ROOT, SHIPPED, one_plain_line, shipped
from ui.runs import upload
from vae_core.__main__ import main
from vae_core.config import MAX_WEIGHTS, ModelConfig
from vae_core.errors import SettingError
from vae_core.places import place
from vae_core.runs import MAX_BYTES, list_runs


def started(folder: Path, *arguments: str, **options: object) -> subprocess.Popen:
    """The command, started in a folder that is not the app's."""
    environment = {key: value for key, value in os.environ.items() if key != "VAE_CHECKPOINTS"}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    return subprocess.Popen(
        [sys.executable, "-m", "vae_core", *arguments], cwd=folder, env=environment, stderr=subprocess.PIPE, **options
    )


def test_another_folder_and_an_encoding_without_signs_do_no_harm(tmp_path):
    """ASCII lacks what cp1252 lacks, and more."""
    process = started(tmp_path, "evidence", shipped("vae").id, stdout=subprocess.PIPE)
    out, err = process.communicate()
    assert process.returncode == 0, err
    text = out.decode("ascii")
    assert " sigma (limit: at most" in text
    assert "?" not in text


@pytest.mark.parametrize("sink", ["closed pipe", "full disk"])
def test_an_output_that_takes_nothing_is_one_line(sink, tmp_path):
    if sink == "full disk" and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    reader, writer = os.pipe()
    os.close(reader)
    out = os.open("/dev/full", os.O_WRONLY) if sink == "full disk" else writer
    process = started(tmp_path, "list", stdout=out)
    _, err = process.communicate()
    assert process.returncode == 1
    assert one_plain_line(err.decode()), err


def test_folders_are_beside_the_app(tmp_path, monkeypatch):
    monkeypatch.delenv("VAE_CHECKPOINTS", raising=False)
    assert place("VAE_CHECKPOINTS", "checkpoints").resolve() == SHIPPED
    monkeypatch.chdir(tmp_path)
    assert place("VAE_CHECKPOINTS", "checkpoints") == SHIPPED
    assert len(list_runs()) > 30
    monkeypatch.setenv("VAE_CHECKPOINTS", "mine")
    assert place("VAE_CHECKPOINTS", "checkpoints") == Path("mine")


def test_shipped_classifiers_are_verified_too(capsys, tmp_path):
    files = sorted(SHIPPED.glob("classifier-*.safetensors"))
    assert main(["verify", *map(str, files)]) == 0
    damaged = tmp_path / files[0].name
    damaged.write_bytes(files[0].read_bytes()[:-1])
    assert main(["verify", str(damaged), str(tmp_path / "classifier-none.safetensors")]) == 1
    assert capsys.readouterr().out.count("BAD ") == 2


def test_a_file_without_a_suffix_is_given_one(capsys, tmp_path):
    options = ["train", "--model", "vae", "--dataset", "digits", "--epochs", "1", "--classes", "0,1", "--images", "99"]
    assert main([*options, "--device", "cpu", "--out", str(tmp_path / "run1")]) == 0
    (info,) = list_runs(tmp_path)
    assert capsys.readouterr().out.splitlines()[-1] == str(info.path) == str(tmp_path / "run1.safetensors")
    assert (info.train.classes, info.train.images) == ((0, 1), 99)
    assert main([*options, "--out", str(tmp_path)]) == 2


def test_the_largest_model_fits_into_a_file_that_can_be_uploaded(monkeypatch):
    model = ModelConfig("vae", hidden=(6600, 6600))
    assert model.multiplications > 0.9 * MAX_WEIGHTS
    assert 2 * MAX_WEIGHTS + 50 * 2**20 < MAX_BYTES
    with pytest.raises(SettingError, match="weights"):
        ModelConfig("vae", hidden=(8192, 8192))
    sizes = []
    monkeypatch.setattr(upload.st, "file_uploader", lambda *_, max_upload_size, **__: sizes.append(max_upload_size))
    upload.upload()
    assert sizes == [MAX_BYTES // 2**20]


def test_an_installation_has_its_command_and_all_files():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module, name = project["project"]["scripts"]["latent-explorer"].split(":")
    assert callable(getattr(importlib.import_module(module), name))
    endings = {pattern.removeprefix("*") for pattern in project["tool"]["setuptools"]["package-data"]["*"]}
    files = [path for package in ("ui", "vae_core") for path in (ROOT / package).rglob("*.*") if path.is_file()]
    assert {path.suffix for path in files} - {".py", ".pyc"} <= endings
