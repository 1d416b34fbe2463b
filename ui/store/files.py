"""Files that browsers fetch and keep, named by their content: what is the same for all visitors travels once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import streamlit as st
from streamlit.runtime import get_instance

BYTES, SCRIPT = "application/octet-stream", "text/javascript"
LIMIT = 400  # files at a time, of 0.1 to 2 MB; the oldest make room
_numbers = count()


def publish(content: bytes, mime: str = BYTES) -> str:
    """Return the address of a file, relative to the server's root.

    A file that a session adds would be gone with it; from a thread outside of any, Streamlit keeps it for all.
    """
    return _thread().submit(_add, content, mime).result()


def _add(content: bytes, mime: str) -> str:
    url = get_instance().media_file_mgr.add(content, mime, coordinates=f"shared-{next(_numbers) % LIMIT}")
    return f"{st.get_option('server.baseUrlPath').rstrip('/')}{url}"


@st.cache_resource(show_spinner=False)
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="publish")


@st.cache_resource(show_spinner=False)
def vega() -> str:
    """Return the address of Vega, Vega-Lite and vega-embed as one script."""
    import vl_convert

    return publish(vl_convert.javascript_bundle().encode(), SCRIPT)
