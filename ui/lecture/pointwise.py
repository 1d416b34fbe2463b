"""Step 4: the KLD of one posterior, with two sliders, both ways, and from three sources."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import streamlit as st

from ui.charts.export import Figure
from ui.charts.pointwise import area_chart, bells_chart, pointwise_tables, top_of
from ui.lecture.material import Places, example, run_of, table
from ui.lecture.steps import Step
from ui.lecture.variational import kld_each, posterior_charts, posterior_of
from ui.shell import panels
from vae_core.pointwise import by_distributions, by_integration, by_loss, kl_pq, kl_qp, shares

__all__ = ["DERIVATION", "pointwise"]

MU, SIGMA, WAY, DIMENSIONS = "mu", "sigma", "lecture_way", "lecture_dimensions"  # session keys
QP, PQ = "KL(Q‖P), the loss", "KL(P‖Q), the other way"
ONE, TWO = "One dimension", "One image, two dimensions"
MAX_MU, LEAST_SIGMA, MOST_SIGMA = 3.0, 0.1, 3.0
SMALLEST = 1e-15  # what is said of a difference that is none
CLOSE = 1e-5  # nats, or parts, by which sources may differ
PUNISHES = {
    QP: "Punishes mass of Q where P has little: Q stays inside the prior, and may leave parts of it empty.",
    PQ: "Punishes prior mass that Q leaves uncovered: Q would have to spread over all of it.",
}
SLIDE = "https://stats.stackexchange.com/questions/318748"
DERIVATION = (
    (
        "The definition, as an expectation under Q",
        r"\mathrm{KL}(Q\Vert P)=\mathbb E_{x\sim Q}\left[\ln q(x)-\ln p(x)\right]",
    ),
    (
        "Both log densities; sigma² = exp(logvar)",
        r"\begin{aligned}\ln q&=-\tfrac12\ln 2\pi-\tfrac12\mathrm{logvar}-\tfrac{(x-\mu)^2}{2\sigma^2}\\"
        r"\ln p&=-\tfrac12\ln 2\pi-\tfrac12x^2\end{aligned}",
    ),
    (
        "The constants cancel",
        r"\mathrm{KL}=\mathbb E_Q\left[-\tfrac12\mathrm{logvar}-\tfrac{(x-\mu)^2}{2\sigma^2}+\tfrac12x^2\right]",
    ),
    (
        "Under Q: E[(x − mu)²] = sigma² and E[x²] = mu² + sigma²",
        r"\mathrm{KL}=-\tfrac12\mathrm{logvar}-\tfrac12+\tfrac12\left(\mu^2+\sigma^2\right)",
    ),
    (
        "Sorted, and summed over the latent dimensions; v = logvar",
        r"\mathrm{KL}=-\tfrac12\sum_j\left(1+v_j-\mu_j^2-e^{v_j}\right)",
    ),
)


def pointwise(step: Step, places: Places, revealed: bool) -> None:
    """Bell curves and integrand, or one image's ellipse, with the formula beside it."""
    with places.left:
        shown = st.segmented_control(
            "Shown", (ONE, TWO), default=ONE, required=True, key=DIMENSIONS, label_visibility="collapsed",
            persist_state="session",
        )  # fmt: skip
        if shown == TWO:
            _two()
        else:
            mu, sigma, reverse = _sliders()
            _curves(mu, sigma, reverse)
    with places.right:
        if shown == ONE:
            _formula(mu, sigma)
        with st.expander("The derivation, step by step"):
            for words, formula in DERIVATION:
                st.markdown(words)
                st.latex(formula)
            st.caption(f"The slide's source: [stats.stackexchange, question 318748]({SLIDE}).")
        if revealed:
            _revealed()


def _sliders() -> tuple[float, float, bool]:
    left, right = st.columns(2)
    mu = left.slider("mu", -MAX_MU, MAX_MU, 1.0, 0.1, key=MU, persist_state="session")
    sigma = right.slider("sigma", LEAST_SIGMA, MOST_SIGMA, 0.5, 0.05, key=SIGMA, persist_state="session")
    way = st.segmented_control(
        "Direction", (QP, PQ), default=QP, required=True, key=WAY, label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    return mu, sigma, way == PQ


def _curves(mu: float, sigma: float, reverse: bool) -> None:
    theme, tables = st.context.theme.type or "light", pointwise_tables(mu, sigma, reverse)
    value = kl_pq(mu, sigma) if reverse else kl_qp(mu, sigma)
    words = f"P = N(0, 1) and Q = N({mu:g}, {sigma:g}²)"
    Figure("Target and prediction", _bells(theme, top_of(tables["bells"])), {"bells": tables["bells"]}).draw(
        "bells", f"Densities of {words}"
    )
    Figure(
        "Integrand", area_chart(theme, reverse, panels.three(value), top_of(tables["area"])), {"area": tables["area"]}
    ).draw("area", f"Integrand of the KLD of {words}: {value:.3f} nats")
    st.caption(PUNISHES[PQ if reverse else QP])


@st.cache_resource(max_entries=16, show_spinner=False)
def _bells(theme: str, top: float) -> dict[str, Any]:
    return bells_chart(theme, top)


def _formula(mu: float, sigma: float) -> None:
    """The terms with their numbers, both directions, and the same number from elsewhere."""
    st.latex(r"\mathrm{KL}(Q\Vert P)=-\tfrac12\left(1+\mathrm{logvar}-\mu^2-e^{\mathrm{logvar}}\right)")
    terms = shares(mu, sigma)
    rows = [
        ("−½ · 1", terms.one), (f"−½ · logvar = −½ · ({2 * math.log(sigma):.2f})", terms.logvar),
        ("+½ · mu²", terms.mu), ("+½ · exp(logvar) = ½ sigma²", terms.var),
        ("**KL(Q‖P), the loss**", kl_qp(mu, sigma)), ("KL(P‖Q), the other way", kl_pq(mu, sigma)),
    ]  # fmt: skip
    table(("term", "nats"), [(words.replace("-", "−"), f"{value:.3f}".replace("-", "−")) for words, value in rows])
    st.caption(_checks(mu, sigma))


def _checks(mu: float, sigma: float) -> str:
    """The loss's number beside PyTorch's and the integral's, both ways."""
    forward = {"losses.kld": by_loss(mu, sigma), "torch.distributions": by_distributions(mu, sigma),
               "numerical integration": by_integration(mu, sigma)}  # fmt: skip
    backward = [by_distributions(mu, sigma, reverse=True), by_integration(mu, sigma, reverse=True)]
    apart = max(
        *(abs(value - kl_qp(mu, sigma)) for value in forward.values()),
        *(abs(value - kl_pq(mu, sigma)) / max(1.0, value) for value in backward),
    )
    told = ", ".join(f"{name} {value:.6f}" for name, value in forward.items())
    agree = (
        f"All agree with the formulas, both ways, to {max(apart, SMALLEST):.0e}."
        if apart < CLOSE
        else "**They do not agree.**"
    )
    return f"KL(Q‖P) from {told}. {agree}"


def _revealed() -> None:
    """The two widths of the question, both ways."""
    table(
        ("at mu = 0", "KL(Q‖P)", "KL(P‖Q)"),
        [(f"sigma = {sigma:g}", f"{kl_qp(0, sigma):.3f}", f"{kl_pq(0, sigma):.3f}") for sigma in (2.0, 0.5)],
    )
    st.caption("The loss's formula is KL(Q‖P), whatever the order in which a slide writes P and Q.")


def _two() -> None:
    """One image's posterior against the prior, and what each dimension adds."""
    info = run_of("vae")
    one = example(info)
    posterior_charts(info, one, np.empty((0, 2), dtype=np.float32))
    mu, logvar = posterior_of(info, one.number)
    each = kld_each(mu, logvar)
    told = " + ".join(panels.three(value) for value in each)
    sigma = np.exp(0.5 * logvar)
    st.markdown(
        f"mu = ({mu[0]:.2f}, {mu[1]:.2f}), sigma = ({sigma[0]:.2f}, {sigma[1]:.2f}): "
        f"KLD = {told} = **{panels.three(sum(each))} nats**, the sum over both dimensions.".replace("-", "−")
    )
