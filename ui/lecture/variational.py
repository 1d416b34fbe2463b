"""Step 3: one image through the VAE many times: mu and sigma stay, z varies."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts.posterior import posterior_chart, posterior_tables, posterior_windows
from ui.generated import labels
from ui.lecture.diagram import Flow, draw, model_diagram
from ui.lecture.material import ChosenImage, Layout, choose_image, image_row, recon_of, run_of, vector
from ui.lecture.normal_kld import kl_qp
from ui.lecture.steps import Step
from ui.shell import params, words
from ui.shell.theme import current_theme
from vae_core.runs import RunInfo

DRAWS = "draws"  # session key and URL parameter: number of draws so far
ALL, COLUMNS = 30, 10
_spec = st.cache_resource(max_entries=64, show_spinner=False)(posterior_chart)
Floats = NDArray[np.float32]


def sample(step: Step, layout: Layout, revealed: bool) -> None:
    """Show one image's posterior and draws from it; revealed: thirty of them decoded."""
    info = run_of("vae")
    with layout.left:
        count = int(params.kept(DRAWS, "1"))
        with st.container(horizontal=True, key="draw"):
            st.button("Draw ε", key="epsilon", on_click=_draw, args=(count + 1,))
            st.button(f"Draw {ALL}", key="thirty", on_click=_draw, args=(ALL,))
            button_container = st.container(width="content")
        image = choose_image(info, button_container)
        z = draws_of(info, image.number)[:count]
        posterior_charts(info, image, z)
        st.caption(f"z = mu + sigma·ε, {count} × drawn; the cross is mu.")
    mu, logvar = posterior_of(info, image.number)
    recon = recon_of(info, image, z[-1])
    rate = sum(kld_per_dimension(mu, logvar))
    x_hat = store.decode(info, z[-1:], np.array([image.label]))[0]
    with layout.top:
        loss = (
            f"loss = recon(x, x̂) + β · KLD = {words.three(recon)} + 1 · {words.three(rate)} "
            f"= {words.three(recon + rate)} nats"
        )
        flow = Flow(image.x, x_hat, vector(z[-1]), loss, posterior=(vector(mu), vector(logvar)))
        draw(model_diagram(info.model, flow, step.key))
    if revealed:
        with layout.right:
            _thirty(info, image)


def draws_of(info: RunInfo, index: int) -> Floats:
    """Draw z = mu + sigma·ε of one test image, shape (ALL, d), with the same ε for every visitor."""
    import torch

    from vae_core.models import Posterior, reparameterize

    mu, logvar = (torch.from_numpy(np.tile(values, (ALL, 1))) for values in posterior_of(info, index))
    return reparameterize(Posterior(mu, logvar), torch.Generator().manual_seed(index)).numpy()


def posterior_charts(info: RunInfo, image: ChosenImage, z: Floats) -> None:
    """Draw one image's posterior within the prior and close up, with draws z (n, 2)."""
    mu, logvar = posterior_of(info, image.number)
    tables = {name: charts.arrow(table) for name, table in posterior_tables(mu, logvar, z).items()}
    headings = (("Within the prior", "circles: 1, 2, 3 σ"), ("Close up", "q(z|x): 1 and 2 σ"))
    text = (
        f"Posterior of a test image, a {info.class_names[image.label]}: mean {vector(mu)}, "
        f"standard deviations {vector(np.exp(0.5 * logvar))}, with {len(z)} draws, against the prior N(0, I)"
    )
    for column, window, (title, subtitle) in zip(
        st.columns(2, gap="xsmall"), posterior_windows(mu, logvar), headings, strict=True
    ):
        spec = charts.filled(_spec(current_theme(), window, title, subtitle), tables)
        column.vega_lite_chart(spec=spec, width="content", key=f"posterior-{title}", alt=f"{title}: {text}")


def kld_per_dimension(mu: Floats, logvar: Floats) -> list[float]:
    """Return the KLD of one image per latent dimension, in nats."""
    return [kl_qp(float(m), float(np.exp(0.5 * v))) for m, v in zip(mu, logvar, strict=True)]


def posterior_of(info: RunInfo, index: int) -> tuple[Floats, Floats]:
    """Return mu and logvar (d,) of a test image."""
    latents = store.run(info).latents
    assert latents.logvar is not None  # noqa: S101
    return latents.mu[index], latents.logvar[index]


def _thirty(info: RunInfo, image: ChosenImage) -> None:
    """Decode all draws, and count how often they are the same digit."""
    labels.report_damaged([info.train.dataset])
    pictures = store.decode(info, draws_of(info, image.number), np.full(ALL, image.label))
    for start in range(0, ALL, COLUMNS):
        image_row(pictures[start : start + COLUMNS], "Reconstructions from ten draws of z", f"thirty-{start}")
    name = info.class_names[image.label]
    classified = labels.classify(info.train.dataset, pictures)
    count = sum(prediction.label == image.label for prediction in classified)
    text = f"The classifier labels **{count} of {ALL}** as {name}. " if classified else ""
    agreement = store.metrics(info).get("reconstruction_label")
    share = f"Of all test images {agreement.value:.0%} keep their label." if agreement and agreement.value else ""
    st.markdown(f"{text}{share}")
    st.caption("The goal: z Normally distributed, so that a random z lands where the decoder was trained.")


def _draw(count: int) -> None:
    params.keep(DRAWS, str(1 if count > ALL else count), "1")
