"""Steps 1 and 2: an image through the autoencoder, and what its decoder makes of a random z."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.generate import draws, gallery
from ui.generate.draws import Draw, Source
from ui.generated import judging
from ui.lecture.diagram import Flow, draw, model_diagram
from ui.lecture.material import SAME_NOISE, Layout, example, figure, final, plot, point, recon_of, rows, run_of
from ui.lecture.steps import Step
from ui.shell import panels
from ui.spaces.plot import Marked
from ui.store import cache
from vae_core.runs import RunInfo

FROM, STREAM = "lecture_from", "lecture_stream"  # session keys: where z comes from; how many draws there have been
PRIOR, FITTED = "N(0, I)", "as wide as the codes"
MOST, SHOWN = 400, 12  # draws of one sequence; of them shown
Floats = NDArray[np.float32]


def encode(step: Step, layout: Layout, revealed: bool) -> None:
    """One test image through encoder and decoder, and ten of them; revealed: where all of them lie."""
    info = run_of("ae")
    run = cache.run(info)
    with layout.left:
        one = example(info)
        st.markdown("One test image of each digit, and what comes back:")
        firsts = np.array([np.flatnonzero(run.latents.y == label)[0] for label in range(info.model.num_classes)])
        originals = cache.images(info.train.dataset)
        if originals is not None:
            rows(originals[firsts], "Ten test images", "x")
        rows(cache.reconstruct(info, firsts, sampled=False), "The ten images, rebuilt", "x-hat")
        st.caption("recon = −log p(x|z), summed over the 784 pixels, in nats: lower is better.")
    z = run.latents.mu[one.number]
    recon, x_hat = recon_of(info, one, z), cache.decode(info, z[None], np.array([one.label]))[0]
    with layout.top:
        loss = f"loss(x, x̂) = recon = {panels.three(recon)} nats"
        draw(model_diagram(info.model, Flow(one.x, x_hat, point(z), loss), step.key))
    if revealed:
        with layout.right:
            plot("ae", final(info), step.key, marked=Marked(z[None], np.array([one.label]), ring=True))
            spread = " × ".join(panels.three(value) for value in cache.metrics(info)["spread"].value)
            st.caption(
                f"Spread {spread} σ of N(0, I), whose dashed circles vanish in the middle. Ring: the image above."
            )


def generate(step: Step, layout: Layout, revealed: bool) -> None:
    """Random z into the decoder until the judge fails; revealed: where they fell."""
    info = run_of("ae")
    with layout.left:
        judging.check([info.train.dataset])
        gallery.style()
        wide = st.segmented_control(
            "z drawn from", (PRIOR, FITTED), default=PRIOR, required=True, key=FROM, persist_state="session"
        )
        fitted = wide == FITTED
        sequence = random_z(info, fitted)
        at = st.session_state.get(f"{STREAM}-{fitted}", 1)
        with st.container(horizontal=True):
            st.button("Sample", key="sample", on_click=_to, args=(fitted, at + 1))
            st.button(
                "Sample until it fails", key="until", disabled=sequence.recognised is None, on_click=_to,
                args=(fitted, until_it_fails(sequence, at)),
            )  # fmt: skip
        st.html(gallery.tiles(sequence.at(slice(max(0, at - SHOWN), at)), info.class_names))
        st.markdown(_tally(sequence.at(slice(0, at))))
    last = sequence.at(slice(at - 1, at))
    with layout.top:
        draw(model_diagram(info.model, Flow(None, last.pictures[0], point(last.z[0]), generating=True), step.key))
    if revealed:
        with layout.right:
            _where(info, sequence.at(slice(0, at)), step.key)


def random_z(info: RunInfo, fitted: bool) -> Draw:
    """The sequence of draws that everybody sees, judged; from a Gaussian fitted to the codes, or from N(0, I)."""
    return draws.drawn(Source(info, judging.judge_of(info.train.dataset)), (0,) * MOST, SAME_NOISE, fitted)


def until_it_fails(sequence: Draw, at: int) -> int:
    """How many draws there have been when the next one is not recognised, `at` being made already."""
    if sequence.recognised is None:
        return at
    fails = np.flatnonzero(~sequence.recognised[at:])
    return at + int(fails[0]) + 1 if len(fails) else len(sequence.x)


def _to(fitted: bool, at: int) -> None:
    st.session_state[f"{STREAM}-{fitted}"] = 1 if at > MOST else at


def _tally(done: Draw) -> str:
    if done.recognised is None:
        return f"{len(done.x)} drawn. There is no judge for this data set."
    return f"**{done.recognised.sum()} of {len(done.x)}** recognised; the others have a red frame."


def _where(info: RunInfo, done: Draw, key: str) -> None:
    """The draws among the faded codes, and how many succeed in the long run."""
    y = np.zeros(len(done.z), dtype=np.int64) if done.label is None else done.label
    plot("ae", final(info), key, faded=True, marked=Marked(done.z, y, ring=True))
    prior, fitted = (figure(cache.metrics(info), name, "{:.0%}".format) for name in ("recognised", "recognised_fitted"))
    st.caption(
        f"Bright: the {len(done.z)} z drawn so far, in the colour of what the judge sees. Of 10,000 it recognises "
        f"{prior} from N(0, I), {fitted} from a Gaussian as wide as the codes."
    )
