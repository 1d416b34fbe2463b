"""Step 6: random digits from the VAE, then the condition, in both places or with one of them cut."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui.generate import draws, gallery
from ui.generate.draws import Draw, Source
from ui.generated import judging
from ui.lecture.diagram import Flow, draw, model_diagram
from ui.lecture.material import SAME_NOISE, Layout, figure, point, run_of, table
from ui.lecture.steps import Step
from ui.shell import panels
from ui.store import cache
from vae_core.runs import RunInfo

ENCODER, DECODER, ASKED = "lecture_encoder", "lecture_decoder", "lecture_asked"  # session keys
ROW, USUAL = 6, 7


def conditional(step: Step, layout: Layout, revealed: bool) -> None:
    """Random digits, then those asked for, the condition going where the switches send it; revealed: all four ways."""
    names = run_with(True, True).class_names
    with layout.left:
        judging.check([run_with(True, True).train.dataset])
        gallery.style()
        st.markdown("**VAE**: random digits, nobody can ask")
        st.html(gallery.tiles(asked_for(run_with(False, False), 0), names))
        with st.container(horizontal=True):
            into = tuple(
                st.toggle(f"into the {name}", value=True, key=key, persist_state="session")
                for name, key in (("encoder", ENCODER), ("decoder", DECODER))
            )
        label = st.pills(
            "Ask for", range(len(names)), format_func=names.__getitem__, default=USUAL, required=True, key=ASKED,
            persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        info = run_with(*into)
        st.markdown(f"**Condition into {_name(into)}**: asked for {names[label]}")
        st.html(gallery.tiles(asked_for(info, int(label)), names))
    with layout.top:
        draw(model_diagram(info.model, _flow(info, int(label), into), step.key))
    if revealed:
        with layout.right:
            table(("into", "as asked", "neighbours", "I(c;z)", "−elbo"), lines())
            st.caption(
                "As asked: share of samples that the judge takes for the digit (chance 10 %). Neighbours with the same "
                "label, and I(c;z) in nats: what z still tells of the class. −elbo in nats: lower is better."
            )


def _flow(info: RunInfo, label: int, into: tuple[bool, ...]) -> Flow:
    """The first test image with a label through a run."""
    run, images = cache.run(info), cache.images(info.train.dataset)
    number = int((run.latents.y == label).argmax())
    assert run.latents.logvar is not None  # noqa: S101
    posterior = (point(run.latents.mu[number]), point(run.latents.logvar[number]))
    z = run.z()[number]
    x_hat = cache.decode(info, z[None], np.array([label]))[0]
    return Flow(
        None if images is None else images[number], x_hat, point(z), condition=f"“{info.class_names[label]}”",
        conditioned=tuple(name for name, on in zip(("encoder", "decoder"), into, strict=True) if on),
        posterior=posterior,
    )  # fmt: skip


def run_with(encoder: bool, decoder: bool) -> RunInfo:
    """The run whose condition goes into these; without either it is the VAE."""
    if not (encoder or decoder):
        return run_of("vae")
    return run_of("cvae", condition_in="both" if encoder and decoder else "encoder" if encoder else "decoder")


def asked_for(info: RunInfo, label: int) -> Draw:
    """Images of a run that was asked for one label, the same noise for every run; judged."""
    source = Source(info, judging.judge_of(info.train.dataset))
    return draws.drawn(source, (label,) * ROW, SAME_NOISE)


def lines() -> list[tuple[str, ...]]:
    """What breaks where a line is cut, in words."""
    return [_line(into) for into in ((True, True), (False, True), (True, False), (False, False))]


def _line(into: tuple[bool, bool]) -> tuple[str, ...]:
    info = run_with(*into)
    metrics, whole = cache.metrics(info), "{:.0%}".format
    asked = figure(metrics, "label_agreement", whole) if info.model.kind == "cvae" else "–"
    return (
        _name(into), asked, figure(metrics, "knn_accuracy", whole), figure(metrics, "class_information"),
        panels.three(-(info.test.elbo or 0.0)),
    )  # fmt: skip


def _name(into: tuple[bool, ...]) -> str:
    return {3: "both", 2: "encoder only", 1: "decoder only", 0: "neither"}[2 * into[0] + into[1]]
