"""The widgets of the page "KLD weight" for every setting but beta, and what a link or an opened run sets."""

from __future__ import annotations

from dataclasses import fields, replace

import streamlit as st

from ui.kld_weight.choice import MAX_BETA, TrainingChoice
from ui.shell import params, settings, words
from ui.shell.params import Rule
from vae_core.config import CONDITIONS, DATASETS, ModelConfig, TrainConfig
from vae_core.runs import RunInfo

MAX_SEED, MAX_LATENT_DIM, MAX_WARMUP = 2**31 - 1, 64, 10_000
EFFORTS = {"fast": 0.3, "normal": 1.0, "best": 2.0}  # times the data set's own epochs
BETA, EFFORT, HIDDEN, OPENED = "beta", "effort", "hidden", "opened_settings"  # session keys
DEFAULT_MODEL = ModelConfig("cvae")
WITH_WIDGET = {"kind", "image_shape", "num_classes", "latent_dim", "condition", "hidden"} | {
    "dataset", "beta", "epochs", "seed", "kld_warmup"
}  # fmt: skip


def link_rules() -> dict[str, Rule]:
    """Return what a link to the page may ask for. Hidden layers have no rule: wrong ones are named at their widget."""
    efforts = {_effort_label(name, epochs) for dataset in DATASETS for name, epochs in _efforts(dataset).items()}
    return {
        BETA: params.number(0, MAX_BETA),
        EFFORT: params.one_of(sorted(efforts)),
        "dataset": params.one_of(map(words.value_text, DATASETS)),
        "seed": params.whole(0, MAX_SEED),
        "latent_dim": params.whole(1, MAX_LATENT_DIM),
        "condition": params.one_of(map(words.value_text, CONDITIONS)),
        "kld_warmup": params.whole(0, MAX_WARMUP),
    }


def _effort_label(name: str, epochs: int) -> str:
    """Return a number of epochs as it stands on the page, and so in the URL: "fast 3", or "7" alone."""
    return name if name.isdigit() else f"{name} {epochs}"


def _efforts(dataset: str) -> dict[str, int]:
    return {name: round(times * DATASETS[dataset].epochs) for name, times in EFFORTS.items()}


def open_run(info: RunInfo) -> None:
    """Set every widget to a run's settings, and remember those that have no widget."""
    train, model = info.train, info.model
    st.session_state.update({"dataset": train.dataset, "seed": train.seed, "latent_dim": model.latent_dim})
    st.session_state.update({"kld_warmup": train.kld_warmup, HIDDEN: ", ".join(map(str, model.hidden))})
    if train.beta is not None:
        st.session_state[BETA] = train.beta
    if model.kind == "cvae":
        st.session_state["condition"] = model.condition
    efforts = {epochs: name for name, epochs in _efforts(train.dataset).items()}
    st.session_state[EFFORT] = efforts.get(train.epochs, str(train.epochs))
    st.session_state[OPENED] = (model, train)


def _base() -> tuple[ModelConfig, TrainConfig]:
    """Return the settings that those without a widget are taken from: an opened run's, or the defaults."""
    model, train = st.session_state.get(OPENED, (DEFAULT_MODEL, TrainConfig()))
    return replace(model, kind="cvae"), train


def unusual_settings() -> list[str]:
    """Return the settings without a widget that differ from the defaults, in words."""
    return [
        f"{settings.LABELS[field.name]} {settings.value_in_words(getattr(config, field.name))}"
        for config, default in zip(_base(), (DEFAULT_MODEL, TrainConfig()), strict=True)
        for field in fields(config)
        if field.name not in WITH_WIDGET and getattr(config, field.name) != getattr(default, field.name)
    ]


def settings_form(beta: float) -> TrainingChoice:
    """Draw the widgets; return what they choose at a KLD weight. Wrong layers are named, and the defaults taken."""
    dataset = st.selectbox("Data set", list(DATASETS), format_func=words.value_text, key="dataset", bind="query-params")
    epochs = _epochs(dataset)
    seed = st.number_input("Seed", 0, MAX_SEED, value=0, key="seed", bind="query-params")
    latent_dim = st.number_input("Latent dimensions", 1, MAX_LATENT_DIM, value=2, key="latent_dim", bind="query-params")
    condition = st.segmented_control(
        "Condition encoding", CONDITIONS, default=CONDITIONS[0], required=True, format_func=words.value_text,
        key="condition", bind="query-params",
    )  # fmt: skip
    warmup = st.number_input(
        "KLD warm-up, epochs", 0, epochs, value=0, key="kld_warmup", bind="query-params",
        help="β grows linearly from 0 over this many epochs, so that fewer dimensions collapse.",
    )  # fmt: skip
    info, (model, train) = DATASETS[dataset], _base()
    model = replace(
        model, image_shape=info.image_shape, num_classes=info.num_classes, latent_dim=latent_dim, condition=condition,
        hidden=_hidden(),
    )  # fmt: skip
    if unusual := unusual_settings():
        st.caption(f"Kept from the opened run: {words.plain(', '.join(unusual))}.")
        st.button("Reset to defaults", key="reset_settings", on_click=lambda: st.session_state.pop(OPENED, None))
    warmup = min(warmup, epochs)
    return TrainingChoice(
        model, replace(train, dataset=dataset, beta=beta, epochs=epochs, seed=seed, kld_warmup=warmup)
    )


def _epochs(dataset: str) -> int:
    """Draw the choice of a number of epochs; an opened run's own number is one more choice."""
    efforts, current = _efforts(dataset), st.session_state.get(EFFORT)
    if isinstance(current, str) and current.isdigit():
        efforts[current] = int(current)
    effort = st.segmented_control(
        "Epochs", list(efforts), default="normal", required=True, key=EFFORT, bind="query-params",
        format_func=lambda name: _effort_label(name, efforts[name]),
    )  # fmt: skip
    return efforts[effort]


def _hidden() -> tuple[int, ...]:
    """Draw the field for the encoder's layers; return their widths."""
    text = st.text_input(
        "Hidden layers", value=", ".join(map(str, DEFAULT_MODEL.hidden)), key=HIDDEN, bind="query-params",
        help="Widths of the encoder's hidden layers; the decoder has them in reverse order.",
    )  # fmt: skip
    try:
        widths = tuple(int(width) for width in text.replace(",", " ").split())
        return replace(DEFAULT_MODEL, hidden=widths).hidden
    except ValueError:
        st.error("Enter 1 to 8 layer widths from 1 to 8192, such as 512, 256, 128.", icon=":material/error:")
        return DEFAULT_MODEL.hidden
