"""Steps 1 and 2: an image through the autoencoder, and what its decoder makes of a random z."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.generated import draws, gallery, labels
from ui.generated.draws import Draw, Source
from ui.generated.labels import SURE
from ui.lecture.diagram import Flow, draw, model_diagram
from ui.lecture.material import (
    BELOW_DIAGRAM_REM,
    SAME_NOISE,
    Layout,
    Marked,
    choose_image,
    figure,
    image_row,
    plots,
    recon_of,
    run_of,
    table,
    vector,
)
from ui.lecture.steps import Step
from ui.shell import params, words
from vae_core.runs import RunInfo

# Session keys and URL parameters: the distribution of z, and the number of draws from each so far.
SOURCE, DRAWN, DRAWN_FITTED = "source", "drawn", "drawn_fitted"
PRIOR, FITTED = "N(0, I)", "as wide as the codes"
MAX_DRAWS, VISIBLE = 400, 12  # of one sequence; of them on the page
Floats = NDArray[np.float32]


def encode(step: Step, layout: Layout, revealed: bool) -> None:
    """Send one test image, and ten of them, through encoder and decoder; revealed: the latent space."""
    info = run_of("ae")
    run = store.run(info)
    with layout.left:
        image = choose_image(info)
        st.markdown("One test image of each digit and its reconstruction:")
        firsts = np.array([np.flatnonzero(run.latents.y == label)[0] for label in range(info.model.num_classes)])
        originals = store.test_images(info)
        if originals is not None:
            image_row(originals[firsts], "Ten test images", "x")
        image_row(store.reconstruct(info, firsts, sampled=False), "Their reconstructions", "x-hat")
        st.caption(f"recon = −log p(x|z), summed over the 784 pixels, in nats: lower is better. {words.NO_LIKELIHOOD}")
    z = run.latents.mu[image.number]
    recon, x_hat = recon_of(info, image, z), store.decode(info, z[None], np.array([image.label]))[0]
    with layout.top:
        loss = f"loss(x, x̂) = recon = {words.three(recon)} nats"
        draw(model_diagram(info.model, Flow(image.x, x_hat, vector(z), loss), step.key))
    if revealed:
        with layout.right:
            plots([info], step.key, Marked(z[None], np.array([image.label])), beside=BELOW_DIAGRAM_REM)
            spread = " × ".join(words.three(value) for value in store.metrics(info)["spread"].value)
            st.caption(f"Spread {spread} σ; N(0, I), the dashed circles in the middle, has 1. Ring: the image above.")


def generate(step: Step, layout: Layout, revealed: bool) -> None:
    """Decode random z until the classifier fails to recognise one; revealed: as what, and where they lie."""
    info = run_of("ae")
    with layout.left:
        labels.report_damaged([info.train.dataset])
        gallery.style()
        source = st.segmented_control(
            "z drawn from", (PRIOR, FITTED), default=PRIOR, required=True, key=SOURCE, bind="query-params"
        )
        fitted = source == FITTED
        sequence = random_z(info, fitted)
        count = int(params.kept(DRAWN_FITTED if fitted else DRAWN, "1"))
        with st.container(horizontal=True):
            st.button("Sample", key="sample", on_click=_set_count, args=(fitted, count + 1))
            st.button(
                "Sample until it fails", key="until", disabled=sequence.recognised is None, on_click=_set_count,
                args=(fitted, until_it_fails(sequence, count)),
            )  # fmt: skip
        st.html(gallery.tiles(sequence.at(slice(max(0, count - VISIBLE), count)), info.class_names))
        st.markdown(_tally(sequence.at(slice(0, count))))
    last = sequence.at(slice(count - 1, count))
    with layout.top:
        draw(model_diagram(info.model, Flow(None, last.pictures[0], vector(last.z[0]), generating=True), step.key))
    if revealed:
        if sequence.label is not None:
            with layout.left:
                st.markdown(f"{MAX_DRAWS} z ~ N(0, I), by the classifier's label:")
                table(("", *info.class_names), [label_row(kind) for kind in ("ae", "vae")])
        with layout.right:
            _positions(info, sequence.at(slice(0, count)), step.key)


def random_z(info: RunInfo, fitted: bool) -> Draw:
    """Draw the sequence that every visitor sees, from a Gaussian fitted to the codes or from N(0, I)."""
    return draws.sample(Source(info, labels.classifier_of(info.train.dataset)), (0,) * MAX_DRAWS, SAME_NOISE, fitted)


def until_it_fails(sequence: Draw, count: int) -> int:
    """Return the number of draws up to the next one that is not recognised, after `count` of them."""
    if sequence.recognised is None:
        return count
    failures = np.flatnonzero(~sequence.recognised[count:])
    return count + int(failures[0]) + 1 if len(failures) else len(sequence.x)


def _set_count(fitted: bool, count: int) -> None:
    params.keep(DRAWN_FITTED if fitted else DRAWN, str(1 if count > MAX_DRAWS else count), "1")


def _tally(draws_so_far: Draw) -> str:
    if draws_so_far.recognised is None:
        return f"{len(draws_so_far.x)} drawn. There is no classifier for this data set."
    recognised = f"**{draws_so_far.recognised.sum()} of {len(draws_so_far.x)}** recognised (the classifier is {SURE})"
    return f"{recognised}. {gallery.UNSURE}"


def _positions(info: RunInfo, draws_so_far: Draw, key: str) -> None:
    """Show the draws among the faded codes, and the share that is recognised in the long run."""
    z = draws_so_far.z
    y = np.zeros(len(z), dtype=np.int64) if draws_so_far.label is None else draws_so_far.label
    plots([info], key, Marked(z, y), faded=True, beside=BELOW_DIAGRAM_REM)
    prior, fitted = (figure(store.metrics(info), name, "{:.0%}".format) for name in ("recognised", "recognised_fitted"))
    st.caption(
        f"Bright: the {len(z)} z drawn so far, in the colour of the classifier's label. Of 10,000 it recognises "
        f"{prior} from N(0, I), {fitted} from a Gaussian as wide as the codes."
    )


def label_row(kind: str) -> tuple[str, ...]:
    """Return a row of the table: how many of the draws from N(0, I) the classifier gives each label."""
    info = run_of(kind)
    labels = random_z(info, fitted=False).label
    counts = ["–"] * info.model.num_classes if labels is None else np.bincount(labels, minlength=info.model.num_classes)
    return (words.short(kind), *map(str, counts))
