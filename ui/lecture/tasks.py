"""Step 9: what to try, with links that open the right page in the right state; and whose lecture it is."""

from __future__ import annotations

import streamlit as st

from ui.lecture.material import Places
from ui.lecture.steps import Step

__all__ = ["CREDIT", "tasks"]

CREDIT = "After “Tutorial 6: AE, VAE, cVAE” of the course Practical Deep Learning for Science, N. Kakati, 16 May 2024."


def tasks(step: Step, places: Places, revealed: bool) -> None:
    """A row for each task; revealed: what there is to find."""
    with places.top:
        for number, task in enumerate(step.task, start=1):
            words, link = st.columns((3, 1), vertical_alignment="center")
            with words:
                st.markdown(f"**{number}.** {task.text}" + f"  \n:gray[{task.find}]" * revealed)
            with link:
                st.page_link(task.page, label=task.label, icon=":material/arrow_forward:", query_params=task.query)
    with places.right:
        st.caption(CREDIT)
