"""Where trainings run: a Dask cluster in an engine process of its own, or a cluster named by VAE_SCHEDULER.

The engine is `python -m vae_core engine`. It ends when its standard input closes, so it cannot outlive the app.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from ..errors import JobError
from . import worker
from .request import MAX_MODELS
from .speed import Speed

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

__all__ = ["Engine", "connect", "serve_engine"]

GPU_FILES = ("nvidiactl", "dxg", "kfd")  # CUDA, CUDA under Windows' Linux, ROCm
USUAL_DATASETS = ("mnist", "digits")
START_S = 60.0
STOP_S = 2.0
LOW_PRIORITY = 10
DASK = {  # one repetition after a worker died; few events are kept, for each carries a picture
    "distributed.scheduler.allowed-failures": 1,
    "distributed.admin.low-level-log-length": 50,
    "distributed.worker.profile.enabled": False,
    # Dask also sets MALLOC_TRIM_THRESHOLD_: then every step takes its memory from the system anew, at half the speed.
    "distributed.nanny.pre-spawn-environ": dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), 1),
}
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Engine:
    """A connection to running workers.

    Arguments:
        client: Dask's client.
        devices: How many requests can be served at a time.
        speed: What was measured when it started.
        alive: Whether the workers can still be reached.
        close: Ends the connection, and the engine with it if it is this process's own.
    """

    client: Client
    devices: int
    speed: Speed
    alive: Callable[[], bool]
    close: Callable[[], None]


def connect() -> Engine:
    """Start the local engine, or connect to VAE_SCHEDULER. JobError if that fails."""
    address = os.environ.get("VAE_SCHEDULER")
    try:
        return _remote(address) if address else _local()
    except JobError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        where = f"The training cluster at {address}" if address else "The training engine"
        raise JobError(f"{where} could not be reached: {reason}") from None


def _remote(address: str) -> Engine:
    parts = urlsplit(address)
    if parts.scheme not in ("tls", "tcp") or not parts.hostname:
        raise JobError(f"VAE_SCHEDULER must be tls://HOST:PORT, got {address!r}")
    if parts.scheme == "tcp" and parts.hostname not in LOOPBACK:
        raise JobError(
            "VAE_SCHEDULER must be tls:// unless it is on this machine: who reaches a Dask port can run code"
        )
    client = _client(address, None)
    try:
        return _engine(client, lambda: client.status == "running", client.close)
    except BaseException:
        client.close(timeout=STOP_S)
        raise


def _local() -> Engine:
    process = subprocess.Popen(
        [sys.executable, "-m", "vae_core", "engine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in the app's terminal is for the app
        env=os.environ | {"PYTHONPATH": _python_path(), "PYTHONWARNINGS": "ignore"},
    )
    try:
        told = json.loads(_first_line(process))
        client = _client(told["scheduler"], _security(**told["tls"]))
    except BaseException:
        process.kill()
        raise

    def close() -> None:
        if process.stdin is not None:
            process.stdin.close()
        client.close(timeout=STOP_S)
        try:
            process.wait(timeout=2 * STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()

    try:
        return _engine(client, lambda: process.poll() is None and client.status == "running", close)
    except BaseException:
        close()
        raise


def _python_path() -> str:
    """Where the engine finds this library, wherever the app was started."""
    root = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join((root, *filter(None, [os.environ.get("PYTHONPATH")])))


def _first_line(process: subprocess.Popen[bytes]) -> str:
    """What the engine says when it is ready. TimeoutError if it takes too long, RuntimeError if it ends before."""
    lines: list[bytes] = []
    assert process.stdout is not None  # noqa: S101
    reader = threading.Thread(target=lambda out: lines.append(out.readline()), args=(process.stdout,), daemon=True)
    reader.start()
    reader.join(START_S)
    if not lines:
        raise TimeoutError(f"it did not start within {START_S:.0f} s")
    if not lines[0]:
        raise RuntimeError("it stopped while starting")
    return lines[0].decode()


def _client(address: str, security: Security | None) -> Client:
    from distributed import Client

    return Client(address, security=security, set_as_default=False, timeout=START_S)


def _security(ca: str, certificate: str, key: str) -> Security:
    from distributed.security import Security

    return Security(require_encryption=True, tls_ca_file=ca, tls_client_cert=certificate, tls_client_key=key)


def _engine(client: Client, alive: Callable[[], bool], close: Callable[[], None]) -> Engine:
    """Warm the workers up and measure them, all at once, for they will share the machine."""
    addresses = list(client.scheduler_info(n_workers=-1)["workers"])
    if not addresses:
        raise RuntimeError("it has no workers")
    measured = _on_each(client, addresses, worker.warm_up, USUAL_DATASETS)
    devices = len(set(_on_each(client, addresses, worker.device_name)))
    slowest = [max((one[size] for one in measured), key=itemgetter(2)) for size in (0, 1)]
    speed = Speed.fitted(slowest[0], slowest[1], max(len(addresses) // devices, 1))
    return Engine(client, devices, speed, alive, close)


def _on_each(client: Client, addresses: list[str], function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """A function's result in a task of every worker, at the same time."""
    name = f"{function.__name__}-{uuid.uuid4().hex}"
    futures = [
        client.submit(function, *arguments, key=f"{name}-{address}", workers=[address], pure=False)
        for address in addresses
    ]
    return client.gather(futures)


# ---- the engine process ----


def serve_engine() -> NoReturn:
    """Start a local cluster, tell its address and certificates in one line of JSON, and end with standard input."""
    import dask
    from distributed import LocalCluster
    from distributed.security import Security

    os.nice(LOW_PRIORITY)
    dask.config.set(DASK)
    security = Security.temporary()
    cluster: Any = LocalCluster(
        n_workers=_local_workers(),
        threads_per_worker=1,
        host="127.0.0.1",
        protocol="tls://",
        security=security,
        dashboard_address=None,
        worker_dashboard_address=None,
        memory_limit=None,
        silence_logs=50,
    )
    tls = {"ca": security.tls_ca_file, "certificate": security.tls_client_cert, "key": security.tls_client_key}
    print(json.dumps({"scheduler": cluster.scheduler_address, "tls": tls}), flush=True)  # noqa: T201
    sys.stdin.buffer.read()
    closing = threading.Thread(target=_close_quietly, args=(cluster,), daemon=True)
    closing.start()
    closing.join(STOP_S)
    os._exit(0)  # what is left of the workers ends with this process


def _close_quietly(cluster: Any) -> None:
    with suppress(Exception):
        cluster.close(timeout=STOP_S)


def _local_workers() -> int:
    """One on a GPU; on the CPU as many as cores, and no more than a request has models."""
    if _may_have_gpu():
        from ..devices import resolve_device  # imports torch, which takes seconds

        if resolve_device().type != "cpu":
            return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, MAX_MODELS))


def _may_have_gpu() -> bool:
    if os.environ.get("VAE_DEVICE") == "cpu":
        return False
    return sys.platform != "linux" or any(Path("/dev", name).exists() for name in GPU_FILES)
