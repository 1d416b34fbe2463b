"""A run's latent space as the browser draws it: Altair's specification, and the files with its points and numbers."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts.contours import COLUMNS, contour_layer, contour_table
from ui.charts.latent_space import SpaceView, latent_space_chart
from ui.charts.marks import prior_layers
from ui.components.message import message
from ui.shell import words
from ui.spaces.claim import claim
from ui.store import BY_RUN, files
from vae_core.latents import plane
from vae_core.runs import RunInfo

OF_PRIORS = "Dashed: 2 σ of each class's prior p(z|c); numbers are of z in units of it."


def space_of(info: RunInfo, decoder: str | None, with_contours: bool = False) -> dict[str, Any]:
    """Return what spaces.js draws of a run; the address of its decoder may come later."""
    files_later = {"decoder": decoder, "contours": contours_url(info) if with_contours else None}
    space = described(info)
    space["claim"] |= {"folded": True}
    return space | {"points": points_url(info), "details": details_url(info)} | files_later


def described(info: RunInfo) -> dict[str, Any]:
    """Return what spaces.js takes of a run, without the addresses of its files."""
    found = claim(info, store.metrics(info))
    prior = OF_PRIORS if info.model.has_label_prior else None
    note = " · ".join(filter(None, (words.origin(info), store.plane_of(info, sampled=True).note, prior)))
    return _fixed(info) | {"claim": {"finding": f"{found.finding}.", "numbers": found.numbers}, "note": note}


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def _fixed(info: RunInfo) -> dict[str, Any]:
    kind, window = info.model.kind, window_of(info)
    return {
        "kind": kind,
        "run": info.id,
        "name": words.short(kind),
        "title": words.title(kind),
        "shape": info.model.image_shape,
        "latent_dim": info.model.latent_dim,
        "conditional": info.model.condition_inputs("decoder") > 0,
        "window": [*window.centre, window.half],
        "spec": space_chart(info, empty=True).to_dict(),
    }


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def window_of(*infos: RunInfo) -> charts.Window:
    """Return the window with all test images of some runs, as sampled z and as means."""
    return charts.Window.around(*(store.plane_of(info, sampled).points for info in infos for sampled in (True, False)))


def space_chart(
    info: RunInfo,
    sampled: bool = True,
    empty: bool = False,
    theme: str = "light",
    with_contours: bool = False,
    with_beta: bool = True,
) -> Any:
    """Return the Altair chart of a run's latent space, with its points or `empty`; its subtitle may leave out β."""
    shown, window, y = store.plane_of(info, sampled), window_of(info), store.run(info).latents.y
    view = SpaceView(
        words.title(info.model.kind), words.subtitle(info, with_beta), shown.axes, window, info.class_names, theme,
        has_circles=not info.model.has_label_prior,
    )  # fmt: skip
    points = charts.point_table(shown.points, y, info.class_names)
    centres = charts.centre_table(shown.points, y, info.class_names, window)
    if empty:
        points, centres = points[:0], centres[:0]  # the browser draws them
    lines = contour_layer(view, contours(info) if with_contours else pd.DataFrame(columns=COLUMNS))
    return latent_space_chart(view, points, centres, lines, *prior_layers(view, *_prior(info)))


def _prior(info: RunInfo) -> tuple[NDArray[np.floating] | None, NDArray[np.floating]]:
    """Return the learned prior of every class (2, K, d), if there is one, and the plane's directions (2, d)."""
    latents, d = store.run(info).latents, info.model.latent_dim
    return latents.prior, plane(latents, np.eye(d, dtype=np.float32)).points.T if d > 2 else np.eye(2, d)


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_RUN)
def contours(info: RunInfo) -> pd.DataFrame:
    """Return the lines around each class's points, as sampled z; as from `contour_table`."""
    return contour_table(store.plane_of(info, sampled=True).points, store.run(info).latents.y, info.class_names)


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=BY_RUN)
def contours_url(info: RunInfo) -> str:
    """Return the address of `contours` as JSON."""
    return files.publish(contours(info).to_json(orient="records", double_precision=3).encode(), "application/json")


def points_file(info: RunInfo) -> bytes:
    """Return a run's test images in the plane for spaces.js: sampled z (N, 2) float32, labels (N,) uint16."""
    points = store.plane_of(info, sampled=True).points.astype(np.float32)
    return message({"count": len(points)}, points, store.run(info).latents.y.astype(np.uint16))


def details_file(info: RunInfo) -> bytes:
    """Return what the first picture does not need: losses of every image, means, and all of many dimensions."""
    run, latents = store.run(info), store.run(info).latents
    kld, d = latents.kld(), info.model.latent_dim
    header = {
        "count": len(latents.y), "latent_dim": d, "kld": kld is not None, "mean": kld is not None, "full": d != 2,
    }  # fmt: skip
    arrays = [run.recon]
    arrays += [] if kld is None else [kld, store.plane_of(info, sampled=False).points]
    arrays += [] if d == 2 else [run.z(sampled=True)]
    arrays += [] if d == 2 or kld is None else [latents.mu]
    return message(header, *(array.astype(np.float32) for array in arrays))


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def points_url(info: RunInfo) -> str:
    """Return the address of `points_file`."""
    return files.publish(points_file(info))


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def details_url(info: RunInfo) -> str:
    """Return the address of `details_file`."""
    return files.publish(details_file(info))
