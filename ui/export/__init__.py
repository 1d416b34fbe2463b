"""The latent spaces as one HTML file that needs neither network nor Python: the app's own script, styles and data.

`python -m ui.export --help` is the command; `html_file` the same for the app.
"""

from ui.export.document import Theme, html_file

__all__ = ["Theme", "html_file"]
