"""How the charts of the page Evidence agree: headings, axes, and words in the place of data that do not exist."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from ui.charts.base import GREY, INK

__all__ = ["ACCENT", "FIT_X", "GAP", "NOTE", "axis", "finished", "heading", "note", "note_table"]

ACCENT = {"light": "#3d5a80", "dark": "#8fb3dd"}  # primaryColor of .streamlit/config.toml
# Where q(z) and the prior part: the accent, strong enough to be seen in a few pixels.
GAP = {"light": "#1463d8", "dark": "#5aa9ff"}
# A chart is as wide as its place on the page; its height is the plot's own, so that plots side by side are equal.
FIT_X = alt.AutoSizeParams(type="fit-x", contains="padding")
NOTE = "note"  # the data set with words that stand where there is nothing to draw


def heading(title: str, subtitle: str | list[str], theme: str, size: int = 17) -> alt.TitleParams:
    """A chart's title and what it says in small print."""
    ink = INK[theme][0]
    return alt.TitleParams(
        title, subtitle=subtitle, anchor="start", fontSize=size, color=ink, subtitleFontSize=13, subtitleColor=ink,
        limit=640, offset=8, frame="group",
    )  # fmt: skip


def axis(theme: str, room: int | None = None, **style: Any) -> alt.Axis:
    """An axis with readable type, and the same room (pixels) for its numbers wherever plot areas are compared."""
    ink = INK[theme][0]
    look: dict[str, Any] = {
        "grid": False, "ticks": False, "domainColor": GREY, "gridColor": GREY, "gridOpacity": 0.2,
        "labelFontSize": 12, "labelPadding": 5, "labelColor": ink, "labelFlush": False,
        "titleFontSize": 13, "titlePadding": 6, "titleColor": ink, "titleFontWeight": "normal",
    }  # fmt: skip
    extent = {} if room is None else {"minExtent": room, "maxExtent": room}
    return alt.Axis(**(look | extent | style))


def note(theme: str) -> alt.Chart:
    """The sentence of the data set `NOTE` in the middle of the plot, a line per row."""
    return (
        alt.Chart(alt.NamedData(NOTE))
        .mark_text(fontSize=13, color=INK[theme][0], opacity=0.8, lineBreak="\n", lineHeight=18, baseline="middle")
        .encode(
            x=alt.value({"expr": "width / 2"}),
            y=alt.value({"expr": "height / 2"}),
            text="words:N",
        )
    )


def note_table(words: str = "") -> pd.DataFrame:
    """The sentence, or no row: for `NOTE`."""
    return pd.DataFrame({"words": [words] if words else []}, dtype="str")


def finished(chart: Any, theme: str) -> dict[str, Any]:
    """The specification: drawn on a canvas, on the page's own ground, so that a download needs no page around it."""
    return (
        chart.properties(usermeta={"embedOptions": {"renderer": "canvas"}})
        .configure_view(stroke=None)
        .configure(background=INK[theme][1])
        .to_dict()
    )
