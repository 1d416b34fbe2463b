"""Standard output that takes every letter, and that says in one line when it takes nothing any more."""

import codecs
import os
import sys

PLAIN = {"−": "-", "–": "-", "—": "-", "·": "*", "×": "x", "±": "+-", "≤": "<=", "≥": ">=", "‖": "||", "…": "...",
         "β": "beta", "σ": "sigma", "µ": "mu"}  # fmt: skip


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


def accept_every_letter() -> None:
    """Let standard output write what its encoding lacks, as cp1252 lacks β, in other words."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="plain")


def give_up() -> None:
    """Throw away what is still to be written, which would fail again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
