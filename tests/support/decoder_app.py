"""A page with nothing but the plane under the cursor, for tests and benchmarks: ?run=ID."""

import json

import numpy as np
import streamlit as st

from ui import store
from ui.components import decode_plane
from ui.explore.scene import PlaneChoice, view_of
from ui.explore.space import explored_space

st.set_page_config(layout="wide")
infos = {info.id: info for info in store.catalogue()}
with st.container(horizontal=True):
    chosen = st.selectbox("Run", list(infos), key="run", bind="query-params")
    turned = st.checkbox("Turned")  # another base and other directions
    shown = st.checkbox("Shown", value=True)
if shown:
    info = infos[chosen]
    view = view_of(info, PlaneChoice(None, (0.0, 0.0)))
    if turned:
        base, directions = np.array([0.5, -0.25], np.float32), np.array([[0.6, 0.8], [-0.8, 0.6]], np.float32)
        view = view._replace(base=base, directions=directions)
    images = store.sheet_of(info)
    space = explored_space(info, view, store.decoder_url(info))
    pinned = decode_plane("explore", info, space, vega=store.vega().result(), images=images)
    st.code(json.dumps([point._asdict() for point in pinned]), language=None, wrap_lines=True)
