"""The page from top to bottom: the class picker's gallery, and one of several closer looks."""

from collections.abc import Callable, Mapping

import streamlit as st

from ui import store
from ui.generate import comparison, conditions, controls, encodings, picker, traversal
from ui.generated import gallery, labels
from ui.generated.draws import DrawSettings, Source
from ui.shell import messages, page, params
from vae_core.runs import RunInfo

ALL = "All three models"
VIEWS_OF_CVAE: dict[str, Callable[[Source, DrawSettings], None]] = {
    "One z, all conditions": conditions.conditions,
    "Latent traversal": traversal.traversals,
    "Condition encoding": encodings.encodings,
}


def exhibit(infos: Mapping[str, RunInfo | None]) -> None:
    """Draw the page for the selected run of each kind."""
    runs = {kind: info for kind, info in infos.items() if info is not None and messages.readable(info, store.model)}
    if not runs:
        messages.no_runs("cvae")
        return
    first = next(iter(runs.values()))
    labels.report_damaged({first.train.dataset})
    classifier = labels.classifier_of(first.train.dataset)
    sources = {kind: Source(info, classifier) for kind, info in runs.items()}
    views = (ALL, *VIEWS_OF_CVAE)
    params.check(controls.rules(first.class_names, views))
    gallery.style()
    settings = picker.picker(sources)
    view = st.segmented_control(
        "A closer look", views, default=ALL, required=True, key=controls.VIEW, bind="query-params"
    )
    if view == ALL:
        comparison.comparison(sources, settings)
    elif "cvae" in sources:
        VIEWS_OF_CVAE[view](sources["cvae"], settings)
    else:
        st.info("This needs a conditional VAE, and none has these settings: choose others under *Runs shown*.")
    page.footer(None)
