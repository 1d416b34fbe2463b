"""The selected test images as files."""

import io
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ui import store
from vae_core.runs import RunInfo

Index = NDArray[np.int64]


def downloads(runs: dict[str, RunInfo], images: tuple[int, ...]) -> None:
    """Draw the buttons: numbers as CSV, numbers and pixels as npz."""
    index = np.array(images, np.int64)
    with st.container(horizontal=True, vertical_alignment="center", key="selected"):
        st.markdown("Selected images", width="content")
        for kind, make, mime in (("CSV", csv, "text/csv"), ("npz", npz, "application/octet-stream")):
            st.download_button(
                kind, partial(make, runs, index), file_name=f"selected.{kind.lower()}", mime=mime, on_click="ignore",
                key=f"selected-{kind}", icon=":material/download:", type="tertiary",
            )  # fmt: skip


def csv(runs: dict[str, RunInfo], index: Index) -> bytes:
    """Return a row per image: its number and label, and for each model z, mu, sigma, recon and kld."""
    first = store.run(next(iter(runs.values())))
    names = first.info.class_names
    table = pd.DataFrame({"image": index, "label": [names[label] for label in first.latents.y[index]]})
    for kind, info in runs.items():
        for name, values in numbers(info, index).items():
            columns = values.reshape(len(index), -1).T
            for number, column in enumerate(columns, start=1):
                table[f"{kind} {name}{number if values.ndim > 1 else ''}"] = column
    return table.to_csv(index=False).encode()


def npz(runs: dict[str, RunInfo], index: Index) -> bytes:
    """Return the same as arrays, with the images `x` where they are on this machine."""
    first = next(iter(runs.values()))
    arrays: dict[str, Any] = {"image": index, "y": store.run(first).latents.y[index]}
    originals = store.test_images(first)
    if originals is not None:
        arrays["x"] = originals[index]
    for kind, info in runs.items():
        arrays |= {f"{kind}_{name}": values for name, values in numbers(info, index).items()}
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def numbers(info: RunInfo, index: Index) -> dict[str, NDArray[np.floating]]:
    """Return z, mu and sigma (n, d), recon and kld (n,) in nats of some test images; an AE has codes and recon."""
    run = store.run(info)
    latents, kld = run.latents, run.latents.kld()
    if latents.logvar is None or kld is None:
        return {"z": run.z()[index], "recon": run.recon[index]}
    return {
        "z": run.z()[index], "mu": latents.mu[index], "sigma": np.exp(0.5 * latents.logvar[index]),
        "recon": run.recon[index], "kld": kld[index],
    }  # fmt: skip
