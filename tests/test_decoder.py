"""What travels to the browser's decoder and back, read here without the code that reads it there."""

import json
import re
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from tests.support.helpers import ROOT, each_kind, each_model, small_model
from tests.support.screens import forget
from ui.charts import Window
from ui.components.decoder import MAX_PINNED, PinnedPoint, pinned_points
from ui.components.decoder_export import decoder_message
from ui.explore.scene import View
from ui.explore.space import explored_space
from ui.store import files
from vae_core.config import ModelConfig
from vae_core.errors import RunError
from vae_core.latents import Plane, plane
from vae_core.models import build_model
from vae_core.runs import Run, load_run

ACTIVATIONS = {
    "relu": lambda values: np.maximum(values, 0),
    "tanh": np.tanh,
    "gelu": lambda values: values / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (values + 0.044715 * values**3))),
    "sigmoid": lambda values: 1 / (1 + np.exp(-values)),
}
WINDOW = Window((0.5, -0.5), 4.0)


def fresh(runs: dict[str, Run], config: ModelConfig) -> Run:
    """A run of an untrained model."""
    weights = {name: value.half().numpy() for name, value in build_model(config, seed=3).state_dict().items()}
    run = runs[config.kind]
    return replace(run, info=replace(run.info, model=config), weights=weights)


def unpacked(content: bytes) -> tuple[dict, bytes]:
    """Header and the bytes of the arrays."""
    (size,) = struct.unpack_from("<I", content)
    assert size % 4 == 0, "arrays of four-byte numbers begin at multiples of four"
    return json.loads(content[4 : 4 + size]), content[4 + size :]


def decoded(content: bytes, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The decoder as the message's documentation describes it, in NumPy: (n, D)."""
    header, rest = unpacked(content)
    layers = header["layers"]

    def take(dtype, *shape: int) -> np.ndarray:
        nonlocal rest
        size = np.dtype(dtype).itemsize * int(np.prod(shape))
        array, rest = np.frombuffer(rest[:size], dtype).reshape(shape), rest[size:]
        return array.astype(np.float64)

    biases = [take("<f4", layer["classes"], layer["outputs"]) for layer in layers]
    weights = [take("<f2", layer["inputs"], layer["outputs"]) for layer in layers]
    assert rest == b""
    values = z
    for layer, weight, bias in zip(layers, weights, biases, strict=True):
        values = values @ weight + bias[y if len(bias) > 1 else 0]
        values = ACTIVATIONS[layer["activation"]](values)
    return values


@each_model
def test_the_message_is_the_decoder(runs: dict[str, Run], config: ModelConfig) -> None:
    run = fresh(runs, config)
    z = 3 * np.random.default_rng(0).standard_normal((20, config.latent_dim), dtype=np.float32)
    y = np.arange(20) % config.num_classes
    expected = run.model().decode(torch.from_numpy(z), torch.from_numpy(y)).flatten(1).numpy()
    assert np.abs(decoded(decoder_message(run), z, y) - expected).max() < 1e-5


def test_shapes_and_depths_of_any_kind(runs: dict[str, Run]) -> None:
    run = fresh(runs, small_model("cvae", image_shape=(5, 7), hidden=(9,), num_classes=26))
    header, _ = unpacked(decoder_message(run))
    assert header["layers"] == [
        {"activation": "gelu", "inputs": 2, "outputs": 9, "classes": 26},
        {"activation": "sigmoid", "inputs": 9, "outputs": 35, "classes": 1},
    ]
    assert header["run"] == run.info.id


@pytest.mark.parametrize("name", ["decoder.net.2.weight", "decoder.net.0.bias"])
@pytest.mark.parametrize("wrong", [None, np.zeros((3, 3), np.float16)])
def test_weights_that_do_not_fit_are_refused(runs: dict[str, Run], name: str, wrong: np.ndarray | None) -> None:
    run = runs["cvae"]
    weights = {key: value for key, value in run.weights.items() if key != name} | (
        {} if wrong is None else {name: wrong}
    )
    with pytest.raises(RunError, match="do not fit its settings"):
        decoder_message(replace(run, weights=weights))


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What is published meanwhile, by its address."""
    contents: dict[str, bytes] = {}

    def publish(content: bytes, mime: str = "") -> str:
        url = f"/media/{len(contents)}"
        contents[url] = content
        return url

    monkeypatch.setattr(files, "publish", publish)
    forget()
    return contents


def view_of(run: Run, points: np.ndarray, base: np.ndarray, directions: np.ndarray) -> View:
    return View(Plane(points, ("first", "second"), "a note"), WINDOW, base, directions, None)


@each_kind
def test_the_browser_gets_every_point_with_its_label(
    run_files: dict[str, Path], published: dict[str, bytes], kind: str
) -> None:
    run = load_run(run_files[kind])
    points = plane(run.latents, run.z()).points
    base, directions = np.array([0.5, -0.25], np.float32), np.array([[0.6, 0.8], [-0.8, 0.6]], np.float32)
    space = explored_space(run.info, view_of(run, points, base, directions), "/media/decoder")
    header, content = unpacked(published[space["points"]])
    n = header["count"]
    assert n == len(run.latents.y)
    np.testing.assert_array_equal(np.frombuffer(content[: 8 * n], "<f4").reshape(n, 2), run.z())
    np.testing.assert_array_equal(np.frombuffer(content[8 * n :], "<u2"), run.latents.y)
    assert space["run"] == run.info.id
    assert space["decoder"] == "/media/decoder"
    assert space["conditional"] == (kind == "cvae")
    assert space["window"] == [0.5, -0.5, 4.0]
    assert (space["base"], space["directions"]) == (base.tolist(), directions.tolist())
    assert space["symbols"] == ["c₁", "c₂"]
    assert space["note"] == f"Dots: {'codes' if kind == 'ae' else 'sampled z'} of test images. a note"
    assert "first" in json.dumps(space["spec"])


def test_directions_are_called_by_the_dimension_that_they_are(
    run_files: dict[str, Path], published: dict[str, bytes]
) -> None:
    run = load_run(run_files["vae"])

    def symbols(directions: np.ndarray) -> list[str]:
        base, points = np.zeros(directions.shape[1], np.float32), np.zeros((len(run.latents.y), 2), np.float32)
        return explored_space(run.info, view_of(run, points, base, directions), None)["symbols"]

    assert symbols(np.eye(2, dtype=np.float32)) == ["z₁", "z₂"]
    assert symbols(np.eye(12, dtype=np.float32)[[10, 2]]) == ["z₁₁", "z₃"]
    assert symbols(np.full((2, 12), 12**-0.5, np.float32)) == ["c₁", "c₂"]


def pinned(run: Run, *points: object) -> list[PinnedPoint]:
    return pinned_points({"run": run.info.id, "points": list(points)}, run.info)


def test_pinned_points_come_back_in_their_order(runs: dict[str, Run]) -> None:
    points = ({"z": [0.5, -1], "label": 7}, {"z": [0, 2.25], "label": 0})
    assert pinned(runs["cvae"], *points) == [PinnedPoint((0.5, -1.0), 7), PinnedPoint((0.0, 2.25), 0)]
    assert pinned(runs["vae"], {"z": [0.5, -1], "label": None}) == [PinnedPoint((0.5, -1.0), None)]


@pytest.mark.parametrize(
    "odd",
    [
        *(None, 3, "point", [], {}, {"z": [0, 0]}, {"label": 1}),
        *({"z": z, "label": 1} for z in (None, "ab", 0, [0], [0, 0, 0], [0, None], [0, "1"], [True, 0], [0, [1]])),
        *({"z": [0, value], "label": 1} for value in (float("nan"), float("inf"), -1e7, 10**400)),
        *({"z": [0, 0], "label": label} for label in (None, -1, 10, 1.0, True, "1", 10**400)),
    ],
)
def test_odd_points_are_dropped(runs: dict[str, Run], odd: object) -> None:
    good = {"z": [1, 2], "label": 3}
    assert pinned(runs["cvae"], odd, good) == [PinnedPoint((1.0, 2.0), 3)]


def test_a_decoder_without_a_condition_knows_no_labels(runs: dict[str, Run]) -> None:
    assert pinned(runs["ae"], {"z": [1, 2], "label": 3}) == []


@pytest.mark.parametrize("value", [None, 1, [], {}, {"run": "other", "points": [{"z": [1, 2], "label": None}]}])
def test_nothing_and_other_runs_mean_nothing_pinned(runs: dict[str, Run], value: object) -> None:
    assert pinned_points(value, runs["vae"].info) == []
    assert pinned_points({"run": runs["vae"].info.id, "points": value}, runs["vae"].info) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["z", "label", "x"]), inner),
)


@given(st.lists(json_values))
def test_whatever_a_browser_sends_only_points_come_out(runs: dict[str, Run], points: list) -> None:
    for z, label in pinned(runs["cvae"], *points):
        assert len(z) == 2
        assert np.isfinite(z).all()
        assert label in range(10)


def test_no_more_than_a_dozen_are_pinned_here_and_there(runs: dict[str, Run]) -> None:
    points = [{"z": [number, 0], "label": None} for number in range(20)]
    assert len(pinned(runs["vae"], *points)) == MAX_PINNED == 12
    script = (ROOT / "ui/components/spaces/explorer.js").read_text(encoding="utf-8")
    assert re.search(r"const MAX_PINNED = (\d+);", script)[1] == str(MAX_PINNED)


def test_a_page_shows_it_and_nothing_is_pinned_yet(run_files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_CHECKPOINTS", str(run_files["cvae"].parent))
    app = AppTest.from_file(str(ROOT / "tests" / "support" / "decoder_app.py"), default_timeout=30).run()
    assert not app.exception
    assert app.code[0].value == "[]"
    assert len(app.get("bidi_component")) == 1
