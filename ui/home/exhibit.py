"""The three latent spaces side by side, linked: what is selected in one lights up in all."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import raster
from ui.components import hover_images, let_fingers_pick
from ui.shell import choose, messages, page, params, words
from ui.shell.theme import current_theme
from ui.spaces.claim import claim
from ui.spaces.tables import latent_spec, latent_tables
from vae_core.config import KINDS
from vae_core.runs import RunInfo

__all__ = ["inside", "linked_spaces", "some_of"]

STRIP = 12  # images shown of a selection
LATER_S = 2.5  # from the plots to what may come after them
CLASSES, AXES = "classes", "axes"  # session keys and URL parameters
SELECTION = "selection"  # session key: {"dataset", "kind", "images"}
DRAWN = "drawn"  # session key: whether the page has been shown once
GENERATION = "generation"  # session key: counts up where a chart must forget its brush
OWN, SAME = "each its own", "same for all"
MODES = {charts.AREA: "Select area", charts.POINT: "Pick point"}
Index = NDArray[np.int64]


def inside(points: NDArray[np.float32], ranges: dict[str, Any]) -> Index:
    """Indices of the points (N, 2) within a brush {"x": [low, high], "y": [low, high]}; none if it has no area."""
    if not {"x", "y"} <= set(ranges):
        return np.array([], dtype=np.int64)
    held = np.ones(len(points), dtype=bool)
    for column, name in enumerate(("x", "y")):
        low, high = sorted(float(value) for value in ranges[name])
        held &= (points[:, column] >= low) & (points[:, column] <= high)
    return np.flatnonzero(held)


def some_of(index: Index, count: int = STRIP) -> Index:
    """At most `count` of a selection's images, evenly spread over it, always the same ones."""
    if len(index) <= count:
        return index
    return index[np.linspace(0, len(index) - 1, count).round().astype(int)]


def linked_spaces(shown: dict[str, RunInfo | None]) -> None:
    """The whole exhibit: legend, three charts with their claims, switches, and what is selected."""
    present = {kind: info for kind, info in shown.items() if info is not None and messages.readable(info)}
    if not present:
        messages.no_runs()
        return
    names = next(iter(present.values())).class_names
    params.check({CLASSES: params.one_of(("", *names)), AXES: params.one_of((OWN, SAME))})
    _exhibit(present)
    let_fingers_pick()
    _later(list(present.values()))


@st.fragment
def _exhibit(present: dict[str, RunInfo]) -> None:
    first = next(iter(present.values()))
    classes = _legend(first.class_names)
    spaces = st.columns(len(KINDS), gap="medium")
    sampled, same, mode = _switches()
    planes = {kind: store.plane_of(info, sampled) for kind, info in present.items()}
    everything = [plane.points for plane in planes.values()]
    windows = {kind: charts.Window.around(*(everything if same else [plane.points])) for kind, plane in planes.items()}
    y, chosen = store.run(first).latents.y, _chosen(first.train.dataset)
    lit, picked = _lit(y, classes, chosen, mode)
    if chosen is not None and picked is None and classes:  # what has faded is not selected either
        chosen = chosen[np.isin(y[chosen], classes)]
    for space, kind in zip(spaces, KINDS, strict=True):
        with space, st.container(key=f"space-{kind}", gap="small"):
            if kind not in present:
                messages.no_such_run(kind)
                continue
            info = present[kind]
            view = charts.LatentView(
                title=words.title(kind), subtitle=words.subtitle(info), axes=planes[kind].axes, window=windows[kind],
                select=mode, names=info.class_names, theme=current_theme(),
            )  # fmt: skip
            tables = latent_tables(info, sampled, windows[kind], lit, picked)
            key = f"chart-{kind}-{mode}-{info.id}-{st.session_state.get(GENERATION, {}).get(kind, 0)}"
            st.vega_lite_chart(
                spec=charts.filled(latent_spec(view), tables), key=key, width="stretch", height="stretch",
                on_select=partial(_select, kind, key, planes[kind].points, info.train.dataset),
                selection_mode=mode, alt=f"{view.title}: scatter plot of the test images in the latent space",
            )  # fmt: skip
            st.markdown(claim(info, store.metrics(info)))
            st.caption(" · ".join(filter(None, (words.origin(info), planes[kind].note))))
    _selected(present, chosen, sampled, mode)


def _legend(names: tuple[str, ...]) -> tuple[int, ...]:
    """One legend for all charts, which is also the switch that lights some classes up; the picked labels."""
    picked = st.pills(
        "Label (pick some to fade the others)", range(len(names)), format_func=lambda label: names[label],
        selection_mode="multi", key=CLASSES, bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    return tuple(sorted(picked))


def _switches() -> tuple[bool, bool, str]:
    """Sampled z or mean mu; same axes or each its own; what a gesture selects."""
    touch = "Mobi" in (st.context.headers.get("User-Agent") or "")
    with st.container(horizontal=True, vertical_alignment="bottom", key="switches"):
        sampled = choose.sampled()
        axes = st.segmented_control("Axes", (OWN, SAME), default=OWN, required=True, key=AXES, bind="query-params")
        mode = st.segmented_control(
            "On the plots", tuple(MODES), default=charts.POINT if touch else charts.AREA, required=True,
            format_func=MODES.__getitem__, key="mode", on_change=_forget, persist_state="session",
        )  # fmt: skip
        st.button("Reset", icon=":material/restart_alt:", disabled=SELECTION not in st.session_state, on_click=_forget)
    return sampled, axes == SAME, mode


def _select(kind: str, key: str, points: NDArray[np.float32], dataset: str) -> None:
    """Keep which images a gesture in one chart selected; the chart that held the last selection forgets its mark."""
    selection = st.session_state[key].selection
    if charts.POINT in selection:
        picked = selection[charts.POINT]
        index = np.array([int(row[charts.IMAGE]) for row in picked][:1], dtype=np.int64)
    else:
        index = inside(points, selection.get(charts.AREA, {}))
    before = st.session_state.get(SELECTION)
    if len(index):
        if before is not None and before["kind"] != kind:
            _renew(before["kind"])
        st.session_state[SELECTION] = {"dataset": dataset, "kind": kind, "images": index}
    elif before is not None and before["kind"] == kind:
        del st.session_state[SELECTION]


def _renew(kind: str) -> None:
    generations = dict(st.session_state.get(GENERATION, {}))
    st.session_state[GENERATION] = generations | {kind: generations.get(kind, 0) + 1}


def _forget() -> None:
    """Back to no selection."""
    before = st.session_state.pop(SELECTION, None)
    if before is not None:
        _renew(before["kind"])


def _lit(y: Index, classes: tuple[int, ...], chosen: Index | None, mode: str) -> tuple[Index | None, int | None]:
    """The images that shine while the others fade (None: all), and the one that gets a ring."""
    picked = int(chosen[0]) if chosen is not None and mode == charts.POINT else None
    lit = np.isin(y, classes) if classes else np.ones(len(y), dtype=bool)
    if chosen is not None and picked is None:
        lit &= np.isin(np.arange(len(y)), chosen)
    return (None if lit.all() else np.flatnonzero(lit)), picked


def _chosen(dataset: str) -> Index | None:
    """The selected images' indices; None without a selection. One from another data set is forgotten."""
    selection = st.session_state.get(SELECTION)
    if selection is not None and selection["dataset"] != dataset:
        del st.session_state[SELECTION]
        return None
    return None if selection is None else selection["images"]


# ---- what is selected ----


def _selected(present: dict[str, RunInfo], chosen: Index | None, sampled: bool, mode: str) -> None:
    with st.container(key="strip", border=True, height="content"):
        if chosen is None:
            gesture = "Drag a rectangle over points" if mode == charts.AREA else "Click a point"
            st.markdown(
                f"{gesture} in any plot: the same images light up in all three and appear here, rebuilt by each model."
            )
        elif len(chosen) == 0:
            st.markdown("None of the images in this area has a label that is picked.")
        elif len(chosen) == 1:
            _one_image(present, int(chosen[0]), sampled)
        else:
            _some_images(present, chosen, sampled)


def _some_images(present: dict[str, RunInfo], chosen: Index, sampled: bool) -> None:
    index = some_of(chosen)
    st.markdown(f"**{len(chosen):,} images selected.** {len(index)} of them, and what each model makes of them:")
    originals = store.test_images(next(iter(present.values())).train.dataset)
    rows = {} if originals is None else {"original": originals[index]}
    rows |= {words.title(kind): store.reconstruct(info, index, sampled) for kind, info in present.items()}
    for name, pictures in rows.items():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.image(raster.strip(pictures), width=len(index) * 45, alt=f"Selected images, {name}")
            st.markdown(name, width="content")


def _one_image(present: dict[str, RunInfo], number: int, sampled: bool) -> None:
    first = next(iter(present.values()))
    index = np.array([number])
    originals = store.test_images(first.train.dataset)
    cells = st.columns(len(present) + 1)
    with cells[0]:
        label = first.class_names[store.run(first).latents.y[number]]
        if originals is not None:
            st.image(originals[number], width=112, alt=f"Test image {number}")
        st.markdown(f"**original**  \ntest image {number}, label {label}")
    for cell, (kind, info) in zip(cells[1:], present.items(), strict=True):
        with cell:
            run = store.run(info)
            kld = run.latents.kld()
            st.image(
                store.reconstruct(info, index, sampled)[0], width=112, alt=f"Test image {number}, rebuilt by the {kind}"
            )
            rate = "no KLD" if kld is None else f"kld {words.three(float(kld[number]))} nats"
            st.markdown(f"**{words.title(kind)}**  \nrecon {words.three(float(run.recon[number]))} nats, {rate}")


def _later(present: list[RunInfo]) -> None:
    """Show what is prepared in the background, once it is there and the plots have been drawn."""
    future = store.prepared(present)
    if not (future.done() and st.session_state.get(DRAWN)):
        page.footer(None)
        st.fragment(partial(_rerun_when_done, future), run_every=LATER_S)()
        st.session_state[DRAWN] = True
        return
    if future.exception() is not None:
        st.error(f"The images for hovering could not be made: {future.exception()}", icon=":material/error:")
        page.footer(None)
        return
    prepared = future.result()
    for name, sheet in prepared.sheets.items():
        hover_images(name, sheet, store.SHEET_COLUMNS, present[0].model.image_shape)
    if prepared.missing:
        messages.missing_data(present[0].train.dataset)
    page.footer(prepared.device)


def _rerun_when_done(future: Future[store.Prepared]) -> None:
    if future.done() and st.session_state.get(DRAWN):
        st.rerun()
