"""Generate: choose classes, draw from the prior, and see what the condition does."""

from ui import generate
from ui.jobs.notice import notice
from ui.shell.page import page_of_runs

with page_of_runs(
    "generate",
    "The conditional VAE draws the digits you ask for: random z sets the style, the condition sets the digit. "
    "A classifier trained on real digits labels every image.",
    notice,
) as runs:
    generate.exhibit(runs)
