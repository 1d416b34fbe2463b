"""Replays on the page "KLD weight": through the epochs of a training, and along the trained betas."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from ui.kld_weight import experiment
from ui.kld_weight.experiment import EPOCH, NEXT, Experiment
from ui.spaces import moments
from vae_core.runs import RunInfo

__all__ = ["advance", "halt", "interval", "replay", "snapshot"]

FRAME_S, STEP_S = 0.35, 0.8  # an epoch, a beta
PLAYING = "playing"  # session key: what is played, and since when


def interval() -> float | None:
    """Seconds until the next step of a replay; None when nothing is played."""
    return {"epochs": FRAME_S, "betas": STEP_S}.get(st.session_state.get(PLAYING, ("",))[0])


def snapshot(info: RunInfo, tried: Experiment) -> int:
    """Which snapshot of a run is shown: the scrubber's, else the last. An AE of other length stands still."""
    number = st.session_state.get(EPOCH)
    if number is None or info.train.epochs != tried.train.epochs:
        return moments.last(info)
    return min(number, moments.last(info))


def advance(tried: Experiment, infos: Sequence[RunInfo]) -> bool:
    """Take the next step of a replay; whether the page has to follow."""
    what, began = st.session_state.get(PLAYING, ("", 0.0))
    if what == "epochs":
        runs = [info for kind in ("vae", "cvae") if (info := tried.run(kind, infos)) is not None]
        end = max((moments.last(info) for info in runs), default=0)
        st.session_state[EPOCH] = min(int((time.monotonic() - began) / FRAME_S), end)
        if st.session_state[EPOCH] == end:
            del st.session_state[PLAYING], st.session_state[EPOCH]
            return True
    if what == "betas" and time.monotonic() - began >= STEP_S:
        following = [beta for beta in experiment.trained(tried, infos) if beta > (tried.train.beta or 0.0)]
        if not following:
            del st.session_state[PLAYING]
            return True
        st.session_state[PLAYING] = ("betas", time.monotonic())
        st.session_state[NEXT] = following[0]
        return True
    return False


def _play(what: str, first: float | None = None) -> None:
    st.session_state[PLAYING] = (what, time.monotonic())
    if first is not None:
        experiment.set_beta(first)


def halt() -> None:
    """Stop a replay, and show the end of the training."""
    st.session_state.pop(PLAYING, None)
    st.session_state.pop(EPOCH, None)


def replay(tried: Experiment, infos: Sequence[RunInfo]) -> None:
    """Buttons and the scrubber, at a beta that is trained."""
    trained = experiment.trained(tried, infos)
    playing = st.session_state.get(PLAYING, ("",))[0]
    if playing:
        st.button("Stop", icon=":material/stop:", on_click=halt, key="halt")
    else:
        st.button("Replay the training", icon=":material/replay:", on_click=_play, args=("epochs",), key="replay")
        st.button(
            "Play along β", icon=":material/play_arrow:", on_click=_play, args=("betas", trained[0]), key="play-betas"
        )
    info = tried.run("vae", infos)
    if info is not None and not playing and moments.last(info) > 0:
        numbers = list(range(moments.last(info) + 1))
        st.select_slider(
            "Epoch", numbers, value=numbers[-1], key=EPOCH, label_visibility="collapsed",
            format_func=lambda number: f"epoch {info.snapshot_epochs[number]}",
        )  # fmt: skip
