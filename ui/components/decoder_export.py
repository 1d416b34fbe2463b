"""A run's decoder as a message for network.js."""

import numpy as np

from ui.components.message import message
from vae_core.runs import Run


def decoder_message(run: Run) -> bytes:
    """Return a run's decoder for network.js; RunError if its weights do not fit its settings.

    The header holds `run` and `layers`: for each layer `activation`, `inputs`, `outputs` and `classes`, the number of
    its biases. Then the biases (classes, outputs) of each layer in turn, float32, and the weights (inputs, outputs),
    float16.
    """
    import torch

    with torch.inference_mode():
        layers = run.model().export_decoder()
    header = {
        "kind": "decoder",
        "run": run.info.id,
        "layers": [
            {
                "activation": layer.activation,
                "inputs": layer.weight.shape[0],
                "outputs": layer.weight.shape[1],
                "classes": layer.bias.shape[0],
            }
            for layer in layers
        ],
    }
    biases = [layer.bias.numpy().astype(np.float32) for layer in layers]
    return message(header, *biases, *(layer.weight.numpy().astype(np.float16) for layer in layers))
