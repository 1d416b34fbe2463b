"""Runs: every trained run in one table, a form for new ones, and uploads."""

from ui import new_run, panels, run_table

panels.page(
    "Runs",
    "Every trained model with its settings and figures. Select one to see how it was trained, two to compare them.",
)
PARTS = {"Runs": run_table.run_table, "New run": new_run.form, "Upload": new_run.upload}
PARTS[run_table.choose_part()]()
