"""Evidence: a number, a reference value and a verdict for every claim of the lecture."""

from ui import evidence
from ui.jobs.notice import notice
from ui.shell.page import page_of_runs

with page_of_runs(
    "evidence",
    "What the lecture says about the three latent spaces, as claims that can fail: the numbers of all three models, "
    "a limit, and a verdict.",
    notice,
) as runs:
    evidence.exhibit(runs)
