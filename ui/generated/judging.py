"""The judge's word on images that the page shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.shell import settings
from vae_core.errors import ClassifierError
from vae_core.evidence.measure import find_judge

__all__ = ["check", "judge_of", "judged"]


@st.cache_resource(max_entries=4, show_spinner=False, ttl=600)
def _judge(dataset: str) -> Any:
    return find_judge(dataset)


def _tried(dataset: str) -> tuple[Any, str]:
    """The judge, and what is wrong with its file."""

    try:
        return _judge(dataset), ""
    except ClassifierError as error:
        return None, str(error)


def check(datasets: Iterable[str]) -> None:
    """Say of which data sets the judge's file is damaged."""
    for dataset in sorted(set(datasets)):
        if reason := _tried(dataset)[1]:
            st.error(settings.plain(f"The judge cannot be used: {reason}"), icon=":material/error:")


def judge_of(dataset: str) -> Any:
    """The judge of a data set; None where there is none, or none that can be used."""
    return _tried(dataset)[0]


def judged(dataset: str, pictures: NDArray[np.uint8]) -> list[str]:
    """What images (n, H, W) are taken for and how surely, such as "7, 98 %"; empty texts where there is no judge."""
    import torch

    judge = judge_of(dataset)
    if judge is None:
        return [""] * len(pictures)
    found = judge(torch.from_numpy(pictures).float() / 255)
    names = judge.info.class_names
    return [f"{names[label]}, {sure:.0%}" for label, sure in zip(found.label, found.confidence, strict=True)]
