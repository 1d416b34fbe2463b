"""Home: the three latent spaces."""

from ui.home import exhibit
from ui.jobs.notice import notice
from ui.shell.page import page_of_runs

with page_of_runs(
    "home",
    "Each dot is one test image. Each model has its own axes: compare colours and shapes, not positions.",
    notice,
    lecture=True,
) as runs:
    exhibit.linked_spaces(runs)
