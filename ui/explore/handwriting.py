"""A visitor's own digit: the models' input, its codes, its reconstructions, and its style in every class."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.charts.marks import Marks
from ui.charts.raster import named_grid
from ui.components import draw
from ui.explore import digit
from ui.explore.marks_plot import marks_plot
from ui.explore.scene import Floats, PlaneChoice, Scene, view_of
from ui.explore.upload import read_image
from ui.generated.labels import classifier_of
from ui.shell import messages, params, words
from ui.shell.theme import current_theme
from vae_core.config import KINDS
from vae_core.errors import ImageError
from vae_core.runs import RunInfo

HOW, LABEL = "how", "read_as"  # session keys
DRAW, UPLOAD = "draw", "upload"
TYPES = ("png", "jpg", "jpeg", "webp", "gif")  # offered by name; the content decides
INPUT_PX, RECONSTRUCTION_PX = 224, 112


def own_digit(scene: Scene) -> None:
    """Draw canvas or upload first, and everything else once there is a digit."""
    info = scene.info
    left, right = st.columns((1, 1), gap="large")
    with left:
        how = st.segmented_control(
            "Your digit", (DRAW, UPLOAD), default=DRAW, required=True, key=HOW, bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        is_new = _drawing() if how == DRAW else _upload()
    try:
        image = digit.model_input(info)
    except ImageError as error:
        image = None
        left.error(_sentence(error), icon=":material/error:")
    if image is None:
        with right, st.container(key="no-digit"):
            st.caption("What the models see will appear here: centred, scaled and grey, like the training images.")
        return
    runs = {kind: run for kind, run in scene.runs.items() if messages.readable(run, store.model)}
    with right:
        label = _input_and_label(info, image, is_new, "cvae" in runs)
    _latent_spaces(runs, scene.choice, image, label)
    if "cvae" in runs:
        _every_class(runs["cvae"], image, label)


def _sentence(error: ImageError) -> str:
    text = str(error).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _drawing() -> bool:
    """Draw the canvas; return whether the drawing is new."""
    grey = draw("own", current_theme())
    if grey is None:
        digit.forget_drawing()
        return False
    return digit.store_drawing(grey)


def _upload() -> bool:
    """Draw the uploader; return whether the picture is new."""
    file = st.file_uploader("A picture of one digit", type=TYPES, key="upload")
    if file is None:
        digit.forget_drawing()
        return False
    try:
        grey = read_image(file.getvalue())
    except ImageError as error:
        digit.forget_drawing()
        st.error(_sentence(error), icon=":material/error:")
        return False
    st.image(grey, width=INPUT_PX, alt="Your picture, white on black")
    return digit.store_drawing(grey)


def _input_and_label(info: RunInfo, image: Floats, is_new: bool, conditional: bool) -> int:
    """Draw the models' input with the classifier's label, and the choice of a cVAE's condition; return that class."""
    names = info.class_names
    with st.container(key="strip-seen"):
        st.image(image, width=INPUT_PX, alt="What the models see")
    height, width = image.shape
    text, label = f"What the models see: {width} × {height} pixels.", 0
    classifier = classifier_of(info.train.dataset)
    if classifier is not None:
        import torch

        result = classifier(torch.from_numpy(image[None]))
        label = int(result.label[0])
        text += f"  \n**The classifier reads {names[label]}, {result.confidence[0]:.0%}**"
    st.markdown(text)
    if conditional:
        params.forget_unless(LABEL, lambda value: value in range(len(names)))
        if is_new or LABEL not in st.session_state:
            st.session_state[LABEL] = label
        label = st.pills(
            "Class given to the cVAE", range(len(names)), format_func=names.__getitem__, default=label,
            required=True, key=LABEL,
        )  # fmt: skip
    digit.store_label(label)
    return label


def _latent_spaces(runs: dict[str, RunInfo], choice: PlaneChoice, image: Floats, label: int) -> None:
    """Draw the digit's code in each latent space, and its reconstruction."""
    st.header("Its code in the three latent spaces", anchor=False)
    for kind, column in zip(KINDS, st.columns(len(KINDS), gap="medium"), strict=True):
        with column:
            if kind in runs:
                _latent_space(kind, runs[kind], choice, image, label)
            else:
                messages.no_such_run(kind)


def _latent_space(kind: str, info: RunInfo, choice: PlaneChoice, image: Floats, label: int) -> None:
    view = view_of(info, choice)
    mu = digit.encode(info, image, np.array([label]))
    name, title = info.class_names[label], words.title(kind)
    condition = f", encoded as {name}" if kind == "cvae" else ""
    subtitle = f"your digit{condition}; bright: test images of class {name}"
    marks_plot(f"own-{kind}", info, view, title, subtitle, Marks(view.project(mu), ("yours",)), [label])
    code = ", ".join(f"{value:.2f}" for value in mu[0][:4]) + (" …" if mu.shape[1] > 4 else "")
    with st.container(horizontal=True, vertical_alignment="center", key=f"strip-own-{kind}"):
        x_hat = store.decode(info, mu, np.array([label]))[0]
        st.image(x_hat, width=RECONSTRUCTION_PX, alt=f"Your digit, reconstructed by the {title}")
        st.markdown(f"Reconstruction from mu = ({code})")


def style_grid(info: RunInfo, image: Floats) -> NDArray[np.uint8]:
    """Encode an image as each of K classes and decode it as each of them: shape (K, K, H, W)."""
    classes = np.arange(info.model.num_classes)
    mu = digit.encode(info, image, classes)
    pictures = store.decode(info, mu.repeat(len(classes), axis=0), np.tile(classes, len(classes)))
    return pictures.reshape(len(classes), len(classes), *pictures.shape[1:])


def _every_class(info: RunInfo, image: Floats, label: int) -> None:
    """Draw the digit's style in every class, and the test with wrong labels."""
    names, theme = info.class_names, current_theme()
    pictures = style_grid(info, image)
    st.header("Your handwriting as every class", anchor=False)
    with st.container(key="strip-style"):
        row = named_grid(pictures[label], ("",), names, theme)
        st.image(row, width="stretch", alt="Your style in every class")
    st.caption(
        f"The conditional VAE encodes it as {names[label]} and decodes it as every class: the code holds the style, "
        "the condition the class."
    )
    with st.expander("Wrong labels: encode as one class, decode as another"):
        left, right = st.columns((2, 1), gap="large")
        with left, st.container(key="strip-wrong"):
            grid = named_grid(pictures.reshape(-1, *pictures.shape[2:]), names, names, theme)
            st.image(grid, width="stretch", alt="Encoded as rows, decoded as columns")
        right.markdown(
            "Rows: the class given to the encoder. Columns: the class given to the decoder. The columns decide which "
            "digit appears, because the decoder trusts its condition; a wrong encoder label only shifts the style."
        )
