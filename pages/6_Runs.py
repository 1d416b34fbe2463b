"""Runs: every trained run in one table, a form for new ones, and uploads."""

from ui.jobs.notice import notice
from ui.runs.new_run import form
from ui.runs.selection import choose_part
from ui.runs.table import run_table
from ui.runs.upload import upload
from ui.shell.page import page

with page(
    "runs",
    "Every trained model with its settings and results. Select one to see how it was trained, or two to compare them.",
    notice,
):
    {"Runs": run_table, "New run": form, "Upload": upload}[choose_part()]()
