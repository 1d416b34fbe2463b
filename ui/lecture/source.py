"""Code of `vae_core` for a step, taken from the source itself."""

import ast
import importlib
import inspect
import textwrap
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Excerpt(NamedTuple):
    """Code without its docstring: its file relative to the project, its first line there, and its text."""

    file: str
    line: int
    code: str

    @property
    def file_text(self) -> str:
        """Return the text of the file."""
        return (ROOT / self.file).read_text(encoding="utf-8")


@cache
def excerpt(name: str) -> Excerpt:
    """Return the code of a function, method or class of `vae_core` by its name, such as "models.CVAE.encode".

    >>> excerpt("losses.Terms.loss").file
    'vae_core/losses.py'
    """
    module, *path = name.split(".")
    item: Any = importlib.import_module(f"vae_core.{module}")
    for attribute in path:
        item = getattr(item, attribute)
    lines, first = inspect.getsourcelines(item)
    return Excerpt(Path(inspect.getfile(item)).resolve().relative_to(ROOT).as_posix(), first, _without_docstring(lines))


def _without_docstring(lines: list[str]) -> str:
    code = textwrap.dedent("".join(lines))
    [definition] = ast.parse(code).body
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)  # noqa: S101
    result = code.splitlines()
    first = definition.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(definition.body) > 1:
        del result[first.lineno - 1 : first.end_lineno]
    return "\n".join(result).strip("\n")
