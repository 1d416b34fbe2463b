"""A visitor's own digit: what the models see of it, where it lies, what they make of it, and read as every class."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.charts.place import Places
from ui.components import draw
from ui.explore import drawn
from ui.explore.drawing import read_image
from ui.explore.pictures import labelled
from ui.explore.places import place_plot
from ui.explore.scene import Choice, Floats, Scene, view_of
from ui.generated.labels import classifier_of
from ui.shell import messages, params, words
from ui.shell.theme import current_theme
from vae_core.config import KINDS
from vae_core.errors import ImageError
from vae_core.runs import RunInfo

__all__ = ["own_digit", "read_as_every"]

HOW, READ_AS = "how", "read_as"  # session keys
DRAW, UPLOAD = "draw", "upload"
TYPES = ("png", "jpg", "jpeg", "webp", "gif")  # offered by name; what counts is the content
SEEN_PX, REBUILT_PX = 224, 112


def own_digit(scene: Scene) -> None:
    """Canvas or upload first; everything else once there is a digit."""
    params.check({HOW: params.one_of((DRAW, UPLOAD))})
    info = scene.info
    left, right = st.columns((1, 1), gap="large")
    with left:
        how = st.segmented_control(
            "Your digit", (DRAW, UPLOAD), default=DRAW, required=True, key=HOW, bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        is_new = _drawing() if how == DRAW else _upload()
    try:
        image = drawn.seen(info)
    except ImageError as error:
        image = None
        left.error(_sentence(error), icon=":material/error:")
    if image is None:
        right.caption("What the models see of it appears here: centred, scaled and grey, as the training images are.")
        return
    usable = {kind: one for kind, one in scene.present.items() if messages.readable(one, store.model)}
    with right:
        label = _what_is_seen(info, image, is_new, "cvae" in usable)
    _three_spaces(usable, scene.choice, image, label)
    if "cvae" in usable:
        _every_class(usable["cvae"], image, label)


def _sentence(error: ImageError) -> str:
    text = str(error).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _drawing() -> bool:
    """The canvas; whether something new was drawn."""
    grey = draw("own", current_theme())
    if grey is None:
        drawn.forget()
        return False
    return drawn.keep(grey)


def _upload() -> bool:
    """The uploader; whether there is a new picture."""
    file = st.file_uploader("A picture of one digit", type=TYPES, key="upload")
    if file is None:
        drawn.forget()
        return False
    try:
        grey = read_image(file.getvalue())
    except ImageError as error:
        drawn.forget()
        st.error(_sentence(error), icon=":material/error:")
        return False
    st.image(grey, width=SEEN_PX, alt="Your picture, white on black")
    return drawn.keep(grey)


def _what_is_seen(info: RunInfo, image: Floats, is_new: bool, conditional: bool) -> int:
    """The image as the models get it, the judge's word, and the class that a cVAE is told."""
    names = info.class_names
    with st.container(key="strip-seen"):
        st.image(image, width=SEEN_PX, alt="What the models see")
    height, width = image.shape
    text, label = f"What the models see: {width} × {height} pixels.", 0
    judge = classifier_of(info.train.dataset)
    if judge is not None:
        import torch

        found = judge(torch.from_numpy(image[None]))
        label = int(found.label[0])
        text += f"  \n**The classifier reads {names[label]}, {found.confidence[0]:.0%}**"
    st.markdown(text)
    if conditional:
        params.forget_unless(READ_AS, lambda value: value in range(len(names)))
        if is_new or READ_AS not in st.session_state:
            st.session_state[READ_AS] = label
        label = st.pills(
            "Read as (told to the cVAE)", range(len(names)), format_func=names.__getitem__, default=label,
            required=True, key=READ_AS,
        )  # fmt: skip
    drawn.read_as(label)
    return label


def _three_spaces(present: dict[str, RunInfo], choice: Choice, image: Floats, label: int) -> None:
    """Where the digit lies in each latent space, and how it is rebuilt from there."""
    st.header("Its place in the three latent spaces", anchor=False)
    for kind, place in zip(KINDS, st.columns(len(KINDS), gap="medium"), strict=True):
        info = present.get(kind)
        with place:
            if info is None:
                st.info(f"No run of the {words.title(kind)} has these settings.")
                continue
            view = view_of(info, choice)
            mu = drawn.encoded(info, image, np.array([label]))
            told = f", read as {info.class_names[label]}" if kind == "cvae" else ""
            same = np.flatnonzero(store.run(info).latents.y == label)
            title, places = words.title(kind), Places(view.project(mu), ("yours",))
            place_plot(
                f"own-{kind}",
                info,
                view,
                title,
                f"your digit{told}; lit: test images of class {info.class_names[label]}",
                places,
                same,
            )
            code = ", ".join(f"{value:.2f}" for value in mu[0][:4]) + (" …" if mu.shape[1] > 4 else "")
            with st.container(horizontal=True, vertical_alignment="center", key=f"strip-own-{kind}"):
                rebuilt = store.decode(info, mu, np.array([label]))[0]
                st.image(rebuilt, width=REBUILT_PX, alt=f"Your digit, rebuilt by the {words.title(kind)}")
                st.markdown(f"Rebuilt from mu = ({code})")


def read_as_every(info: RunInfo, image: Floats) -> NDArray[np.uint8]:
    """Encoded as each of K classes and decoded as each of them: shape (K, K, H, W)."""
    classes = np.arange(info.model.num_classes)
    mu = drawn.encoded(info, image, classes)
    pictures = store.decode(info, mu.repeat(len(classes), axis=0), np.tile(classes, len(classes)))
    return pictures.reshape(len(classes), len(classes), *pictures.shape[1:])


def _every_class(info: RunInfo, image: Floats, label: int) -> None:
    """Style transfer, and the wrong-label test."""
    names, theme = info.class_names, current_theme()
    pictures = read_as_every(info, image)
    st.header("Your handwriting, all classes", anchor=False)
    with st.container(key="strip-style"):
        st.image(labelled(pictures[label], ("",), names, theme), width="stretch", alt="Your style in every class")
    st.caption(
        f"The conditional VAE encodes it as {names[label]} and decodes it as every class: the code holds the style, "
        "the condition the class."
    )
    with st.expander("Wrong labels: encode as one class, decode as another"):
        left, right = st.columns((2, 1), gap="large")
        with left, st.container(key="strip-wrong"):
            everything = pictures.reshape(-1, *pictures.shape[2:])
            st.image(
                labelled(everything, names, names, theme), width="stretch", alt="Encoded as rows, decoded as columns"
            )
        right.markdown(
            "Rows: the class that the encoder is told. Columns: the class that the decoder is told. "
            "The columns decide what is drawn, for the decoder believes its "
            "condition; a wrong row only shifts the style."
        )
