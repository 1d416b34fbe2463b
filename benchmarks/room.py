"""A room of people: many sessions open Home at the same moment, and each selects images once.

    VAE_DATA=../shared/data python -m benchmarks.room [--sessions 30]

Each session is a websocket that speaks Streamlit's own protocol and then fetches the files of the plots, so that the
server does all that it would do for a browser, and this machine's cores are left to it. The same number of sessions
opens an empty page, in the same run. Prints one JSON object; times are from the request until the script has finished
and everything has been received, `select_s` from the release of a selection, which the browser itself has shown before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.app_server import Server, serve

IMAGES = list(range(100))  # that are selected
PATIENCE_S = 120.0
PROTOCOL = websockets.Subprotocol("streamlit")


class Session:
    """One visitor: what the server has sent, and the component with the latent spaces."""

    def __init__(self, socket: websockets.ClientConnection, url: str) -> None:
        self.socket, self.url = socket, url
        self.received = 0
        self.exceptions = 0
        self.component: Any = None
        self.data: dict[str, Any] = {}
        self.fragment = ""

    async def ask(self, message: BackMsg) -> float:
        """Send a request; seconds until the script that it starts has finished."""
        began = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE_S):
            while not self._take(await self.socket.recv()):
                pass
        return time.perf_counter() - began

    def _take(self, raw: str | bytes) -> bool:
        """Read one message; whether it says that a script has finished."""
        message = ForwardMsg()
        message.ParseFromString(raw if isinstance(raw, bytes) else raw.encode())
        self.received += len(raw)
        element = message.delta.new_element
        self.exceptions += element.WhichOneof("type") == "exception"
        if element.WhichOneof("type") == "bidi_component" and '"spaces"' in element.bidi_component.json:
            self.component = element.bidi_component
            self.data = json.loads(element.bidi_component.json)
            self.fragment = message.delta.fragment_id or self.fragment
        return message.WhichOneof("type") == "script_finished"

    async def open(self) -> float:
        """Open the page, and fetch what its plots show."""
        began = time.perf_counter()
        await self.ask(BackMsg(rerun_script={"query_string": "", "page_script_hash": ""}))
        for space in self.data.get("spaces", ()):
            self.received += len(await asyncio.to_thread(_fetched, self.url + space["points"]))
        return time.perf_counter() - began

    async def select(self) -> tuple[float, list[int]]:
        """Release a selection; seconds, and the images that the server then knows to be selected."""
        message = BackMsg()
        message.rerun_script.fragment_id = self.fragment
        state = message.rerun_script.widget_states.widgets.add()
        state.id, state.json_value = self.component.id, json.dumps({"view": self.data["view"] | {"rows": IMAGES}})
        seconds = await self.ask(message)
        return seconds, self.data["view"]["rows"]

    @property
    def complete(self) -> bool:
        """Whether everything has come that is prepared in the background."""
        return bool(self.data.get("vega")) and all(space.get("decoder") for space in self.data["spaces"])


def _fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as reply:
        return bytes(reply.read())


async def room(server: Server, empty: Server, sessions: int) -> dict[str, Any]:
    """All sessions at once; failed ones are counted, not raised."""

    def connected(server: Server) -> websockets.connect:
        address = server.url.replace("http://", "ws://") + "_stcore/stream"
        return websockets.connect(address, subprotocols=[PROTOCOL], max_size=None)

    async def visitor() -> tuple[float, float, int]:
        async with connected(server) as socket:
            session = Session(socket, server.url.rstrip("/"))
            opened = await session.open()
            selected, images = await session.select()
            if session.exceptions or len(session.data["spaces"]) != 3 or images != IMAGES:
                raise RuntimeError(f"{session.exceptions} exceptions, {len(images or ())} images selected")
            return opened, selected, session.received

    async def lecturer() -> float:
        """Opens Home before the others come, and stays until it is all there."""
        async with connected(server) as socket:
            session = Session(socket, server.url.rstrip("/"))
            opened = await session.open()
            while not session.complete:
                await asyncio.sleep(1)
                await session.open()
            return opened

    async def passer_by() -> float:
        async with connected(empty) as socket:
            return await Session(socket, empty.url).open()

    await passer_by()
    first = await lecturer()
    nothing = await asyncio.gather(*(passer_by() for _ in range(sessions)))
    results = await asyncio.gather(*(visitor() for _ in range(sessions)), return_exceptions=True)
    good = [result for result in results if not isinstance(result, BaseException)]
    failures = [repr(result) for result in results if isinstance(result, BaseException)]
    return {
        "sessions": sessions,
        "failed": len(failures),
        "failures": failures[:3],
        "first_open_s": round(first, 2),
        **_spread("empty_s", nothing),
        **_spread("open_s", [result[0] for result in good]),
        **_spread("select_s", [result[1] for result in good]),
        "mb_per_session": round(statistics.median(result[2] for result in good) / 1e6, 2) if good else None,
        "server_mb": _memory_mb(server.process.pid),
    }


def _spread(name: str, values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    last = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {f"{name}_median": round(statistics.median(ordered), 2), f"{name}_p95": round(last, 2)}


def _memory_mb(pid: int) -> float | None:
    """Resident memory of a process, where /proc tells it."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:  # noqa: PTH123
            kilobytes = next(line.split()[1] for line in status if line.startswith("VmRSS"))
    except (OSError, StopIteration):
        return None
    return round(int(kilobytes) / 1024)


def measure(sessions: int) -> dict[str, Any]:
    """Start the app and fill the room."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "empty.py"
        script.write_text("import streamlit as st\nst.write('empty')\n")
        with serve() as server, serve(script, root=script.parent) as empty:  # with Streamlit's own settings
            return asyncio.run(room(server, empty, sessions))


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=30)
    print(json.dumps(measure(parser.parse_args().sessions)))


if __name__ == "__main__":
    main()
