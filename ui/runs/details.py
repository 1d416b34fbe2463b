"""What is selected among the runs: one with all that is known of it, or two side by side."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from ui import charts
from ui.jobs import client
from ui.shell import panels, settings
from ui.store import cache
from vae_core import runs
from vae_core.runs import Note, Run, RunError, RunInfo

__all__ = ["Figure", "comparison", "details", "figures", "latents_csv", "snippet"]

MESSAGE = "runs_message"  # session key
CHART_PX = 360
INCOMPARABLE = {"dataset", "likelihood", "likelihood_std"}  # settings that decide what recon measures
NAME_LENGTH = 22  # of a run's name in a chart's legend


class Figure(NamedTuple):
    """One number of a run, with its unit and what it means; None where a model has none."""

    name: str
    value: float | None
    unit: str
    meaning: str

    def in_words(self) -> str:
        """The number with three significant digits."""
        if self.value is None:
            return "not defined"
        return "< 0.001" if 0 < self.value < 0.001 else panels.three(self.value)


def figures(info: RunInfo) -> list[Figure]:
    """A run's means over the test images, and what its latent space is like as far as that can be read."""
    recon, kld, elbo = info.test
    known = [
        Figure("recon", recon, "nats", "lower is better"),
        Figure("kld", kld, "nats", "0: z ignores the image"),
        Figure("−elbo = recon + kld", None if elbo is None else -elbo, "nats", "lower is better"),
    ]
    try:
        metrics = cache.metrics(info)
    except RunError as error:
        st.error(settings.plain(f"The run file {error}"), icon=":material/error:")
        return known
    distance, accuracy = metrics["sliced_wasserstein"].value, metrics["knn_accuracy"].value
    chance = f"{1 / info.model.num_classes:.1%} is chance"
    return [
        *known,
        Figure("distance of z to N(0, I)", distance, "σ", "0 is Gaussian"),
        Figure("neighbours with the same label", 100 * accuracy, "%", chance),
    ]


# ---- one run ----


def details(info: RunInfo, title: str) -> None:
    """Settings, figures, curves, title and note, files, and what can be done with a run."""
    st.header(settings.plain(title or info.id), anchor=False)
    if title:
        st.caption(info.id)
    _message()
    left, right = st.columns([5, 6], gap="large")
    with left:
        _figure_table(figures(info))
        st.caption(settings.plain(panels.origin(info)))
    with right:
        _curves({"": info})
    left, right = st.columns([5, 6], gap="large")
    with left:
        _settings(info)
    with right:
        _open(info)
        _files(info)
        _note(info)
        own = client.belongs_to_visitor(info)
        if own and st.button("Delete this run", icon=":material/delete:", type="tertiary"):
            _ask(info)


def _figure_table(shown: list[Figure]) -> None:
    rows = [
        (one.name, f"**{one.in_words()}**" + f" {one.unit}" * (one.value is not None), one.meaning) for one in shown
    ]
    table = pd.DataFrame(rows, columns=["", "per test image", "direction"])
    st.table(table, border="horizontal", hide_index=True, alt="Figures")


def _settings(info: RunInfo) -> None:
    rows = [(settings.label_of(name), value) for name, value in settings.described(info.model, info.train).items()]
    st.table(pd.DataFrame(rows, columns=["Setting", "Value"]), border="horizontal", hide_index=True, alt="Settings")
    with st.expander("All that the file says of itself"):
        header = info.to_json()
        st.caption("Without the history, which is drawn above.")
        st.code(json.dumps({name: header[name] for name in header if name != "history"}, indent=1), language="json")


def _open(info: RunInfo) -> None:
    with st.container(horizontal=True):
        st.page_link("app.py", label="Open on Home", icon=":material/bubble_chart:", query_params={"run": info.id})
        if info.model.kind != "ae":
            st.page_link(
                "pages/2_KLD_weight.py", label="Open on KLD weight", icon=":material/tune:",
                query_params={"run": info.id},
            )  # fmt: skip
        st.page_link(
            "pages/5_Evidence.py", label="Open on Evidence", icon=":material/fact_check:", query_params={"run": info.id}
        )


def _files(info: RunInfo) -> None:
    path = info.path
    if path is None or not path.is_file():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            f"Run file ({path.stat().st_size / 1e6:.1f} MB)", path.read_bytes, path.name, "application/octet-stream",
            icon=":material/download:", on_click="ignore", key=f"file-{info.id}",
        )  # fmt: skip
        st.download_button(
            "Latents (CSV)", partial(_csv, info), f"{info.id}.latents.csv", "text/csv", icon=":material/download:",
            on_click="ignore", key=f"csv-{info.id}", help="One row per test image: label, mu, logvar, sampled z.",
        )  # fmt: skip
    with st.expander("Use it in Python"):
        st.code(snippet(info), language="python")


def _csv(info: RunInfo) -> str:
    return latents_csv(cache.run(info))


def latents_csv(run: Run) -> str:
    """The test images' latents as text: image, label, mu1 …, logvar1 … (not for an AE), z1 … as the app shows them."""
    names = run.info.class_names
    columns: dict[str, Any] = {"image": range(len(run.latents.y)), "label": [names[label] for label in run.latents.y]}
    for name, values in (("mu", run.latents.mu), ("logvar", run.latents.logvar), ("z", run.z())):
        if values is not None:
            columns |= {f"{name}{axis}": values[:, axis - 1] for axis in range(1, values.shape[1] + 1)}
    return pd.DataFrame(columns).to_csv(index=False, float_format="%.6g")


def snippet(info: RunInfo) -> str:
    """Python that loads a downloaded run file: its latents and its model."""
    y = ", y[:8]" if info.model.kind == "cvae" else ""
    given = "latents and labels" if y else "latents"
    return f"""# where this project is installed, beside the downloaded run file
import torch
from vae_core.runs import load_run

run = load_run("{info.id}{runs.SUFFIX}")
print(run.info.test)  # nats per image
z = torch.from_numpy(run.z())  # (N, {info.model.latent_dim})
y = torch.from_numpy(run.latents.y)  # (N,)
model = run.model()  # has encode and decode
x_hat = model.decode(z[:8]{y})  # {given} → images
"""


def _note(info: RunInfo) -> None:
    kept = runs.read_note(info)
    with st.expander("Title and note", expanded=bool(kept.text), icon=":material/edit:"), st.form(f"note-{info.id}"):
        keys = (f"title-{info.id}", f"text-{info.id}")
        st.text_input("Title", kept.title, max_chars=runs.MAX_TITLE, key=keys[0])
        st.text_area("Note", kept.text, max_chars=runs.MAX_NOTE, key=keys[1], height=110)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.form_submit_button("Save", on_click=_save, args=(info, *keys))
            st.caption("Everybody who uses this app sees them. The run's id and links stay as they are.")


def _save(info: RunInfo, title: str, text: str) -> None:
    try:
        runs.write_note(info, Note(st.session_state[title], st.session_state[text]))
    except RunError as error:
        st.session_state[MESSAGE] = f"Not saved: {error}."


def _message() -> None:
    if MESSAGE in st.session_state:
        st.error(settings.plain(st.session_state.pop(MESSAGE)), icon=":material/error:")


@st.dialog("Delete this run?")
def _ask(info: RunInfo) -> None:
    st.markdown(f"{settings.plain(info.id)} and its note will be gone for everybody. There is no way back.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete:", key="yes", on_click=_delete, args=(info,)):
            st.rerun()
        if st.button("Keep", key="no"):
            st.rerun()


def _delete(info: RunInfo) -> None:
    if not client.belongs_to_visitor(info):
        return
    try:
        runs.delete_run(info)
    except RunError as error:
        st.session_state[MESSAGE] = f"Not deleted: {error}."


# ---- two runs ----


def comparison(one: RunInfo, other: RunInfo, titles: dict[str, str]) -> None:
    """Curves of two runs, what differs in their settings, and their figures side by side."""
    names = tuple(
        f"{letter}: {titles[info.id][:NAME_LENGTH] or _named(info)}"
        for letter, info in zip("AB", (one, other), strict=True)
    )
    st.header("Two runs", anchor=False)
    st.caption(settings.plain(f"A is {one.id}, B is {other.id}"))
    left, right = st.columns([5, 6], gap="large")
    with left:
        _figures_side_by_side(figures(one), figures(other))
    with right:
        _curves(dict(zip(names, (one, other), strict=True)))
    rows = settings.differing(settings.described(one.model, one.train), settings.described(other.model, other.train))
    if {name for name, _, _ in rows} & INCOMPARABLE:
        st.markdown("They explain different pixels: recon and −elbo of A and B cannot be compared.")
    if rows:
        table = pd.DataFrame([(settings.label_of(name), a, b) for name, a, b in rows], columns=["Setting", "A", "B"])
        st.table(table, border="horizontal", hide_index=True, alt="Settings that differ", width="content")
        st.caption("All other settings are the same.")
    else:
        st.caption("Their settings are the same.")


def _named(info: RunInfo) -> str:
    return f"{panels.short(info.model.kind)}, {panels.subtitle(info)}"


def _figures_side_by_side(one: list[Figure], other: list[Figure]) -> None:
    rows = [
        (f"{a.name}, {a.unit}", a.in_words(), b.in_words(), _difference(a, b), a.meaning)
        for a, b in zip(one, other, strict=False)
    ]
    table = pd.DataFrame(rows, columns=["per test image", "A", "B", "B − A", "direction"])
    st.table(table, border="horizontal", hide_index=True, alt="Figures of both runs")


def _difference(a: Figure, b: Figure) -> str:
    if a.value is None or b.value is None:
        return "–"
    difference = b.value - a.value
    return f"{'+' if difference >= 0 else '−'}{panels.three(abs(difference))}"


def _curves(shown: dict[str, RunInfo]) -> None:
    theme = st.context.theme.type or "light"
    colors = (charts.MODEL_COLORS[theme][1],) if len(shown) == 1 else charts.MODEL_COLORS[theme][1:]
    terms = tuple(
        term for term in charts.TERMS if term == "recon" or any(one.model.kind != "ae" for one in shown.values())
    )
    table = charts.history_table({name: charts.curve_of(info) for name, info in shown.items()})
    spec = charts.history_chart(theme, tuple(shown), colors, terms=terms)
    st.vega_lite_chart(
        spec=charts.filled(spec, {charts.CURVES: charts.arrow(table)}), width="stretch", height=CHART_PX,
        key=f"history-{'-'.join(info.id for info in shown.values())}", alt="Loss over the epochs, recon and KLD",
    )  # fmt: skip
