"""Runs: every trained run in one table, a form for new ones, and uploads."""

from ui.runs import new_run, table
from ui.shell import panels

panels.page(
    "Runs",
    "Every trained model with its settings and figures. Select one to see how it was trained, two to compare them.",
)
PARTS = {"Runs": table.run_table, "New run": new_run.form, "Upload": new_run.upload}
PARTS[table.choose_part()]()
