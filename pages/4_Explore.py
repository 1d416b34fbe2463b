"""Explore: point anywhere in a latent space, and see what the decoder makes of that place."""

from ui import explore
from ui.shell import panels

shown = panels.page_of_runs(
    "Explore",
    "Every place of the plane is an image to the decoder, also where no test image lies. Point somewhere to see it.",
)
explore.exhibit(shown)
