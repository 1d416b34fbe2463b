"""What a visitor tries on the page "KLD weight": beta and the other settings, and which runs and requests they mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from ui.shell import params, words
from ui.shell.params import Rule
from vae_core.config import CONDITIONS, DATASETS, KINDS, ModelConfig, TrainConfig, identity
from vae_core.jobs import Request
from vae_core.runs import RunInfo, find_run

__all__ = [
    "MAX_BETA",
    "STOPS",
    "Experiment",
    "beta_of",
    "link_rules",
    "more_settings",
    "nearest",
    "open_run",
    "set_beta",
    "stops_with",
    "trained",
]

MAX_BETA = 100.0
MAX_SEED, MAX_LATENT_DIM, MAX_WARMUP = 2**31 - 1, 64, 10_000
# 0, and twenty a decade from 0.01 on: few enough that visitors' requests coincide, and the shipped betas among them.
_DECADE = (1.0, 1.1, 1.25, 1.4, 1.6, 1.8, 2.0, 2.2, 2.5, 2.8, 3.2, 3.5, 4.0, 4.5, 5.0, 5.6, 6.3, 7.0, 8.0, 9.0)
STOPS = (0.0, *(float(f"{digit * 10.0**power:.3g}") for power in (-2, -1, 0, 1) for digit in _DECADE), MAX_BETA)
EFFORTS = {"fast": 0.3, "normal": 1.0, "best": 2.0}  # times the data set's own epochs
BETA, EFFORT, HIDDEN, BASE = "beta", "effort", "hidden", "base"  # session keys
NEXT, EPOCH = "next_beta", "epoch"  # session keys: the beta that a replay comes to, the snapshot that is shown
DEFAULT_BETA = 1.0
DEFAULT_MODEL = ModelConfig("cvae")
ADJUSTABLE = {"kind", "image_shape", "num_classes", "latent_dim", "condition", "hidden"} | {
    "dataset", "beta", "epochs", "seed", "kld_warmup"
}  # fmt: skip


@dataclass(frozen=True)
class Experiment:
    """One choice of settings for all three models.

    Arguments:
        model: The settings of the cVAE; the other kinds have the same, as far as they have them.
        train: The training, beta included.
    """

    model: ModelConfig
    train: TrainConfig

    def settings(self, kind: str) -> tuple[ModelConfig, TrainConfig]:
        """The settings of one model kind."""
        return replace(self.model, kind=kind), self.train.for_kind(kind)

    def at(self, beta: float) -> Experiment:
        """The same at another KLD weight."""
        return replace(self, train=replace(self.train, beta=beta))

    def run(self, kind: str, infos: Iterable[RunInfo]) -> RunInfo | None:
        """The run with these settings, if there is one."""
        return find_run(*self.settings(kind), infos)

    def along_beta(self, kind: str, infos: Iterable[RunInfo]) -> dict[float, RunInfo]:
        """The runs of a VAE or cVAE that differ from this in nothing but beta, by beta."""
        wanted = _but_beta(*self.settings(kind))
        same = [info for info in infos if info.model.kind == kind and _but_beta(info.model, info.train) == wanted]
        same.sort(key=lambda info: (info.train.beta or 0.0, info.shipped, info.created))
        return {info.train.beta: info for info in same if info.train.beta is not None}

    def comparison(self, infos: Sequence[RunInfo]) -> RunInfo | None:
        """The AE to compare with: the one with these settings, or else the most usual one for these images."""
        fitting = [
            info for info in infos
            if info.model.kind == "ae" and info.train.dataset == self.train.dataset
            and info.model.latent_dim == self.model.latent_dim
        ]  # fmt: skip
        usual = max(fitting, key=lambda info: (info.shipped, -info.train.seed, info.created), default=None)
        return self.run("ae", infos) or usual

    def request(self, infos: Sequence[RunInfo]) -> Request:
        """VAE and cVAE, and an AE where there is none to compare with."""
        kinds = [kind for kind in KINDS if kind != "ae" or self.comparison(infos) is None]
        return Request(tuple(self.settings(kind) for kind in kinds))


def _but_beta(model: ModelConfig, train: TrainConfig) -> str:
    return identity(model, replace(train, beta=0.0))


def trained(tried: Experiment, infos: Sequence[RunInfo]) -> list[float]:
    """The betas on the slider at which VAE and cVAE are there, in order."""
    vae, cvae = (tried.along_beta(kind, infos) for kind in ("vae", "cvae"))
    return sorted(beta for beta in set(vae) & set(cvae) if beta <= MAX_BETA)


def set_beta(beta: float) -> None:
    """Move the slider; the end of the training is shown there."""
    st.session_state[BETA] = beta
    st.session_state.pop(EPOCH, None)


def nearest(betas: Iterable[float], beta: float) -> float | None:
    """The closest of some betas on the slider's scale; None of none."""
    return min(betas, key=lambda other: abs(_place(other) - _place(beta)), default=None)


def _place(beta: float) -> float:
    return math.log10(beta) if beta > 0 else math.log10(STOPS[1]) - 1


def stops_with(*betas: float) -> list[float]:
    """The slider's stops, and between them the betas that somebody asked for."""
    return sorted({*STOPS, *(beta for beta in betas if 0 <= beta <= MAX_BETA)})


def beta_of(text: str | None) -> float | None:
    """A KLD weight from a URL; None if it is none."""
    try:
        beta = float(text or "")
    except ValueError:
        return None
    return beta if 0 <= beta <= MAX_BETA else None


def open_run(info: RunInfo) -> None:
    """Choose all of a run's settings; those without a widget are kept as they are in it."""
    train, model = info.train, info.model
    st.session_state.update({"dataset": train.dataset, "seed": train.seed, "latent_dim": model.latent_dim})
    st.session_state.update({"kld_warmup": train.kld_warmup, HIDDEN: ", ".join(map(str, model.hidden))})
    if train.beta is not None:
        st.session_state[BETA] = train.beta
    if model.kind == "cvae":
        st.session_state["condition"] = model.condition
    st.session_state[EFFORT] = _effort_of(train)
    st.session_state[BASE] = (model, train)


def _effort_of(train: TrainConfig) -> str:
    usual = DATASETS[train.dataset].epochs
    return next((name for name, times in EFFORTS.items() if round(times * usual) == train.epochs), str(train.epochs))


def _base() -> tuple[ModelConfig, TrainConfig]:
    """What the settings without a widget are taken from: the usual, or an opened run."""
    model, train = st.session_state.get(BASE, (DEFAULT_MODEL, TrainConfig()))
    return replace(model, kind="cvae"), train


def unusual() -> list[str]:
    """Settings without a widget that differ from the usual, in words."""
    model, train = _base()
    pairs = [(config, default) for config, default in ((model, DEFAULT_MODEL), (train, TrainConfig()))]
    return [
        f"{field.name} {getattr(config, field.name)}"
        for config, default in pairs
        for field in fields(config)
        if field.name not in ADJUSTABLE and getattr(config, field.name) != getattr(default, field.name)
    ]


def _effort(name: str, epochs: int) -> str:
    """One choice of a number of epochs as it stands on the page, and so in the URL: "fast 3", or "7" alone."""
    return name if name.isdigit() else f"{name} {epochs}"


def _efforts(dataset: str) -> dict[str, int]:
    return {name: round(times * DATASETS[dataset].epochs) for name, times in EFFORTS.items()}


def link_rules() -> dict[str, Rule]:
    """What a link to the page may ask for; of layers everything, for wrong ones are named where they stand."""
    efforts = {_effort(name, epochs) for dataset in DATASETS for name, epochs in _efforts(dataset).items()}
    return {
        BETA: params.number(0, MAX_BETA),
        EFFORT: params.one_of(sorted(efforts)),
        "dataset": params.one_of(map(words.value_text, DATASETS)),
        "seed": params.whole(0, MAX_SEED),
        "latent_dim": params.whole(1, MAX_LATENT_DIM),
        "condition": params.one_of(map(words.value_text, CONDITIONS)),
        "kld_warmup": params.whole(0, MAX_WARMUP),
    }


def more_settings(beta: float) -> Experiment:
    """Widgets for everything but beta; wrong ones are named, and the last right choice stays."""
    dataset = st.selectbox("Data set", list(DATASETS), format_func=words.value_text, key="dataset", bind="query-params")
    efforts = _efforts(dataset)
    chosen = st.session_state.get(EFFORT)
    if isinstance(chosen, str) and chosen.isdigit():
        efforts[chosen] = int(chosen)
    effort = st.segmented_control(
        "Epochs", list(efforts), default="normal", required=True, key=EFFORT, bind="query-params",
        format_func=lambda name: _effort(name, efforts[name]),
    )  # fmt: skip
    seed = st.number_input("Seed", 0, MAX_SEED, value=0, key="seed", bind="query-params")
    latent_dim = st.number_input("Latent dimensions", 1, MAX_LATENT_DIM, value=2, key="latent_dim", bind="query-params")
    condition = st.segmented_control(
        "Condition encoding", CONDITIONS, default=CONDITIONS[0], required=True, format_func=words.value_text,
        key="condition", bind="query-params",
    )  # fmt: skip
    warmup = st.number_input(
        "KLD warm-up, epochs", 0, efforts[effort], value=0, key="kld_warmup", bind="query-params",
        help="β grows linearly from 0 over so many epochs: fewer dimensions collapse.",
    )  # fmt: skip
    hidden = st.text_input(
        "Layers", value=", ".join(map(str, DEFAULT_MODEL.hidden)), key=HIDDEN, bind="query-params",
        help="Widths of the encoder's hidden layers; the decoder has them in reverse.",
    )  # fmt: skip
    if others := unusual():
        st.caption(f"As in the opened run: {', '.join(others)}.")
        st.button("Back to the usual", on_click=lambda: st.session_state.pop(BASE, None))
    return _experiment(dataset, beta, efforts[effort], seed, latent_dim, condition, warmup, hidden)


def _experiment(
    dataset: str, beta: float, epochs: int, seed: int, latent_dim: int, condition: str, warmup: int, hidden: str
) -> Experiment:
    info, (model, train) = DATASETS[dataset], _base()
    layers = DEFAULT_MODEL.hidden
    try:
        widths = tuple(int(width) for width in hidden.replace(",", " ").split())
        layers = replace(model, hidden=widths).hidden
    except ValueError:
        st.error("Layers must be 1 to 8 whole numbers from 1 to 8192, as 512, 256, 128.", icon=":material/error:")
    changed: dict[str, Any] = {"dataset": dataset, "beta": beta, "epochs": epochs, "seed": seed}
    return Experiment(
        replace(
            model, image_shape=info.image_shape, num_classes=info.num_classes, latent_dim=latent_dim,
            condition=condition, hidden=layers,
        ),
        replace(train, **changed, kld_warmup=min(warmup, epochs)),
    )  # fmt: skip
