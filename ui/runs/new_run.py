"""The form for a new run: every setting of all three models, checked while it is typed."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import streamlit as st

from ui.jobs import client, listing
from ui.runs.offer import offer
from ui.runs.upload import quota
from ui.shell import words
from vae_core.config import DATASETS, DEFAULTS, KINDS, SETTINGS, ModelConfig, TrainConfig, make_configs, parse_numbers
from vae_core.errors import SettingError

PREFIX = "new_"  # of the session keys of this form's fields
RARE = ("prior", "schedule", "adam_epsilon", "samples", "bound", "validation", "patience")
STEPS = {"beta": 0.5, "learning_rate": 0.001, "likelihood_std": 0.05, "adam_epsilon": 1e-8, "batch_size": 64}
FORMATS = {float: "%g", int: "%d"}
MODEL = tuple(field.name for field in fields(ModelConfig) if field.name in SETTINGS.keys() - {"kind"})
TRAINING = tuple(field.name for field in fields(TrainConfig) if field.name in SETTINGS.keys() - {"dataset"})


def form() -> None:
    """Show all settings of a new run, what will become of them, and what is being trained."""
    client.queue().warm()
    columns = st.columns(2, gap="large")
    with columns[0]:
        kind = st.segmented_control(
            "Kind of model", KINDS, default="cvae", required=True, key=f"{PREFIX}kind",
            format_func=SETTINGS["kind"].in_words,
            persist_state="session", help="An autoencoder has no KLD; a conditional VAE is given the label.",
        )  # fmt: skip
    with columns[1]:
        dataset = st.selectbox(
            "Data set", tuple(DATASETS), format_func=_dataset, key=f"{PREFIX}dataset", persist_state="session"
        )
    values = _fields(kind, dataset)
    client.refusal()
    try:
        hidden = parse_numbers("hidden", values["hidden"])
        model, train = make_configs(kind, values | {"dataset": dataset, "hidden": hidden})
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
    return f"{SETTINGS[error.name].label}: must be {error.need}, got {error.value!r}"


def _fields(kind: str, dataset: str) -> dict[str, Any]:
    """Show a widget for every setting that this kind of model uses; return their values."""
    values: dict[str, Any] = {}
    groups = {"Model": MODEL, "Training": TRAINING}
    for column, (heading, names) in zip(st.columns(2, gap="large"), groups.items(), strict=True):
        with column:
            st.markdown(f"**{heading}**")
            _cells([name for name in names if name not in RARE], kind, dataset, values)
    with st.expander("Settings of papers"):
        _cells(RARE, kind, dataset, values)
    return values


def _cells(names: Sequence[str], kind: str, dataset: str, values: dict[str, Any]) -> None:
    """Show the widgets of settings in two columns, and add their values to those so far."""
    cells: list[Any] = []
    for name in names:
        if SETTINGS[name].applies(_model_so_far(kind, values)):
            cells = cells or list(st.columns(2))
            with cells.pop(0):
                values[name] = _field(name, dataset)


def _model_so_far(kind: str, values: dict[str, Any]) -> ModelConfig:
    """Return a model with what was chosen of the settings that decide which others matter."""
    return ModelConfig(kind, **{name: values[name] for name in ("condition", "likelihood") if name in values})


def _field(name: str, dataset: str) -> Any:
    """Show a setting's widget, which neither clamps nor rounds: the settings themselves say what they allow."""
    setting, default = SETTINGS[name], DEFAULTS[name]
    help_text = f"{setting.help[:1].upper()}{setting.help[1:]}."
    common: dict[str, Any] = {"key": f"{PREFIX}{name}", "help": help_text, "persist_state": "session"}
    if setting.choices:
        choices = tuple(setting.choices)
        return st.selectbox(setting.label, choices, choices.index(default), format_func=setting.in_words, **common)
    if name == "hidden":
        return st.text_input(setting.label, setting.in_words(default), live=True, **common)
    if name == "classes":
        names, common["key"] = DATASETS[dataset].class_names, f"{PREFIX}classes_{dataset}"
        return tuple(
            st.multiselect(
                setting.label, range(len(names)), format_func=names.__getitem__, placeholder=setting.empty, **common
            )
        )
    if name == "epochs":
        default, common["key"] = DATASETS[dataset].epochs, f"{PREFIX}epochs_{dataset}"
    return st.number_input(
        setting.label, value=default, step=type(default)(STEPS.get(name, 1)), format=FORMATS[type(default)], **common
    )
