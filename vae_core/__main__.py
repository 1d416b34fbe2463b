"""The command line: `python -m vae_core COMMAND --help` explains itself.

Results go to standard output (with --json one JSON object and nothing else), progress to standard error. Exit status:
0 done, 1 the work failed, 2 wrong usage, 130 interrupted; an error is one plain line on standard error.
"""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from . import cli
from .cli import output
from .errors import UsageError, VaeError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    args = _parser().parse_args(arguments)
    try:
        result = args.command(args)
    except (UsageError, ValueError) as error:
        return _fail(error, 2)
    except (VaeError, OSError) as error:
        return _fail(error, 1)
    try:
        if args.json:
            print(json.dumps(result, allow_nan=False))
        else:
            args.show(result)
        sys.stdout.flush()
    except OSError as error:  # a full disk, or `| head`
        output.give_up()
        return _fail(f"the result could not be written: {error.strerror}", 1)
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


def run_process() -> int:
    """Run the command that this process was started with; being interrupted is an exit status only here."""
    output.accept_every_letter()
    try:
        return main()
    except KeyboardInterrupt:
        return _fail("stopped; nothing was written", 130)


if __name__ == "__main__":
    raise SystemExit(run_process())
