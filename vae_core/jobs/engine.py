"""The engine: where trainings run, a process of this app or the Dask cluster that VAE_SCHEDULER names."""

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from ..errors import JobError
from ..places import ROOT
from . import worker
from .job import MAX_MODELS

COMMON_DATASETS = ("mnist", "digits")
START_S, STOP_S = 120.0, 2.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
GPU_FILES = ("nvidiactl", "dxg", "kfd")  # CUDA, CUDA under Windows' Linux, ROCm
LOW_PRIORITY = 10
TLS = ("tls_ca_file", "tls_client_cert", "tls_client_key")
DASK = {  # one repetition after a worker died; few events are kept, for each carries a picture
    "distributed.scheduler.allowed-failures": 1,
    "distributed.admin.low-level-log-length": 50,
    "distributed.worker.profile.enabled": False,
    # Dask also sets MALLOC_TRIM_THRESHOLD_: then every step takes its memory from the system anew, at half the speed.
    "distributed.nanny.pre-spawn-environ": dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), 1),
}


class Engine:
    """Hold a connection to running workers, which are warmed up first.

    Arguments:
        address: Of the scheduler.
        tls: Certificates by their names in Dask's `Security`; None for those in Dask's settings.
        process: The scheduler's, if it is this app's own.

    Attributes:
        client: Dask's client.
        devices, workers: How many requests can be served at a time, and how many workers each has.
        hardware: Device and precision of their trainings, as in a run file.
    """

    def __init__(
        self, address: str, tls: dict[str, str] | None = None, process: subprocess.Popen[bytes] | None = None
    ) -> None:
        from distributed import Client
        from distributed.security import Security

        self._process = process
        security = Security(require_encryption=True, **tls) if tls else None
        self.client = Client(address, security=security, set_as_default=False, timeout=START_S)
        try:
            workers = list(self.client.run(worker.warm_up, COMMON_DATASETS).values())
            if not workers:
                raise RuntimeError("it has no workers")
        except BaseException:
            self.close()
            raise
        self.devices = len({device for device, _ in workers})
        self.workers, self.hardware = len(workers) // self.devices, workers[0][1]

    def alive(self) -> bool:
        """Tell whether the workers can still be reached."""
        return self.client.status == "running" and (self._process is None or self._process.poll() is None)

    def close(self) -> None:
        """End the connection, and the engine with it if it is this app's own."""
        with suppress(Exception):  # it may be gone already
            self.client.close(timeout=STOP_S)
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.communicate(timeout=2 * STOP_S)  # closes its input, at which it ends
            self._process.kill()


def connect() -> Engine:
    """Start the local engine, or connect to VAE_SCHEDULER. JobError if that fails."""
    address = os.environ.get("VAE_SCHEDULER") or ""
    url = urlsplit(address)
    if address and (url.scheme not in ("tls", "tcp") or not url.hostname):
        raise JobError(f"VAE_SCHEDULER must be tls://HOST:PORT, got {address!r}")
    if url.scheme == "tcp" and url.hostname not in LOOPBACK:
        raise JobError("VAE_SCHEDULER must be tls:// unless it is on this machine: a Dask port lets anyone run code")
    try:
        return Engine(address) if address else _local()
    except Exception as error:
        source = f"The training cluster at {address}" if address else "The training engine"
        raise JobError(f"{source} could not be reached: {' '.join(str(error).split())[:200]}") from None


def _local() -> Engine:
    # The engine finds this library wherever the app was started.
    python_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, "-m", "vae_core", "engine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in the app's terminal is for the app
        env=os.environ | {"PYTHONPATH": python_path, "PYTHONWARNINGS": "ignore"},
    )
    timer = threading.Timer(START_S, process.kill)
    timer.start()
    try:
        line = process.stdout.readline() if process.stdout is not None else b""
        timer.cancel()
        if not line:
            raise RuntimeError("it stopped while starting")
        address, tls = json.loads(line)
        return Engine(address, tls, process)
    except BaseException:
        process.kill()
        raise


def serve() -> NoReturn:
    """Be the engine process: start a cluster, print its address and certificates as JSON, end with standard input."""
    import dask
    from distributed import LocalCluster
    from distributed.security import Security

    lower_priority()
    dask.config.set(DASK)
    security = Security.temporary()
    cluster = LocalCluster(
        n_workers=worker_count(), threads_per_worker=1, host="127.0.0.1", protocol="tls://", security=security,
        dashboard_address=None, worker_dashboard_address=None, memory_limit=None, silence_logs=50,
    )  # fmt: skip
    certificates = {name: getattr(security, name) for name in TLS}
    print(json.dumps([cluster.scheduler_address, certificates]), flush=True)  # noqa: T201
    sys.stdin.buffer.read()
    os._exit(0)  # the workers end with this process


def lower_priority() -> None:
    """Let the app go first, where the system has priorities of this kind: Windows has none."""
    if hasattr(os, "nice"):
        os.nice(LOW_PRIORITY)


def worker_count() -> int:
    """Return one on a GPU; on the CPU as many as cores, and no more than a request has models."""
    from dask import system

    no_gpu = sys.platform == "linux" and not any(Path("/dev", name).exists() for name in GPU_FILES)
    if os.environ.get("VAE_DEVICE") != "cpu" and not no_gpu:
        from ..devices import resolve_device  # imports torch, which takes seconds

        if resolve_device().type != "cpu":
            return 1
    return min(system.cpu_count(), MAX_MODELS)
