"""Each class by itself in a latent space: ten that fill the prior, or ten that share it."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui import store
from ui.charts import raster
from ui.shell.theme import current_theme
from ui.shell.words import title
from ui.store import BY_RUN
from vae_core.runs import RunInfo


def class_panels(info: RunInfo) -> None:
    """Show a panel for each class of a run with two latent dimensions and a prior."""
    kind = info.model.kind
    with st.container(key=f"class-panels-{kind}"):
        st.image(_picture(info, current_theme()), width="stretch", alt=f"{title(kind)}: each class by itself")


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_RUN)
def _picture(info: RunInfo, theme: str) -> NDArray[np.uint8]:
    latents = store.run(info).latents.standardized()
    return raster.class_panels(latents.sample(info.latent_seed), latents.y, info.class_names, theme)
