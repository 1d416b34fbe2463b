"""The command `python -m ui.export`: the latent spaces as one HTML file. Exit status as of `python -m vae_core`."""

import argparse
import logging
import sys
from pathlib import Path
from typing import NoReturn

from ui import store
from ui.export.document import Theme, html_file
from ui.export.grid import grids
from ui.shell import words
from ui.shell.choose import PREFERRED
from vae_core.atomic import write_atomically
from vae_core.cli import output
from vae_core.config import DATASETS
from vae_core.errors import UsageError, VaeError
from vae_core.runs import RunInfo

THEMES: tuple[Theme, ...] = ("auto", "light", "dark")


def main(arguments: list[str] | None = None) -> int:
    """Write the file, say what is in it, and return the exit status."""
    args = _parser().parse_args(arguments)
    logging.getLogger("streamlit").setLevel(logging.ERROR)  # it warns that no app is running
    try:
        infos = runs(args.dataset, args.seed)
        content = html_file(infos, args.theme)
        _write(args.out, content)
    except (VaeError, OSError) as error:
        return _fail(error, 1)
    try:
        print(summary(args.out, content, infos), flush=True)
    except OSError as error:
        output.give_up()
        return _fail(f"the file was written, but not this summary: {error.strerror}", 1)
    return 0


def runs(dataset: str, seed: int) -> list[RunInfo]:
    """Return the run of each kind that Home shows first; UsageError where there is none."""
    settings = PREFERRED | {"dataset": dataset, "seed": seed, "condition_in": "both", "prior": "standard"}
    infos = [info for info in store.catalogue().fitting(settings).of_each_kind().values() if info is not None]
    if not infos:
        raise UsageError(f"there is no run on {DATASETS[dataset].title} with seed {seed}")
    return infos


def summary(path: Path, content: bytes, infos: list[RunInfo]) -> str:
    """Return the file's size and content in words."""
    dataset, seed = DATASETS[infos[0].train.dataset].title, infos[0].train.seed
    kinds = ", ".join(words.short(info.model.kind) for info in infos)
    images = "with" if store.test_images(infos[0]) is not None else "without"
    betas = [f"{beta:g}" for found in list(grids(infos).values())[:1] for beta in found.along]
    along = f", β from {betas[0]} to {betas[-1]}" if betas else ""
    return (
        f"{path}: {len(content) / 1e6:.1f} MB; {kinds} on {dataset}, seed {seed}{along}, {images} the test images; "
        f"runs {', '.join(info.id for info in infos)}"
    )


def _write(path: Path, content: bytes) -> None:
    try:
        write_atomically(path, content)
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror}") from error


def _fail(reason: object, status: int) -> int:
    print(f"ui.export: {reason}", file=sys.stderr)
    return status


class _Parser(argparse.ArgumentParser):
    """Wrong usage is one plain line."""

    def error(self, message: str) -> NoReturn:
        raise SystemExit(_fail(message, 2))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m ui.export",
        description="Write the latent spaces of AE, VAE and cVAE as one HTML file that needs no network and no Python.",
    )
    parser.add_argument("--out", type=Path, default=Path("latent-explorer.html"), help="file (default: %(default)s)")
    parser.add_argument("--dataset", choices=DATASETS, default="mnist", help="data set (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the runs (default: %(default)s)")
    parser.add_argument(
        "--theme", choices=THEMES, default="auto", help="colours; auto follows the reader's system (default)"
    )
    return parser


if __name__ == "__main__":
    output.accept_every_letter()
    raise SystemExit(main())
