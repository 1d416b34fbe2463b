"""Figures on the page, and figures and tables as files: CSV, PNG and SVG, made on request."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import altair as alt
import pandas as pd
import streamlit as st

from ui import charts

SCALE = 2  # pixels per point of a PNG
WIDTH, SQUARE = 640, 420  # of figures that fill their container on a page; of square ones


class Figure(NamedTuple):
    """A figure with its title: a specification over named data sets, the data sets, and whether it is square.

    `behind` makes the data sets that an image within the figure was drawn from: they are only in its CSV.
    """

    title: str
    spec: dict[str, Any]
    tables: Mapping[str, pd.DataFrame]
    square: bool = False
    behind: Callable[[], Mapping[str, pd.DataFrame]] = dict

    def draw(self, key: str, alt: str, select: str | None = None) -> Any:
        """Draw it, as wide as its container; return what is selected.

        With the name of a selection of the specification it is the field of that name, None where nothing is selected.
        """
        tables = {name: charts.arrow(table) for name, table in self.tables.items()}
        spec = charts.filled(self.spec, tables)
        if select is None:
            st.vega_lite_chart(spec=spec, width="stretch", key=key, alt=alt)
            return None
        event = st.vega_lite_chart(
            spec=spec, width="stretch", key=key, alt=alt, on_select="rerun", selection_mode=select
        )
        points = event.selection.get(select) or [{}]
        return points[0].get(select)


def csv(title: str, table: pd.DataFrame) -> None:
    """Draw a download button for a table."""
    st.download_button(
        f"{title} (CSV)", partial(_csv, table), file_name=f"{file_name(title)}.csv", mime="text/csv", type="tertiary",
        icon=":material/download:", on_click="ignore", key=f"csv-{title}",
    )  # fmt: skip


def figures(title: str, drawn_figures: list[Figure]) -> None:
    """Draw a popover with PNG, SVG and CSV of every figure."""
    with st.popover(title, icon=":material/download:", type="tertiary"):
        for figure in drawn_figures:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(figure.title)
                for kind, make, mime in (
                    ("PNG", png, "image/png"),
                    ("SVG", svg, "image/svg+xml"),
                    ("CSV", _csvs, "text/csv"),
                ):
                    st.download_button(
                        kind, partial(make, figure), file_name=f"{file_name(figure.title)}.{kind.lower()}", mime=mime,
                        on_click="ignore", key=f"{kind}-{title}-{figure.title}",
                    )  # fmt: skip


def chart_files(makers: Mapping[str, Callable[[], alt.LayerChart]]) -> None:
    """Draw a popover with PNG, SVG and specification of charts, which are made on request, by their titles."""
    kinds = (
        ("PNG", chart_png, "image/png"),
        ("SVG", chart_svg, "image/svg+xml"),
        ("JSON", chart_json, "application/json"),
    )
    popover = st.popover("Figures", icon=":material/download:", type="tertiary", on_change="rerun", key="figures")
    if not popover.open:  # nine buttons take as long as all the rest of the page
        return
    with popover:
        for title, make_chart in makers.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(title)
                for kind, make_file, mime in kinds:
                    st.download_button(
                        kind, partial(_made, make_file, make_chart), file_name=f"{file_name(title)}.{kind.lower()}",
                        mime=mime, on_click="ignore", key=f"{kind}-{title}",
                    )  # fmt: skip


def _made(make_file: Callable[[alt.LayerChart], bytes], make_chart: Callable[[], alt.LayerChart]) -> bytes:
    return make_file(make_chart())


def chart_png(chart: alt.LayerChart) -> bytes:
    """Return a chart as a PNG."""
    import vl_convert

    return vl_convert.vegalite_to_png(chart.to_dict(), scale=SCALE)


def chart_svg(chart: alt.LayerChart) -> bytes:
    """Return a chart as an SVG."""
    import vl_convert

    return vl_convert.vegalite_to_svg(chart.to_dict()).encode()


def chart_json(chart: alt.LayerChart) -> bytes:
    """Return a chart's Vega-Lite specification, complete with its data."""
    return chart.to_json().encode()


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG."""
    import vl_convert

    return vl_convert.vegalite_to_png(inline(figure), scale=SCALE)


def svg(figure: Figure) -> bytes:
    """Return a figure as an SVG."""
    import vl_convert

    return vl_convert.vegalite_to_svg(inline(figure)).encode()


def inline(figure: Figure) -> dict[str, Any]:
    """Return a figure's specification with its data in it and a fixed size."""
    data = {name: table.to_dict("records") for name, table in figure.tables.items()}
    size = {"width": SQUARE, "height": SQUARE} if figure.square else {"width": WIDTH}
    return figure.spec | size | {"datasets": figure.spec.get("datasets", {}) | data}


def _csvs(figure: Figure) -> bytes:
    """Return a figure's data sets one below the other, each with its name in the first column."""
    data_sets = {**figure.tables, **figure.behind()}
    tables = [table.drop(columns="url", errors="ignore").assign(data=name) for name, table in data_sets.items()]
    return _csv(pd.concat([table for table in tables if len(table)]).set_index("data").reset_index())


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def file_name(title: str) -> str:
    """Return a title as a file name without its ending.

    >>> file_name("Rate, β = 1")
    'rate-1'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
