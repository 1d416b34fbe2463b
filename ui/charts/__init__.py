"""Values in, chart out: the only place that imports Altair."""

from altair import LayerChart as Chart

from ui.charts.base import CLASS_COLORS, GREY, INK, MODEL_COLORS, arrow, class_color, filled
from ui.charts.history import CURVES, TERMS, curve_of, history_chart, history_table
from ui.charts.latent import Window
from ui.charts.latent_tables import IMAGE, centre_table, point_table
from ui.charts.style import ACCENT
from ui.charts.vega import compiled

__all__ = [
    "ACCENT",
    "CLASS_COLORS",
    "CURVES",
    "GREY",
    "IMAGE",
    "INK",
    "MODEL_COLORS",
    "TERMS",
    "Chart",
    "Window",
    "arrow",
    "centre_table",
    "class_color",
    "compiled",
    "curve_of",
    "filled",
    "history_chart",
    "history_table",
    "point_table",
]
