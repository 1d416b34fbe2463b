"""The widgets of the page "KLD weight" for every setting but beta, and what a link or an opened run sets."""

from typing import Any

import streamlit as st

from ui.kld_weight.choice import DEFAULT_BETA, MAX_BETA, TrainingChoice
from ui.shell import params, words
from ui.shell.params import Rule
from vae_core.config import DATASETS, DEFAULTS, SETTINGS, make_configs, parse_numbers
from vae_core.errors import SettingError
from vae_core.runs import RunInfo

EFFORTS = {"fast": 0.3, "normal": 1.0, "best": 2.0}  # times the data set's own epochs
BETA, EFFORT, OPENED = "beta", "effort", "opened_settings"  # session keys; other settings have their name as a key
ON_RELEASE = "train_on_release"  # session key
OF_DATASET = ("classes", "images", "validation", "patience")  # settings that mean something in one data set alone
WITH_WIDGET = {"kind", "dataset", "beta", "latent_dim", "condition", "hidden", "epochs", "seed", "kld_warmup"}
WITHOUT_WIDGET = tuple(name for name in SETTINGS if name not in WITH_WIDGET)


def link_rules() -> dict[str, Rule]:
    """Return what a link to the page may ask for. Hidden layers have no rule: wrong ones are named at their widget."""
    efforts = {_effort_label(name, epochs) for dataset in DATASETS for name, epochs in _efforts(dataset).items()}
    choices = {name: params.one_of(SETTINGS[name].choices.values()) for name in ("dataset", "condition")}
    numbers = {name: _whole(*SETTINGS[name].limits) for name in ("seed", "latent_dim", "kld_warmup")}
    return {BETA: params.number(0, MAX_BETA), EFFORT: params.one_of(sorted(efforts))} | choices | numbers


def _whole(low: float, high: float) -> Rule:
    return params.whole(int(low), int(high))


def _effort_label(name: str, epochs: int) -> str:
    """Return a number of epochs as it stands on the page, and so in the URL: "fast 3", or "7" alone."""
    return name if name.isdigit() else f"{name} {epochs}"


def _efforts(dataset: str) -> dict[str, int]:
    return {name: round(times * DATASETS[dataset].epochs) for name, times in EFFORTS.items()}


def open_run(info: RunInfo) -> None:
    """Set every widget to a run's settings, and remember those that have no widget."""
    values = vars(info.model) | vars(info.train)
    widgets = ["dataset", "seed", "latent_dim", "kld_warmup"]
    widgets += ["condition"] if info.model.kind == "cvae" else []
    st.session_state.update({name: values[name] for name in widgets})
    if info.train.beta is not None:
        set_beta(info.train.beta)
    st.session_state["hidden"] = SETTINGS["hidden"].in_words(info.model.hidden)
    efforts = {epochs: name for name, epochs in _efforts(info.train.dataset).items()}
    st.session_state[EFFORT] = efforts.get(info.train.epochs, str(info.train.epochs))
    st.session_state[OPENED] = {name: values[name] for name in ("dataset", *WITHOUT_WIDGET)}


def current_beta() -> float:
    """Return the KLD weight: the URL's, else the last one; within the slider's range."""
    earlier = DEFAULT_BETA if params.returned() else st.session_state.get(BETA, DEFAULT_BETA)
    beta = float(params.in_url(BETA, str(earlier)))
    set_beta(min(beta, MAX_BETA))
    return float(st.session_state[BETA])


def set_beta(beta: float) -> None:
    """Set the KLD weight, in the session and in the URL."""
    st.session_state[BETA] = beta
    params.write(BETA, f"{beta:.10g}", f"{DEFAULT_BETA:.10g}")


def unusual_settings(dataset: str | None = None) -> dict[str, Any]:
    """Return the opened run's settings that have no widget and differ from the defaults, by name.

    Of another data set than the opened run's, without its classes and its number of images.
    """
    opened = st.session_state.get(OPENED, {})
    other = dataset not in (None, opened.get("dataset"))
    names = [name for name in WITHOUT_WIDGET if name in opened and not (other and name in OF_DATASET)]
    return {name: opened[name] for name in names if opened[name] != DEFAULTS[name]}


def settings_form(beta: float) -> TrainingChoice:
    """Draw the widgets; return what they choose at a KLD weight. Wrong layers are named, and the defaults taken."""
    dataset = st.selectbox(
        SETTINGS["dataset"].label, list(DATASETS), format_func=SETTINGS["dataset"].in_words, key="dataset",
        bind="query-params",
    )  # fmt: skip
    unusual = unusual_settings(dataset)
    values: dict[str, Any] = unusual | {"beta": beta, "dataset": dataset, "epochs": _epochs(dataset)}
    for name in ("seed", "latent_dim"):
        values[name] = _number(name, int(SETTINGS[name].limits[1]))
    condition = SETTINGS["condition"]
    values["condition"] = st.segmented_control(
        condition.label, list(condition.choices), default=DEFAULTS["condition"], required=True,
        format_func=condition.in_words, key="condition", bind="query-params",
    )  # fmt: skip
    values["kld_warmup"] = min(_number("kld_warmup", values["epochs"]), values["epochs"])
    values["hidden"] = _hidden()
    if unusual:
        listed = ", ".join(
            f"{SETTINGS[name].label} {SETTINGS[name].in_words(value)}" for name, value in unusual.items()
        )
        st.caption(words.plain(f"Kept from the opened run: {listed}."))
        st.button("Reset to defaults", key="reset_settings", on_click=lambda: st.session_state.pop(OPENED, None))
    try:
        return TrainingChoice(*make_configs("cvae", values))
    except SettingError as error:  # such as the importance weighted bound, which needs a KLD weight of 1
        sentence = (
            f"{SETTINGS[error.name].label} must be {error.need}; the settings kept from the opened run are left out."
        )
        st.error(words.plain(sentence), icon=":material/error:")
        kept = {name: value for name, value in values.items() if name not in unusual}
        return TrainingChoice(*make_configs("cvae", kept))


def _help(name: str) -> str:
    return f"{SETTINGS[name].help[:1].upper()}{SETTINGS[name].help[1:]}."


def _number(name: str, high: int) -> int:
    """Draw the field for a setting that is a whole number up to `high`."""
    return st.number_input(
        SETTINGS[name].label, int(SETTINGS[name].limits[0]), high, value=DEFAULTS[name], key=name, bind="query-params",
        help=_help(name),
    )  # fmt: skip


def _epochs(dataset: str) -> int:
    """Draw the choice of a number of epochs; an opened run's own number is one more choice."""
    efforts, current = _efforts(dataset), st.session_state.get(EFFORT)
    if isinstance(current, str) and current.isdigit():
        efforts[current] = int(current)
    effort = st.segmented_control(
        SETTINGS["epochs"].label, list(efforts), default="normal", required=True, key=EFFORT, bind="query-params",
        format_func=lambda name: _effort_label(name, efforts[name]),
    )  # fmt: skip
    return efforts[effort]


def _hidden() -> tuple[int, ...]:
    """Draw the field for the encoder's hidden layers; return their widths."""
    text = st.text_input(
        SETTINGS["hidden"].label, value=SETTINGS["hidden"].in_words(DEFAULTS["hidden"]), key="hidden",
        bind="query-params", help=_help("hidden"),
    )  # fmt: skip
    try:
        return make_configs("cvae", {"hidden": parse_numbers("hidden", text)})[0].hidden
    except SettingError as error:
        st.error(words.plain(f"{SETTINGS[error.name].label} must be {error.need}."), icon=":material/error:")
        return DEFAULTS["hidden"]
