"""The page Runs: every trained run, a form for new ones, and uploads."""
