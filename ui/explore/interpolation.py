"""From one image to another through the latent space: what lies between, and how dense the codes are there."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import raster
from ui.charts.path import Usual, path_chart, path_tables
from ui.charts.place import Places
from ui.explore.drawn import drawn_here
from ui.explore.places import place_plot
from ui.explore.scene import Floats, Scene
from ui.shell import params, words
from ui.shell.theme import current_theme
from ui.store import BY_RUN
from vae_core.evidence import log_density
from vae_core.runs import RunInfo
from vae_core.sheets import gif_bytes, pixels, png_bytes

__all__ = ["End", "interpolation", "walk"]

FROM, TO = "from", "to"  # session keys and URL parameters: the numbers of the test images
WAY, STEPS, AS = "way", "steps", "as"
STRAIGHT, SPHERICAL = "straight", "spherical"
FEWEST, USUAL_STEPS, MOST = 3, 12, 24
TEST, KEPT, DRAWN = "test image", "kept point", "your digit"  # what an end can be
MORPH = "morph"
YARDSTICK = 500  # codes whose density tells what is usual
FRAME_MS, GIF_SCALE = 120, 6
END_PX = 84


class End(NamedTuple):
    """One end of a path: its place (d,), the class that a cVAE decodes it as, what it is in words, its picture."""

    z: Floats
    label: int
    words: str
    picture: NDArray[np.uint8] | None


def interpolation(scene: Scene) -> None:
    """Film strip first, then where it goes and how."""
    count = len(scene.run.latents.y)
    params.check(
        {FROM: params.whole(0, count - 1), TO: params.whole(0, count - 1), STEPS: params.whole(FEWEST, MOST)}
        | {WAY: params.one_of((STRAIGHT, SPHERICAL)), AS: params.one_of((MORPH, *scene.info.class_names))}
    )
    strip = st.container(key="strip-path")
    left, right, how = st.columns(3, gap="large")
    with left:
        start = _end(scene, FROM, "From", 0)
    with right:
        end = _end(scene, TO, "To", 1)
    with how:
        way = st.segmented_control(
            "Way", (STRAIGHT, SPHERICAL), default=STRAIGHT, required=True, key=WAY, bind="query-params"
        )
        steps = st.slider("Images", FEWEST, MOST, USUAL_STEPS, key=STEPS, bind="query-params")
        label = _class(scene)
    z = path(start.z, end.z, steps, way)
    pictures = walk(scene, z, (start.label, end.label) if label is None else (label, label))
    with strip:
        st.image(raster.strip(pictures), width="stretch", alt=f"{steps} images from {start.words} to {end.words}")
        _downloads(pictures)
    _along(scene, z, [start.label, end.label])


def _end(scene: Scene, key: str, title: str, usual: int) -> End:
    """Widgets for one end: a test image, and what the visitor has kept or drawn."""
    sources = [TEST, *([KEPT] if scene.kept else []), *([DRAWN] if drawn_here(scene.info) else [])]
    source = TEST
    if len(sources) > 1:
        params.forget_unless(f"{key}_is", lambda source: source in sources)
        source = st.segmented_control(
            title, sources, default=TEST, required=True, key=f"{key}_is", persist_state="session"
        )
    if source == KEPT:
        found = _kept(scene, key)
    elif source == DRAWN:
        found = _drawn(scene)
    else:
        found = _test_image(scene, key, title, usual)
    with st.container(horizontal=True, vertical_alignment="center", key=f"strip-end-{key}"):
        if found.picture is not None:
            st.image(found.picture, width=END_PX, alt=found.words)
        st.markdown(found.words[0].upper() + found.words[1:])
    return found


def _test_image(scene: Scene, key: str, title: str, usual: int) -> End:
    latents = scene.run.latents
    last = len(latents.y) - 1
    params.forget_unless(key, lambda number: 0 <= number <= last)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(f"{title} test image", 0, last, usual, key=key, bind="query-params", width=150)
        st.button("Another", icon=":material/shuffle:", key=f"another-{key}", on_click=_another, args=(key, last))
    originals = store.test_images(scene.info.train.dataset)
    label = int(latents.y[number])
    label_text = f"test image {number}, label {scene.info.class_names[label]}"
    return End(latents.mu[number], label, label_text, None if originals is None else originals[number])


def _another(key: str, last: int) -> None:
    st.session_state[key] = int(np.random.default_rng().integers(last + 1))


def _kept(scene: Scene, key: str) -> End:
    numbers = range(1, len(scene.kept) + 1)
    chosen = f"{key}_kept"
    params.forget_unless(chosen, lambda number: number in numbers)
    number = st.selectbox("Kept point", numbers, key=chosen)
    kept = scene.kept[number - 1]
    z, label = np.array(kept.z, np.float32), kept.label or 0
    label_text = f"kept point {number}" + (f", decoded as {scene.info.class_names[label]}" if scene.conditional else "")
    return End(z, label, label_text, store.decode(scene.info, z[None], np.array([label]))[0])


def _drawn(scene: Scene) -> End:
    found = drawn_here(scene.info)
    if found is None:
        raise LookupError("there is no drawing")
    label_text = "your digit" + (f", read as {scene.info.class_names[found.label]}" if scene.conditional else "")
    return End(found.mu, found.label, label_text, found.picture)


def _class(scene: Scene) -> int | None:
    """The class that all images are decoded as; None: it changes from one end's to the other's."""
    names = scene.info.class_names
    if not scene.conditional:
        return None
    params.forget_unless(AS, lambda name: name in (MORPH, *names))
    chosen = st.selectbox(
        "Decode as", (MORPH, *names), key=AS, bind="query-params",
        help="Morph: what the decoder is told of the class changes evenly from one end's to the other's.",
    )  # fmt: skip
    return None if chosen == MORPH else names.index(chosen)


def path(start: Floats, end: Floats, steps: int, way: str) -> Floats:
    """Latents from one place (d,) to another, both included: shape (steps, d)."""
    import torch

    from vae_core.latents import interpolate, slerp

    follow = slerp if way == SPHERICAL else interpolate
    return follow(torch.from_numpy(start), torch.from_numpy(end), steps).numpy()


def walk(scene: Scene, z: Floats, labels: tuple[int, int]) -> NDArray[np.uint8]:
    """The images along a path z (n, d), shape (n, H, W).

    Between two classes a cVAE's decoder is told the mean of their vectors, weighted by the place on the path.
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


def _along(scene: Scene, z: Floats, labels: list[int]) -> None:
    """The density along the path, and the path in the plane among the test images of both ends' classes."""
    left, right = st.columns((3, 2), gap="large")
    theme, info = current_theme(), scene.info
    tables = path_tables(log_density(scene.run.latents, z), _usual(info))
    with left:
        st.vega_lite_chart(
            spec=charts.filled(_spec(theme, len(z)), {name: charts.arrow(table) for name, table in tables.items()}),
            key="density", width="stretch", alt="Density of the codes, log q(z), at each image of the path",
        )  # fmt: skip
    with right:
        seen = scene.view.project(z)
        title, same = words.title(info.model.kind), np.flatnonzero(np.isin(scene.run.latents.y, labels))
        places = Places(seen[[0, -1]], ("from", "to"), seen)
        place_plot("path", info, scene.view, title, "the path; lit: the classes of its ends", places, same)


@st.cache_resource(max_entries=16, show_spinner=False)
def _spec(theme: str, steps: int) -> dict[str, Any]:
    return path_chart(theme, steps)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_RUN)
def _usual(info: RunInfo) -> Usual | None:
    run = store.run(info)
    z = run.z()
    some = z[np.linspace(0, len(z) - 1, min(len(z), YARDSTICK)).astype(int)]
    density = log_density(run.latents, some)
    return None if density is None else Usual(*np.quantile(density, (0.25, 0.75)))
