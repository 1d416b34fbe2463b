"""Rate against distortion: what a model's code costs, and what it loses, with lines of equal −elbo."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from ui.charts.base import GREY, INK, MODEL_COLORS
from ui.charts.style import finished, table

BEYOND = 1.15  # times the largest rate at β > 0: where the axis ends
OFF = "beyond the axis"
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
    axis = alt.Axis(tickCount=6)
    x = alt.X("at:Q", title="rate: kld, nats per image (test)", axis=axis, scale=alt.Scale(nice=False, padding=26))
    y_scale = alt.Scale(zero=False, nice=False, padding=26)
    y = alt.Y("recon:Q", title="distortion: recon, nats per image (test)", axis=axis, scale=y_scale)
    colors = alt.Scale(domain=list(models), range=list(MODEL_COLORS[theme][1:]))
    key = alt.Legend(title=None, orient="bottom", symbolSize=120)
    shapes = alt.Scale(domain=[*models, OFF], range=["circle", "square", "triangle-right"])
    shape = alt.Shape("shape:N", scale=shapes, legend=None)
    runs, levels = (table(name).encode(x=x, y=y) for name in ("runs", "levels"))
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
        .encode(color=alt.Color("model:N", scale=colors, legend=key), shape=shape, tooltip=tooltip)
        .add_params(click)
    )
    rings = runs.transform_filter("datum.current").mark_point(
        filled=False, size=330, color=ink, strokeWidth=2, opacity=1
    )
    betas = runs.transform_filter("datum.label != ''").mark_text(color=ink, fontSize=13, dy=-13, clip=True)
    legend = "numbers: β · triangle: a rate beyond the axis · dashed: equal −elbo · click to open a run"
    chart = alt.layer(
        lines.encode(detail="level:N", order=alt.Order("at:Q")),
        names.encode(text="text:N"),
        rings,
        dots,
        betas.encode(text="label:N"),
        title=alt.Title("Rate and distortion of every run", subtitle=legend),
    )
    return finished(chart, theme, height=HEIGHT)


def tradeoff_tables(points: Iterable[TradeoffPoint]) -> dict[str, pd.DataFrame]:
    """Return the named data sets: runs, and lines recon + kld = level across the whole plot."""
    runs = pd.DataFrame(list(points), columns=list(TradeoffPoint._fields))
    runs = runs.astype({"kld": float, "recon": float, "beta": float})
    runs["cost"] = runs["kld"] + runs["recon"]
    runs["at"], runs["shape"] = runs["kld"].clip(upper=_edge(runs)), runs["model"]
    runs.loc[runs["kld"] > runs["at"], "shape"] = OFF
    runs["label"] = [f"{beta:g}" for beta in runs["beta"]]
    # Of runs that differ in something else, one carries the number.
    runs.loc[runs.duplicated(["model", "beta"]), "label"] = ""
    return {"runs": runs, "levels": _levels(runs)}


def _edge(runs: pd.DataFrame) -> float:
    """Return the largest rate that the axis holds: without a KLD in the loss the rate has no limit."""
    limited = runs.loc[runs["beta"] > 0, "kld"]
    return max(BEYOND * float(limited.max()), 1.0) if len(limited) else float("inf")


def _levels(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the points of each line; its number stands at its first point, at the left or upper edge of the plot."""
    columns = ["level", "at", "recon", "named", "text"]
    if runs.empty:
        return pd.DataFrame({name: [] for name in columns})
    low, high = float(runs["recon"].min()), float(runs["recon"].max())
    right = max(float(runs["at"].max()), 1.0)
    span = (high - low) or 1.0
    lowest = float(runs["cost"].min())
    step = next((step for step in LEVELS_NATS if (high - lowest) / step <= MAX_LINES), LEVELS_NATS[-1])
    rates = np.linspace(0, right, 60)
    levels = np.arange(np.ceil(lowest / step) * step, high + step, step)
    lines = pd.DataFrame({"level": levels.repeat(len(rates)), "at": np.tile(rates, len(levels))})
    lines["recon"] = lines["level"] - lines["at"]
    lines = lines[lines["recon"].between(low - 0.03 * span, high + 0.03 * span)]
    named = ~lines.duplicated("level")
    return lines.assign(named=named, text=lines["level"].map("{:g}".format).where(named, ""))
