"""Files that browsers fetch and keep, named by their content: what is the same for all visitors travels once."""

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import streamlit as st
from streamlit.runtime import get_instance
from streamlit.runtime.media_file_storage import MediaFileKind

BYTES, SCRIPT = "application/octet-stream", "text/javascript"
LIMIT = 400  # files at a time, of 0.1 to 2 MB; the oldest make room
_kept: OrderedDict[str, None] = OrderedDict()
_lock = Lock()


def publish(content: bytes, mime: str = BYTES) -> str:
    """Return the address of a file, relative to the server's root.

    Streamlit deletes a file with the session that it was added for; this one is added for none, to the same storage.
    """
    storage = get_instance().media_file_mgr._storage
    with _lock:
        name = storage.load_and_get_id(content, mime, MediaFileKind.MEDIA)
        _kept[name] = None
        _kept.move_to_end(name)
        if len(_kept) > LIMIT:
            storage.delete_file(_kept.popitem(last=False)[0])
    return f"{st.get_option('server.baseUrlPath').rstrip('/')}{storage.get_url(name)}"


@st.cache_resource(show_spinner=False)
def vega() -> Future[str]:
    """Return the address of `vega_script`, which takes seconds to make."""

    def make() -> str:
        import vl_convert

        vl_convert.vegalite_to_vega({"mark": "point"})  # the first takes longest
        return publish(vega_script(), SCRIPT)

    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="vega").submit(make)


def vega_if_ready() -> str | None:
    """Return Vega's address; None while it is being made."""
    made = vega()
    return made.result() if made.done() else None


def vega_script() -> bytes:
    """Return Vega, Vega-Lite and vega-embed as one script without global names but theirs."""
    import vl_convert

    bundle = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # without a snippet all of it
    return f"(() => {{{bundle}}})();".encode()
