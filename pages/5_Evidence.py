"""Evidence: a number, a yardstick and a verdict for every claim of the lecture."""

from ui import evidence
from ui.shell import panels

shown = panels.page_of_runs(
    "Evidence",
    "What the lecture says of the three latent spaces, as sentences that can be false: each with its number, "
    "the same number for a model that is exactly Gaussian, and a verdict.",
)
evidence.exhibit(shown)
