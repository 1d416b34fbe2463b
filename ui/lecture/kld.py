"""Step 4: the KLD of one posterior, with two sliders, in both directions, and from three sources."""

import math
from itertools import chain

import numpy as np
import streamlit as st

from ui.charts.export import Figure
from ui.charts.normal_kld import X, area_chart, bells_chart, kld_tables, top_of
from ui.lecture.material import Layout, choose_image, run_of, table
from ui.lecture.normal_kld import by_distributions, by_integration, by_loss, density, integrand, kl_pq, kl_qp, terms
from ui.lecture.steps import Step
from ui.lecture.variational import kld_per_dimension, posterior_charts, posterior_of
from ui.shell import words
from ui.shell.theme import current_theme

# Session keys and URL parameters.
MU, SIGMA, DIRECTION, DIMENSIONS = "mu", "sigma", "direction", "dimensions"
QP, PQ = "KL(Q‖P), the loss", "KL(P‖Q), the reverse"
ONE, TWO = "One dimension", "One image, two dimensions"
MAX_MU, MIN_SIGMA, MAX_SIGMA = 3.0, 0.1, 3.0
ROUNDING = 1e-15  # shown for a difference of 0
TOLERANCE = 1e-5  # nats, or relative where the value is above 1, by which sources may differ
PENALISES = {
    QP: "Penalises mass of Q where P has little: Q stays inside the prior and may leave parts of it empty.",
    PQ: "Penalises prior mass that Q leaves uncovered: Q would have to spread over all of it.",
}
_bells = st.cache_resource(max_entries=16, show_spinner=False)(bells_chart)
SLIDE = "https://stats.stackexchange.com/a/370048"  # question 318748, the answer that the slide shows


def one_posterior(step: Step, layout: Layout, revealed: bool) -> None:
    """Show bell curves and integrand, or one image's ellipse, with the formula beside it."""
    with layout.left:
        dimensions = st.segmented_control(
            "Dimensions", (ONE, TWO), default=ONE, required=True, key=DIMENSIONS, label_visibility="collapsed",
            bind="query-params",
        )  # fmt: skip
        if dimensions == TWO:
            _two_dimensions()
        else:
            mu, sigma, reverse = _sliders()
            _curves(mu, sigma, reverse)
    with layout.right:
        if dimensions == ONE:
            _formula(mu, sigma)
            st.caption(PENALISES[PQ if reverse else QP])
        with st.expander("The derivation, step by step"):
            for explanation, formula in step.derivation:
                st.markdown(explanation)
                st.latex(formula)
            st.caption(f"The slide's source: [stats.stackexchange, answer 370048]({SLIDE}).")
        if revealed:
            _two_widths()


def _sliders() -> tuple[float, float, bool]:
    left, right = st.columns(2)
    mu = left.slider("mu", -MAX_MU, MAX_MU, 1.0, 0.1, key=MU, bind="query-params")
    sigma = right.slider("sigma", MIN_SIGMA, MAX_SIGMA, 0.5, 0.05, key=SIGMA, bind="query-params")
    direction = st.segmented_control(
        "Direction", (QP, PQ), default=QP, required=True, key=DIRECTION, label_visibility="collapsed",
        bind="query-params",
    )  # fmt: skip
    return mu, sigma, direction == PQ


def _curves(mu: float, sigma: float, reverse: bool) -> None:
    theme = current_theme()
    tables = kld_tables(density(X), density(X, mu, sigma), integrand(X, mu, sigma, reverse))
    value = kl_pq(mu, sigma) if reverse else kl_qp(mu, sigma)
    pair = f"P = N(0, 1) and Q = N({mu:g}, {sigma:g}²)"
    Figure("Target and prediction", _bells(theme, top_of(tables["bells"])), {"bells": tables["bells"]}).draw(
        "bells", f"Densities of {pair}"
    )
    Figure(
        "Integrand", area_chart(theme, reverse, words.three(value), top_of(tables["area"])), {"area": tables["area"]}
    ).draw("area", f"Integrand of the KLD of {pair}: {value:.3f} nats")


def _formula(mu: float, sigma: float) -> None:
    """Show the terms with their numbers, both directions, and the same number from other sources."""
    st.latex(r"\mathrm{KL}(Q\Vert P)=-\tfrac12\left(1+\mathrm{logvar}-\mu^2-e^{\mathrm{logvar}}\right)")
    term = terms(mu, sigma)
    lines = [
        ("−½ · 1", term.one), (f"−½ · logvar = −½ · ({2 * math.log(sigma):.2f})", term.logvar),
        ("+½ · mu²", term.mu), ("+½ · exp(logvar) = ½ sigma²", term.var),
        (f"**{QP}**", kl_qp(mu, sigma)), (PQ, kl_pq(mu, sigma)),
    ]  # fmt: skip
    table(("term", "nats"), [(name.replace("-", "−"), f"{value:.3f}".replace("-", "−")) for name, value in lines])
    st.caption(_comparison(mu, sigma))


def _comparison(mu: float, sigma: float) -> str:
    """Compare the formulas with the loss function, PyTorch and numerical integration, in both directions."""
    forward = {"losses.kld": by_loss(mu, sigma), "torch.distributions": by_distributions(mu, sigma),
               "numerical integration": by_integration(mu, sigma)}  # fmt: skip
    backward = (by_distributions(mu, sigma, reverse=True), by_integration(mu, sigma, reverse=True))
    pairs = chain(
        ((value, kl_qp(mu, sigma)) for value in forward.values()), ((value, kl_pq(mu, sigma)) for value in backward)
    )
    difference = max(abs(value - formula) / max(1.0, formula) for value, formula in pairs)
    sources = ", ".join(f"{name} {value:.6f}" for name, value in forward.items())
    agreement = (
        f"All agree with the formulas in both directions, to {max(difference, ROUNDING):.0e}."
        if difference < TOLERANCE
        else "**They do not agree.**"
    )
    return f"KL(Q‖P) from {sources}. {agreement}"


def _two_widths() -> None:
    """Answer the question: both widths in both directions."""
    table(
        ("at mu = 0", "KL(Q‖P)", "KL(P‖Q)"),
        [(f"sigma = {sigma:g}", f"{kl_qp(0, sigma):.3f}", f"{kl_pq(0, sigma):.3f}") for sigma in (2.0, 0.5)],
    )
    st.caption("The formula of the loss is KL(Q‖P), in whatever order a slide writes P and Q.")


def _two_dimensions() -> None:
    """Show one image's posterior against the prior, and the KLD of each dimension."""
    info = run_of("vae")
    image = choose_image(info)
    posterior_charts(info, image, np.empty((0, 2), dtype=np.float32))
    mu, logvar = posterior_of(info, image.number)
    klds = kld_per_dimension(mu, logvar)
    sum_of = " + ".join(words.three(value) for value in klds)
    sigma = np.exp(0.5 * logvar)
    st.markdown(
        f"mu = ({mu[0]:.2f}, {mu[1]:.2f}), sigma = ({sigma[0]:.2f}, {sigma[1]:.2f}): "
        f"KLD = {sum_of} = **{words.three(sum(klds))} nats**, the sum over both dimensions.".replace("-", "−")
    )
