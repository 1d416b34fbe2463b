"""Step 3: one image through the VAE many times: mu and sigma stay, z moves."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts
from ui.charts.posterior import posterior_chart, posterior_tables, posterior_windows
from ui.generated import judging
from ui.lecture.diagram import Flow, draw, model_diagram
from ui.lecture.material import Example, Layout, example, point, recon_of, rows, run_of
from ui.lecture.normal_kld import kl_qp
from ui.lecture.steps import Step
from ui.shell import panels
from ui.store import cache
from vae_core.runs import RunInfo

DRAWN = "lecture_drawn"  # session key: how many draws there have been
ALL, COLUMNS = 30, 10
SIDE_PX = 140
Floats = NDArray[np.float32]


def sample(step: Step, layout: Layout, revealed: bool) -> None:
    """One image's posterior, and z drawn from it; revealed: what the decoder makes of thirty."""
    info = run_of("vae")
    with layout.left:
        count = st.session_state.get(DRAWN, 1)
        with st.container(horizontal=True, key="draw"):
            st.button("Draw ε", key="epsilon", on_click=_draw, args=(count + 1,))
            st.button(f"Draw {ALL}", key="thirty", on_click=_draw, args=(ALL,))
            place = st.container(width="content")
        one = example(info, place)
        z = draws_of(info, one.number)[:count]
        posterior_charts(info, one, z)
        st.caption(f"z = mu + sigma·ε, {count} × drawn; the cross is mu.")
    mu, logvar = posterior_of(info, one.number)
    recon = recon_of(info, one, z[-1])
    rate = sum(kld_per_dimension(mu, logvar))
    x_hat = cache.decode(info, z[-1:], np.array([one.label]))[0]
    with layout.top:
        loss = (
            f"loss = recon(x, x̂) + β · KLD = {panels.three(recon)} + 1 · {panels.three(rate)} "
            f"= {panels.three(recon + rate)} nats"
        )
        flow = Flow(one.x, x_hat, point(z[-1]), loss, posterior=(point(mu), point(logvar)))
        draw(model_diagram(info.model, flow, step.key))
    if revealed:
        with layout.right:
            _thirty(info, one)


def draws_of(info: RunInfo, index: int) -> Floats:
    """z = mu + sigma·ε of one test image, shape (ALL, d); the same ε for everybody, by the model's own function."""
    import torch

    from vae_core.models import Posterior, reparameterize

    mu, logvar = (torch.from_numpy(np.tile(part, (ALL, 1))) for part in posterior_of(info, index))
    return reparameterize(Posterior(mu, logvar), torch.Generator().manual_seed(index)).numpy()


def posterior_charts(info: RunInfo, one: Example, z: Floats) -> None:
    """One image's posterior within the prior, and close up, with draws z (n, 2)."""
    mu, logvar = posterior_of(info, one.number)
    tables = {name: charts.arrow(table) for name, table in posterior_tables(mu, logvar, z).items()}
    told = (("Within the prior", "circles: 1, 2, 3 σ"), ("Close up", "q(z|x): 1 and 2 σ"))
    for place, window, (title, subtitle) in zip(
        st.columns(2, gap="xsmall"), posterior_windows(mu, logvar), told, strict=True
    ):
        spec = _spec(st.context.theme.type or "light", window, title, subtitle)
        place.vega_lite_chart(
            spec=charts.filled(spec, tables), width="content", key=f"posterior-{title}",
            alt=f"{title}: {_words(info, one, len(z))}",
        )  # fmt: skip


@st.cache_resource(max_entries=64, show_spinner=False)
def _spec(theme: str, window: charts.Window, title: str, subtitle: str) -> dict[str, Any]:
    return posterior_chart(theme, window, SIDE_PX, title, subtitle)


def kld_per_dimension(mu: Floats, logvar: Floats) -> list[float]:
    """What each latent dimension adds to the KLD of one image, in nats."""
    return [kl_qp(float(m), float(np.exp(0.5 * v))) for m, v in zip(mu, logvar, strict=True)]


def posterior_of(info: RunInfo, index: int) -> tuple[Floats, Floats]:
    """mu and logvar (d,) of a test image."""
    latents = cache.run(info).latents
    assert latents.logvar is not None  # noqa: S101
    return latents.mu[index], latents.logvar[index]


def _words(info: RunInfo, one: Example, count: int) -> str:
    mu, logvar = posterior_of(info, one.number)
    return (
        f"Posterior of a test image, a {info.class_names[one.label]}: mean {point(mu)}, "
        f"standard deviations {point(np.exp(0.5 * logvar))}, with {count} draws, against the prior N(0, I)"
    )


def _thirty(info: RunInfo, one: Example) -> None:
    """What the decoder makes of all draws, and how often it is the same digit."""
    judging.check([info.train.dataset])
    pictures = cache.decode(info, draws_of(info, one.number), np.full(ALL, one.label))
    for start in range(0, ALL, COLUMNS):
        rows(pictures[start : start + COLUMNS], "The image, rebuilt from ten draws of z", f"thirty-{start}")
    name = info.class_names[one.label]
    said = judging.judged(info.train.dataset, pictures)
    same = sum(words.split(",")[0] == name for words in said)
    told = f"The judge takes **{same} of {ALL}** for a {name}. " if any(said) else ""
    kept = cache.metrics(info).get("rebuilt_label")
    share = f"Of all test images {kept.value:.0%} keep their label." if kept is not None and kept.value else ""
    st.markdown(f"{told}{share}")
    st.caption("What we want: z Normally distributed, so that a random z is a place that the decoder knows.")


def _draw(count: int) -> None:
    st.session_state[DRAWN] = 1 if count > ALL else count
