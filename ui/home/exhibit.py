"""The three latent spaces side by side, linked: what is selected in one lights up in all."""

from functools import partial
from typing import NamedTuple

import streamlit as st

from ui import charts, store
from ui.components import let_fingers_pick
from ui.home import hover, reconstructions, selection
from ui.home.selection import Highlight
from ui.shell import choose, messages, params, words
from ui.shell.theme import current_theme
from ui.spaces.claim import claim
from ui.spaces.tables import latent_spec, latent_tables
from vae_core.config import KINDS
from vae_core.latents import Plane
from vae_core.runs import RunInfo

CLASSES, AXES, MODE = "classes", "axes", "mode"  # session keys; the first two are URL parameters
OWN_AXES, EQUAL_AXES = "each its own", "same for all"
MODES = {charts.AREA: "Select area", charts.POINT: "Pick point"}


class Switches(NamedTuple):
    """What the switches below the plots are set to: sampled z or mu, axes equal for all, what a gesture selects."""

    sampled: bool
    equal_axes: bool
    mode: str


def linked_spaces(runs: dict[str, RunInfo | None]) -> None:
    """Draw the page for the run of each kind."""
    readable = {kind: info for kind, info in runs.items() if info is not None and messages.readable(info)}
    if not readable:
        messages.no_runs()
        return
    names = next(iter(readable.values())).class_names
    params.check({CLASSES: params.one_of(("", *names)), AXES: params.one_of((OWN_AXES, EQUAL_AXES))})
    _spaces(readable)
    let_fingers_pick()
    hover.draw_when_ready(list(readable.values()))


@st.fragment
def _spaces(runs: dict[str, RunInfo]) -> None:
    """Draw legend, plots with their claims, switches, and the selected images."""
    first = next(iter(runs.values()))
    dataset, y = first.train.dataset, store.run(first).latents.y
    classes = _legend(first.class_names)
    columns = st.columns(len(KINDS), gap="medium")
    switches = _switches()
    selected = selection.current(dataset)
    highlight = selection.highlight(selected, y, classes, switches.mode)
    planes = {kind: store.plane_of(info, switches.sampled) for kind, info in runs.items()}
    windows = _windows(planes, switches.equal_axes)
    for column, kind in zip(columns, KINDS, strict=True):
        with column, st.container(key=f"space-{kind}", gap="small"):
            if kind in runs:
                _space(runs[kind], planes[kind], windows[kind], switches, highlight)
            else:
                messages.no_such_run(kind)
    images = None if selected is None else selected.indices(y, () if switches.mode == charts.POINT else classes)
    reconstructions.draw(runs, images, switches.sampled, switches.mode)


def _windows(planes: dict[str, Plane], equal_axes: bool) -> dict[str, charts.Window]:
    points = [plane.points for plane in planes.values()]
    return {kind: charts.Window.around(*(points if equal_axes else [plane.points])) for kind, plane in planes.items()}


def _space(info: RunInfo, plane: Plane, window: charts.Window, switches: Switches, highlight: Highlight) -> None:
    """Draw one plot with its claim and where the run comes from."""
    kind = info.model.kind
    view = charts.LatentView(
        title=words.title(kind), subtitle=words.subtitle(info), axes=plane.axes, window=window,
        select=switches.mode, names=info.class_names, theme=current_theme(),
    )  # fmt: skip
    tables = latent_tables(info, switches.sampled, window, highlight.images, highlight.ring)
    key = selection.chart_key(kind, switches.mode, info.id)
    st.vega_lite_chart(
        spec=charts.filled(latent_spec(view), tables), key=key, width="stretch", height="stretch",
        on_select=partial(selection.select, kind, key, plane.points, info.train.dataset),
        selection_mode=switches.mode, alt=f"{view.title}: scatter plot of the test images in the latent space",
    )  # fmt: skip
    st.markdown(claim(info, store.metrics(info)))
    st.caption(" · ".join(filter(None, (words.origin(info), plane.note))))


def _legend(names: tuple[str, ...]) -> tuple[int, ...]:
    """Draw one legend for all plots, which is also the switch for classes, and return the labels that are on."""
    labels = st.pills(
        "Label (pick some to fade the others)", range(len(names)), format_func=lambda label: names[label],
        selection_mode="multi", key=CLASSES, bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    return tuple(sorted(labels))


def _switches() -> Switches:
    touch = "Mobi" in (st.context.headers.get("User-Agent") or "")
    with st.container(horizontal=True, vertical_alignment="bottom", key="switches"):
        sampled = choose.sampled()
        axes = st.segmented_control(
            "Axes", (OWN_AXES, EQUAL_AXES), default=OWN_AXES, required=True, key=AXES, bind="query-params"
        )
        mode = st.segmented_control(
            "On the plots", tuple(MODES), default=charts.POINT if touch else charts.AREA, required=True,
            format_func=MODES.__getitem__, key=MODE, on_change=selection.reset, persist_state="session",
        )  # fmt: skip
        nothing = selection.SELECTION not in st.session_state
        st.button("Reset", icon=":material/restart_alt:", disabled=nothing, on_click=selection.reset, key="reset")
    return Switches(sampled, axes == EQUAL_AXES, mode)
