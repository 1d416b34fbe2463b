"""The command line: `python -m vae_core COMMAND --help` explains itself.

Results go to standard output (with --json one JSON object and nothing else), progress to standard error. Exit status:
0 done, 1 the work failed, 2 wrong usage; an error is one plain line on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from . import cli
from .cli.options import UsageError
from .runs import RunError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    args = _parser().parse_args(arguments)
    try:
        result = args.command(args)
    except (UsageError, ValueError) as error:
        return _fail(error, 2)
    except (RunError, OSError) as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("stopped; nothing was written", 1)
    except Exception as error:
        if type(error).__module__.startswith(
            f"{__package__}."
        ):  # the library's own errors, without importing torch here
            return _fail(error, 1)
        raise
    if args.json:
        print(json.dumps(result, allow_nan=False))
    else:
        args.show(result)
    return 0 if all(file["ok"] for file in result.get("files", ())) and not result.get("failed") else 1


def _fail(reason: object, status: int) -> int:
    print(f"vae_core: {reason}", file=sys.stderr)
    return status


class _Parser(argparse.ArgumentParser):
    """Wrong usage is one plain line as well."""

    def error(self, message: str) -> NoReturn:
        raise SystemExit(_fail(message, 2))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m vae_core", description="Train, inspect and measure AE, VAE and cVAE.")
    added = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., Any], show: Callable[..., None], text: str) -> argparse.ArgumentParser:
        sub = added.add_parser(name, help=text, description=text)
        sub.set_defaults(command=run, show=show)
        sub.add_argument("--json", action="store_true", help="print one JSON object on standard output")
        return sub

    cli.add_all(command)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
