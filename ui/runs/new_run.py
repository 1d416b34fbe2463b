"""A new run: every setting of all three models, checked while it is typed; and the upload of a run file."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import MISSING, fields
from typing import Any

import streamlit as st

from ui.jobs import client, listing
from ui.runs import table
from ui.shell import panels, settings
from ui.store import cache
from vae_core import runs
from vae_core.cli.options import HELP
from vae_core.config import (
    BINARIZATIONS,
    CONDITION_PLACES,
    CONDITIONS,
    DATASETS,
    KINDS,
    LIKELIHOODS,
    ModelConfig,
    TrainConfig,
)
from vae_core.jobs import Request
from vae_core.runs import Run, RunError, find_run

__all__ = ["Settings", "form", "quota", "read_widths", "upload", "verified"]

Settings = tuple[ModelConfig, TrainConfig]
PREFIX = "new_"  # of the session keys of this form's fields
CHOICES = {
    "condition": CONDITIONS, "condition_in": CONDITION_PLACES, "likelihood": LIKELIHOODS, "binarize": BINARIZATIONS
}  # fmt: skip
STEPS = {"beta": 0.5, "learning_rate": 0.001, "likelihood_std": 0.05, "batch_size": 64}
FORMATS = {float: "%g", int: "%d"}
LEFT = ("latent_dim", "hidden", "condition", "condition_dim", "condition_in", "likelihood", "likelihood_std")
RIGHT = ("beta", "epochs", "kld_warmup", "learning_rate", "batch_size", "binarize", "seed")
DEFAULTS = {
    field.name: field.default for config in (ModelConfig, TrainConfig) for field in fields(config)
    if field.default is not MISSING
}  # fmt: skip
LATER_S = 1.0


# ---- the form ----


def form() -> None:
    """All settings of a new run, what will become of them, and what is being trained."""
    client.queue().warm()
    top = st.columns(2, gap="large")
    with top[0]:
        kind = st.segmented_control(
            "Kind of model", KINDS, default="cvae", required=True, key=f"{PREFIX}kind",
            format_func=settings.value_in_words,
            persist_state="session", help="An autoencoder has no KLD; a conditional VAE is told the label.",
        )  # fmt: skip
    with top[1]:
        dataset = st.selectbox(
            "Data set", tuple(DATASETS), format_func=_dataset, key=f"{PREFIX}dataset", persist_state="session"
        )
    chosen = _fields(kind, dataset)
    client.refusal()
    try:
        wanted = _configs(kind, dataset, chosen)
    except ValueError as error:
        st.error(settings.plain(f"{_sentence(str(error))}."), icon=":material/error:")
        st.button("Train", type="primary", icon=":material/play_arrow:", disabled=True)
    else:
        _offer(*wanted)
    listing.job_list()
    quota()


def _dataset(name: str) -> str:
    info = DATASETS[name]
    return f"{info.title} · {info.images[0]:,} images of {info.image_shape[0]}×{info.image_shape[1]}"


def _sentence(reason: str) -> str:
    """A reason that names settings as the code does, with their names on screen."""
    name, _, rest = reason.partition(" ")
    return f"{settings.label_of(name)}: {rest}" if name in settings.LABELS else reason


def _fields(kind: str, dataset: str) -> dict[str, Any]:
    """A widget for every setting that this kind of model uses; the values."""
    chosen: dict[str, Any] = {}
    for column, heading, names in zip(st.columns(2, gap="large"), ("Model", "Training"), (LEFT, RIGHT), strict=True):
        with column:
            st.markdown(f"**{heading}**")
            cells: list[Any] = []
            for name in names:
                if name in settings.relevant(kind, chosen.get("condition", ""), chosen.get("likelihood", "")):
                    cells = cells or list(st.columns(2))
                    with cells.pop(0):
                        chosen[name] = _field(name, dataset)
    return chosen


def _field(name: str, dataset: str) -> Any:
    """One setting's widget; it neither clamps nor rounds, for the settings themselves say what they allow."""
    label, default = settings.label_of(name), DEFAULTS[name]
    common: dict[str, Any] = {"key": f"{PREFIX}{name}", "help": _help(name), "persist_state": "session"}
    if name in CHOICES:
        return st.selectbox(label, CHOICES[name], format_func=settings.value_in_words, **common)
    if name == "hidden":
        return st.text_input(label, settings.value_in_words(default), live=True, **common)
    if name == "epochs":
        default, common["key"] = DATASETS[dataset].epochs, f"{PREFIX}epochs_{dataset}"
    return st.number_input(
        label, value=default, step=type(default)(STEPS.get(name, 1)), format=FORMATS[type(default)], **common
    )


def _help(name: str) -> str:
    return f"{HELP[name][:1].upper()}{HELP[name][1:]}.".replace("_", "\\_")


def read_widths(text: str) -> tuple[int, ...]:
    """Widths of layers as they are typed: whole numbers with commas or spaces. ValueError if it is something else."""
    try:
        return tuple(int(width) for width in text.replace(",", " ").split())
    except ValueError:
        raise ValueError(f"hidden must be whole numbers with commas, as 512, 256, got {text[:40]!r}") from None


def _configs(kind: str, dataset: str, chosen: dict[str, Any]) -> Settings:
    """The settings that were typed. ValueError names the first that is impossible."""
    info = DATASETS[dataset]
    values = chosen | {"hidden": read_widths(chosen["hidden"])}
    names = {field.name for field in fields(ModelConfig)}
    model = ModelConfig(
        kind, info.image_shape, info.num_classes, **{name: values[name] for name in values if name in names}
    )
    train = TrainConfig(dataset, **{name: values[name] for name in values if name not in names})
    return model, train.for_kind(kind)


# ---- what becomes of it ----


def _offer(model: ModelConfig, train: TrainConfig) -> None:
    """Train, with an estimate; or the run or the job that there already is."""
    request = Request(((model, train),))
    existing, job = find_run(model, train, cache.infos()), client.queue().find(request)
    with st.container(horizontal=True, vertical_alignment="center", key="offer"):
        if existing is not None:
            st.button(
                "Show it", type="primary", icon=":material/table_rows:", on_click=table.select, args=(existing.id,)
            )
            title = runs.read_note(existing).title or existing.id
            st.markdown(f"A run with these settings exists: {settings.plain(title)}.", width="content")
            return
        live = job is not None and job.live and client.visitor() in job.visitors
        st.button(
            "Train",
            type="primary",
            icon=":material/play_arrow:",
            disabled=live,
            on_click=client.submit,
            args=(request,),
        )
        if live:
            st.markdown("It is being trained: see below.", width="content")
        else:
            _estimate(request)
    _data_set(train.dataset)


def _estimate(request: Request) -> None:
    known = client.queue().expected(request) is not None
    st.fragment(_told, run_every=None if known else LATER_S)(request, known)


def _told(request: Request, known: bool) -> None:
    seconds = client.queue().expected(request)
    if seconds is None:
        st.markdown("How long it takes is not known yet: the engine is starting.")
        return
    if not known:
        st.rerun()
    ahead = len(client.queue().live())
    later = f", after the {ahead} before it" * (ahead > 0)
    st.markdown(f"About {panels.duration(seconds)} on this machine{later}.")


@st.cache_resource(show_spinner=False)
def _reader() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="data-sets")


@st.cache_resource(max_entries=len(DATASETS), show_spinner=False)
def _presence(dataset: str) -> Future[bool]:
    """Whether a data set is on this machine, found out while nobody waits: it takes torch."""
    return _reader().submit(lambda: cache.images(dataset) is not None)


def _data_set(dataset: str) -> None:
    """Say so if a data set is not on this machine, and offer to get it."""
    present = _presence(dataset)
    if not present.done():
        st.fragment(_wait, run_every=LATER_S)(present)
    elif not present.result():
        info = DATASETS[dataset]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"The {info.title} images are not on this machine; without them it cannot train.", width="content"
            )
            if st.button(f"Download ({info.download_mb:.0f} MB)", icon=":material/download:", key="new-download"):
                _presence.clear()
                panels.download(dataset)


def _wait(present: Future[bool]) -> None:
    if present.done():
        st.rerun()


# ---- upload ----


def verified(content: bytes) -> Run:
    """The run that the content of a file holds, with a model that can be built. RunError says what is wrong with it."""
    run = runs.from_bytes(content)
    run.model()
    return run


def upload() -> None:
    """A run file from elsewhere: verified, then kept among the local ones."""
    st.markdown(
        "A `.safetensors` run file that this app wrote, here or elsewhere: its settings, figures and weights are "
        "checked against its hash before anything of it is used."
    )
    file = st.file_uploader("Run file", type=["safetensors"], key="upload", label_visibility="collapsed")
    if file is not None:
        _take(file.name, file.getvalue())
    quota()


def _take(name: str, content: bytes) -> None:
    """Verify a file and keep it; one sentence says what became of it."""
    folder = runs.checkpoints_root() / runs.LOCAL
    try:
        run = verified(content)
        here = {info.id: info for info in cache.infos()}.get(run.info.id)
        if here is None:
            runs.check_quota(folder)
            here = runs.publish_bytes(content, folder)
            client.remember_upload(here)
            sentence = "is here now."
        else:
            mine = client.belongs_to_visitor(here)
            sentence = "is here now." if mine else "was here already: nothing was changed."
    except (RunError, ValueError) as error:
        st.error(settings.plain(f"{name} was refused: {error}."), icon=":material/error:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check: {settings.plain(here.id)} {sentence}", width="content")
        st.button("Show it", key="show-upload", on_click=table.select, args=(here.id,))


def quota() -> None:
    """How much room the local run files take, in one line."""
    used, allowed = runs.used_mb(runs.checkpoints_root() / runs.LOCAL), runs.quota_mb()
    st.caption(f"Local runs take {used:,.0f} of {allowed:,.0f} MB.")
