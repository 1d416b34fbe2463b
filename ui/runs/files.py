"""A run to take away: its file, its latents as CSV, and the Python that reads it."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from ui import store
from vae_core import runs
from vae_core.runs import Run, RunInfo


def download_buttons(info: RunInfo) -> None:
    """Offer a run's file and latents, if the file is there, and show how to use it in Python."""
    path = info.path
    if path is None or not path.is_file():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            f"Run file ({path.stat().st_size / 1e6:.1f} MB)", path.read_bytes, path.name, "application/octet-stream",
            icon=":material/download:", on_click="ignore", key=f"file-{info.id}",
        )  # fmt: skip
        st.download_button(
            "Latents (CSV)", partial(_csv, info), f"{info.id}.latents.csv", "text/csv", icon=":material/download:",
            on_click="ignore", key=f"csv-{info.id}", help="One row per test image: label, mu, logvar, sampled z.",
        )  # fmt: skip
    with st.expander("Use it in Python"):
        st.code(snippet(info), language="python")


def _csv(info: RunInfo) -> str:
    return latents_csv(store.run(info))


def latents_csv(run: Run) -> str:
    """Write the test images' latents: image, label, mu1 …, logvar1 … (not for an AE), z1 … as the app shows them."""
    names = run.info.class_names
    columns: dict[str, Any] = {"image": range(len(run.latents.y)), "label": [names[label] for label in run.latents.y]}
    for name, values in (("mu", run.latents.mu), ("logvar", run.latents.logvar), ("z", run.z())):
        if values is not None:
            columns |= {f"{name}{axis}": values[:, axis - 1] for axis in range(1, values.shape[1] + 1)}
    return pd.DataFrame(columns).to_csv(index=False, float_format="%.6g")


def snippet(info: RunInfo) -> str:
    """Write Python that loads a downloaded run file: its latents and its model."""
    y = ", y[:8]" if info.model.kind == "cvae" else ""
    arguments = "latents and labels" if y else "latents"
    return f"""# where this project is installed, beside the downloaded run file
import torch
from vae_core.runs import load_run

run = load_run("{info.id}{runs.SUFFIX}")
print(run.info.test)  # nats per image
z = torch.from_numpy(run.z())  # (N, {info.model.latent_dim})
y = torch.from_numpy(run.latents.y)  # (N,)
model = run.model()  # has encode and decode
x_hat = model.decode(z[:8]{y})  # {arguments} → images
"""
