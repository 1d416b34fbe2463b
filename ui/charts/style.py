"""The look that charts share, and a sentence where there is nothing to draw."""

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
SMALL = 15  # font size of the title of a chart that shares its row


def finished(chart: Any, theme: str, **properties: Any) -> dict[str, Any]:
    """Return the specification with the look of all charts, and by default as wide as its container.

    It is drawn on a canvas with the page's background, so that a download looks the same.
    """
    ink, ground = INK[theme]
    axis = {
        "grid": False, "ticks": False, "domainColor": GREY, "gridColor": GREY, "gridOpacity": 0.2,
        "labelFontSize": 12, "labelPadding": 5, "labelColor": ink, "labelFlush": False,
        "titleFontSize": 13, "titlePadding": 6, "titleColor": ink, "titleFontWeight": "normal",
    }  # fmt: skip
    title = {
        "anchor": "start", "fontSize": 17, "color": ink, "subtitleFontSize": 13, "subtitleColor": ink,
        "limit": 640, "offset": 8, "frame": "group",
    }  # fmt: skip
    chart = chart.configure(
        axis=axis, title=title, legend={"labelFontSize": 13, "labelColor": ink}, text={"color": ink, "fontSize": 13},
        view={"stroke": None}, background=ground,
    )  # fmt: skip
    usermeta = {"embedOptions": {"renderer": "canvas"}}
    return chart.properties(**({"autosize": FIT_X, "usermeta": usermeta} | properties)).to_dict()


def table(name: str) -> alt.Chart:
    """Return a chart of a named data set."""
    return alt.Chart(alt.NamedData(name))


def room(pixels: int) -> dict[str, Any]:
    """Return what gives an axis this room for its numbers, so that plot areas can be compared."""
    return {"minExtent": pixels, "maxExtent": pixels}


def computed(expression: str) -> Any:
    """Return a channel whose value is a Vega expression."""
    return alt.value({"expr": expression})


def note() -> alt.Chart:
    """Return a layer that writes the sentence of the data set `NOTE` in the middle of the plot."""
    text = table(NOTE).mark_text(opacity=0.8, lineBreak="\n", lineHeight=18)
    return text.encode(x=computed("width / 2"), y=computed("height / 2"), text="words:N")


def note_table(sentence: str = "") -> pd.DataFrame:
    """Return the table for `NOTE`: the sentence, or no row."""
    return pd.DataFrame({"words": [sentence] if sentence else []}, dtype="str")
