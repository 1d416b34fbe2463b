"""Explore: point anywhere in a latent space, and see the image that the decoder makes of that point."""

from ui import explore
from ui.jobs.notice import notice
from ui.shell.page import page_of_runs

with page_of_runs(
    "explore",
    "The decoder turns every point of the plane into an image, even where there is no test image. "
    "Point anywhere to see it.",
    notice,
) as runs:
    explore.exhibit(runs)
