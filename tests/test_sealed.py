"""Sealed files: there and back, the hash of the specification, and everything that is refused."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors.numpy import save

from tests.support.helpers import ROOT, assembled, one_sentence, plain_json
from tests.support.helpers import sealed as sealed_by_specification
from vae_core.evidence.classifier import load_classifier, save_classifier
from vae_core.runs import from_bytes, to_bytes
from vae_core.runs.sealed import Flaw, SealedError, digest, parse_header, verified_tensors
from vae_core.runs.sealed import to_bytes as sealed_bytes

KEY = "run"  # as `helpers.assembled` has it; every other one is as good
HEADER = {"name": "β = ½", "figures": [1.5, -0.0, None, True], "inner": {"b": 1, "a": 2}}
TENSORS = {"mu": np.arange(6, dtype=np.float16).reshape(2, 3), "y": np.array([3, -1], np.int16)}
SHIPPED = sorted((ROOT / "checkpoints").glob("*.safetensors"))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)  # no lone surrogates: names are UTF-8
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
headers = st.dictionaries(texts, values, max_size=4)
any_array = st.sampled_from([np.bool_, np.uint8, np.int16, np.int64, np.float16, np.float32]).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=0, min_side=0, max_dims=3, max_side=4))
)
tensor_sets = st.dictionaries(texts, any_array | any_array.map(np.transpose), max_size=3)


def written(header: dict, tensors: dict[str, np.ndarray]) -> bytes:
    return sealed_bytes(KEY, header | {"sha256": digest(header, tensors)}, tensors)


def opened(raw: bytes, key: str = KEY) -> tuple[dict, dict[str, np.ndarray]]:
    header = parse_header(raw, key, len(raw) - 8)
    return header, verified_tensors(raw, header)


def flaw(raw: bytes, key: str = KEY) -> Flaw:
    """What is wrong with a file's content."""
    with pytest.raises(SealedError) as caught:
        opened(raw, key)
    assert one_sentence(caught.value)
    return caught.value.flaw


def with_metadata(**metadata: str) -> bytes:
    return save(TENSORS, metadata=metadata)


# ---- there and back ----


@given(headers, tensor_sets)
def test_what_was_sealed_comes_back(header, tensors):
    raw = written(header, tensors)
    header_back, back = opened(raw)
    assert header_back == header | {"sha256": digest(header, tensors)}
    assert back.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert (back[name].dtype, back[name].shape) == (tensor.dtype, tensor.shape)
        assert back[name].tobytes() == tensor.tobytes()
    assert sealed_bytes(KEY, header_back, back) == raw


@given(headers, tensor_sets)
def test_the_hash_is_that_of_the_specification(header, tensors):
    assert digest(header, tensors) == sealed_by_specification(header, tensors)["sha256"]
    assert digest(header | {"sha256": "another"}, tensors) == digest({**header, "sha256": None}, tensors)


def test_the_bytes_are_those_of_the_specification():
    assert written(HEADER, TENSORS) == assembled(sealed_by_specification(HEADER, TENSORS), TENSORS)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_file_has_the_bytes_that_saving_it_again_gives(path, tmp_path):
    raw = path.read_bytes()
    if path.stem.startswith("classifier-"):
        classifier = load_classifier(path.stem.removeprefix("classifier-"), path.parent)
        assert save_classifier(classifier, tmp_path).read_bytes() == raw
    else:
        assert to_bytes(from_bytes(raw)) == raw


def test_there_are_shipped_files():
    assert {path.name.startswith("classifier-") for path in SHIPPED} == {True, False}


def test_runs_are_listed_without_torch():
    code = "import sys, vae_core.runs as runs; print(len(runs.list_runs('checkpoints')), 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    number, torch = done.stdout.split()
    assert int(number) > 0
    assert torch == "False"


# ---- what is refused ----


def test_every_flipped_bit_is_noticed():
    raw = written(HEADER, TENSORS)
    for bit in range(8 * len(raw)):
        damaged = bytearray(raw)
        damaged[bit // 8] ^= 1 << bit % 8
        assert flaw(bytes(damaged)), bit


def test_no_part_of_a_file_passes_for_the_whole():
    raw = written(HEADER, TENSORS)
    flaws = [flaw(raw[:length]) for length in range(len(raw))]
    assert flaws[:10] == [Flaw.CUT_OFF] * 10
    assert flaws[-1] == flaw(raw + b"\0") == Flaw.UNREADABLE


@given(st.binary(max_size=200))
def test_noise_is_refused(raw):
    assert flaw(raw)
    assert flaw(len(raw).to_bytes(8, "little") + raw)


@pytest.mark.parametrize(
    ("header", "tensors"),
    [
        (HEADER | {"name": "β = 1"}, TENSORS),
        (HEADER, TENSORS | {"y": np.array([3, 1], np.int16)}),
        (HEADER, TENSORS | {"y": TENSORS["y"].view(np.float16)}),
        (HEADER, TENSORS | {"mu": TENSORS["mu"].reshape(3, 2)}),
        (HEADER, {"mu": TENSORS["mu"], "label": TENSORS["y"]}),
        (HEADER, {"mu": TENSORS["mu"]}),
    ],
    ids=["header", "value", "dtype", "shape", "name", "tensor missing"],
)
def test_the_hash_covers_everything(header, tensors):
    stated = digest(HEADER, TENSORS)
    assert flaw(sealed_bytes(KEY, header | {"sha256": stated}, tensors)) is Flaw.DAMAGED


@pytest.mark.parametrize("sha256", [None, "", 0, ["a"], digest(HEADER, TENSORS).upper()])
def test_another_hash_is_refused(sha256):
    assert flaw(sealed_bytes(KEY, HEADER | {"sha256": sha256}, TENSORS)) is Flaw.DAMAGED
    assert flaw(sealed_bytes(KEY, HEADER, TENSORS)) is Flaw.DAMAGED


def test_a_file_of_another_kind_is_refused():
    header = plain_json(sealed_by_specification(HEADER, TENSORS))
    assert opened(with_metadata(classifier=header), "classifier")[0]["name"] == HEADER["name"]
    assert flaw(with_metadata(run=header), "classifier") is Flaw.FOREIGN
    assert flaw(with_metadata(run=header, classifier=header)) is Flaw.FOREIGN
    assert flaw(save(TENSORS)) is Flaw.FOREIGN


def test_a_header_may_be_as_long_as_the_caller_says():
    raw = written(HEADER | {"name": "x" * 1000}, TENSORS)
    length = int.from_bytes(raw[:8], "little")
    assert parse_header(raw, KEY, length) == parse_header(raw[: 8 + length], KEY, length)
    with pytest.raises(SealedError) as caught:
        parse_header(raw, KEY, length - 1)
    assert caught.value.flaw is Flaw.CUT_OFF
    assert flaw((2**63).to_bytes(8, "little") + raw[8:]) is Flaw.CUT_OFF


def test_a_file_that_shrank_since_its_size_was_read_was_cut_off():
    with pytest.raises(SealedError) as caught:
        parse_header(b"\x02", KEY, 1000)
    assert caught.value.flaw is Flaw.CUT_OFF


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_neither_written_nor_read(number):
    header = {"recon": float(number)}
    with pytest.raises(ValueError, match="JSON compliant"):
        sealed_bytes(KEY, header, TENSORS)
    with pytest.raises(ValueError, match="JSON compliant"):
        digest(header, TENSORS)
    assert flaw(with_metadata(run=f'{{"recon":{number}}}')) is Flaw.FOREIGN


@pytest.mark.parametrize(
    "text",
    ['{"a": 1}', '{"b":1,"a":2}', '{"a":1,"a":1}', '{"a":1.50}', '{"a":"β"}', "[]", "3", "null", '"text"', "", "{"],
)
def test_json_that_is_not_canonical_or_no_object_is_refused(text):
    assert flaw(with_metadata(run=text)) is Flaw.FOREIGN


@pytest.mark.parametrize("outer", [b'{"__metadata__":{"run":3}}', b'{"__metadata__":3}', b"[1]", b"[" * 100_000])
def test_a_header_that_is_built_otherwise_is_refused(outer):
    assert flaw(len(outer).to_bytes(8, "little") + outer) is Flaw.FOREIGN
