"""Step 8: the three latent spaces, first without class colours, then with claims and verdicts."""

import streamlit as st

from ui import store
from ui.lecture.material import Layout, plots, run_of
from ui.lecture.steps import Step
from ui.shell import words
from ui.shell.navigation import page_link
from ui.shell.words import verdict_line
from ui.spaces.class_panels import class_panels
from vae_core.config import KINDS
from vae_core.evidence import verdicts_of
from vae_core.runs import RunInfo

CLASSES = "Class by class"


def three(step: Step, layout: Layout, revealed: bool) -> None:
    """Show the plots side by side; revealed: their classes, claims and verdicts."""
    infos = {kind: run_of(kind) for kind in KINDS}
    with layout.top:
        plots(list(infos.values()), step.key, colored=revealed)
    with layout.right:
        if not revealed:
            st.caption("The answer brings the class colours.")
            return
        for (kind, info), column in zip(infos.items(), st.columns(len(KINDS), gap="medium"), strict=True):
            with column:
                st.markdown(f"**{words.short(kind)}**")
                for verdict in verdicts_of(info, store.catalogue(), store.metrics):
                    st.markdown(verdict_line(verdict))
                if kind == KINDS[0]:  # whose list is the shortest
                    page_link("evidence", "All numbers")
                    st.button(  # on the page itself the step would be longer than a screen
                        CLASSES, icon=":material/grid_view:", type="tertiary", key="class-by-class",
                        on_click=st.dialog(CLASSES, width="large")(_classes), args=(infos,),
                    )  # fmt: skip


def _classes(infos: dict[str, RunInfo]) -> None:
    """Show the classes one by one, of the models that have a prior."""
    with_prior = [info for kind, info in infos.items() if kind != "ae"]
    for info, column in zip(with_prior, st.columns(len(with_prior)), strict=True):
        with column:
            st.markdown(f"**{words.title(info.model.kind)}**")
            class_panels(info)
