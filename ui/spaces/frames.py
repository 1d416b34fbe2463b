"""States of a model over its training: the same 1,000 test images, in a plane that is rotated so that they move little.

A state is a `Frame`, of a training under way or read from a run file.
"""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.store import BY_RUN
from vae_core.config import ModelConfig, TrainConfig
from vae_core.jobs import Frame
from vae_core.latents import Plane, alignment, plane
from vae_core.runs import RunInfo

NOISE_SEED = 0  # of the sampled z: an image has the same noise in every run and epoch, so that it can be followed
BY_FRAME = BY_RUN | {Frame: lambda frame: (frame.attempt, frame.done)}  # hash_funcs of caches with a frame in their key


def last(info: RunInfo) -> int:
    """Return the number of a run's last snapshot."""
    return len(info.snapshot_epochs) - 1


def frame_of(info: RunInfo, number: int = -1) -> Frame:
    """Return a run's state at one of its snapshots, the last one by default; RunError if the file is bad."""
    run, epoch = store.run(info), info.snapshot_epochs[number]
    train, test = info.history[epoch - 1] if epoch else (None, None)  # before training nothing was recorded
    return Frame(
        mu=run.snapshot_mu[number],
        logvar=None if run.snapshot_logvar is None else run.snapshot_logvar[number],
        index=run.snapshot_index,
        y=run.latents.y[run.snapshot_index],
        x_hat=run.snapshot_x_hat[number],
        class_names=info.class_names,
        epoch=epoch,
        epochs=info.train.epochs,
        train=train,
        test=test,
        done=epoch / info.train.epochs,
        attempt=info.sha256,
    )


def reference_run(model: ModelConfig, train: TrainConfig) -> RunInfo | None:
    """Return the run with the default settings, to whose plane others with such latents are rotated; None for an AE."""
    infos = store.catalogue().fitting({"classes": train.classes})
    return None if model.kind == "ae" else infos.usual(model.kind, train.dataset, model.latent_dim)


@st.cache_resource(max_entries=600, show_spinner=False, hash_funcs=BY_FRAME)
def plane_of(frame: Frame, reference: RunInfo | None, sampled: bool = True, final: Frame | None = None) -> Plane:
    """Return the followed images in the plane; RunError if the reference's file is bad.

    Arguments:
        frame: The state.
        reference: The reference that the plane is rotated or mirrored to match, for display only; None leaves it.
        sampled: Whether to show sampled z, or mu.
        final: The state that is matched to the reference's last one, if it is not `frame`: one rotation serves all
            snapshots of a run.
    """
    unrotated = plane(frame, frame.sample(NOISE_SEED) if sampled else frame.mu)
    return unrotated._replace(points=(unrotated.points @ rotation_of(final or frame, reference)).astype(np.float32))


def rotation_of(frame: Frame, reference: RunInfo | None) -> NDArray[np.float64]:
    """Return what rotates or mirrors the plane of a state's latents to match a reference of these images, (2, 2)."""
    if reference is None or frame.mu.shape[1] == 1 or not _follow_same_images(frame, frame_of(reference)):
        return np.eye(2)
    return _rotation(frame, reference)


@st.cache_resource(max_entries=200, show_spinner=False, hash_funcs=BY_FRAME)
def _rotation(frame: Frame, reference: RunInfo) -> NDArray[np.float64]:
    return alignment(_means(frame), _means(frame_of(reference)))


def _follow_same_images(a: Frame, b: Frame) -> bool:
    return np.array_equal(a.index, b.index) and np.array_equal(a.y, b.y)


def _means(frame: Frame) -> NDArray[np.float32]:
    return plane(frame, frame.mu).points
