"""What the steps share: the default runs on MNIST, one test image, and the layout of a step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ui import store
from ui.charts import raster
from ui.components.latent_spaces import latent_spaces
from ui.generated.draws import DrawSettings
from ui.shell import messages, params, words
from ui.shell.words import metric_in_words
from ui.spaces.followed import followed_space
from vae_core.config import ModelConfig, TrainConfig
from vae_core.errors import VaeError
from vae_core.runs import Metric, RunInfo

# Session keys and URL parameters: a digit, and how many further test images of it "Another one" has passed.
DIGIT, FURTHER = "digit", "further"
DEFAULT_DIGIT, MAX_FURTHER = 7, 9_999
SAME_NOISE = DrawSettings((), count=1, seed=0, temperature=1.0)  # the same for every visitor
DATASET = "mnist"
BELOW_DIAGRAM_REM, ACROSS_REM = 41, 38.5  # of the screen's height that a step's plots leave
LEAST_PX = 220  # a plot's width


class Marked(NamedTuple):
    """Further points (n, 2) of a plot, with labels (n,); the last of them has a ring."""

    points: NDArray[np.float32]
    y: NDArray[np.int64]

    def fields(self) -> dict[str, Any]:
        """Return them as fields of a space of spaces.js."""
        marked = [[*point, label] for point, label in zip(self.points.tolist(), self.y.tolist(), strict=True)]
        return {"marked": marked, "ring": True}


class MissingRunError(VaeError):
    """A run that a step needs is missing; the message says which."""


class Layout(NamedTuple):
    """Containers of a step: across the page, below it at the left, and at the right for the reveal."""

    top: DeltaGenerator
    left: DeltaGenerator
    right: DeltaGenerator


def run_of(kind: str, beta: float = 1.0, condition: str = "one_hot", condition_in: str = "both") -> RunInfo:
    """Return the run of a kind with the default settings except these. MissingRunError if there is none."""
    model = ModelConfig(kind, condition=condition, condition_in=condition_in)
    info = store.catalogue().find(model, TrainConfig(DATASET, beta=beta))
    if info is None:
        settings = [] if kind == "ae" else [f"β = {beta:g}"]
        if kind == "cvae":
            settings.append(f"{condition.replace('_', '-')} condition in {condition_in}")
        raise MissingRunError(", ".join((f"{words.title(kind)} on MNIST, seed 0", *settings)))
    return info


class ChosenImage(NamedTuple):
    """One test image: its number, label, and pixels (H, W); x is None where the images are not on this machine."""

    number: int
    label: int
    x: NDArray[np.uint8] | None


def choose_image(info: RunInfo, button_container: DeltaGenerator | None = None) -> ChosenImage:
    """Show widgets that choose a test image, and return it; the choice is the same in every step.

    The button "Another one" goes into `button_container`, or below the digits.
    """
    names, y = info.class_names, store.run(info).latents.y
    label = st.pills(
        "Digit", range(len(names)), format_func=names.__getitem__, default=DEFAULT_DIGIT, required=True, key=DIGIT,
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    further = int(params.kept(FURTHER, "0"))
    (button_container or st).button(
        "Another one", icon=":material/refresh:", key="another", on_click=_show, args=(further + 1,), type="tertiary"
    )
    candidates = np.flatnonzero(y == label)
    number = int(candidates[further % len(candidates)])
    images = store.test_images(DATASET)
    if images is None:
        messages.missing_data(DATASET)
    return ChosenImage(number, int(label), None if images is None else images[number])


def _show(further: int) -> None:
    params.keep(FURTHER, str(further % (MAX_FURTHER + 1)), "0")


def plots(
    infos: Sequence[RunInfo],
    key: str,
    marked: Marked | None = None,
    faded: bool = False,
    colored: bool = True,
    beside: float = ACROSS_REM,
) -> None:
    """Draw the latent spaces of runs side by side, as squares that fit the screen.

    Arguments:
        infos, key: One to three runs, and a name for the plots on the page.
        marked: Points over the test images.
        faded: Whether the test images are dimmed.
        colored: Whether the classes have colours and names.
        beside: The screen's height that the plots leave, in rem.
    """
    spaces = [followed_space((info,)) | {"faded": faded} | (marked.fields() if marked else {}) for info in infos]
    component(key, spaces, infos[0].class_names if colored else None, beside=beside)


def component(key: str, spaces: Sequence[dict[str, Any]], names: Sequence[str] | None, **more: Any) -> None:
    """Draw spaces of spaces.js without controls, for a page that has to fit the screen."""
    latent_spaces(
        f"lecture-{key}", spaces, names, vega=store.vega_if_ready(), images=store.sheet_if_ready(DATASET), bare=True,
        least=LEAST_PX, **more,
    )  # fmt: skip


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Show a small table in the page's type; all columns but the first are aligned right."""
    ruler = [":--", *["--:"] * (len(heads) - 1)]
    st.markdown("\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ruler, *lines)))


def figure(metrics: Mapping[str, Metric], name: str, form: Callable[[float], str] = words.three) -> str:
    """Format a metric, or say why there is none."""
    metric = metrics.get(name)
    return metric_in_words(metric) if metric is None or metric.value is None else form(metric.value)


def recon_of(info: RunInfo, image: ChosenImage, z: NDArray[np.float32]) -> float:
    """Return recon, in nats, of a test image decoded from z (d,); the run's own where the images are missing."""
    if image.x is None:
        return float(store.run(info).recon[image.number])
    import torch

    from vae_core.losses import recon

    x, y = torch.from_numpy(image.x[None]).float() / 255, torch.tensor([image.label])
    with torch.inference_mode():
        return float(recon(store.model(info).decode_logits(torch.from_numpy(z[None]), y), x))


def image_row(images: NDArray[np.uint8], alt: str, key: str) -> None:
    """Show images (n, H, W) side by side, as wide as the column."""
    with st.container(key=f"strip-lecture-{key}"):
        st.image(raster.strip(images), width="stretch", alt=alt)


def vector(values: NDArray[np.floating]) -> str:
    """Format a vector (d,), such as "(3.2, −1.1)"."""
    return "(" + ", ".join(f"{value:.1f}" for value in values).replace("-", "−") + ")"
