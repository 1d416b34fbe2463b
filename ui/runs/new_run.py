"""The form for a new run: every setting of all three models, checked while it is typed."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import streamlit as st

from ui.jobs import client, listing
from ui.runs.offer import offer
from ui.runs.upload import quota
from ui.shell import settings, words
from vae_core.cli.options import HELP
from vae_core.config import (
    BINARIZATIONS,
    CONDITION_PLACES,
    CONDITIONS,
    DATASETS,
    KINDS,
    LIKELIHOODS,
    ModelConfig,
    TrainConfig,
)
from vae_core.errors import SettingError

PREFIX = "new_"  # of the session keys of this form's fields
CHOICES = {
    "condition": CONDITIONS, "condition_in": CONDITION_PLACES, "likelihood": LIKELIHOODS, "binarize": BINARIZATIONS
}  # fmt: skip
STEPS = {"beta": 0.5, "learning_rate": 0.001, "likelihood_std": 0.05, "batch_size": 64}
FORMATS = {float: "%g", int: "%d"}
MODEL = ("latent_dim", "hidden", "condition", "condition_dim", "condition_in", "likelihood", "likelihood_std")
TRAINING = ("beta", "epochs", "kld_warmup", "learning_rate", "batch_size", "binarize", "seed")
DEFAULTS = {
    field.name: field.default for config in (ModelConfig, TrainConfig) for field in fields(config)
    if field.default is not MISSING
}  # fmt: skip


def form() -> None:
    """Show all settings of a new run, what will become of them, and what is being trained."""
    client.queue().warm()
    columns = st.columns(2, gap="large")
    with columns[0]:
        kind = st.segmented_control(
            "Kind of model", KINDS, default="cvae", required=True, key=f"{PREFIX}kind",
            format_func=settings.value_in_words,
            persist_state="session", help="An autoencoder has no KLD; a conditional VAE is given the label.",
        )  # fmt: skip
    with columns[1]:
        dataset = st.selectbox(
            "Data set", tuple(DATASETS), format_func=_dataset, key=f"{PREFIX}dataset", persist_state="session"
        )
    values = _fields(kind, dataset)
    client.refusal()
    try:
        model, train = _configs(kind, dataset, values)
    except SettingError as error:
        st.error(words.plain(f"{_sentence(error)}."), icon=":material/error:")
        st.button("Train", type="primary", icon=":material/play_arrow:", disabled=True, key="train")
    else:
        offer(model, train)
    listing.job_list()
    quota()


def _dataset(name: str) -> str:
    info = DATASETS[name]
    return f"{info.title} · {info.images[0]:,} images of {info.image_shape[0]}×{info.image_shape[1]}"


def _sentence(error: SettingError) -> str:
    """Say what a setting must be, by its name on screen."""
    return f"{settings.LABELS.get(error.name, error.name)}: must be {error.need}, got {error.value!r}"


def _fields(kind: str, dataset: str) -> dict[str, Any]:
    """Show a widget for every setting that this kind of model uses; return their values."""
    values: dict[str, Any] = {}
    groups = {"Model": MODEL, "Training": TRAINING}
    for column, (heading, names) in zip(st.columns(2, gap="large"), groups.items(), strict=True):
        with column:
            st.markdown(f"**{heading}**")
            cells: list[Any] = []
            for name in names:
                if name in settings.relevant(kind, values.get("condition", ""), values.get("likelihood", "")):
                    cells = cells or list(st.columns(2))
                    with cells.pop(0):
                        values[name] = _field(name, dataset)
    return values


def _field(name: str, dataset: str) -> Any:
    """Show a setting's widget, which neither clamps nor rounds: the settings themselves say what they allow."""
    label, default = settings.label_of(name), DEFAULTS[name]
    common: dict[str, Any] = {"key": f"{PREFIX}{name}", "help": _help(name), "persist_state": "session"}
    if name in CHOICES:
        return st.selectbox(label, CHOICES[name], format_func=settings.value_in_words, **common)
    if name == "hidden":
        return st.text_input(label, settings.value_in_words(default), live=True, **common)
    if name == "epochs":
        default, common["key"] = DATASETS[dataset].epochs, f"{PREFIX}epochs_{dataset}"
    return st.number_input(
        label, value=default, step=type(default)(STEPS.get(name, 1)), format=FORMATS[type(default)], **common
    )


def _help(name: str) -> str:
    return f"{HELP[name][:1].upper()}{HELP[name][1:]}.".replace("_", "\\_")


def read_widths(text: str) -> tuple[int, ...]:
    """Parse layer widths: whole numbers with commas or spaces. SettingError if the text is something else."""
    try:
        return tuple(int(width) for width in text.replace(",", " ").split())
    except ValueError:
        raise SettingError("hidden", "whole numbers with commas, as 512, 256", text[:40]) from None


def _configs(kind: str, dataset: str, values: dict[str, Any]) -> tuple[ModelConfig, TrainConfig]:
    """Return the settings that were typed. SettingError names the first that is impossible."""
    info = DATASETS[dataset]
    values |= {"hidden": read_widths(values["hidden"])}
    names = {field.name for field in fields(ModelConfig)}
    model = ModelConfig(
        kind, info.image_shape, info.num_classes, **{name: values[name] for name in values if name in names}
    )
    train = TrainConfig(dataset, **{name: values[name] for name in values if name not in names})
    return model, train.for_kind(kind)
