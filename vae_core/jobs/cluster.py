"""The engine process: a Dask cluster on this machine. It ends with its standard input, so it cannot outlive the app."""

import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from .request import MAX_MODELS

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


def serve() -> NoReturn:
    """Start a local cluster, print its address and certificates as one line of JSON, and end with standard input."""
    import dask
    from distributed import LocalCluster
    from distributed.security import Security

    lower_priority()
    dask.config.set(DASK)
    security = Security.temporary()
    cluster = LocalCluster(
        n_workers=worker_count(),
        threads_per_worker=1,
        host="127.0.0.1",
        protocol="tls://",
        security=security,
        dashboard_address=None,
        worker_dashboard_address=None,
        memory_limit=None,
        silence_logs=50,
    )
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
