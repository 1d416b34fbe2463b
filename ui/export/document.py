"""The file: what spaces.js takes of some runs, with every address a data: URL, and the page around it."""

import json
import tomllib
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import jinja2

from ui import charts, store
from ui.components.decoder_export import decoder_message
from ui.components.latent_spaces import CSS, SCRIPT, classes, framed
from ui.export import grid
from ui.export.grid import Grid
from ui.shell import words
from ui.shell.navigation import PAGES
from ui.shell.page import ICON
from ui.spaces import space
from ui.store import files, images
from vae_core import __version__
from vae_core.config import DATASETS, KINDS
from vae_core.errors import RunError
from vae_core.runs import RunInfo

Theme = Literal["auto", "light", "dark"]
FOLDER = Path(__file__).parent
SETTINGS = FOLDER.parents[1] / ".streamlit" / "config.toml"
TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
)
COLORS = ("primaryColor", "backgroundColor", "textColor", "borderColor")  # the app's, that spaces.css uses


def html_file(infos: Sequence[RunInfo], theme: Theme = "auto") -> bytes:
    """Return a web page with some runs' latent spaces; RunError if a run's file cannot be read.

    Arguments:
        infos: One to three runs on the same data set.
        theme: "auto" follows the reader's system, also when it changes.
    """
    first = infos[0]
    data, heading = browser_data(infos), PAGES["home"].title if len(infos) == len(KINDS) else "Latent spaces"
    page = TEMPLATES.get_template("page.html.jinja").render(
        heading=heading, icon=data_url(ICON.read_bytes(), "image/svg+xml"),
        count=len(store.run(first).latents.y), dataset=DATASETS[first.train.dataset].title,
        originals=data["images"] is not None, credit=words.CREDIT, version=__version__, runs=infos,
        theme=theme, colors={name: colors(name) for name in charts.INK},
        page_style=_text("page.css"), style=CSS, vega=store.vega_script().decode(),
        script=SCRIPT, start=_text("page.js"),
        data=json.dumps(data, allow_nan=False).replace("<", r"\u003c"),
    )  # fmt: skip
    return page.encode()


def browser_data(infos: Sequence[RunInfo]) -> dict[str, Any]:
    """Return the data that spaces.js takes, complete."""
    plain = all(info.model.latent_dim == 2 for info in infos)  # a point of the plane is a latent
    window, grids = space.window_of(*infos), grid.grids(infos)
    return {
        "classes": classes(infos[0].class_names),
        "spaces": [framed(_space(info, grids.get(info.model.kind))) for info in infos],
        "controls": ["latents", "axes", *(["decode"] if plain else [])],
        "images": _sheet(infos[0]),
        "window": [*window.centre, window.half],
        "view": {},
        "tracks": [grid.slider(found) for found in grids.values()][:1],  # one slider for all
        "vega": "#vega",  # an element of the page
    }


def _space(info: RunInfo, beta_grid: Grid | None) -> dict[str, Any]:
    """Return a run's space; without a decoder where its weights do not fit its settings."""
    found: dict[str, Any] = space.described(info)
    found |= {"points": data_url(space.points_file(info)), "details": data_url(space.details_file(info))}
    with suppress(RunError):
        found["decoder"] = data_url(decoder_message(store.run(info)))
    if beta_grid is not None:
        found["spec"] = space.space_chart(info, empty=True, with_beta=False).to_dict()
        found["tracks"] = {grid.BETA: grid.states(beta_grid) | {"points": data_url(grid.points_file(beta_grid))}}
    return found


def _sheet(info: RunInfo) -> dict[str, Any] | None:
    originals = store.test_images(info)
    if originals is None:
        return None
    return images.sheet_at(data_url(images.sheet_file(originals), "image/webp"), originals)


def data_url(content: bytes, mime: str = files.BYTES) -> str:
    """Return a file as the address that holds it.

    >>> data_url(b"seven", "text/plain")
    'data:text/plain;base64,c2V2ZW4='
    """
    return f"data:{mime};base64,{b64encode(content).decode()}"


def colors(theme: str) -> str:
    """Return the app's colours in a theme, under the names that Streamlit gives them in CSS.

    >>> colors("dark")[:27]
    '--st-primary-color: #8fb3dd'
    """
    values = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["theme"][theme]
    return "; ".join(f"--st-{name.removesuffix('Color')}-color: {values[name]}" for name in COLORS)


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
