"""The files that pages publish for browsers, kept for tests to read."""

import hashlib
import json
from typing import NamedTuple

import numpy as np
from streamlit.testing.v1 import AppTest

from tests.support.screens import component

CONTENT: dict[str, bytes] = {}


def keep(content: bytes, mime: str = "") -> str:
    """What `files.publish` does, without a server."""
    del mime
    url = f"/media/{hashlib.sha256(content).hexdigest()}"
    CONTENT[url] = content
    return url


class States(NamedTuple):
    """Points of each state (states, n, 2), numbers of the test images and labels (n,)."""

    points: np.ndarray
    index: np.ndarray
    y: np.ndarray


def states(url: str) -> States:
    """A file of states."""
    content = CONTENT[url]
    size = int.from_bytes(content[:4], "little")
    header, body = json.loads(content[4 : 4 + size]), content[4 + size :]
    n, count = header["count"], header.get("states", 1)
    points = np.frombuffer(body, np.float32, 2 * n * count).reshape(count, n, 2)
    body = body[points.nbytes :]
    index = np.frombuffer(body, np.uint32, n)
    return States(points, index, np.frombuffer(body[index.nbytes :], np.uint16, n))


class Shown(NamedTuple):
    """What the browser shows of a space: its fields, and points (n, 2), numbers and labels (n,) of its images."""

    fields: dict
    points: np.ndarray
    index: np.ndarray
    y: np.ndarray

    @property
    def line(self) -> str:
        """The line under the plot."""
        claim = self.fields["claim"]
        return " ".join(filter(None, (claim.get("warning"), claim["finding"], claim["numbers"])))


def shown(app: AppTest, kind: str, slider: str = "beta", stop: str | None = None) -> Shown:
    """A model kind's space as tracks.js shows it: where the server has put the sliders, or at a stop of one."""
    data = component(app)
    (space,) = (space for space in data["spaces"] if space["kind"] == kind)
    track = space.get("tracks", {}).get(slider)
    if track is not None and (stop is not None or "points" not in space):
        (places,) = (given for given in data["tracks"] if given["name"] == slider)
        state = track["states"][track["stops"][places["stops"].index(stop or places["at"])]]
        space = space | {"points": track["points"], "pictures": track.get("pictures")} | state
    points, index, y = states(space["points"])
    return Shown(space, points[space.get("at", 0)], index, y)
