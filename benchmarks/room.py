"""A room of people: many sessions open Home at the same moment, and each brushes over a plot once.

    VAE_DATA=../shared/data python -m benchmarks.room [--sessions 30]

Each session is a websocket that speaks Streamlit's own protocol, so that the server does all that it would do for a
browser, and this machine's cores are left to it. Prints one JSON object; times are from the request until the script
has finished and everything has been received.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
import urllib.request
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.app_server import Server, serve

BRUSH = {"selection": {"area": {"x": [-1.0, 1.0], "y": [-1.0, 1.0]}}}
PATIENCE_S = 120.0
PROTOCOL = websockets.Subprotocol("streamlit")


class Session:
    """One visitor: what the server has sent, and what it says of the charts."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.received = 0
        self.exceptions = 0
        self.charts: dict[str, Any] = {}
        self.fragment = ""
        self.prepared = False

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
        if element.WhichOneof("type") == "exception":
            self.exceptions += 1
        self.prepared |= element.WhichOneof("type") == "bidi_component"
        if element.WhichOneof("type") == "vega_lite_chart":
            self.charts[json.loads(element.vega_lite_chart.spec)["title"]["text"]] = element.vega_lite_chart
            self.fragment = message.delta.fragment_id or self.fragment
        return message.WhichOneof("type") == "script_finished"

    async def open(self) -> float:
        """Open Home."""
        return await self.ask(BackMsg(rerun_script={"query_string": "", "page_script_hash": ""}))

    async def brush(self) -> tuple[float, int]:
        """Select an area of the VAE's plot; seconds, and how many images lit up in the three plots."""
        chart = self.charts["VAE · KLD"]
        message = BackMsg()
        message.rerun_script.fragment_id = self.fragment
        state = message.rerun_script.widget_states.widgets.add()
        state.id, state.string_value = chart.id, json.dumps(BRUSH)
        seconds = await self.ask(message)
        return seconds, min(_rows(chart, "lit") for chart in self.charts.values())


def _rows(chart: Any, name: str) -> int:
    import pyarrow as pa

    data = next(dataset.data.data for dataset in chart.datasets if dataset.name == name)
    return int(pa.ipc.open_stream(data).read_all().num_rows)


async def room(server: Server, sessions: int) -> dict[str, Any]:
    """All sessions at once; failed ones are counted, not raised."""
    address = server.url.replace("http://", "ws://") + "_stcore/stream"

    async def visitor() -> tuple[float, float, int]:
        async with websockets.connect(address, subprotocols=[PROTOCOL], max_size=None) as socket:
            session = Session(socket)
            opened = await session.open()
            brushed, lit = await session.brush()
            if session.exceptions or len(session.charts) != 3 or lit == 0:
                raise RuntimeError(f"{session.exceptions} exceptions, {len(session.charts)} charts, {lit} images lit")
            return opened, brushed, session.received

    async def lecturer() -> float:
        """Opens Home before the others come, and stays until it is all there."""
        async with websockets.connect(address, subprotocols=[PROTOCOL], max_size=None) as socket:
            session = Session(socket)
            opened = await session.open()
            while not session.prepared:
                await asyncio.sleep(1)
                await session.open()
            return opened

    first = await lecturer()
    results = await asyncio.gather(*(visitor() for _ in range(sessions)), return_exceptions=True)
    good = [result for result in results if not isinstance(result, BaseException)]
    failures = [repr(result) for result in results if isinstance(result, BaseException)]
    return {
        "sessions": sessions,
        "failed": len(failures),
        "failures": failures[:3],
        "first_open_s": round(first, 2),
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
    with serve() as server:
        with urllib.request.urlopen(server.url, timeout=10):
            pass
        return asyncio.run(room(server, sessions))


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=30)
    print(json.dumps(measure(parser.parse_args().sessions)))


if __name__ == "__main__":
    main()
