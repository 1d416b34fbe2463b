"""Loss curves of trainings: recon and KLD in panels of their own, over the epochs, train dashed and test solid."""

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt
import pandas as pd

from ui.charts.base import INK
from ui.charts.style import computed, finished, room, table
from vae_core.history import Losses
from vae_core.runs import RunInfo

Curve = Iterable[tuple[float, Losses | None, Losses | None]]  # (epochs done, train, test), as in jobs.Task.curve
CURVES = "curves"  # name of the chart's data set
TERMS = ("recon", "kld")
HEADINGS = {  # in full, and where it is narrow
    "recon": ("Reconstruction loss, nats per image", "Recon, nats"),
    "kld": ("KLD, nats per image", "KLD, nats"),
}
SPLITS = {"test": [1, 0], "train": [4, 3]}  # how their lines are dashed
ROOM = (28, 18)  # pixels for the numbers of an axis, on the left and below
GAP, HEAD = 68, 26  # pixels between the panels, and over a panel for its heading
PADDING = {"left": 4, "right": 10, "top": 4, "bottom": 4}
SHORT = 30  # letters of all names in a legend
NARROW = "width < 400"
STACKED = f"({NARROW} && height > 240)"  # no room for two panels side by side, but for two above each other


def curve_of(info: RunInfo) -> Curve:
    """Return a finished run's losses, one entry per epoch."""
    return [(float(epoch), train, test) for epoch, (train, test) in enumerate(info.history, start=1)]


def history_table(curves: Mapping[str, Curve]) -> pd.DataFrame:
    """Return one row per epoch, term, split and series; a loss that does not exist, such as an AE's KLD, has no row.

    What lies within the first epoch is left out once there is more: it falls from so high that nothing else could be
    read.
    """
    rows = [
        (epoch, value, term, split, series)
        for series, curve in curves.items()
        for epoch, *figures in _later(list(curve))
        for split, values in zip(("train", "test"), figures, strict=True)
        for term in TERMS
        if values is not None and (value := getattr(values, term)) is not None
    ]
    losses = pd.DataFrame(rows, columns=["epoch", "value", "term", "split", "series"])
    return losses.astype({"epoch": "float32", "value": "float32"} | dict.fromkeys(("term", "split", "series"), "str"))


def _later(curve: list[Any]) -> list[Any]:
    return [entry for entry in curve if entry[0] >= 1] or [entry for entry in curve if entry[0] > 0]


def history_chart(
    theme: str,
    series: tuple[str, ...],
    colors: tuple[str, ...],
    epochs: float | None = None,
    terms: tuple[str, ...] = TERMS,
) -> dict[str, Any]:
    """Return a specification over the named data set `CURVES`, which `filled` adds: a `history_table`.

    The panels, one for each of the `terms`, share one view, with scales of their own, because only a single view
    follows its container's width. Side by side, or one above the other where it is narrow. Several series have a
    legend. The axis ends at `epochs`, so that it stands still while a training runs; None fits it to the data.
    """
    ink, _ = INK[theme]
    shade = alt.Scale(domain=list(series), range=list(colors))
    color = alt.Color("series:N", scale=shade, title=None, legend=_legend(series), sort=None)
    dashes = alt.Scale(domain=list(SPLITS), range=list(SPLITS.values()))
    line_legend = _legend(tuple(SPLITS), symbolStrokeColor=ink, symbolSize=500, symbolStrokeWidth=2)
    dash = alt.StrokeDash("split:N", scale=dashes, title=None, legend=line_legend)
    panels = [_panel(term, (number, len(terms)), epochs, (color, dash)) for number, term in enumerate(terms)]
    chart = alt.layer(*panels).resolve_scale(x="independent", y="independent")
    return finished(chart, theme, autosize=alt.AutoSizeParams(type="fit", contains="padding"), padding=PADDING)


def _panel(
    term: str, position: tuple[int, int], epochs: float | None, encodings: tuple[alt.Color, alt.StrokeDash]
) -> Any:
    """Draw one term's lines; `position` is the number of the panel and how many there are."""
    (left, right), (top, bottom) = _area(*position)
    color, dash = encodings
    domain: dict[str, Any] = {"domain": [0, epochs]} if epochs else {"domainMin": 0}
    axis: dict[str, Any] = {"tickCount": 5, "format": ".4~g", "titlePadding": 4}
    x = alt.X(
        "epoch:Q", title="epochs", scale=alt.Scale(range=[alt.expr(left), alt.expr(right)], nice=False, **domain),
        axis=alt.Axis(orient="bottom", offset=alt.expr(f"({bottom}) - height"), tickMinStep=1, **axis, **room(ROOM[1])),
    )  # fmt: skip
    y = alt.Y(
        "value:Q", title=None, scale=alt.Scale(range=[alt.expr(bottom), alt.expr(top)], zero=False, nice=True),
        axis=alt.Axis(orient="left", offset=alt.expr(f"-({left})"), grid=True, **axis, **room(ROOM[0])),
    )  # fmt: skip
    of_term = table(CURVES).transform_filter(alt.datum.term == term).encode(x=x, y=y)
    names = [alt.Tooltip("series:N"), alt.Tooltip("split:N"), alt.Tooltip("epoch:Q", format=".3~g")]
    value = alt.Tooltip("value:Q", title=f"{term} (nats)", format="#.4g")
    heading = alt.Chart(alt.InlineData(values=[{}])).mark_text(align="left", baseline="top", fontWeight="bold", dx=-30)
    full, short = HEADINGS[term]
    text = f"{NARROW} && !{STACKED} ? '{short}' : '{full}'"
    return alt.layer(
        of_term.mark_line(strokeWidth=2, clip=False).encode(color=color, strokeDash=dash),
        of_term.mark_point(size=70, filled=True, opacity=0).encode(color=color, tooltip=[*names, value]),
        heading.encode(x=computed(left), y=computed(f"({top}) - {HEAD - 2}"), text=computed(text)),
    )


def _area(number: int, count: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return left and right, top and bottom of a panel as expressions of the view's `width` and `height`."""
    if count == 1:
        return ("0", "width"), (str(HEAD), "height")
    wide, high = f"(width - {GAP}) / 2", f"(height - {ROOM[1] + 2 * HEAD + 24}) / 2"
    if number == 0:
        return ("0", f"{STACKED} ? width : {wide}"), (str(HEAD), f"{STACKED} ? {HEAD} + {high} : height")
    return (f"{STACKED} ? 0 : {wide} + {GAP}", "width"), (f"{STACKED} ? height - {high} : {HEAD}", "height")


def _legend(names: tuple[str, ...], **style: Any) -> alt.Legend | None:
    """Return a legend below the chart, in two columns for long names, in one where it is narrow; None for one name."""
    if len(names) < 2:
        return None
    columns = len(names) if len("".join(names)) < SHORT else 2
    fitting = alt.expr(f"{NARROW} ? 1 : {columns}")
    return alt.Legend(orient="bottom", offset=6, columns=fitting, labelLimit=180, **style)
