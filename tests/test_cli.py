import json
import os
import signal
import subprocess
import sys
import termios
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.helpers import ROOT, assembled, each_kind, one_plain_line, parts, sealed
from vae_core.__main__ import main
from vae_core.runs import load_run, read_info

pytestmark = pytest.mark.usefixtures("checkpoints")
QUICK = ("--dataset", "digits", "--epochs", 2, "--hidden", "32,16", "--batch-size", 200)
SUMMARY = {"run", "kind", "dataset", "beta", "latent_dim", "condition", "seed", "epochs", "test"}


# ---- train ----


@each_kind
def test_train_writes_a_run_and_says_its_figures(kind, answer, tmp_path):
    out = tmp_path / f"{kind}.safetensors"
    result = answer("train", "--model", kind, *QUICK, "--seed", 3, "--out", out)
    assert set(result) == {"run", "device", "seconds", "images_per_second", "epochs", "test"}
    run = load_run(out)
    assert result["run"] == str(out)
    assert result["test"] == run.info.test.to_json()
    assert (result["epochs"], result["device"]) == (2, "CPU")
    assert result["seconds"] > 0
    assert result["images_per_second"] > 0
    assert run.info.train.seed == 3
    assert run.info.model.hidden == (32, 16)


def test_train_of_an_autoencoder_has_null_where_nothing_is_defined(answer, tmp_path):
    result = answer("train", "--model", "ae", *QUICK, "--out", tmp_path / "ae.safetensors")
    assert result["test"]["kld"] is result["test"]["elbo"] is None


def test_train_passes_every_setting_on(answer, checkpoints):
    settings = {
        "latent_dim": 3, "condition": "embedding", "condition_dim": 5, "condition_in": "decoder",
        "likelihood": "gaussian", "likelihood_std": 0.2, "beta": 0.5, "learning_rate": 0.001, "binarize": "dynamic",
    }  # fmt: skip
    options = [text for name, value in settings.items() for text in (f"--{name.replace('_', '-')}", value)]
    path = Path(answer("train", "--model", "cvae", *QUICK, *options)["run"])
    info = read_info(path)
    assert path == checkpoints / "local" / f"{info.id}.safetensors"
    assert settings.items() <= (info.model.to_json() | info.train.to_json()).items()


def test_train_for_people_names_the_file_last(call):
    status, out, _ = call("train", "--model", "vae", *QUICK)
    assert status == 0
    assert "nats per test image" in out
    assert load_run(out.splitlines()[-1]).info.model.kind == "vae"


# ---- list, show ----


def test_list_has_every_run(answer, run_files):
    found = answer("list", "--folder", run_files["ae"].parent)["runs"]
    assert all(set(entry) == SUMMARY for entry in found)
    assert {entry["kind"]: Path(entry["run"]) for entry in found} == run_files
    by_kind = {entry["kind"]: entry for entry in found}
    assert by_kind["ae"]["beta"] is by_kind["ae"]["test"]["elbo"] is by_kind["vae"]["condition"] is None
    assert by_kind["cvae"]["condition"] == "one_hot"


def test_list_looks_into_the_checkpoints(answer, run_files):
    assert len(answer("list")["runs"]) == len(run_files)


@each_kind
def test_show_has_settings_and_figures(kind, answer, run_files):
    result, info = answer("show", run_files[kind]), read_info(run_files[kind])
    assert set(result) >= SUMMARY
    assert result["test"] == info.test.to_json()
    assert result["settings"]["train"] == info.train.to_json()


@each_kind
def test_a_run_is_found_by_its_id(kind, answer, run_files):
    assert answer("show", run_files[kind].stem)["kind"] == kind


def test_a_run_is_found_by_an_id_with_a_point(answer):
    path = Path(answer("train", "--model", "vae", *QUICK, "--beta", 0.5)["run"])
    assert answer("show", path.name.removesuffix(".safetensors"))["beta"] == 0.5


@pytest.mark.parametrize("command", ["list", "show"])
def test_for_people_there_are_the_same_figures(command, call, run_files):
    status, out, _ = call(command, *([run_files["vae"]] if command == "show" else []))
    assert status == 0
    assert f"{read_info(run_files['vae']).test.recon:.2f}"[:-1] in out


# ---- sample ----


@pytest.mark.parametrize(("kind", "options", "y"), [
    ("ae", (), [-1] * 12),
    ("vae", (), [-1] * 12),
    ("cvae", (), [*range(10), 0, 1]),
    ("cvae", ("--label", 7), [7] * 12),
])  # fmt: skip
def test_sample_writes_arrays(kind, options, y, answer, run_files, tmp_path):
    out = tmp_path / "images.npz"
    assert answer("sample", run_files[kind], *options, "--count", 12, "--out", out) == {"out": str(out), "count": 12}
    arrays = np.load(out, allow_pickle=False)
    assert arrays["y"].tolist() == y
    assert arrays["x"].shape == (12, 8, 8)
    assert 0 <= arrays["x"].min() < arrays["x"].max() <= 1
    assert arrays["z"].shape == (12, 2)


def test_samples_of_a_class_look_like_it(answer, run_files, digits, tmp_path):
    for label in (0, 1):
        answer("sample", run_files["cvae"], "--label", label, "--count", 50, "--out", tmp_path / "images.npz")
        mean = np.load(tmp_path / "images.npz")["x"].mean(axis=0)
        images = digits.train.images()
        distances = [np.abs(mean - images[digits.train.y == c].mean(dim=0).numpy()).mean() for c in range(10)]
        assert np.argmin(distances) == label


def test_samples_depend_on_the_seed(answer, run_files, tmp_path):
    def drawn(seed: int, temperature: float = 1.0) -> np.ndarray:
        out = tmp_path / "images.npz"
        answer("sample", run_files["vae"], "--seed", seed, "--temperature", temperature, "--out", out)
        return np.load(out)["z"]

    assert np.array_equal(drawn(1), drawn(1))
    assert not np.array_equal(drawn(1), drawn(2))
    np.testing.assert_allclose(drawn(1, 0.5), drawn(1) / 2)


def test_sample_draws_a_sheet(answer, run_files, tmp_path):
    answer("sample", run_files["cvae"], "--count", 12, "--out", tmp_path / "sheet.png")
    image = Image.open(tmp_path / "sheet.png")
    assert (image.mode, image.size) == ("L", (32, 24))
    assert np.asarray(image).max() > 100


# ---- verify ----


def test_verify_tells_good_files_from_bad_ones(call, run_files):
    raw = bytearray(run_files["vae"].read_bytes())
    raw[-1] ^= 1
    run_files["vae"].write_bytes(raw)
    status, out, _ = call("verify", run_files["ae"], run_files["vae"], "nowhere", "--json")
    assert status == 1
    assert out.count("\n") == 1
    good, bad, missing = json.loads(out)["files"]
    assert good == {"run": str(run_files["ae"]), "ok": True, "reason": None}
    assert (bad["run"], bad["ok"]) == (str(run_files["vae"]), False)
    assert "hash" in bad["reason"]
    assert not missing["ok"]
    status, out, _ = call("verify", run_files["vae"])
    assert status == 1
    assert out.startswith("BAD")


def test_verify_is_content_with_good_files(call, run_files):
    status, out, _ = call("verify", *run_files.values())
    assert status == 0
    assert out.count("ok ") == 3


def test_verify_looks_at_the_weights_too(call, run_files):
    header, tensors = parts(run_files["vae"].read_bytes())
    tensors["model.encoder.net.2.weight"] = tensors["model.encoder.net.2.weight"].T
    run_files["vae"].write_bytes(assembled(sealed(header, tensors), tensors))
    assert call("verify", run_files["vae"])[0] == 1


# ---- errors ----

WRONG_USAGE = {
    "no command": (),
    "an unknown command": ("paint",),
    "no model": ("train",),
    "an unknown model": ("train", "--model", "gan"),
    "an unknown option": ("list", "--colour", "red"),
    "an autoencoder with a KLD weight": ("train", "--model", "ae", "--beta", "1"),
    "a KLD weight out of range": ("train", "--model", "vae", "--beta", "-1"),
    "a KLD weight that is no number": ("train", "--model", "vae", "--beta", "nan"),
    "a KLD weight in words": ("train", "--model", "vae", "--beta", "one"),
    "widths that are no numbers": ("train", "--model", "vae", "--hidden", "512,big"),
    "no latent dimension": ("train", "--model", "vae", "--latent-dim", "0"),
    "an unknown data set": ("train", "--model", "vae", "--dataset", "imagenet"),
    "a folder that is not there": (
        "train",
        "--model",
        "vae",
        "--dataset",
        "digits",
        "--out",
        "nowhere/run.safetensors",
    ),
    "a label without a condition": ("sample", "RUN vae", "--label", "3", "--out", "x.png"),
    "a label out of range": ("sample", "RUN cvae", "--label", "10", "--out", "x.png"),
    "another file format": ("sample", "RUN vae", "--out", "x.gif"),
    "no images": ("sample", "RUN vae", "--count", "0", "--out", "x.png"),
    "a negative temperature": ("sample", "RUN vae", "--temperature", "-1", "--out", "x.png"),
    "no run to measure": ("evidence",),
    "no samples of z": ("nll", "RUN vae", "--samples", "0"),
    "a single image": ("nll", "RUN vae", "--images", "1"),
    "half a sample": ("nll", "RUN ae", "--samples", "0.5"),
    "no samples for a model without a likelihood": ("nll", "RUN ae", "--samples", "0"),
    "a classifier of an unknown data set": ("classifier", "--dataset", "imagenet"),
    "a classifier's seed without end": ("classifier", "--dataset", "digits", "--seed", "9" * 30),
    "a seed without end": ("sample", "RUN vae", "--seed", "9" * 30, "--out", "x.png"),
}
FAILURES = {
    "no such run": ("show", "nowhere.safetensors"),
    "no such folder": ("list", "--folder", "nowhere"),
    "data that is not there": ("train", "--model", "vae", "--dataset", "kmnist"),
    "no run that could be measured": ("evidence", "nowhere.safetensors"),
    "no likelihood without a run": ("nll", "nowhere"),
    "images of a classifier that are not there": ("classifier", "--dataset", "mnist"),
    "a device that is not there": ("train", "--model", "vae", "--dataset", "digits", "--device", "cuda:99"),
    "a place that cannot be written": ("sample", "RUN vae", "--out", "/proc/x.npz"),
}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(arguments, 2) for arguments in WRONG_USAGE.values()] + [(arguments, 1) for arguments in FAILURES.values()],
    ids=[*WRONG_USAGE, *FAILURES],
)
def test_an_error_is_one_plain_line(arguments, expected, call, run_files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    files = {f"RUN {kind}": path for kind, path in run_files.items()}
    status, out, error = call(*(files.get(argument, argument) for argument in arguments))
    assert (status, out) == (expected, "")
    assert one_plain_line(error), error
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(("list", "--json"), 0), (("show", "nowhere"), 1), (("train", "--model", "ae", "--beta", "1"), 2)],
)
def test_the_command_itself_ends_as_it_should(arguments, status, run_files):
    command = [sys.executable, "-m", "vae_core", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == status
    if status == 0:
        assert len(json.loads(done.stdout)["runs"]) == 3
        assert done.stderr == ""
    else:
        assert done.stdout == ""
        assert one_plain_line(done.stderr)


def test_an_interrupt_goes_through_the_command_so_that_it_stops_the_tests(monkeypatch, checkpoints):
    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vae_core.cli.files.list_runs", interrupted)
    checkpoints.mkdir(exist_ok=True)
    with pytest.raises(KeyboardInterrupt):
        main(["list"])


def test_an_interrupted_process_ends_with_130_and_writes_nothing(tmp_path):
    out = tmp_path / "run.safetensors"
    options = ("--dataset", "digits", "--epochs", "10000", "--out", out)
    terminal, stderr = os.openpty()  # the bar is shown on terminals alone
    termios.tcsetwinsize(terminal, (24, 120))
    command = [sys.executable, "-m", "vae_core", "train", "--model", "vae", *options]
    # Tests that run in the background ignore Ctrl-C, and so would the process.
    heeded = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stderr=stderr, cwd=ROOT, preexec_fn=heeded) as process:
        os.close(stderr)
        text = ""
        while "recon=" not in text:  # the training has begun
            text += read_terminal(terminal)
            assert process.poll() is None, text
        process.send_signal(signal.SIGINT)
        while chunk := read_terminal(terminal):
            text += chunk
    assert process.returncode == 130
    assert text.rstrip().endswith("vae_core: stopped; nothing was written")
    assert not out.exists()


def read_terminal(terminal: int) -> str:
    """Read what a process writes to its terminal; nothing when it has ended."""
    try:
        return os.read(terminal, 4096).decode()
    except OSError:
        return ""


COMMANDS = ("train", "sweep", "list", "show", "verify", "sample", "evidence", "nll", "classifier", "engine")


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_every_command_explains_itself(command, call):
    status, out, _ = call(*command, "--help")
    assert status == 0
    assert "usage: python -m vae_core" in out


def test_a_training_that_can_be_resumed_leaves_only_its_run(answer, call, tmp_path, monkeypatch):
    monkeypatch.setattr("vae_core.training.SAVE_EVERY_S", 0.0)
    out, state = tmp_path / "run.safetensors", tmp_path / "state"
    answer("train", "--model", "vae", *QUICK, "--out", out, "--resume", state)
    assert load_run(out).info.train.epochs == 2
    assert not state.exists()
    code, _, error = call("train", "--model", "vae", *QUICK, "--resume", tmp_path / "nowhere" / "state")
    assert code != 0
    assert one_plain_line(error)
