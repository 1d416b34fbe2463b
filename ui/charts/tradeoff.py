"""Rate against distortion: what a model's code costs, and what it loses, with lines of equal −elbo."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from ui.charts.base import GREY, INK, MODEL_COLORS

OPEN = "open"  # name of the click's parameter; its field is "run"
HEIGHT = 430
LEVELS_NATS = (1, 2, 5, 10, 20, 50, 100)  # distances between lines, of which the first with few lines is taken
MAX_LINES = 9


class TradeoffPoint(NamedTuple):
    """A run in the plane of rate and distortion."""

    run: str
    model: str
    beta: float
    kld: float
    recon: float
    settings: str
    current: bool


def tradeoff_chart(theme: str, models: tuple[str, str]) -> dict[str, Any]:
    """Return a specification over the named data sets `runs` and `levels`; clicking a point selects its run."""
    ink, ground = INK[theme]
    x = alt.X(
        "kld:Q", title="rate: kld, nats per image (test)", axis=_axis(),
        scale=alt.Scale(type="symlog", constant=2, nice=False, padding=26),
    )  # fmt: skip
    y = alt.Y(
        "recon:Q",
        title="distortion: recon, nats per image (test)",
        axis=_axis(),
        scale=alt.Scale(zero=False, nice=False, padding=26),
    )
    color = alt.Color(
        "model:N", scale=alt.Scale(domain=list(models), range=list(MODEL_COLORS[theme][1:])),
        legend=alt.Legend(title=None, orient="bottom", labelFontSize=14, symbolSize=120, labelColor=ink),
    )  # fmt: skip
    shape = alt.Shape("model:N", scale=alt.Scale(domain=list(models), range=["circle", "square"]))
    runs, levels = alt.Chart(alt.NamedData("runs")), alt.Chart(alt.NamedData("levels"))
    lines = levels.mark_line(color=GREY, strokeWidth=1, strokeDash=[3, 3], opacity=0.8, clip=True)
    names = levels.transform_filter("datum.named").mark_text(
        color=ink, fontSize=12, align="left", dx=4, dy=-6, opacity=0.75, clip=True
    )
    click = alt.selection_point(name=OPEN, fields=["run"], on="click", nearest=False, toggle=False)
    tooltip = [
        alt.Tooltip("run:N"), alt.Tooltip("model:N"), alt.Tooltip("beta:Q", title="KLD weight β"),
        alt.Tooltip("kld:Q", format=".2f", title="kld, nats"),
        alt.Tooltip("recon:Q", format=".2f", title="recon, nats"),
        alt.Tooltip("cost:Q", format=".2f", title="−elbo, nats"), alt.Tooltip("settings:N"),
    ]  # fmt: skip
    dots = (
        runs.mark_point(filled=True, size=110, opacity=0.9, stroke=ground, strokeWidth=1, cursor="pointer")
        .encode(x=x, y=y, color=color, shape=shape, tooltip=tooltip)
        .add_params(click)
    )
    rings = (
        runs.transform_filter("datum.current")
        .mark_point(filled=False, size=330, color=ink, strokeWidth=2, opacity=1)
        .encode(x=x, y=y)
    )
    betas = runs.transform_filter("datum.label != ''").mark_text(color=ink, fontSize=13, dy=-13, clip=True)
    title = alt.TitleParams(
        "Rate and distortion of every run", anchor="start", fontSize=17, color=ink, subtitleColor=ink,
        subtitleFontSize=13,
        subtitle="numbers: β · dashed: equal −elbo · click to open a run",
    )  # fmt: skip
    chart = alt.layer(
        lines.encode(x=x, y=y, detail="level:N", order=alt.Order("kld:Q")),
        names.encode(x=x, y=y, text="text:N"),
        rings,
        dots,
        betas.encode(x=x, y=y, text="label:N"),
        title=title,
    )
    return chart.properties(height=HEIGHT, usermeta={"embedOptions": {"renderer": "canvas"}}).to_dict()


def _axis() -> alt.Axis:
    return alt.Axis(labelFontSize=13, titleFontSize=14, grid=False, tickCount=6)


def tradeoff_tables(points: Iterable[TradeoffPoint]) -> dict[str, pd.DataFrame]:
    """Return the named data sets: runs, and lines recon + kld = level across the whole plot."""
    table = pd.DataFrame([point._asdict() for point in points], columns=list(TradeoffPoint._fields))
    table = table.astype({"kld": float, "recon": float, "beta": float})
    table["cost"] = table["kld"] + table["recon"]
    table["label"] = [f"{beta:g}" for beta in table["beta"]]
    # Of runs that differ in something else, one carries the number.
    table.loc[table.duplicated(["model", "beta"]), "label"] = ""
    return {"runs": table, "levels": _levels(table)}


def _levels(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the points of each line; its number stands at its first point, at the left or upper edge of the plot."""
    columns = ["level", "kld", "recon", "named", "text"]
    if runs.empty:
        return pd.DataFrame({name: [] for name in columns})
    low, high = runs["recon"].min(), runs["recon"].max()
    right = max(float(runs["kld"].max()), 1.0)
    span = float((high - low) or 1.0)
    costs = (float(runs["cost"].min()), float(high))
    step = next((step for step in LEVELS_NATS if (costs[1] - costs[0]) / step <= MAX_LINES), LEVELS_NATS[-1])
    rows: list[tuple[float, float, float, bool, str]] = []
    for level in np.arange(np.ceil(costs[0] / step) * step, costs[1] + step, step):
        kld = np.concatenate(([0.0], np.geomspace(0.05, right, 60)))
        recon = level - kld
        inside = (recon >= low - 0.03 * span) & (recon <= high + 0.03 * span)
        line = list(zip(kld[inside], recon[inside], strict=True))
        rows += [
            (float(level), float(x), float(y), number == 0, f"{level:g}" if number == 0 else "")
            for number, (x, y) in enumerate(line)
        ]
    return pd.DataFrame(rows, columns=columns)
