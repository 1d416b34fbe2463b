"""States of a latent space as files for the browser: the followed test images along β, or from epoch to epoch.

What is returned are fields of a space as spaces.js takes them, and the visible part of the plane at each state.
"""

import base64
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import raster
from ui.charts.latent_space import SpaceView, latent_space_chart
from ui.components.message import message
from ui.spaces import frames
from ui.spaces.frames import BY_FRAME
from ui.store import files
from vae_core.jobs import Frame
from vae_core.latents import Plane
from vae_core.runs import RunInfo
from vae_core.sheets import png_bytes, sheet


class States(NamedTuple):
    """Where the browser finds states of one latent space.

    Arguments:
        points: Address of the file with the points of all states.
        windows: The visible part at each state, as [x, y, half side].
        rotations: Of the plane at each state: (2, 2) in a row; None where points of the plane are no latents.
        reconstructions: Ten test images as reconstructed at each state, an entry of `pictures` but for its title.
    """

    points: str
    windows: tuple[list[float], ...]
    rotations: tuple[list[float] | None, ...]
    reconstructions: dict[str, Any]


@st.cache_resource(max_entries=48, show_spinner=False, hash_funcs=BY_FRAME)
def along_runs(infos: tuple[RunInfo, ...], reference: RunInfo | None, sampled: bool = True) -> States:
    """Return the last states of several runs with the same followed images; RunError if a file is bad.

    Arguments:
        infos: At least one run.
        reference, sampled: As in `frames.plane_of`.
    """
    shown_frames = [frames.frame_of(info) for info in infos]
    planes = [frames.plane_of(frame, reference, sampled) for frame in shown_frames]
    return _states(shown_frames, planes, [_rotation(frame, reference) for frame in shown_frames])


@st.cache_resource(max_entries=48, show_spinner=False, hash_funcs=BY_FRAME)
def along_epochs(info: RunInfo, reference: RunInfo | None, sampled: bool = True) -> States:
    """Return a run's states at all of its snapshots; RunError if the file is bad."""
    shown_frames = [frames.frame_of(info, number) for number in range(len(info.snapshot_epochs))]
    planes = [frames.plane_of(frame, reference, sampled, final=shown_frames[-1]) for frame in shown_frames]
    # A run file has the weights of the last state alone.
    return _states(shown_frames, planes, [*[None] * (len(planes) - 1), _rotation(shown_frames[-1], reference)])


def _rotation(frame: Frame, reference: RunInfo | None) -> list[float] | None:
    return frames.rotation_of(frame, reference).flatten().tolist() if frame.mu.shape[1] == 2 else None


def _states(shown_frames: Sequence[Frame], planes: Sequence[Plane], rotations: Sequence[list[float] | None]) -> States:
    points = files.publish(points_file([plane.points for plane in planes], shown_frames[0]))
    x_hat = np.stack([frame.x_hat for frame in shown_frames])
    windows = tuple(window_of(frame, plane) for frame, plane in zip(shown_frames, planes, strict=True))
    return States(points, windows, tuple(rotations), pictures(x_hat))


def points_file(states: Sequence[NDArray[np.float32]], frame: Frame) -> bytes:
    """Return what spaces.js reads: points of each state (n, 2), numbers and labels (n,) of a frame's images."""
    header = {"count": len(frame.y), "states": len(states), "ids": True}
    points = np.stack(states).astype(np.float32)
    return message(header, points, frame.index.astype(np.uint32), frame.y.astype(np.uint16))


def live_points(frame: Frame, plane: Plane) -> str:
    """Return the points of a training's latest frame within a URL: its file would be gone before it is asked for."""
    header = {"count": len(frame.y), "passing": True}
    content = message(header, plane.points.astype(np.float32), frame.y.astype(np.uint16))
    return "data:application/octet-stream;base64," + base64.b64encode(content).decode()


def pictures(images: NDArray[np.uint8], columns: int | None = None) -> dict[str, Any]:
    """Publish images (states, n, H, W), in rows of `columns` (default: n), as an entry of a space's `pictures`."""
    states, n, height, width = images.shape
    columns = columns or n
    content = png_bytes(sheet(framed(images.reshape(-1, height, width)), columns))
    ratio = columns * (width + 2) / (n // columns * (height + 2))
    return {"url": files.publish(content, "image/png"), "count": states, "ratio": ratio}


def originals(info: RunInfo) -> dict[str, Any] | None:
    """Return the ten test images of `reconstructions` in the same form; None while they are not here."""
    images = store.images_if_ready(info)
    if images is None:
        return None
    frame = frames.frame_of(info)
    return _originals(info, tuple(frame.index[: len(frame.x_hat)].tolist()), images)


@st.cache_resource(max_entries=48, show_spinner=False, hash_funcs=BY_FRAME)
def _originals(info: RunInfo, index: tuple[int, ...], _images: NDArray[np.uint8]) -> dict[str, Any]:
    del info  # is in the cache's key
    return pictures(_images[None, list(index)])


def live_reconstructions(frame: Frame) -> dict[str, Any]:
    """Return the ten reconstructions of a training's latest frame in the same form, within a URL."""
    image = sheet(framed(frame.x_hat), len(frame.x_hat))
    return {"url": raster.image_url(image), "count": 1, "ratio": image.shape[1] / image.shape[0]}


def framed(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images (n, H, W) with a black edge of one pixel."""
    return np.pad(images, ((0, 0), (1, 1), (1, 1)))


def window_of(frame: Frame, plane: Plane) -> list[float]:
    """Return the visible part of the plane, which stands still while points move; an AE has no prior around 0."""
    around = charts.Window.around if frame.logvar is None else charts.Window.stepped
    (x, y), half = around(plane.points)
    return [x, y, half]


@st.cache_resource(max_entries=64, show_spinner=False)
def frame_spec(
    title: str, subtitle: str, axes: tuple[str, str], names: tuple[str, ...], has_circles: bool = True
) -> dict[str, Any]:
    """Return the specification of everything but the points; the browser sets the visible part."""
    window = charts.Window((0.0, 0.0), 4.0)
    view = SpaceView(title, subtitle, axes, window, names, large_dots=True, has_circles=has_circles)
    no_points = charts.point_table(np.empty((0, 2), np.float32), np.empty(0, np.int64), names)
    return latent_space_chart(view, no_points, no_points).to_dict()
