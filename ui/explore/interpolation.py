"""From one image to another through the latent space: the images between, and the density of the codes there."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import raster
from ui.charts.marks import Marks
from ui.charts.path import DensityBand, path_chart, path_tables
from ui.explore.digit import encoded_digit
from ui.explore.marks_plot import marks_plot
from ui.explore.scene import Floats, Scene
from ui.shell import params, words
from ui.shell.theme import current_theme
from ui.store import BY_RUN
from vae_core.evidence import log_density
from vae_core.runs import RunInfo
from vae_core.sheets import gif_bytes, pixels, png_bytes

START, END = "from", "to"  # session keys and URL parameters: the numbers of the test images
SHAPE, STEPS, DECODE_AS = "way", "steps", "as"
STRAIGHT, SPHERICAL = "straight", "spherical"
MIN_STEPS, DEFAULT_STEPS, MAX_STEPS = 3, 12, 24
TEST, PINNED, OWN = "test image", "pinned point", "your digit"  # what an end can be
MORPH = "morph"
BAND_CODES = 500  # whose densities give the band
FRAME_MS, GIF_SCALE = 120, 6
END_PX = 84


class PathEnd(NamedTuple):
    """One end of a path: its latent (d,), the class that a cVAE decodes it as, a description and a picture."""

    z: Floats
    label: int
    description: str
    picture: NDArray[np.uint8] | None


def interpolation(scene: Scene) -> None:
    """Draw the film strip first, then its path and controls."""
    strip = st.container(key="strip-path")
    left, middle, right = st.columns(3, gap="large")
    with left:
        start = _path_end(scene, START, "From", 0)
    with middle:
        end = _path_end(scene, END, "To", 1)
    with right:
        shape = st.segmented_control(
            "Path", (STRAIGHT, SPHERICAL), default=STRAIGHT, required=True, key=SHAPE, bind="query-params"
        )
        steps = st.slider("Images", MIN_STEPS, MAX_STEPS, DEFAULT_STEPS, key=STEPS, bind="query-params")
        label = _class(scene)
    z = path(start.z, end.z, steps, shape)
    pictures = decode_path(scene, z, (start.label, end.label) if label is None else (label, label))
    with strip:
        alt = f"{steps} images from {start.description} to {end.description}"
        st.image(raster.strip(pictures), width="stretch", alt=alt)
        _downloads(pictures)
    _path_plots(scene, z, [start.label, end.label])


def _path_end(scene: Scene, key: str, title: str, default: int) -> PathEnd:
    """Draw widgets for one end: a test image, a pinned point, or the visitor's digit."""
    sources = [TEST, *([PINNED] if scene.pinned else []), *([OWN] if encoded_digit(scene.info) else [])]
    source = TEST
    if len(sources) > 1:
        params.forget_unless(f"{key}_source", lambda source: source in sources)
        source = st.segmented_control(
            title, sources, default=TEST, required=True, key=f"{key}_source", persist_state="session"
        )
    if source == PINNED:
        end = _pinned_point(scene, key)
    elif source == OWN:
        end = _own_digit(scene)
    else:
        end = _test_image(scene, key, title, default)
    with st.container(horizontal=True, vertical_alignment="center", key=f"strip-end-{key}"):
        if end.picture is not None:
            st.image(end.picture, width=END_PX, alt=end.description)
        st.markdown(end.description[0].upper() + end.description[1:])
    return end


def _test_image(scene: Scene, key: str, title: str, default: int) -> PathEnd:
    latents = scene.run.latents
    last = len(latents.y) - 1
    params.forget_unless(key, lambda number: 0 <= number <= last)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(f"{title} test image", 0, last, default, key=key, bind="query-params", width=150)
        st.button(
            "Random", icon=":material/shuffle:", key=f"random-{key}", on_click=_pick_at_random, args=(key, last)
        )  # fmt: skip
    originals = store.test_images(scene.info)
    label = int(latents.y[number])
    description = f"test image {number}, label {scene.info.class_names[label]}"
    return PathEnd(latents.mu[number], label, description, None if originals is None else originals[number])


def _pick_at_random(key: str, last: int) -> None:
    st.session_state[key] = int(np.random.default_rng().integers(last + 1))


def _pinned_point(scene: Scene, key: str) -> PathEnd:
    numbers = range(1, len(scene.pinned) + 1)
    number_key = f"{key}_pinned"
    params.forget_unless(number_key, lambda number: number in numbers)
    number = st.selectbox("Pinned point", numbers, key=number_key)
    point = scene.pinned[number - 1]
    z, label = np.array(point.z, np.float32), point.label or 0
    suffix = f", decoded as {scene.info.class_names[label]}" if scene.conditional else ""
    picture = store.decode(scene.info, z[None], np.array([label]))[0]
    return PathEnd(z, label, f"pinned point {number}{suffix}", picture)


def _own_digit(scene: Scene) -> PathEnd:
    digit = encoded_digit(scene.info)
    if digit is None:
        raise LookupError("there is no drawing")
    suffix = f", encoded as {scene.info.class_names[digit.label]}" if scene.conditional else ""
    return PathEnd(digit.mu, digit.label, f"your digit{suffix}", digit.picture)


def _class(scene: Scene) -> int | None:
    """Draw the choice of a class for all images; None if it changes from one end's to the other's."""
    names = scene.info.class_names
    if not scene.conditional:
        return None
    params.forget_unless(DECODE_AS, lambda name: name in (MORPH, *names))
    name = st.selectbox(
        "Decode as", (MORPH, *names), key=DECODE_AS, bind="query-params",
        help="Morph: the decoder's condition changes evenly from one end's class to the other's.",
    )  # fmt: skip
    return None if name == MORPH else names.index(name)


def path(start: Floats, end: Floats, steps: int, shape: str) -> Floats:
    """Return latents from one point (d,) to another, both included: shape (steps, d)."""
    import torch

    from vae_core.latents import interpolate, slerp

    between = slerp if shape == SPHERICAL else interpolate
    return between(torch.from_numpy(start), torch.from_numpy(end), steps).numpy()


def decode_path(scene: Scene, z: Floats, labels: tuple[int, int]) -> NDArray[np.uint8]:
    """Decode the images along a path z (n, d), shape (n, H, W).

    Between two classes a cVAE's condition is the mean of their vectors, weighted by the position on the path.
    """
    import torch

    if not scene.conditional or labels[0] == labels[1]:
        return store.decode(scene.info, z, np.full(len(z), labels[0]))
    model = store.model(scene.info)
    with torch.inference_mode():
        first, last = model.condition_vectors()[list(labels)]
        condition = torch.lerp(first, last, torch.linspace(0, 1, len(z))[:, None])
        return pixels(model.decode_with(torch.from_numpy(z), condition).numpy())


def _downloads(pictures: NDArray[np.uint8]) -> None:
    with st.container(horizontal=True):
        for kind, make, mime in (
            ("GIF", partial(gif_bytes, pictures, FRAME_MS, GIF_SCALE), "image/gif"),
            ("PNG", partial(_png, pictures), "image/png"),
        ):
            st.download_button(
                f"Film ({kind})", make, file_name=f"path.{kind.lower()}", mime=mime, type="tertiary",
                icon=":material/download:", on_click="ignore", key=f"{kind}-path",
            )  # fmt: skip


def _png(pictures: NDArray[np.uint8]) -> bytes:
    return png_bytes(raster.strip(pictures))


def _path_plots(scene: Scene, z: Floats, labels: list[int]) -> None:
    """Draw the density along the path, and the path in the plane among the test images of both ends' classes."""
    left, right = st.columns((3, 2), gap="large")
    info = scene.info
    tables = path_tables(log_density(scene.run.latents, z), _density_band(info))
    spec = _spec(current_theme(), len(z))
    with left:
        st.vega_lite_chart(
            spec=charts.filled(spec, {name: charts.arrow(table) for name, table in tables.items()}),
            key="density", width="stretch", alt="Density of the codes, log q(z), at each image of the path",
        )  # fmt: skip
    with right:
        points = scene.view.project(z)
        marks = Marks(points[[0, -1]], ("from", "to"), points)
        subtitle = "the path; bright: the classes of its ends"
        marks_plot("path", info, scene.view, words.title(info.model.kind), subtitle, marks, labels)


@st.cache_resource(max_entries=16, show_spinner=False)
def _spec(theme: str, steps: int) -> dict[str, Any]:
    return path_chart(theme, steps)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_RUN)
def _density_band(info: RunInfo) -> DensityBand | None:
    run = store.run(info)
    z = run.z()
    sample = z[np.linspace(0, len(z) - 1, min(len(z), BAND_CODES)).astype(int)]
    density = log_density(run.latents, sample)
    return None if density is None else DensityBand(*np.quantile(density, (0.25, 0.75)))
