"""The answer to "sum or mean?": how a loss is written, the KLD weight that this amounts to, and what it trains."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import store
from ui.components.latent_gallery import latent_gallery
from ui.shell import params, words
from ui.spaces.followed import tiles
from ui.spaces.nearest import nearest
from vae_core.config import ModelConfig, TrainConfig
from vae_core.conventions import CROSS_ENTROPY, MEAN, RECONS, REDUCTIONS, Equivalent, WrittenLoss
from vae_core.evidence import ignores_image
from vae_core.runs import RunInfo

QUESTION, GALLERY = "Sum or mean?", "written-runs"
OPEN = "sum-or-mean-open"  # session key
CLOSE = 1.25  # times: a run this near to a β stands for it
REDUCED = {  # by the argument of `WrittenLoss`, in two pairs: the label of its switch
    "pixels": "recon over the pixels", "recon_batch": "recon over the batch",
    "dimensions": "KLD over the dimensions", "kld_batch": "KLD over the batch",
}  # fmt: skip
DEFAULTS = {"pixels": MEAN}  # the usual surprise


def sum_or_mean(model: ModelConfig, train: TrainConfig) -> None:
    """Draw a button that opens the panel.

    Arguments:
        model, train: Settings of a VAE: images, latent dimensions and batch size, and which runs there are to compare.
    """
    if params.entered():
        _set_open(False)
    st.button(
        QUESTION, icon=":material/functions:", type="tertiary", key="sum-or-mean", on_click=_set_open, args=(True,),
        help="Which β is yours, if your code averages where this project sums?",
    )  # fmt: skip
    if st.session_state.get(OPEN):  # it stays when the page runs again by itself, as when a training ends
        st.dialog(QUESTION, width="large", on_dismiss=lambda: _set_open(False))(_panel)(model, train)


def _set_open(is_open: bool) -> None:
    st.session_state[OPEN] = is_open


def _panel(model: ModelConfig, train: TrainConfig) -> None:
    """Draw the switches, and beside them what they amount to."""
    left, right = st.columns((4, 5), gap="large")
    with left:
        written = _choice(model)
    with right:
        height, width = model.image_shape
        equivalent = written.equivalent(height * width, model.latent_dim, train.batch_size)
        st.markdown(meaning(written, equivalent))
        if written.recon == CROSS_ENTROPY:
            model = replace(model, likelihood="bernoulli")
        else:
            model = replace(model, likelihood="gaussian", likelihood_std=written.sigma)
        _runs(store.catalogue().along((model, train), "beta"), equivalent.beta)
    st.code(written.code, language="python", wrap_lines=True)


def _choice(model: ModelConfig) -> WrittenLoss:
    """Draw the switches; return the loss that they describe."""
    recon = st.radio("How is your loss written?", RECONS, horizontal=True, key="written-recon", persist_state="session")
    reductions = {}
    for pair in (("pixels", "recon_batch"), ("dimensions", "kld_batch")):
        for name, column in zip(pair, st.columns(2), strict=True):
            reductions[name] = _reduction(name, column)
    weight, sigma = 1.0, model.likelihood_std
    with st.container(horizontal=True):
        weight = _number("weight", "Factor before the KLD", weight, 1e6)
        if recon != CROSS_ENTROPY:
            sigma = _number("sigma", "σ of a pixel", sigma, 10.0, low=0.001)
    return WrittenLoss(recon, **reductions, weight=weight, sigma=sigma)


def _reduction(name: str, column: DeltaGenerator) -> str:
    return column.segmented_control(
        REDUCED[name], REDUCTIONS, default=DEFAULTS.get(name, getattr(WrittenLoss, name)), required=True,
        key=f"written-{name}", persist_state="session",
    )  # fmt: skip


def _number(name: str, label: str, value: float, high: float, low: float = 0.0) -> float:
    return st.number_input(
        label, low, high, value, key=f"written-{name}", format="%g", step=None, width=170, persist_state="session"
    )


def meaning(written: WrittenLoss, equivalent: Equivalent) -> str:
    """Say in words which β a loss has here (Markdown)."""
    beta, scale = number(equivalent.beta), equivalent.scale
    if written.recon == CROSS_ENTROPY:
        text = f"**β = {beta} here**, where recon and KLD are sums within an image and means over the batch."
    elif equivalent.sigma:
        text = (
            f"**β = {beta} here**, with a Gaussian likelihood of σ = {written.sigma:g}; "
            f"or β = 1 with σ = {number(equivalent.sigma)}: a squared error does not say which."
        )
    else:
        text = "**β = 0 here**: nothing holds the codes together."
    if abs(scale - 1) < 1e-9:
        return text
    times = f"{number(scale)} times" if scale > 1 else f"1/{number(1 / scale)} of"
    return f"{text} The whole loss is {times} ours, which Adam hardly notices and plain gradient descent does."


def number(value: float) -> str:
    """Write a number with three digits, in full up to a million.

    >>> number(784.0), number(100352.0), number(0.0078125)
    ('784', '100,352', '0.00781')
    """
    return f"{value:,.0f}" if 100 <= value < 1e6 else f"{value:.3g}"


def _runs(runs: dict[float, RunInfo], beta: float) -> None:
    """Show the trained run nearest to a β beside the one at β = 1, each in a few words."""
    closest = nearest(runs, beta)
    if closest is None:
        st.caption("No VAE with this likelihood is trained yet, so there is none to show.")
        return
    shown_betas = sorted({closest, *({1.0} & runs.keys())})
    columns = [{"caption": f"β = {shown:g}", "tiles": tiles([runs[shown]])} for shown in shown_betas]
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width=230):
            latent_gallery(GALLERY, [{"columns": columns}])
        lines = [f"β = {shown:g}: {outcome(runs[shown])}" for shown in shown_betas]
        st.markdown("  \n".join([f"{_distance(closest, beta)} β = {closest:g}.", *lines]), width="stretch")


def _distance(closest: float, beta: float) -> str:
    """Say how a run's β lies to the one that was asked for."""
    if closest == beta:
        return "Trained here at exactly"
    if beta and closest and 1 / CLOSE <= closest / beta <= CLOSE:
        return "Nearest trained run:"
    return f"Nearest trained run, far {'below' if closest < beta else 'above'}:"


def outcome(info: RunInfo) -> str:
    """Say in a few words what a VAE's code has come to."""
    metrics = store.metrics(info)
    active, information = metrics["active_units"].value, metrics["mutual_information"].value
    if ignores_image(metrics):
        return "collapsed, the code says nothing about the image."
    of_all = f"{active} of {info.model.latent_dim} dimensions active"
    return of_all + ("." if information is None else f", {words.three(max(information, 0.0))} nats about the image.")
