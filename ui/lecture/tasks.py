"""Step 9: tasks, with links that open the right page in the right state, and the credit."""

import streamlit as st

from ui.lecture.material import Layout
from ui.lecture.steps import Step
from ui.shell import words
from ui.shell.navigation import PAGES


def tasks(step: Step, layout: Layout, revealed: bool) -> None:
    """Show a row for each task, with the finding on demand."""
    with layout.top:
        for number, task in enumerate(step.task, start=1):
            text, link, finding, _ = st.columns((6, 3, 2, 2), vertical_alignment="center")
            text.markdown(f"**{number}.** {task.text}")
            with finding.popover("Finding", type="tertiary", key=f"finding-{number}"):
                st.markdown(task.find)
            with link:
                page = PAGES[task.page].path
                st.page_link(page, label=task.label, icon=":material/arrow_forward:", query_params=task.query)
    with layout.right:
        st.caption(words.CREDIT)
    del revealed
