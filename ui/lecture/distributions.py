"""Step 8: the three latent spaces, first without class colours, then with claims and verdicts."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui import store
from ui.lecture.material import Layout, final, plot, run_of
from ui.lecture.steps import Step
from ui.shell import words
from ui.shell.navigation import page_link
from ui.shell.words import verdict_line
from ui.spaces.moments import Moment
from vae_core.config import KINDS
from vae_core.evidence import verdicts


def three(step: Step, layout: Layout, revealed: bool) -> None:
    """Show the plots side by side; revealed: their classes, claims and verdicts."""
    infos = {kind: run_of(kind) for kind in KINDS}
    with layout.top:
        for (kind, info), column in zip(infos.items(), st.columns(len(KINDS), gap="medium"), strict=True):
            with column:
                moment = final(info)
                plot(kind, moment if revealed else uncoloured(moment), f"{step.key}-{kind}")
    with layout.right:
        if not revealed:
            st.caption("The answer brings the class colours.")
            return
        for (kind, info), column in zip(infos.items(), st.columns(len(KINDS), gap="medium"), strict=True):
            with column:
                st.markdown(f"**{words.short(kind)}**")
                for verdict in verdicts(store.metrics(info), kind, info.model.num_classes):
                    st.markdown(verdict_line(verdict))
        page_link("evidence", "All numbers")


def uncoloured(moment: Moment) -> Moment:
    """Return the same points without their classes."""
    return moment._replace(y=np.zeros_like(moment.y), names=("",), key=f"{moment.key}-uncoloured")
