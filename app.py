"""Home: the three latent spaces."""

from ui.home import exhibit
from ui.shell import panels

shown = panels.page_of_runs(
    "Three latent spaces",
    "Each dot is one test image; its two coordinates are all that the decoder gets. "
    "Axes of different models are unrelated: compare only colours and linked images.",
    lecture=True,
)
exhibit.linked_spaces(shown)
