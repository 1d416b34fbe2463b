"""Home: the three latent spaces."""

from ui.home import exhibit
from ui.shell.page import page_of_runs

runs = page_of_runs(
    "home",
    "Each dot is one test image; its two coordinates are all that the decoder gets. "
    "Axes of different models are unrelated: compare only colours and linked images.",
    lecture=True,
)
exhibit.linked_spaces(runs)
