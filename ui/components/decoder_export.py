"""A run's decoder as a message for network.js."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.components.message import message
from vae_core.errors import RunError
from vae_core.runs import Run

Floats = NDArray[np.float32]


@st.cache_resource(max_entries=16, show_spinner=False)
def cached_decoder_message(run_id: str, _run: Run) -> bytes:
    """Return `decoder_message` of a run, computed once for each id."""
    return decoder_message(_run)


def decoder_message(run: Run) -> bytes:
    """Return a run's decoder for network.js; RunError if its weights do not fit its settings.

    The header holds `run`, `inputs` (d), `widths` (outputs of each layer) and `classes`. The condition only adds one
    bias per class to the first layer, so the browser does not need to know about conditions: (K, widths[0]) float32,
    K = 1 without one. Then the weights (inputs, outputs) of each layer in turn and the biases of all but the first,
    float16.
    """
    model, d = run.info.model, run.info.model.latent_dim
    conditions = _conditions(run)
    widths = (d + conditions.shape[1], *reversed(model.hidden), model.pixels)
    weights, biases = [], []
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        weights.append(_weight(run, f"decoder.net.{2 * number}.weight", outputs, inputs).T)
        biases.append(_weight(run, f"decoder.net.{2 * number}.bias", outputs))
    first = biases[0].astype(np.float32) + conditions @ weights[0][d:].astype(np.float32)  # (K, widths[1])
    weights[0] = weights[0][:d]
    header = {"kind": "decoder", "run": run.info.id, "inputs": d, "widths": widths[1:], "classes": len(first)}
    return message(header, first, *weights, *biases[1:])


def has_condition(run: Run) -> bool:
    """Return whether the decoder is given the class."""
    return run.info.model.kind == "cvae" and run.info.model.condition_in != "encoder"


def _conditions(run: Run) -> Floats:
    """Return the decoder's condition vector of each class, shape (K, C); (1, 0) if it has no condition."""
    model = run.info.model
    if not has_condition(run):
        return np.zeros((1, 0), np.float32)
    if model.condition == "one_hot":
        return np.eye(model.num_classes, dtype=np.float32)
    return _weight(run, "condition.weight", model.num_classes, model.condition_dim).astype(np.float32)


def _weight(run: Run, name: str, *shape: int) -> NDArray[np.float16]:
    weight = run.weights.get(name)
    if weight is None or weight.shape != shape:
        raise RunError("its weights do not fit its settings", run.info.path)
    return weight.astype(np.float16)
