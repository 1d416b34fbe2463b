"""Colours of classes and models, ink, and how tables travel to the browser."""

from typing import Any

import pandas as pd
import pyarrow as pa

# The one list of class colours. Found by search for the largest smallest distance (OKLab) between any two, seen
# normally and with each kind of colour blindness (Machado et al. 2009), at a contrast of 2.4 or more on both grounds.
CLASS_COLORS = (
    *("#5daaf6", "#ff7c07", "#74b56e", "#c82ec0", "#00897b"),
    *("#7a5200", "#750bfb", "#df3b5a", "#f37fbc", "#95226f"),
)
GREY = "#8a919c"
INK = {"light": ("#14181d", "#ffffff"), "dark": ("#ffffff", "#0f1318")}  # text and ground
# The three models, where they share a chart: they differ in lightness as well.
MODEL_COLORS = {"light": ("#8a919c", "#3d5a80", "#c2571a"), "dark": ("#8a919c", "#8fb3dd", "#f0a36b")}


def class_color(label: int) -> str:
    """Return the colour of a class on every page; from the eleventh class on they repeat."""
    return CLASS_COLORS[label % len(CLASS_COLORS)]


def filled(spec: dict[str, Any], tables: dict[str, bytes]) -> dict[str, Any]:
    """Return a specification with its named data sets."""
    return spec | {"datasets": spec.get("datasets", {}) | tables}


def arrow(table: pd.DataFrame) -> bytes:
    """Return a table as an Arrow stream, in which it travels to the browser."""
    content = pa.Table.from_pandas(table, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, content.schema) as writer:
        writer.write_table(content)
    return sink.getvalue().to_pybytes()
