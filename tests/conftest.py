"""Data sets, one small trained run of each kind, the app with the shipped runs, and a browser to visit it."""

import functools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import torch
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from tests.support import published
from tests.support.app_server import NO_ENGINE, Server, browser, chromium, serve
from tests.support.helpers import EPOCHS, ROOT, SHIPPED, linked, small_model, small_training
from tests.support.queues import clear
from tests.support.screens import forget
from tests.support.visits import Visit
from ui.jobs import client
from ui.store import files, images
from vae_core.__main__ import main
from vae_core.config import KINDS
from vae_core.data import ImageSet, load_dataset
from vae_core.errors import DataError
from vae_core.jobs import Queue
from vae_core.jobs.engine import Engine, connect
from vae_core.latents import Frame
from vae_core.runs import Run, from_trained, save_run
from vae_core.training import train

collect_ignore = ["support/decoder_app.py"]  # a page

# One thread: these models are so small that several would mostly wait for each other.
torch.set_num_threads(1)
os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that tests start

settings.register_profile("here", deadline=None, max_examples=60, database=None)
settings.load_profile("here")


class Splits(NamedTuple):
    train: ImageSet
    test: ImageSet


@pytest.fixture(scope="session")
def digits() -> Splits:
    return Splits(load_dataset("digits", split="train"), load_dataset("digits", split="test"))


@pytest.fixture(scope="session")
def mnist(digits: Splits) -> Splits:
    """MNIST where it is on this machine, else the digits."""
    root = ROOT / (os.environ.get("VAE_DATA") or "../shared/data")
    try:
        return Splits(load_dataset("mnist", root, "train"), load_dataset("mnist", root, "test"))
    except DataError:
        return digits


@pytest.fixture(scope="session")
def trainings(digits: Splits) -> dict[str, list[Frame]]:
    """Everything that a training of each kind yielded."""
    config = small_training(epochs=EPOCHS)
    return {kind: list(train(small_model(kind), config, *digits, "cpu")) for kind in KINDS}


@pytest.fixture(scope="session")
def runs(trainings: dict[str, list[Frame]], digits: Splits) -> dict[str, Run]:
    return {kind: from_trained(progress[-1].trained, *digits) for kind, progress in trainings.items()}


@pytest.fixture
def run_files(runs: dict[str, Run], tmp_path: Path) -> dict[str, Path]:
    """A folder with a saved run of each kind, new for every test."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    return {kind: save_run(folder / f"{run.info.id}.safetensors", run).path for kind, run in runs.items()}


# ---- the app by Streamlit's own test harness ----


@pytest.fixture(scope="session", autouse=True)
def once() -> Iterator[None]:
    """Keep what is the same for every test and takes long: Vega's script, and Streamlit's look for packages.

    Each page of the test harness looks through all that is installed for components, and caches are emptied often.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "vega_script", functools.cache(files.vega_script))
        patch.setattr(
            manifest_scanner, "scan_component_manifests", functools.cache(manifest_scanner.scan_component_manifests)
        )
        yield


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped files for a module's tests that only look: what is cached of them serves them all."""
    forget()
    return linked(tmp_path_factory.mktemp("hall") / "checkpoints")


@pytest.fixture
def pages(hall: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The app with the shipped files, and a queue for each test, whose engine starts only if something is asked."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("VAE_CHECKPOINTS", str(hall))
    # The test harness has a runtime only while a page runs; what is made in the background comes later.
    runtime = SimpleNamespace(media_file_mgr=MediaFileManager(MemoryMediaFileStorage("/media")))
    monkeypatch.setattr(files, "get_instance", lambda: runtime)
    monkeypatch.setattr(images, "HEAD_START_S", 0)  # there is no browser that would be kept waiting
    monkeypatch.setattr(files, "publish", published.keep)
    monkeypatch.setattr(Queue, "warm", lambda queue: None)
    client.queue.cache_clear()
    yield
    client.queue().close()
    client.queue.cache_clear()


@pytest.fixture
def fresh(pages: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with the shipped files for one test alone."""
    folder = linked(tmp_path / "checkpoints")
    monkeypatch.setenv("VAE_CHECKPOINTS", str(folder))
    return folder


@pytest.fixture
def forgetful() -> Iterator[None]:
    """Nothing is cached before and after: for what is not cached by its path, such as a data set's images."""
    forget()
    yield
    forget()


# ---- the app in a real browser ----


@pytest.fixture(scope="session")
def browsing() -> None:
    """Skip where there is no browser."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        reason = "Playwright is not installed"
    else:
        reason = None if chromium() else "there is no Chromium on this machine"
    if reason and os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="module")  # no longer: where Playwright runs, nothing else can run an asyncio loop
def chrome(browsing: None) -> Iterator:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="session")
def shipped_app(browsing: None) -> Iterator[Server]:
    """The app with the shipped runs, one server for all tests that only look: each visit is a session of its own."""
    with serve(environment={"VAE_CHECKPOINTS": str(SHIPPED), "VAE_SCHEDULER": NO_ENGINE}) as server:
        yield server


@pytest.fixture(scope="session")
def app(shipped_app: Server) -> Server:
    """What is visited, unless a module has a server of its own."""
    return shipped_app


@pytest.fixture
def visit(chrome, app: Server) -> Iterator[Callable[..., Visit]]:
    """Open a page by its path; at the end of the test it is closed, and what went wrong on it is told."""
    with ExitStack() as opened:
        yield lambda path="", **context: opened.enter_context(closing(Visit(chrome, app, path, **context)))


# ---- the queue: one engine for all, a queue and a folder for each test ----


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The real one, as on a machine without any data set but the digits."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VAE_DEVICE", "cpu")
        environment.setenv("VAE_DATA", str(tmp_path_factory.mktemp("no data")))
        environment.delenv("VAE_SCHEDULER", raising=False)
        engine = connect()
    close, engine.close = engine.close, lambda: None  # a queue that is closed leaves it to the next one
    yield engine
    close()


@pytest.fixture
def new_queue(engine: Engine) -> Iterator[Callable[..., Queue]]:
    queues: list[Queue] = []

    def make(**settings: object) -> Queue:
        queues.append(Queue(**({"engine": lambda: engine} | settings)))
        return queues[-1]

    yield make
    for queue in queues:
        clear(queue)
        queue.close()


@pytest.fixture
def queue(new_queue: Callable[..., Queue]) -> Queue:
    return new_queue()


@pytest.fixture
def served(pages: None, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages' queue is served by that engine."""
    monkeypatch.setattr(client, "queue", functools.cache(lambda: Queue(lambda: engine)))


@pytest.fixture
def local(tmp_path: Path) -> Path:
    return tmp_path / "local"


# ---- the command line ----


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a command looks when it is told nothing else."""
    monkeypatch.setenv("VAE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("VAE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("VAE_DEVICE", "cpu")
    return tmp_path / "checkpoints"


@pytest.fixture
def call(checkpoints: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command; exit status, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:  # as argparse ends
            status = end.code
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def answer(call: Callable[..., tuple[int, str, str]]) -> Callable[..., dict]:
    """Run a command that succeeds; the one JSON object on standard output."""

    def run(*arguments: object) -> dict:
        status, out, _ = call(*arguments, "--json")
        assert status == 0
        assert out.count("\n") == 1
        return json.loads(out)

    return run
