"""Where the app's folders are, from whatever folder it was started. Imports nothing of the library."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # of the project's source tree
LITERATURE = Path(__file__).parent / "literature.json"  # as benchmarks/papers.py writes it


def place(variable: str, name: str) -> Path:
    """Return the folder that an environment variable names, else the one of that name beside the app.

    Of a library that is installed without the app it is in the current folder.
    """
    if path := os.environ.get(variable):
        return Path(path)
    beside_app = (ROOT / "app.py").is_file() and Path.cwd() != ROOT
    return ROOT / name if beside_app else Path(name)
