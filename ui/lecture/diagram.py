"""The three models as diagrams: real images at both ends, the shapes that the code has at the arrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.lecture import svg
from ui.lecture.shapes import Shapes, trace
from vae_core.config import ModelConfig

__all__ = ["Flow", "draw", "model_diagram"]

WIDTH, SIDE = 1090, 100  # of a drawing; of an image in it
TOP = 34  # room above the row of parts, for the condition or the noise
MIDDLE = TOP + SIDE / 2
ENCODER, LATENT, DECODER = (204, 166), (520, 152), (726, 166)  # left edge and width of the parts
X, X_HAT = 4, WIDTH - SIDE - 4
LOSS = TOP + SIDE + 54  # height of the loss
Image = NDArray[np.uint8]


class Flow(NamedTuple):
    """What runs through a model.

    Arguments:
        x, x_hat: Images (H, W); None where there is none.
        z: In words.
        loss: In words, below; "" for none.
        faded: Whether the encoder is thrown away.
        encoder, decoder: Whether the condition goes into them.
        condition: In words; "" for none.
        posterior: mu and logvar in words.
    """

    x: Image | None
    x_hat: Image | None
    z: str
    loss: str = ""
    faded: bool = False
    encoder: bool = False
    decoder: bool = False
    condition: str = ""
    posterior: tuple[str, str] = ("", "")


def draw(drawing: str) -> None:
    """Put a drawing of `svg` on the page, as wide as its place.

    `st.html` drops SVG, and as an image it would not follow the page's ink; every word in it has been escaped.
    """
    st.markdown(drawing, unsafe_allow_html=True)


def model_diagram(config: ModelConfig, flow: Flow, key: str) -> str:
    """A model from image to image.

    Arguments:
        config: Whose shapes stand at the arrows.
        flow: What runs through it.
        key: A name for the drawing on the page.
    """
    shapes, variational = trace(config), config.kind != "ae"
    off = flow.faded
    parts = [
        svg.picture(X, TOP, SIDE, flow.x, "image x", off) if not off else "",
        svg.arrow(X + SIDE, ENCODER[0], MIDDLE, shapes.x, off) if not off else "",
        svg.network(ENCODER[0], TOP, ENCODER[1], SIDE, ("Encoder", *_widths(shapes.encoder)), True, off),
        *(_posterior(shapes, flow, off) if variational else _code(shapes, flow, off)),
        svg.arrow(LATENT[0] + LATENT[1], DECODER[0], MIDDLE, shapes.mu),
        svg.network(DECODER[0], TOP, DECODER[1], SIDE, ("Decoder", *_widths(shapes.decoder)), False),
        svg.arrow(DECODER[0] + DECODER[1], X_HAT, MIDDLE, shapes.x_hat),
        svg.picture(X_HAT, TOP, SIDE, flow.x_hat, "x̂" if not off else "drawn"),
        _crossed() if off else "",
        _condition(shapes, flow) if flow.condition else "",
        _loss(flow.loss) if flow.loss else "",
    ]
    height = TOP + SIDE + (76 if flow.condition else 66 if flow.loss else 30)
    return svg.whole(WIDTH, height, [part for part in parts if part], _in_words(config, shapes, flow), key)


def _widths(widths: Sequence[int]) -> tuple[str, ...]:
    """Layers in two lines of about the same length."""
    half = (len(widths) + 1) // 2
    first, second = (" → ".join(map(str, part)) for part in (widths[:half], widths[half:]))
    return (f"{first} →", second) if second else (first,)


def _code(shapes: Shapes, flow: Flow, off: bool) -> list[str]:
    """From the encoder to z, of an AE."""
    come = svg.line(((LATENT[0] + LATENT[1] / 2, 4), (LATENT[0] + LATENT[1] / 2, MIDDLE - 26)), head=True)
    random = svg.text(LATENT[0] + LATENT[1] / 2 + 12, 18, "random", text_anchor="start", font_style="italic")
    return [
        come + random if off else svg.arrow(ENCODER[0] + ENCODER[1], LATENT[0], MIDDLE, shapes.mu),
        svg.box(LATENT[0], MIDDLE - 25, LATENT[1], 50, ("z", flow.z)),
    ]


def _posterior(shapes: Shapes, flow: Flow, off: bool) -> list[str]:
    """From the encoder over mu and logvar to z, of a VAE."""
    start, width = ENCODER[0] + ENCODER[1], 108
    left, right = start + 20, LATENT[0]
    rows = (MIDDLE - 50, MIDDLE + 5)
    parts = []
    for y, name, value, shape in zip(rows, ("mu", "logvar"), flow.posterior, (shapes.mu, shapes.logvar), strict=True):
        parts += [
            svg.line(((start, MIDDLE), (left, y + 22)), head=True, faded=off),
            svg.box(left, y, width, 45, (f"{name} {shape}", value), faded=off, size=svg.SMALL),
            svg.line(((left + width, y + 22), (right, MIDDLE)), head=True, faded=off),
        ]
    middle = LATENT[0] + LATENT[1] / 2
    noise = [
        svg.line(((middle, 20), (middle, MIDDLE - 27)), head=True),
        svg.text(middle, 14, "ε ~ N(0, I)", font_style="italic"),
    ]
    return [*parts, *noise, svg.box(LATENT[0], MIDDLE - 25, LATENT[1], 50, ("z = mu + sigma·ε", flow.z))]


def _crossed() -> str:
    """The encoder is thrown away."""
    x, y = ENCODER[0], TOP
    return "".join(
        f'<line x1="{x + 12}" y1="{a}" x2="{x + ENCODER[1] - 12}" y2="{b}" class="crossed"/>'
        for a, b in ((y + 8, y + SIDE - 8), (y + SIDE - 8, y + 8))
    )


def _condition(shapes: Shapes, flow: Flow) -> str:
    """The condition below, with a line to the encoder and to the decoder; a dashed one is cut."""
    y, left, width = TOP + SIDE + 30, 478, 150
    bottom = TOP + SIDE - 6
    middles = (ENCODER[0] + ENCODER[1] / 2, DECODER[0] + DECODER[1] / 2)
    ways = (
        ((left, y + 16), (middles[0], y + 16), (middles[0], bottom)),
        ((left + width, y + 16), (middles[1], y + 16), (middles[1], bottom)),
    )
    drawn = "".join(
        svg.line(way, head=True, faded=not on) for way, on in zip(ways, (flow.encoder, flow.decoder), strict=True)
    )
    places = ((middles[0] + left) / 2, (middles[1] + left + width) / 2)
    shape = shapes.condition
    labels = "".join(
        svg.text(x, y + 10, shape if on else "cut", svg.SMALL)
        for x, on in zip(places, (flow.encoder, flow.decoder), strict=True)
    )
    return drawn + labels + svg.box(left, y - 6, width, 46, ("condition", flow.condition))


def _loss(words: str) -> str:
    """A line that joins both images, with the loss in its middle."""
    left, right, width = X + SIDE / 2, X_HAT + SIDE / 2, 8.4 * len(words)
    top, middle = TOP + SIDE + 26, (X + X_HAT + SIDE) / 2
    return (
        svg.line(((left, top), (left, LOSS), (middle - width / 2, LOSS)))
        + svg.line(((right, top), (right, LOSS), (middle + width / 2, LOSS)))
        + svg.text(middle, LOSS + 5, words, 17, font_weight="600")
    )


def _in_words(config: ModelConfig, shapes: Shapes, flow: Flow) -> str:
    """The drawing for those who do not see it."""
    encoder, decoder = (" → ".join(map(str, widths)) for widths in (shapes.encoder, shapes.decoder))
    start = (
        "The encoder is thrown away. A random z" if flow.faded
        else f"Image x {shapes.x} → encoder ({encoder}) → "
        + (f"mu {shapes.mu} and logvar {shapes.logvar} → z = mu + sigma·ε" if config.kind != "ae" else "z")
    )  # fmt: skip
    told = ""
    if flow.condition:
        places = [name for name, on in (("encoder", flow.encoder), ("decoder", flow.decoder)) if on]
        told = f" The condition {shapes.condition} goes into {' and '.join(places) or 'neither of them'}."
    loss = f" {flow.loss}." if flow.loss else ""
    return f"{start} {shapes.mu}, here {flow.z} → decoder ({decoder}) → image {shapes.x_hat}.{told}{loss}"
