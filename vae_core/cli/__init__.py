"""The commands of `python -m vae_core`, by what they are about."""

from . import files, measuring, training
from .common import Add

__all__ = ["add_all"]


def add_all(command: Add) -> None:
    """Add every command to the parser."""
    for module in (training, files, measuring):
        module.add(command)
