"""Replays on the page "KLD weight": through the epochs of a training, and along the trained betas."""

import time
from collections.abc import Sequence

import streamlit as st

from ui.kld_weight.choice import VARIATIONAL, TrainingChoice
from ui.kld_weight.form import BETA
from ui.spaces import frames
from vae_core.runs import Catalogue, RunInfo

EPOCH, PLAYING = "epoch", "playing"  # session keys: the snapshot that is shown; what is played, and since when
EPOCHS, BETAS = "epochs", "betas"  # the two replays
STEP_S = {EPOCHS: 0.35, BETAS: 0.8}


def interval() -> float | None:
    """Return the seconds until the next step of a replay; None when nothing is played."""
    return STEP_S.get(_playing())


def _playing() -> str:
    return str(st.session_state.get(PLAYING, ("", 0.0))[0])


def _elapsed_s() -> float:
    return time.monotonic() - float(st.session_state[PLAYING][1])


def snapshot(info: RunInfo, choice: TrainingChoice) -> int:
    """Return the number of the snapshot to show: the scrubber's, or the last. An AE of another length stands still."""
    number = st.session_state.get(EPOCH)
    if number is None or info.train.epochs != choice.train.epochs:
        return frames.last(info)
    return min(number, frames.last(info))


def advance(choice: TrainingChoice, infos: Catalogue) -> bool:
    """Take the next step of a replay of epochs; return whether the whole page has to run again."""
    if _playing() == EPOCHS:
        runs = [info for kind in VARIATIONAL if (info := choice.run(kind, infos)) is not None]
        end = max((frames.last(info) for info in runs), default=0)
        st.session_state[EPOCH] = min(int(_elapsed_s() / STEP_S[EPOCHS]), end)
        if st.session_state[EPOCH] == end:
            halt()
            return True
    return _playing() == BETAS and _elapsed_s() >= STEP_S[BETAS]


def advance_beta(betas: Sequence[float]) -> None:
    """Take the next step of a replay along the trained betas; to be called before the slider is drawn."""
    if _playing() != BETAS or _elapsed_s() < STEP_S[BETAS]:
        return
    following = next((beta for beta in betas if beta > st.session_state[BETA]), None)
    if following is None:
        halt()
    else:
        set_beta(following)
        _play(BETAS)


def set_beta(beta: float) -> None:
    """Move the slider, and show the end of the training there."""
    st.session_state[BETA] = beta
    st.session_state.pop(EPOCH, None)


def _play(replay: str) -> None:
    st.session_state[PLAYING] = (replay, time.monotonic())


def _play_from(beta: float) -> None:
    set_beta(beta)
    _play(BETAS)


def halt() -> None:
    """Stop a replay, and show the end of the training."""
    st.session_state.pop(PLAYING, None)
    st.session_state.pop(EPOCH, None)


def player(choice: TrainingChoice, infos: Catalogue) -> None:
    """Draw the buttons and the scrubber, at a beta that is trained."""
    if _playing():
        st.button("Stop", icon=":material/stop:", on_click=halt, key="halt")
        return
    st.button("Replay the training", icon=":material/replay:", on_click=_play, args=(EPOCHS,), key="replay")
    st.button(
        "Play along β", icon=":material/play_arrow:", on_click=_play_from, args=(choice.trained_betas(infos)[0],),
        key="play-betas",
    )  # fmt: skip
    info = choice.run("vae", infos)
    if info is not None and frames.last(info) > 0:
        numbers = list(range(frames.last(info) + 1))
        st.select_slider(
            "Epoch", numbers, value=numbers[-1], key=EPOCH, label_visibility="collapsed",
            format_func=lambda number: f"epoch {info.snapshot_epochs[number]}",
        )  # fmt: skip
