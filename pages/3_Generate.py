"""Generate: pick classes, draw from the prior, and see what the condition does."""

from ui import generate
from ui.shell import panels

shown = panels.page_of_runs(
    "Generate",
    "The conditional VAE draws the digits that it is asked for: z, drawn at random, is the style, the condition is "
    "the digit. Each image has the verdict of a judge that was trained on real ones.",
)
generate.exhibit(shown)
