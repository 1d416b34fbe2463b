"""The classifier's label for each of some images."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.shell import words
from vae_core.errors import ClassifierError
from vae_core.evidence import find_classifier

RECOGNISED = 0.9  # as in vae_core.evidence.classifier, which imports torch: an image with this confidence or more
SURE = f"at least {RECOGNISED:.0%} sure"


class ImageLabel(NamedTuple):
    """The class that the classifier gives an image, with its name and its probability in [0, 1]."""

    label: int
    name: str
    confidence: float

    @property
    def text(self) -> str:
        """Return it as the screen shows it.

        >>> ImageLabel(7, "7", 0.983).text
        '7, 98%'
        """
        return f"{self.name}, {self.confidence:.0%}"


@st.cache_resource(max_entries=4, show_spinner=False, ttl=600)
def _classifier(dataset: str) -> Any:
    return find_classifier(dataset)


def _classifier_or_error(dataset: str) -> tuple[Any, str]:
    try:
        return _classifier(dataset), ""
    except ClassifierError as error:
        return None, str(error)


def report_damaged(datasets: Iterable[str]) -> None:
    """Show an error for each data set whose classifier file is damaged."""
    for dataset in sorted(set(datasets)):
        if error := _classifier_or_error(dataset)[1]:
            st.error(words.plain(f"The classifier cannot be used: {error}"), icon=":material/error:")


def classifier_of(dataset: str) -> Any:
    """Return the classifier of a data set; None if there is none that can be used."""
    return _classifier_or_error(dataset)[0]


def classify(dataset: str, pictures: NDArray[np.uint8]) -> list[ImageLabel]:
    """Return a label for each image (n, H, W); an empty list if the data set has no classifier."""
    import torch

    classifier = classifier_of(dataset)
    if classifier is None:
        return []
    labels = classifier(torch.from_numpy(pictures).float() / 255)
    names = classifier.info.class_names
    return [
        ImageLabel(int(label), names[label], float(confidence))
        for label, confidence in zip(labels.label, labels.confidence, strict=True)
    ]
