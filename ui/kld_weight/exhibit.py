"""The exhibit of the page "KLD weight": three latent spaces at one beta, trained already, now, or on demand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import charts, store
from ui.charts import raster
from ui.charts.history import CURVES, Curve, curve_of, history_chart, history_table
from ui.jobs import client, status
from ui.kld_weight import experiment, replay
from ui.kld_weight.experiment import BETA, DEFAULT_BETA, MAX_BETA, NEXT, Experiment
from ui.shell import choose, messages, page, params, words
from ui.shell.theme import current_theme
from ui.spaces import moments, plot
from ui.spaces.moments import Moment
from vae_core.config import KINDS
from vae_core.errors import RunError
from vae_core.evidence import ignores_image
from vae_core.jobs import Job
from vae_core.runs import RunInfo

__all__ = ["exhibit"]

LET_GO, FIELD = "let_go", "beta_field"  # session keys
IMAGE_WIDTH = 40
TURNED = (
    "The same test images in every plot and at every β. "
    "Planes of VAE and cVAE are turned or mirrored to fit the one at β = 1, for display only."
)


class Space(NamedTuple):
    """What one plot shows: a moment, whether it is only the nearest there is, and lines under it (Markdown)."""

    moment: Moment | None
    faded: bool
    line: str
    origin: str = "&nbsp;"


def exhibit() -> Experiment:
    """The whole exhibit; what the visitor has chosen."""
    infos = store.catalogue()
    params.check({choose.RUN: params.a_run(infos)} | experiment.link_rules())
    if (linked := choose.linked_run(infos)) is not None:
        experiment.open_run(linked)
    elif choose.RUN in st.query_params and not experiment.unusual():
        del st.query_params[choose.RUN]  # from now on the URL tells the settings themselves
    client.queue().warm()
    plots = st.container()
    with st.container(key="controls"):
        tried, sampled = _controls(infos)
    job = client.queue().find(tried.request(infos))
    live = job is not None and job.live
    infos = store.catalogue()  # looked up after the job, so that the runs of one that has ended are among them
    with plots:
        st.fragment(partial(_spaces, tried, infos, job, live, sampled), run_every=_interval(job))()
    with st.container(key="status"):
        if job is not None and live:
            status.live(job)
        else:
            _rest(tried, infos, job)
    st.fragment(partial(_details, tried, infos, job), run_every=status.SLOW_S if live else replay.interval())()
    if not store.images_ready(tried.train.dataset) or not client.queue().ready:
        page.rerun_when(partial(_more_is_there, tried.train.dataset, client.queue().ready))
    return tried


def _more_is_there(dataset: str, was_ready: bool) -> bool:
    """Whether the originals have been loaded, or the engine has started, since the page was drawn."""
    return store.images_ready(dataset) and (was_ready or client.queue().ready)


def _interval(job: Job | None) -> float | None:
    """Seconds until the next look; None where nothing moves."""
    return status.interval(job) if job is not None and job.live else replay.interval()


# ---- controls ----


def _controls(infos: Sequence[RunInfo]) -> tuple[Experiment, bool]:
    """Slider, field, and what waits behind *More settings*."""
    if NEXT in st.session_state:
        experiment.set_beta(st.session_state.pop(NEXT))
    asked = experiment.beta_of(st.query_params.get(BETA)) if BETA not in st.session_state else st.session_state[BETA]
    asked = DEFAULT_BETA if asked is None else asked
    row = st.container(horizontal=True, vertical_alignment="bottom", key="beta-row")
    with row:
        back, slider, forth, field, more = (
            st.container(width=width) for width in ("content", "stretch", "content", 110, "content")
        )
    with more, st.popover("More settings", icon=":material/tune:"):
        sampled = choose.sampled()
        tried = experiment.more_settings(asked)
    trained = experiment.trained(tried, infos)
    with slider:
        beta = st.select_slider(
            "KLD weight β",
            experiment.stops_with(asked, *trained), value=DEFAULT_BETA, format_func=lambda value: f"{value:g}",
            key=BETA, bind="query-params", on_change=_let_go, args=(tried, infos),
        )  # fmt: skip
    tried = tried.at(beta)
    lower = max((other for other in trained if other < beta), default=None)
    higher = min((other for other in trained if other > beta), default=None)
    for place, word, icon, target in ((back, "Previous", "left", lower), (forth, "Next", "right", higher)):
        place.button(
            word, icon=f":material/chevron_{icon}:", disabled=target is None, on_click=experiment.set_beta,
            args=(target,),
        )  # fmt: skip
    with field:
        st.session_state[FIELD] = beta
        st.number_input(
            "or any β", 0.0, MAX_BETA, key=FIELD, format="%.6g", step=None, on_change=_take_field, args=(tried, infos)
        )
    return tried, sampled


def _take_field(tried: Experiment, infos: Sequence[RunInfo]) -> None:
    experiment.set_beta(st.session_state[FIELD])
    _let_go(tried, infos)


def _let_go(tried: Experiment, infos: Sequence[RunInfo]) -> None:
    """The slider was let go: train there if the visitor wants that at once."""
    replay.halt()
    there = tried.at(st.session_state[BETA])
    if st.session_state.get(LET_GO) and st.session_state[BETA] not in experiment.trained(there, infos):
        client.submit(there.request(infos))


def _rest(tried: Experiment, infos: Sequence[RunInfo], job: Job | None) -> None:
    """Nothing runs: replay what is there, or train what is not."""
    client.refusal()
    with st.container(horizontal=True, vertical_alignment="center"):
        if tried.train.beta in experiment.trained(tried, infos):
            replay.replay(tried, infos)
        else:
            status.offer(tried, tried.request(infos), job)
        st.toggle(
            "Train when I let go", key=LET_GO, persist_state="session",
            help="Moving the slider to a β that is not trained trains it.",
        )  # fmt: skip


# ---- the three plots ----


def _spaces(tried: Experiment, infos: Sequence[RunInfo], job: Job | None, live: bool, sampled: bool) -> None:
    if replay.advance(tried, infos) or (live and job is not None and not job.live):
        st.rerun()
    for kind, place in zip(KINDS, st.columns(len(KINDS), gap="medium"), strict=True):
        space = _space(kind, tried, infos, job, sampled)
        with place, st.container(key=f"space-{kind}"):
            if space.moment is None:
                st.markdown(f"**{words.title(kind)}**")
                with st.container(border=True, height=360, vertical_alignment="center", horizontal_alignment="center"):
                    st.markdown("Not trained with these settings yet.")
            else:
                latents = "the codes" if kind == "ae" else choose.SAMPLED if sampled else choose.MEAN
                plot.followed_plot(kind, words.title(kind), latents, space.moment, space.faded)
            st.markdown(space.line)
            st.caption(space.origin)
    st.caption(TURNED)


def _space(kind: str, tried: Experiment, infos: Sequence[RunInfo], job: Job | None, sampled: bool) -> Space:
    """What a plot shows: a training as it is now, the run, or the nearest run there is."""
    towards = moments.reference(kind, tried.train.dataset, tried.model.latent_dim, infos) if kind != "ae" else None
    task = next((task for task in job.tasks if task.model.kind == kind), None) if job is not None and job.live else None
    if task is not None and task.frame is not None:
        frame = task.frame
        line = f"**Epoch {frame.done * frame.epochs:.1f} of {frame.epochs}** · {_losses(frame.test)}"
        return Space(moments.live_moment(frame, sampled, towards), False, line)
    info = tried.comparison(infos) if kind == "ae" else tried.run(kind, infos)
    try:
        if info is not None:
            number = replay.snapshot(info, tried)
            shown = moments.moment(info, number, sampled, towards)
            return Space(shown, False, _line(info, number), words.plain(info.id))
        along = tried.along_beta(kind, infos)
        beta = experiment.nearest(along, tried.train.beta or 0.0)
        if beta is None:
            return Space(None, True, "&nbsp;")
        return Space(
            moments.moment(along[beta], -1, sampled, towards), True, f"The nearest that is trained: β = {beta:g}."
        )
    except RunError as error:
        return Space(None, True, f":red[{messages.broken_text(error)}]")


def _line(info: RunInfo, number: int) -> str:
    """A run's figures, and a plain warning where the latent is ignored."""
    if number < moments.last(info):
        epoch = info.snapshot_epochs[number]
        figures = _losses(info.history[epoch - 1][1]) if epoch else "before training"
        return f"**Epoch {epoch} of {info.train.epochs}** · {figures}"
    metrics = store.metrics(info)
    line = f"{words.subtitle(info)} · {_losses(info.test)}"
    if info.model.kind == "ae":
        return f"{line} · no KLD, no density"
    information, active = metrics["mutual_information"].value, metrics["active_units"].value
    line += "" if information is None else f" · I(x;z) {max(information, 0.0):.2f} nats"
    if ignores_image(metrics):
        return f":orange[:material/warning: **Gaussian because it ignores the image.**] {line}"
    if active < info.model.latent_dim:
        return f"{line} · :orange[{active} of {info.model.latent_dim} dimensions in use]"
    return line


def _losses(figures: Any) -> str:
    kld = "" if figures.kld is None else f", kld {words.three(figures.kld)}"
    return f"recon {words.three(figures.recon)}{kld} nats"


# ---- curves and reconstructions ----


def _details(tried: Experiment, infos: Sequence[RunInfo], job: Job | None) -> None:
    left, right = st.columns((1, 1), gap="large")
    theme = current_theme()
    curves = _curves(tried, infos, job)
    with left:
        spec = _history_spec(theme, float(tried.train.epochs))
        table = charts.arrow(history_table(curves))
        st.vega_lite_chart(
            spec=charts.filled(spec, {CURVES: table}), key="history", width="stretch", height=300,
            alt="Reconstruction loss and KLD over the epochs, train dashed and test solid",
        )  # fmt: skip
    with right:
        st.markdown("**The same ten images**, and what each model makes of them")
        for name, pictures in _strips(tried, infos, job):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"strip-{name[:8]}"):
                st.image(raster.strip_url(pictures), width=len(pictures) * IMAGE_WIDTH, alt=f"Ten images, {name}")
                st.markdown(name, width="content")


@st.cache_resource(max_entries=64, show_spinner=False)
def _history_spec(theme: str, epochs: float) -> dict[str, Any]:
    names = tuple(words.short(kind) for kind in KINDS)
    return history_chart(theme, names, charts.MODEL_COLORS[theme], epochs)


def _curves(tried: Experiment, infos: Sequence[RunInfo], job: Job | None) -> dict[str, Curve]:
    curves: dict[str, Curve] = {}
    live = {task.model.kind: task for task in job.tasks} if job is not None and job.live else {}
    for kind in KINDS:
        info = tried.run(kind, infos)
        if kind in live and live[kind].curve:
            curves[words.short(kind)] = live[kind].curve
        elif info is not None:
            curves[words.short(kind)] = curve_of(info)
    return curves


def _strips(tried: Experiment, infos: Sequence[RunInfo], job: Job | None) -> list[tuple[str, NDArray[np.uint8]]]:
    """Name and ten images of each row: the originals, where they are on this machine, and each model's."""
    shown = {
        kind: space.moment
        for kind in KINDS
        if (space := _space(kind, tried, infos, job, True)).moment is not None and not space.faded
    }
    rows = []
    originals = store.images_if_ready(tried.train.dataset)
    if originals is not None and shown:
        first = next(moment for moment in shown.values() if moment is not None)
        rows.append(("original", originals[first.images[:10]]))
    rows += [(words.short(kind), moment.x_hat) for kind, moment in shown.items() if moment is not None]
    return rows
