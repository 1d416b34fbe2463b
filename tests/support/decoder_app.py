"""A page with nothing but the plane under the cursor, for tests and benchmarks: ?run=ID."""

import json

import numpy as np
import streamlit as st

from ui import store
from ui.components import decode_plane

st.set_page_config(layout="wide")
infos = {info.id: info for info in store.catalogue()}
with st.container(horizontal=True):
    chosen = st.selectbox("Run", list(infos), key="run", bind="query-params")
    turned = st.checkbox("Turned")  # another base and other directions
    shown = st.checkbox("Shown", value=True)
if shown:
    base = np.array([0.5, -0.25], np.float32) if turned else None
    directions = np.array([[0.6, 0.8], [-0.8, 0.6]], np.float32) if turned else None
    plane = store.plane_of(infos[chosen], sampled=True)
    pinned = decode_plane("explore", store.run(infos[chosen]), plane, base=base, directions=directions)
    st.code(json.dumps([point._asdict() for point in pinned]), language=None, wrap_lines=True)
