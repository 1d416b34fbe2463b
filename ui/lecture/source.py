"""The few lines of `vae_core` that do what a step tells, taken from the source itself."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Excerpt", "excerpt"]

ROOT = Path(__file__).resolve().parents[2]


class Excerpt(NamedTuple):
    """Code without its docstring: its file, seen from the project, its first line there, and its lines."""

    file: str
    line: int
    code: str

    @property
    def whole(self) -> str:
        """The whole file."""
        return (ROOT / self.file).read_text(encoding="utf-8")


@cache
def excerpt(name: str) -> Excerpt:
    """A function, method or class of `vae_core` by its name, such as "losses.kld" or "models.CVAE._condition".

    >>> excerpt("losses.Terms.loss").file
    'vae_core/losses.py'
    """
    module, *path = name.split(".")
    found: Any = importlib.import_module(f"vae_core.{module}")
    for part in path:
        found = getattr(found, part)
    lines, first = inspect.getsourcelines(found)
    return Excerpt(str(Path(inspect.getfile(found)).resolve().relative_to(ROOT)), first, _without_docstring(lines))


def _without_docstring(lines: list[str]) -> str:
    code = textwrap.dedent("".join(lines))
    [definition] = ast.parse(code).body
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)  # noqa: S101
    kept = code.splitlines()
    first = definition.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(definition.body) > 1:
        del kept[first.lineno - 1 : first.end_lineno]
    return "\n".join(kept).strip("\n")
