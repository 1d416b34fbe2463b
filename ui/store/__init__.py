"""What all visitors share: bounded caches of runs, test images and decoded images, keyed by RunInfo."""

from ui.store.decoding import decode, decoder_url, reconstruct
from ui.store.files import vega, vega_if_ready, vega_script
from ui.store.images import (
    SHEET_COLUMNS,
    Prepared,
    images_if_ready,
    images_ready,
    is_here,
    prepared,
    sheet_if_ready,
    sheet_of,
    sheet_ready,
    test_images,
    why_no_images,
)  # fmt: skip
from ui.store.runs import BY_RUN, catalogue, metrics, model, plane_of, run

__all__ = [
    "BY_RUN", "SHEET_COLUMNS", "Prepared", "catalogue", "decode", "decoder_url", "images_if_ready", "images_ready",
    "is_here", "metrics", "model", "plane_of", "prepared", "reconstruct", "run", "sheet_if_ready", "sheet_of",
    "sheet_ready", "test_images", "vega", "vega_if_ready", "vega_script", "why_no_images",
]  # fmt: skip
