"""Who may import whom: read off the import statements, lazy ones and those for types included."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.helpers import ROOT

# Each module or package of the library imports only from those before it.
LIBRARY = (
    *("atomic", "places", "errors", "setting", "datasets", "config", "sheets", "history", "losses", "conventions"),
    *("data", "download", "devices", "models", "latents", "evaluation", "steps", "resumption", "training", "runs"),
    *("evidence", "jobs", "cli", "__main__"),
)
# Each package of the app imports from the rows before its own and from its row. Every other package belongs to a page:
# it imports from all of these, and from no other page's.
APP = (("charts", "components"), ("store",), ("shell",), ("spaces", "generated", "jobs"), ("export",))


def imports(source: str, module: str, package: bool = False) -> set[str]:
    """Full names of everything that a module's source imports, wherever the statement stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            up = module.split(".")[: len(module.split(".")) - node.level + package] if node.level else []
            base = ".".join((*up, *([node.module] if node.module else [])))
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def modules(*patterns: str) -> Iterator[tuple[str, set[str]]]:
    """Path and imports of every module that the patterns match."""
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
        relative = path.relative_to(ROOT)
        package = path.name == "__init__.py"
        parts = relative.parent.parts if package else relative.with_suffix("").parts
        yield str(relative), imports(path.read_text(encoding="utf-8"), ".".join(parts), package)


def users(package: str, *patterns: str) -> set[str]:
    """The modules that import a package or something in it."""
    return {path for path, found in modules(*patterns) if any(name.split(".")[0] == package for name in found)}


CORE, UI, PAGES = "vae_core/**/*.py", "ui/**/*.py", "pages/*.py"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import torch.nn as nn", {"torch.nn"}),
        ("def f():\n    from ..config import KINDS", {"vae_core.config.KINDS"}),
        ("if TYPE_CHECKING:\n    from .. import training", {"vae_core.training"}),
        ("from .info import RunInfo", {"vae_core.runs.info.RunInfo"}),
        ("from vae_core.models import VAE", {"vae_core.models.VAE"}),
    ],
)
def test_every_form_of_import_is_seen(source, expected):
    assert imports(source, "vae_core.runs.files") == expected


def test_a_package_is_where_its_own_imports_start():
    assert imports("from .info import RunInfo", "vae_core.runs", package=True) == {"vae_core.runs.info.RunInfo"}


def test_everything_has_its_place():
    core = {Path(path).relative_to("vae_core").parts[0].removesuffix(".py") for path, _ in modules(CORE)}
    app = {Path(path).relative_to("ui").parts[0] for path, _ in modules(UI)}
    assert core - {"__init__"} <= set(LIBRARY)
    assert app - {"__init__.py"} >= {name for row in APP for name in row}
    assert not [name for name in app - {"__init__.py"} if name.endswith(".py")]  # no loose module


def test_imports_go_one_way():
    assert {*against_the_order(CORE, library_allows), *against_the_order(UI, app_allows)} == set()


def against_the_order(pattern: str, allows: Callable[[str, str], bool]) -> Iterator[tuple[str, str]]:
    """Every file with an import that its package is not allowed."""
    root = pattern.split("/")[0]
    for path, found in modules(pattern):
        own = Path(path).relative_to(root).parts[0].removesuffix(".py")
        targets = {name.split(".")[1] for name in found if name.startswith(f"{root}.")} - {own}
        yield from ((path, target) for target in targets if own != "__init__" and not allows(own, target))


def library_allows(own: str, target: str) -> bool:
    return target not in LIBRARY or LIBRARY.index(target) < LIBRARY.index(own)


def app_allows(own: str, target: str) -> bool:
    row = {name: number for number, names in enumerate(APP) for name in names}
    return target in row and row[target] <= row.get(own, len(APP))


def test_run_files_are_read_without_torch():
    """Models and training are imported where a model is built, or for types alone."""
    for path in ROOT.glob("vae_core/runs/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        at_once = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        found = imports("\n".join(at_once), f"vae_core.runs.{path.stem}")
        slow = ("torch", "vae_core.models", "vae_core.training", "vae_core.data", "vae_core.losses", "vae_core.devices")
        assert not [name for name in found if name.startswith(slow)], path


@pytest.mark.parametrize("package", ["ui", "pages", "app", "streamlit", "altair"])
def test_the_library_knows_nothing_of_the_app(package):
    assert users(package, CORE) == set()


def test_nobody_imports_pages():
    for package in ("pages", "app"):
        assert users(package, "app.py", UI, PAGES) == set()


def test_only_the_charts_import_altair():
    found = users("altair", "*.py", UI, PAGES, "benchmarks/**/*.py")
    assert found
    assert all(path.startswith("ui/charts/") for path in found)


def test_streamlit_stays_in_the_app():
    assert users("streamlit", "*.py", CORE) <= {"app.py"}


@pytest.mark.parametrize("package", ["torch", "pandas", "altair"])
def test_pages_draw_nothing_and_compute_nothing(package):
    assert users(package, "app.py", PAGES) == set()
