"""The app's pages: paths, titles and icons, and links between them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import streamlit as st


class AppPage(NamedTuple):
    """One page: the path of its script, its title in the navigation and its icon."""

    path: str
    title: str
    icon: str


PAGES = {
    "home": AppPage("app.py", "Three latent spaces", ":material/bubble_chart:"),
    "lecture": AppPage("pages/1_Lecture.py", "Lecture", ":material/school:"),
    "kld_weight": AppPage("pages/2_KLD_weight.py", "KLD weight", ":material/tune:"),
    "generate": AppPage("pages/3_Generate.py", "Generate", ":material/auto_awesome:"),
    "explore": AppPage("pages/4_Explore.py", "Explore", ":material/explore:"),
    "evidence": AppPage("pages/5_Evidence.py", "Evidence", ":material/fact_check:"),
    "runs": AppPage("pages/6_Runs.py", "Runs", ":material/table_rows:"),
}


def page_link(
    name: str,
    label: str | None = None,
    query: Mapping[str, str | Iterable[str]] | None = None,
    icon: str | None = None,
) -> None:
    """Draw a link to a page.

    Arguments:
        name: Of the page, a key of `PAGES`.
        label: Text of the link; the page's title by default.
        query: URL parameters that the page opens with.
        icon: The page's own by default.
    """
    page = PAGES[name]
    st.page_link(page.path, label=label or page.title, icon=icon or page.icon, query_params=query)
