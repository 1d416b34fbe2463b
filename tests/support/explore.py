"""The page "Explore" in Streamlit's test harness, with the pictures on it, and what they must show."""

import io
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import streamlit
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.support.helpers import shipped
from tests.support.screens import components, opened
from vae_core.config import KINDS
from vae_core.data import load_dataset
from vae_core.runs import Run, load_run

SHORT = dict(zip(KINDS, ("AE", "VAE", "cVAE"), strict=True))
MANIFOLD, INTERPOLATION, RECONSTRUCTION, OWN = VIEWS = (
    "Manifold",
    "Interpolation",
    "Reconstruction",
    "Your own digit",
)
each_view = pytest.mark.parametrize("view", VIEWS)


class Page(NamedTuple):
    """The page, and the pictures on it by their descriptions."""

    app: AppTest
    pictures: dict[str, np.ndarray]

    def picture(self, description: str) -> np.ndarray:
        """Return the only picture whose description starts so."""
        (picture,) = [picture for alt, picture in self.pictures.items() if alt.startswith(description)]
        return np.asarray(picture)

    def run(self) -> None:
        self.pictures.clear()
        self.app.run()
        assert not self.app.exception


def explorer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    """Return what opens the page by the parameters of its URL."""

    def explore(**query: str | list[str]) -> Page:
        pictures: dict[str, np.ndarray] = {}
        show = streamlit.image

        def record(picture: np.ndarray, **settings: object) -> None:
            pictures[str(settings["alt"])] = picture
            show(picture, **settings)

        monkeypatch.setattr(streamlit, "image", record)
        app = opened("pages/4_Explore.py", **query)
        assert not app.exception
        return Page(app, pictures)

    return explore


def explored(app: AppTest) -> dict:
    """The latent space that is decoded at the pointer."""
    (space,) = components(app)[0]["spaces"]
    return space


def marks(app: AppTest) -> list[dict]:
    """The small plots: their titles, their tables by name, and `lit`, the labels of the classes that are on."""
    found = [(data, data["spaces"][0]) for data in components(app) if data.get("bare")]
    return [{"title": space["title"], "lit": data["lit"]} | dict(_tables(space["spec"])) for data, space in found]


def _tables(spec: dict) -> Iterator[tuple[str, pd.DataFrame]]:
    """The tables of a specification and its layers, by their names."""
    given = spec.get("data", {})
    for data in given if isinstance(given, list) else [given]:  # of Vega, or of Vega-Lite until Vega is there
        if "name" in data and isinstance(data.get("values"), str):
            yield data["name"], pd.read_csv(io.StringIO(data["values"]))
    for layer in spec.get("layer", []):
        yield from _tables(layer)


def run_of(kind: str, dataset: str = "digits") -> Run:
    return load_run(shipped(kind, dataset=dataset).path)


def decoded(run: Run, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return run.model().decode(torch.from_numpy(z), torch.from_numpy(y)).numpy()


def assert_shows(picture: np.ndarray, x_hat: np.ndarray) -> None:
    """Check that a picture in 256 grey levels shows these probabilities."""
    np.testing.assert_allclose(np.asarray(picture) / 255, x_hat, atol=0.51 / 255)


def frames(strip: np.ndarray, count: int) -> np.ndarray:
    """Return the images of a film strip (n, H, W): a pixel of black at either side, three pixels for each of theirs."""
    return np.stack(np.split(strip[::3, ::3], count, axis=1))[:, :, 1:-1]


def drawing(number: int = 0) -> np.ndarray:
    """Return a test image of the digits as somebody draws it: large, off the middle, white on black."""
    image = Image.fromarray(load_dataset("digits", split="test").x.numpy()[number])
    canvas = Image.new("L", (280, 280))
    canvas.paste(image.resize((200, 200), Image.Resampling.BICUBIC), (70, 60))
    return np.asarray(canvas)
