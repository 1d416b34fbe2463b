"""Moments of a training, at rest or live: the same 1,000 test images in the plane, turned to be followed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.store import BY_RUN
from vae_core.jobs import Frame
from vae_core.latents import Latents, alignment, plane
from vae_core.runs import Run, RunInfo

__all__ = ["Moment", "last", "live_moment", "moment", "reference"]

NOISE_SEED = 0  # of the sampled z: the same noise for an image in every run and epoch, so that it can be followed
USUAL_BETA = 1.0


class Moment(NamedTuple):
    """One state of a model.

    Arguments:
        points: The followed test images in the plane, shape (n, 2).
        y, images: Their labels, and which test images they are, shape (n,).
        x_hat: Reconstructions of the first ten, uint8, shape (10, H, W).
        axes, note: As in `latents.Plane`.
        variational: Whether there is a prior around 0 that they are meant for; an AE has none.
        names: Of the classes.
        key: Different for different moments.
    """

    points: NDArray[np.float32]
    y: NDArray[np.int64]
    images: NDArray[np.int32]
    x_hat: NDArray[np.uint8]
    axes: tuple[str, str]
    note: str | None
    variational: bool
    names: tuple[str, ...]
    key: str


def reference(kind: str, dataset: str, latent_dim: int, infos: Sequence[RunInfo]) -> RunInfo | None:
    """The run that the plane of all others of its kind is turned towards: the most usual one; None for an AE."""
    fitting = [
        info for info in infos
        if (info.model.kind, info.train.dataset, info.model.latent_dim) == (kind, dataset, latent_dim)
        and info.train.beta is not None
    ]  # fmt: skip
    return min(
        fitting,
        key=lambda info: (not info.shipped, abs((info.train.beta or 0.0) - USUAL_BETA), info.train.seed, info.id),
        default=None,
    )


def last(info: RunInfo) -> int:
    """The number of a run's last snapshot."""
    return len(info.snapshot_epochs) - 1


@st.cache_resource(max_entries=600, show_spinner=False, hash_funcs=BY_RUN)
def _moment(info: RunInfo, number: int, sampled: bool, towards: RunInfo | None) -> Moment:
    run = store.run(info)
    logvar = None if run.snapshot_logvar is None else run.snapshot_logvar[number]
    y = run.latents.y[run.snapshot_index]
    turn = None if towards is None else _turn(info, towards)
    key = f"{info.sha256}-{number}-{sampled}-{towards and towards.id}"
    x_hat = run.snapshot_x_hat[number]
    return _placed(
        Latents(run.snapshot_mu[number], logvar, y), run.snapshot_index, x_hat, sampled, turn, run.info.class_names, key
    )


def moment(info: RunInfo, number: int, sampled: bool, towards: RunInfo | None) -> Moment:
    """A run at one of its snapshots; -1 is the last."""
    number = min(number, last(info)) if number >= 0 else last(info)
    return _moment(info, number, sampled, towards)


def live_moment(frame: Frame, sampled: bool, towards: RunInfo | None) -> Moment:
    """A training as its last frame shows it."""
    return _live_moment(f"{frame.attempt}-{frame.done}-{sampled}", frame, sampled, towards)


@st.cache_resource(max_entries=60, show_spinner=False, hash_funcs=BY_RUN)
def _live_moment(key: str, _frame: Frame, sampled: bool, towards: RunInfo | None) -> Moment:
    mu = _mu_plane(_frame.mu, _frame.y)
    turn = None if towards is None else alignment(mu, _final(store.run(towards)))
    latents = Latents(_frame.mu, _frame.logvar, _frame.y)
    return _placed(latents, _frame.index, _frame.x_hat, sampled, turn, _frame.class_names, key)


@st.cache_resource(max_entries=200, show_spinner=False, hash_funcs=BY_RUN)
def _turn(info: RunInfo, towards: RunInfo) -> NDArray[np.float64]:
    return alignment(_final(store.run(info)), _final(store.run(towards)))


def _final(run: Run) -> NDArray[np.float32]:
    return _mu_plane(run.snapshot_mu[-1], run.latents.y[run.snapshot_index])


def _mu_plane(mu: NDArray[np.float32], y: NDArray[np.int64]) -> NDArray[np.float32]:
    return plane(Latents(mu, None, y), mu).points


def _placed(
    latents: Latents,
    images: NDArray[np.int32],
    x_hat: NDArray[np.uint8],
    sampled: bool,
    turn: NDArray[np.float64] | None,
    names: tuple[str, ...],
    key: str,
) -> Moment:
    laid = plane(latents, latents.sample(NOISE_SEED) if sampled else latents.mu)
    points = laid.points
    if turn is not None and latents.mu.shape[1] > 1:
        points = (points @ turn).astype(np.float32)
    return Moment(points, latents.y, images, x_hat, laid.axes, laid.note, latents.logvar is not None, names, key)
