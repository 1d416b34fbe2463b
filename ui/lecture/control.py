"""Step 6: random digits from the VAE, then the condition, in encoder and decoder or in one of them."""

import numpy as np
import streamlit as st

from ui import store
from ui.generated import draws, gallery, labels
from ui.generated.draws import Draw, Source
from ui.lecture.diagram import Flow, draw, model_diagram
from ui.lecture.material import SAME_NOISE, Layout, figure, run_of, table, vector
from ui.lecture.steps import Step
from ui.lecture.variational import posterior_of
from ui.shell import words
from vae_core.runs import RunInfo

ENCODER, DECODER, LABEL = "encoder", "decoder", "label"  # session keys and URL parameters
SAMPLES, DEFAULT_LABEL = 6, 7
NAMES = {  # of where the condition goes: into the encoder, into the decoder
    (True, True): "both", (False, True): "decoder only", (True, False): "encoder only", (False, False): "neither",
}  # fmt: skip


def conditional(step: Step, layout: Layout, revealed: bool) -> None:
    """Draw random digits, then requested ones with the condition as switched; revealed: all four combinations."""
    names = run_with(True, True).class_names
    with layout.left:
        labels.report_damaged([run_with(True, True).train.dataset])
        gallery.style()
        st.markdown("**VAE**: random digits")
        st.html(gallery.tiles(samples_of(run_with(False, False), 0), names))
        with st.container(horizontal=True):
            into = (
                st.toggle("into the encoder", value=True, key=ENCODER, bind="query-params"),
                st.toggle("into the decoder", value=True, key=DECODER, bind="query-params"),
            )
        label = st.pills(
            "Digit", range(len(names)), format_func=names.__getitem__, default=DEFAULT_LABEL, required=True,
            key=LABEL, bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
        info = run_with(*into)
        st.markdown(f"**Condition into {NAMES[into]}**: {names[label]} requested")
        st.html(gallery.tiles(samples_of(info, int(label)), names))
        st.caption(gallery.FRAMES)
    with layout.top:
        draw(model_diagram(info.model, _flow(info, int(label), into), step.key))
    if revealed:
        with layout.right:
            table(("into", "as requested", "k-NN accuracy", "I(c;z)", "−elbo"), ablation_rows())
            st.caption(
                "As requested: share of samples labelled as the requested digit (chance 10 %). k-NN accuracy, I(c;z) "
                "in nats: what z still reveals of the class. −elbo in nats: lower is better; for a cVAE it bounds "
                f"−log p(x|class). {words.NO_LIKELIHOOD}"
            )


def _flow(info: RunInfo, label: int, into: tuple[bool, bool]) -> Flow:
    """Return what the first test image with a label becomes in a run."""
    run, images = store.run(info), store.test_images(info)
    number = int((run.latents.y == label).argmax())
    mu, logvar = posterior_of(info, number)
    z = run.z()[number]
    x_hat = store.decode(info, z[None], np.array([label]))[0]
    return Flow(
        None if images is None else images[number], x_hat, vector(z), condition=f"“{info.class_names[label]}”",
        conditioned=tuple(name for name, on in zip(("encoder", "decoder"), into, strict=True) if on),
        posterior=(vector(mu), vector(logvar)),
    )  # fmt: skip


def run_with(encoder: bool, decoder: bool) -> RunInfo:
    """Return the run with the condition in encoder, decoder or both; with neither it is the VAE."""
    if not (encoder or decoder):
        return run_of("vae")
    return run_of("cvae", condition_in="both" if encoder and decoder else "encoder" if encoder else "decoder")


def samples_of(info: RunInfo, label: int) -> Draw:
    """Draw images of one label, with the same noise for every run."""
    source = Source(info, labels.classifier_of(info.train.dataset))
    return draws.sample(source, (label,) * SAMPLES, SAME_NOISE)


def ablation_rows() -> list[tuple[str, ...]]:
    """Return the table's rows: one for each combination of condition in encoder and decoder."""
    return [_row(into) for into in NAMES]


def _row(into: tuple[bool, bool]) -> tuple[str, ...]:
    info = run_with(*into)
    metrics, percent = store.metrics(info), "{:.0%}".format
    agreement = figure(metrics, "label_agreement", percent) if info.model.kind == "cvae" else "–"
    return (
        NAMES[into], agreement, figure(metrics, "knn_accuracy", percent), figure(metrics, "class_information"),
        words.three(-(info.test.elbo or 0.0)),
    )  # fmt: skip
