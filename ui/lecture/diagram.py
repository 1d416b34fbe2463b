"""Diagrams of the models and of the conditions' vectors, in the ink of the page: values for the SVG templates here."""

from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.charts import raster
from ui.lecture.shapes import trace
from vae_core.config import ModelConfig

# Class names come from files: everything that is put into a template is escaped.
TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
)


class Flow(NamedTuple):
    """What runs through a model; images are (H, W), texts "" where there is none."""

    x: NDArray[np.uint8] | None
    x_hat: NDArray[np.uint8] | None
    z: str  # formatted
    loss: str = ""  # below the diagram
    generating: bool = False  # the encoder is thrown away and z is random
    condition: str = ""  # in the condition's box
    conditioned: tuple[str, ...] = ()  # which of "encoder" and "decoder" the condition goes into
    posterior: tuple[str, str] = ("", "")  # mu and logvar, formatted


def draw(svg: str) -> None:
    """Put a diagram on the page, as wide as its column.

    `st.html` drops SVG, and an image would not follow the page's ink; the templates escape every value.
    """
    st.markdown(svg, unsafe_allow_html=True)


def model_diagram(config: ModelConfig, flow: Flow, key: str) -> str:
    """Return a model from image to image as SVG, with the shapes that its own code produces at the arrows.

    The key is a name for the diagram, unique on the page.
    """
    urls = {f"{name}_url": None if image is None else raster.image_url(image)
            for name, image in (("x", flow.x), ("x_hat", flow.x_hat))}  # fmt: skip
    return _render("model", flow=flow, shapes=trace(config), variational=config.kind != "ae", key=key, **urls)


def vector_rows(names: tuple[str, ...], vectors: NDArray[np.floating], labels: list[int]) -> str:
    """Return the vectors of some classes as SVG, a row of shaded squares for each: those with `labels` of (K, C)."""
    rows = [(names[label], vectors[label].tolist()) for label in labels]
    texts = (f"{name}: ({', '.join(f'{number:.3g}' for number in numbers)})" for name, numbers in rows)
    description = f"{vectors.shape[1]} numbers each. {'; '.join(texts)}".replace("-", "−")
    return _render("vectors", rows=rows, largest=float(np.abs(vectors).max()), description=description)


def _render(template: str, **values: Any) -> str:
    """Fill a template in, on one line: an empty line would end the HTML within Markdown."""
    return " ".join(TEMPLATES.get_template(f"{template}.svg.jinja").render(values).split())
