"""Measurements of speed and of the papers' figures; each module has --help. Results are in RESULTS.md."""
