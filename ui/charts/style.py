"""The look that charts share: headings, axes, and a sentence where there is nothing to draw."""

from typing import Any

import altair as alt
import pandas as pd

from ui.charts.base import GREY, INK

ACCENT = {"light": "#3d5a80", "dark": "#8fb3dd"}  # primaryColor of .streamlit/config.toml
# Where q(z) and the prior differ: the accent, strong enough to be seen in a few pixels.
GAP = {"light": "#1463d8", "dark": "#5aa9ff"}
# A chart is as wide as its container; its height is that of the plot, so that plots side by side are equal.
FIT_X = alt.AutoSizeParams(type="fit-x", contains="padding")
NOTE = "note"  # the data set with the sentence that stands where there is nothing to draw


def heading(title: str, subtitle: str | list[str], theme: str, size: int = 17) -> alt.TitleParams:
    """Return a chart's title and subtitle."""
    ink = INK[theme][0]
    return alt.TitleParams(
        title, subtitle=subtitle, anchor="start", fontSize=size, color=ink, subtitleFontSize=13, subtitleColor=ink,
        limit=640, offset=8, frame="group",
    )  # fmt: skip


def axis(theme: str, room: int | None = None, **style: Any) -> alt.Axis:
    """Return an axis with readable type, and `room` pixels for its numbers, so that plot areas can be compared."""
    ink = INK[theme][0]
    defaults: dict[str, Any] = {
        "grid": False, "ticks": False, "domainColor": GREY, "gridColor": GREY, "gridOpacity": 0.2,
        "labelFontSize": 12, "labelPadding": 5, "labelColor": ink, "labelFlush": False,
        "titleFontSize": 13, "titlePadding": 6, "titleColor": ink, "titleFontWeight": "normal",
    }  # fmt: skip
    extent = {} if room is None else {"minExtent": room, "maxExtent": room}
    return alt.Axis(**(defaults | extent | style))


def note(theme: str) -> alt.Chart:
    """Return a layer that writes the sentence of the data set `NOTE` in the middle of the plot."""
    return (
        alt.Chart(alt.NamedData(NOTE))
        .mark_text(fontSize=13, color=INK[theme][0], opacity=0.8, lineBreak="\n", lineHeight=18, baseline="middle")
        .encode(
            x=alt.value({"expr": "width / 2"}),
            y=alt.value({"expr": "height / 2"}),
            text="words:N",
        )
    )


def note_table(sentence: str = "") -> pd.DataFrame:
    """Return the table for `NOTE`: the sentence, or no row."""
    return pd.DataFrame({"words": [sentence] if sentence else []}, dtype="str")


def finished(chart: Any, theme: str) -> dict[str, Any]:
    """Return the specification, drawn on a canvas with the page's background, so that a download looks the same."""
    return (
        chart.properties(usermeta={"embedOptions": {"renderer": "canvas"}})
        .configure_view(stroke=None)
        .configure(background=INK[theme][1])
        .to_dict()
    )
