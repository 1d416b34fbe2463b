import json
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save

from tests.support.helpers import (
    EPOCHS,
    ROOT,
    assembled,
    each_kind,
    one_sentence,
    parts,
    sealed,
    small_model,
    small_training,
)
from vae_core.config import KINDS
from vae_core.errors import RunError, TrainingError
from vae_core.evidence import summarize
from vae_core.losses import recon
from vae_core.runs import (
    Metric,
    Run,
    checkpoints_root,
    from_bytes,
    from_trained,
    kept_metrics,
    list_runs,
    load_run,
    publish,
    read_info,
    save_run,
    sweep_orphans,
    to_bytes,
)
from vae_core.training import train


def refused(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(RunError) as caught:
        load_run(path).model()
    assert one_sentence(caught.value)
    return str(caught.value)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# ---- there and back ----


@each_kind
def test_a_run_comes_back_as_it_was_saved(kind, runs, run_files):
    run, back = runs[kind], load_run(run_files[kind])
    assert back.info == replace(run.info, path=run_files[kind])
    for field in fields(Run):
        saved, loaded = getattr(run, field.name), getattr(back, field.name)
        if isinstance(saved, np.ndarray):
            assert np.array_equal(saved, loaded), field.name
    for name in ("mu", "logvar", "y"):
        assert np.array_equal(getattr(run.latents, name), getattr(back.latents, name)), name
    assert run.weights.keys() == back.weights.keys()
    assert all(np.array_equal(run.weights[name], back.weights[name]) for name in run.weights)


@each_kind
def test_the_same_run_always_has_the_same_bytes(kind, runs):
    raw = to_bytes(runs[kind])
    assert to_bytes(runs[kind]) == raw
    assert to_bytes(from_bytes(raw)) == raw


@each_kind
def test_the_header_holds_one_key_of_canonical_json(kind, run_files):
    raw = run_files[kind].read_bytes()
    metadata = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]
    assert set(metadata) == {"run"}
    header = json.loads(metadata["run"])
    assert metadata["run"] == json.dumps(header, sort_keys=True, separators=(",", ":"), allow_nan=False)


@each_kind
def test_the_hash_is_that_of_the_specification(kind, run_files):
    header, tensors = parts(run_files[kind].read_bytes())
    assert sealed(header, tensors) == header


@each_kind
def test_the_header_alone_says_the_same(kind, run_files):
    assert read_info(run_files[kind]) == load_run(run_files[kind]).info


# ---- what is in it ----


@each_kind
def test_the_figures_are_the_means_of_what_is_stored(kind, run_files):
    header, tensors = parts(run_files[kind].read_bytes())
    distortion = tensors["test.recon"].astype(float).mean()
    assert header["test"]["recon"] == pytest.approx(distortion, rel=1e-9)
    if kind == "ae":
        assert header["test"]["kld"] is header["test"]["elbo"] is header["train"]["beta"] is None
        assert "test.logvar" not in tensors
        return
    mu, logvar = tensors["test.mu"].astype(float), tensors["test.logvar"].astype(float)
    rate = -0.5 * (1 + logvar - mu**2 - np.exp(logvar)).sum(axis=1).mean()
    assert header["test"]["kld"] == pytest.approx(rate, rel=1e-5)
    assert header["test"]["elbo"] == pytest.approx(-distortion - rate, rel=1e-6)


@each_kind
def test_the_saved_model_gives_the_saved_latents(kind, run_files, digits):
    run = load_run(run_files[kind])
    posterior = run.model().encode(digits.test.images(), digits.test.y)
    half = {"rtol": 1e-3, "atol": 1e-3}  # the precision of float16
    np.testing.assert_allclose(run.latents.mu, posterior.mu.numpy(), **half)
    assert kind == "ae" or np.allclose(run.latents.logvar, posterior.logvar.numpy(), **half)
    assert np.array_equal(run.latents.y, digits.test.y.numpy())


def test_the_saved_autoencoder_gives_the_saved_recon(run_files, digits):
    run, x = load_run(run_files["ae"]), digits.test.images()
    model = run.model()
    logits = model.decode_logits(model.encode(x).mu)
    np.testing.assert_allclose(run.recon, recon(logits, x).numpy(), rtol=1e-4)


@each_kind
def test_a_run_says_how_it_was_made(kind, runs, digits):
    info = runs[kind].info
    assert info.model == small_model(kind)
    assert info.train == small_training(epochs=EPOCHS).for_kind(kind)
    assert len(info.history) == EPOCHS
    assert info.snapshot_epochs == tuple(range(EPOCHS + 1))
    assert info.fingerprints == (digits.train.fingerprint, digits.test.fingerprint)
    assert info.class_names == digits.test.class_names
    assert dict(info.versions)["torch"] == torch.__version__.split("+")[0] or "+" in dict(info.versions)["torch"]


@each_kind
def test_everybody_sees_the_same_samples(kind, run_files):
    run = load_run(run_files[kind])
    assert np.array_equal(run.z(), load_run(run_files[kind]).z())
    assert np.array_equal(run.z(sampled=False), run.latents.mu)
    assert np.array_equal(run.z(), run.latents.mu) == (kind == "ae")


@each_kind
def test_latents_that_cannot_be_kept_are_refused_before_they_are_saved(kind, trainings, digits):
    """Codes beyond float16 would be infinite in the file, and the file would be refused when it is read."""
    trained = trainings[kind][-1].trained
    far = trained.evaluation._replace(mu=trained.evaluation.mu * 1e6)
    with pytest.raises((RunError, TrainingError)):
        from_trained(replace(trained, evaluation=far), *digits)


# ---- names ----


def test_names_are_readable(runs):
    ids = [runs[kind].info.id for kind in KINDS]
    patterns = [
        r"digits-ae-s0-[0-9a-f]{8}",
        r"digits-vae-beta1-s0-[0-9a-f]{8}",
        r"digits-cvae-beta1-onehot-s0-[0-9a-f]{8}",
    ]
    assert all(re.fullmatch(pattern, name) for pattern, name in zip(patterns, ids, strict=True)), ids


@pytest.mark.parametrize(
    ("model", "training", "start"),
    [
        ({"kind": "vae"}, {"beta": 0.5, "seed": 3}, "digits-vae-beta0.5-s3-"),
        ({"kind": "vae", "latent_dim": 5}, {"dataset": "fashion_mnist"}, "fashionmnist-vae-beta1-d5-s0-"),
        (
            {"kind": "cvae", "condition": "embedding", "condition_in": "decoder"},
            {},
            "digits-cvae-beta1-embedding-decoderonly-s0-",
        ),
        ({"kind": "ae", "likelihood": "gaussian"}, {"beta": None}, "digits-ae-gaussian-s0-"),
    ],
)
def test_a_name_says_what_is_not_the_default(model, training, start, runs):
    info = replace(runs["vae"].info, model=small_model(**model), train=small_training(**training))
    assert info.id.startswith(start)


def test_different_runs_have_different_names(digits, runs):
    *_, last = train(small_model("vae"), small_training(epochs=EPOCHS, learning_rate=5e-3), *digits, "cpu")
    other = from_trained(last.trained, *digits).info.id
    assert other[:-8] == runs["vae"].info.id[:-8]
    assert other != runs["vae"].info.id


# ---- damage ----


@each_kind
def test_any_flipped_bit_is_noticed(kind, run_files):
    path = run_files[kind]
    raw = path.read_bytes()
    header_bits = 8 * (8 + int.from_bytes(raw[:8], "little"))
    rng = random.Random(0)
    bits = [*range(64), *rng.sample(range(64, header_bits), 60), *rng.sample(range(header_bits, 8 * len(raw)), 60)]
    for bit in bits:
        damaged = bytearray(raw)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        assert refused(path), bit


def cut(raw: bytes) -> dict[str, bytes]:
    length = 8 + int.from_bytes(raw[:8], "little")
    return {str(n): raw[:n] for n in (0, 1, 7, 8, 9, 100, length - 1, length, length + 1, len(raw) // 2, len(raw) - 1)}


def test_a_file_that_was_cut_off_is_refused(run_files):
    path = run_files["vae"]
    for content in cut(path.read_bytes()).values():
        path.write_bytes(content)
        assert refused(path).startswith(path.name)


def raw_header(text: bytes, body: bytes = b"") -> bytes:
    return len(text).to_bytes(8, "little") + text + body


FOREIGN = {
    "empty": b"",
    "text": b"this is not a run file, but it is long enough to look like one",
    "zeros": bytes(1000),
    "noise": random.Random(0).randbytes(5000),
    "pickle": pickle.dumps({"weights": [1.0] * 100}),
    "another safetensors": save({"weight": np.zeros((3, 3), np.float32)}),
    "other metadata": save({"weight": np.zeros((3, 3), np.float32)}, metadata={"format": "pt"}),
    "a header longer than the file": (2**40).to_bytes(8, "little") + bytes(100),
    "the longest header": b"\xff" * 8 + bytes(100),
    "a huge header": raw_header(b'{"__metadata__":{"run":"' + b"x" * 9 * 2**20 + b'"}}'),
    "a deep header": raw_header(b"[" * 100_000),
    "a deep run": raw_header(b'{"__metadata__":{"run":"' + b"[" * 100_000 + b'"}}'),
    "a header that is no object": raw_header(b"[1,2,3]"),
    "a run that is no object": raw_header(b'{"__metadata__":{"run":"[]"}}'),
    "a run that is no text": raw_header(b'{"__metadata__":{"run":3}}'),
    "an empty run": raw_header(b'{"__metadata__":{"run":"{}"}}'),
    "no utf-8": raw_header(b'{"__metadata__":{"run":"\xff\xfe"}}'),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_file_is_refused(content, tmp_path):
    path = tmp_path / "foreign.safetensors"
    path.write_bytes(content)
    assert refused(path).startswith("foreign.safetensors: ")
    with pytest.raises(RunError):
        read_info(path)
    assert list_runs(tmp_path) == ()


def test_a_pickled_model_is_refused(tmp_path):
    torch.save({"weight": torch.zeros(3)}, tmp_path / "model.safetensors")
    assert refused(tmp_path / "model.safetensors")


@pytest.mark.parametrize("path", ["nowhere/run.safetensors", "run.safetensors", "."])
def test_a_file_that_is_not_there_is_refused(path, tmp_path):
    assert "no such file" in refused(tmp_path / path)


def edited(path: Path, change, seal: bool) -> None:
    """Change header or tensors of a run file; `seal` gives it the hash that fits."""
    header, tensors = parts(path.read_bytes())
    change(header, tensors)
    path.write_bytes(assembled(sealed(header, tensors) if seal else header, tensors))


def test_a_sealed_file_is_taken(run_files):
    """So what the tests below change is what they are refused for."""
    edited(run_files["vae"], lambda header, tensors: header.update(device="elsewhere"), seal=True)
    assert load_run(run_files["vae"]).info.device == "elsewhere"


EDITS = {
    "a better loss": lambda header, tensors: header["test"].update(recon=1.0, elbo=-(1.0 + header["test"]["kld"])),
    "another seed": lambda header, tensors: header["train"].update(seed=8),
    "another history": lambda header, tensors: header["history"].reverse(),
    "another code": lambda header, tensors: tensors["test.mu"].__setitem__((0, 0), 0.25),
    "another weight": lambda header, tensors: tensors["model.encoder.net.0.bias"].__setitem__(0, 0.25),
    "one tensor as another": lambda header, tensors: tensors.update({"test.logvar": tensors["test.mu"]}),
    "the same bytes in another shape": lambda header, tensors: tensors.update(
        {"test.mu": tensors["test.mu"].reshape(2, -1)}
    ),
    "a tensor more": lambda header, tensors: tensors.update(extra=np.zeros(3, np.float32)),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_file_does_not_fit_its_hash(edit, run_files):
    edited(run_files["vae"], edit, seal=False)
    assert "does not match its hash" in refused(run_files["vae"])


def header_edit(**values):
    return lambda header, tensors: header.update(values)


def tensor_edit(name, change):
    return lambda header, tensors: tensors.update({name: change(tensors[name])})


def put(array: np.ndarray, value: float) -> np.ndarray:
    array = array.copy()
    array.flat[0] = value
    return array


HOSTILE = {
    "codes on their side": tensor_edit("test.mu", lambda mu: mu.T),
    "snapshots on their side": tensor_edit("snapshot.mu", lambda mu: mu.swapaxes(0, 1)),
    "widths of other codes": tensor_edit("test.logvar", lambda logvar: logvar[:-1]),
    "pictures of another size": tensor_edit("snapshot.x_hat", lambda x_hat: x_hat[:, :, :4]),
    "no test images": lambda header, tensors: tensors.update(
        {name: tensors[name][:0] for name in tensors if name.startswith("test.")}
    ),
    "a tensor missing": lambda header, tensors: tensors.pop("test.recon"),
    "a tensor too many": lambda header, tensors: tensors.update(extra=np.zeros(3, np.float32)),
    "codes in another precision": tensor_edit("test.mu", lambda mu: mu.astype(np.float32)),
    "codes that are not finite": tensor_edit("test.mu", lambda mu: put(mu, np.nan)),
    "recon that is not finite": tensor_edit("test.recon", lambda values: put(values, np.inf)),
    "a label out of range": tensor_edit("test.y", lambda y: put(y, 10)),
    "a negative label": tensor_edit("test.y", lambda y: put(y, -1)),
    "an index out of range": tensor_edit("snapshot.index", lambda index: put(index, 360)),
    "weights of another shape": tensor_edit("model.encoder.net.2.weight", lambda weight: weight.T),
    "a weight missing": lambda header, tensors: tensors.pop("model.encoder.net.0.weight"),
    "a weight too many": lambda header, tensors: tensors.update({"model.extra": np.zeros(3, np.float16)}),
    "another format": header_edit(format=2),
    "an unknown model": lambda header, tensors: header["model"].update(kind="gan"),
    "an unknown setting": lambda header, tensors: header["train"].update(momentum=0.9),
    "a number beyond all floats": lambda header, tensors: header["train"].update(beta=10**400),
    "seconds beyond all floats": header_edit(seconds=10**400),
    "an autoencoder with a KLD weight": lambda header, tensors: header["model"].update(kind="ae"),
    "a VAE without a KLD weight": lambda header, tensors: header["train"].update(beta=None),
    "a VAE without a KLD": lambda header, tensors: header["test"].update(kld=None, elbo=None),
    "no recon": lambda header, tensors: header["test"].update(recon=None),
    "a figure that is text": lambda header, tensors: header["test"].update(recon="1.0"),
    "a figure too many": lambda header, tensors: header["test"].update(fid=1.0),
    "a class name too few": lambda header, tensors: header["class_names"].pop(),
    "no history": lambda header, tensors: header.pop("history"),
    "a snapshot too few": lambda header, tensors: header["snapshot_epochs"].pop(),
    "seconds that are text": header_edit(seconds="long"),
    "a day that does not exist": header_edit(created="2026-02-30T00:00:00+00:00"),
    "a date without a time zone": header_edit(created="2026-05-01T10:00:00"),
    "a date before there were computers": header_edit(created="1677-01-01T00:00:00+00:00"),
    "a date that UTC does not have": header_edit(created="9999-12-31T23:59:59-23:59"),
    "images of another size than the data set's": lambda header, tensors: header["train"].update(dataset="mnist"),
    "an epoch without history": lambda header, tensors: header["history"].pop(),
    "snapshots that go back": lambda header, tensors: header["snapshot_epochs"].reverse(),
    "a class without a name": lambda header, tensors: header["class_names"].__setitem__(3, ""),
    "two classes of one name": lambda header, tensors: header["class_names"].__setitem__(3, "4"),
    "a class name that is a novel": lambda header, tensors: header["class_names"].__setitem__(3, "x" * 10_000),
    "a loss that no page can show": lambda header, tensors: header["test"].update(recon=1e300, elbo=-1e300),
    "a fingerprint that is none": lambda header, tensors: header["fingerprints"].update(test="abc"),
    "negative seconds": header_edit(seconds=-1.0),
    "a field that is not known": header_edit(author="x"),
    "widths beyond the model's": tensor_edit("test.logvar", lambda logvar: put(logvar, 30)),
    "widths of snapshots beyond the model's": tensor_edit("snapshot.logvar", lambda logvar: put(logvar, -31)),
    "recon beyond all that can be shown": tensor_edit("test.recon", lambda recon: put(recon, 1e30)),
    "an image followed twice": tensor_edit("snapshot.index", lambda index: put(index, index[1])),
    "a weight that is not finite": tensor_edit("model.encoder.net.0.bias", lambda bias: put(bias, np.nan)),
    "weights in another precision": tensor_edit("model.encoder.net.0.bias", lambda bias: bias.astype(np.float32)),
    "more test images than there are": lambda header, tensors: tensors.update(
        {name: np.concatenate([tensors[name]] * 2) for name in tensors if name.startswith("test.")}
    ),
}


@each_kind
@pytest.mark.parametrize("images", [1, 2])
def test_a_run_of_one_image_has_nothing_to_show(kind, images, run_files):
    def cut(header, tensors):
        for name in tensors:
            if name.startswith("test."):
                tensors[name] = tensors[name][:images]
            elif name.startswith("snapshot.") and name != "snapshot.index":
                tensors[name] = tensors[name][:, :images]
        tensors["snapshot.index"] = np.arange(images, dtype=np.int32)

    edited(run_files[kind], cut, seal=True)
    if images == 1:
        assert "fewer than two test images" in refused(run_files[kind])
    else:
        run = load_run(run_files[kind])
        assert summarize(run.latents, run.info.latent_seed)["knn_accuracy"].value is not None


@pytest.mark.parametrize("edit", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_makes_no_sense_is_refused_though_its_hash_fits(edit, run_files):
    edited(run_files["vae"], edit, seal=True)
    assert refused(run_files["vae"])


@pytest.mark.parametrize("sha256", [None, "", "abc", "g" * 64, int("1" * 64), ["a" * 64], "A" * 64])
def test_a_hash_that_is_none_is_refused(sha256, run_files):
    edited(run_files["vae"], header_edit(sha256=sha256), seal=False)
    assert refused(run_files["vae"])
    with pytest.raises(RunError):
        read_info(run_files["vae"])
    assert len(list_runs(run_files["vae"].parent)) == 2  # a bad file does not spoil the list


# ---- on disk ----


def test_a_folder_that_cannot_be_written_is_an_error(runs, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "nowhere" / "run", tmp_path / "file" / "run", tmp_path / "folder"):
        with pytest.raises(RunError, match="cannot write") as caught:
            save_run(path, runs["vae"])
        assert one_sentence(caught.value)
    with pytest.raises(RunError, match="cannot make the folder"):
        publish(runs["vae"], tmp_path / "file" / "local")
    assert names(tmp_path) == {"file", "folder"}
    assert (tmp_path / "file").read_text() == "mine"


def test_saving_leaves_one_file_that_all_may_read(runs, tmp_path):
    path = tmp_path / "run.safetensors"
    for kind in ("vae", "ae"):
        assert save_run(path, runs[kind]).path == path
    assert names(tmp_path) == {"run.safetensors"}
    assert load_run(path).info.model.kind == "ae"
    assert path.stat().st_mode & 0o777 == 0o644


WRITER = """
import sys, pathlib
from vae_core.runs import load_run, save_run
source, target = map(pathlib.Path, sys.argv[1:])
run = load_run(source)
save_run(target, run)
print("writing", flush=True)
while True:
    save_run(target, run)
"""


def test_a_writer_that_is_killed_never_leaves_half_a_file(run_files, tmp_path):
    source, folder = run_files["vae"], tmp_path / "written"
    folder.mkdir()
    # Some megabytes, so that writing takes a while.
    edited(source, lambda header, tensors: tensors.update({"model.extra": np.zeros(4_000_000, np.float16)}), seal=True)
    rng = random.Random(0)
    for number in range(5):
        target = folder / f"{number}.safetensors"
        command = [sys.executable, "-c", WRITER, source, target]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert writer.stdout.readline() == "writing\n"
        for _ in range(5):  # a reader never sees half a file either
            load_run(target)
        time.sleep(rng.uniform(0, 0.1))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        assert load_run(target).info.sha256 == read_info(source).sha256
    assert len(list_runs(folder)) == 5
    sweep_orphans(folder, age_s=0)
    assert names(folder) == {f"{number}.safetensors" for number in range(5)}


def test_only_old_orphans_are_swept(run_files):
    folder = run_files["vae"].parent
    (folder / "local").mkdir()
    old = [folder / ".tmp-old", folder / "local" / ".tmp-old"]
    for path in (*old, folder / ".tmp-new"):
        path.write_bytes(b"half")
    for path in old:
        os.utime(path, (0, 0))
    before = names(folder)
    assert sweep_orphans(folder) == 2
    assert names(folder) == before - {".tmp-old"}
    assert names(folder / "local") == set()
    assert sweep_orphans(folder / "nowhere") == 0


def test_a_list_has_the_runs_and_nothing_else(runs, run_files):
    folder = run_files["ae"].parent
    local = publish(runs["vae"], folder / "local")
    raw = run_files["vae"].read_bytes()
    for name in ("classifier-mnist.safetensors", ".hidden.safetensors", "copy.bin"):
        (folder / name).write_bytes(raw)
    (folder / "bad.safetensors").write_bytes(raw[:500])
    (folder / "folder.safetensors").mkdir()
    infos = list_runs(folder)
    assert {info.path for info in infos} == {*run_files.values(), local.path}
    assert [info.id for info in infos] == sorted(info.id for info in infos)
    assert {info.path for info in infos if not info.shipped} == {local.path}


def test_the_checkpoints_come_from_the_environment(run_files, monkeypatch):
    folder = run_files["ae"].parent
    monkeypatch.setenv("VAE_CHECKPOINTS", str(folder))
    assert checkpoints_root() == folder
    assert list_runs() == list_runs(folder)
    assert list_runs(folder / "nowhere") == ()


def test_publishing_makes_the_folder_and_keeps_the_metrics(runs, tmp_path):
    metrics = {"overlap": Metric(0.123)}
    info = publish(runs["cvae"], tmp_path / "new" / "local", metrics)
    assert info.path.name == f"{info.id}.safetensors"
    assert names(info.path.parent) == {info.path.name, f"{info.id}.evidence.json"}
    assert load_run(info.path).info == info
    assert kept_metrics(info) == metrics
